"""The frame of the studio: who may come in, which models exist, where the tabs lead."""

import pytest

from leadapp.models import User
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db


def test_everybody_who_is_signed_in_may_look(as_: As, rep: User) -> None:
    assert as_(rep).get("/scoring/").status_code == 200
    assert as_(rep).get("/scoring/default/").status_code == 200


def test_an_unknown_model_does_not_exist(as_: As, rep: User) -> None:
    assert as_(rep).get("/scoring/nothing/").status_code == 404
