"""A new model begins empty or from a start that comes with Leadapp."""

import pytest
from django.urls import reverse

from leadapp.models import User
from scoring.models import ScoringModel, ScoringModelVersion
from tests.admin.build import goes_to, live, said, version_url
from tests.admin.conftest import As

ADD = "admin:scoring_scoringmodel_add"


@pytest.mark.parametrize("start", ["b2b-saas", "agency", "consultancy", "e-commerce"])
def test_a_model_from_a_start_opens_as_a_draft(as_: As, marketer: User, start: str) -> None:
    client, url = as_(marketer), reverse(ADD)
    assert f'value="{start}"' in client.get(url).content.decode()
    answer = client.post(url, {"name": "Retrofit", "start": start}, follow=True)
    draft = ScoringModelVersion.objects.get(model__name="Retrofit")
    assert answer.redirect_chain == [(version_url(draft), 302)]
    assert "Retrofit v1 is a draft" in said(answer)
    assert draft.rules.count() >= 10
    assert not draft.model.is_primary
    assert live().model != draft.model


def test_an_empty_model_has_no_version(as_: As, marketer: User) -> None:
    client = as_(marketer)
    answer = client.post(reverse(ADD), {"name": "Retrofit"})
    model = ScoringModel.objects.get(name="Retrofit")
    assert goes_to(answer) == reverse("admin:scoring_scoringmodel_change", args=[model.pk])
    assert (model.slug, model.versions.count()) == ("retrofit", 0)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": "", "start": "agency"}, "required"),
        ({"name": "default MODEL", "start": "agency"}, "called"),
        ({"name": "default MODEL", "start": ""}, "called"),
        ({"name": "Retrofit", "start": "bakery"}, "Select a valid choice"),
    ],
)
def test_what_makes_no_sense_makes_nothing(
    as_: As, marketer: User, typed: dict[str, str], words: str
) -> None:
    answer = as_(marketer).post(reverse(ADD), typed)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert ScoringModel.objects.count() == 1


def test_only_marketing_makes_models(as_: As, manager: User, rep: User) -> None:
    for user, refused in ((manager, 403), (rep, 302)):
        assert as_(user).post(reverse(ADD), {"name": "Retrofit", "start": "agency"}).status_code == refused
    assert ScoringModel.objects.count() == 1
