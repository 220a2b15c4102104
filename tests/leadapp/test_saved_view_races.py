"""People who keep views from two windows at the same moment."""

import pytest
from django.utils import timezone

from leadapp.models import SavedView
from leadapp.services.saved_views import MOST, save_view
from tests.qualification.test_races import at_once, wins
from tests.ui.build import make_user

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_name_is_given_once_and_there_are_never_too_many() -> None:
    rep = make_user("jonas", "rep")

    def keep(name: str) -> int:
        return wins(lambda: save_view(name=name, query="view=all", actor=rep, now=timezone.now()))

    assert sum(at_once(lambda number: keep("Fish" if number % 2 else "fish"), 4)) == 1

    for number in range(MOST - 2):
        keep(f"View {number}")
    assert sum(at_once(lambda number: keep(f"Last {number}"), 4)) == 1
    assert SavedView.objects.kept().count() == MOST
    assert len(set(SavedView.objects.values_list("position", flat=True))) == MOST
