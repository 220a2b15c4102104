"""Drafts to look at, and all that the studio may write."""

import re
from dataclasses import replace
from typing import Any

from django.test import Client
from django.utils import timezone

from leadapp.models import User
from scoring.models import (
    Publication,
    Rescore,
    RuleCondition,
    RuleGroup,
    ScoringModel,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.rules import RuleFacts, facts_of
from scoring.services.editing import add_rule, delete_rule, save_rule
from scoring.services.publishing import make_draft, publish

SLUG = "default"
HOME = f"/scoring/{SLUG}/"


def the_model() -> ScoringModel:
    """Return the model that ships."""
    return ScoringModel.objects.get(slug=SLUG)


def new_draft(actor: User | None = None) -> ScoringModelVersion:
    """Make a draft that says what is live."""
    return make_draft(model=the_model(), actor=actor, now=timezone.now())


def changed_draft(actor: User | None = None) -> ScoringModelVersion:
    """Make a draft with a changed, a new, a removed and a switched-off rule."""
    draft, now = new_draft(actor), timezone.now()

    def save(name: str, **facts: Any) -> None:
        rule = draft.rules.get(name=name)
        changed = replace(facts_of(rule), **facts)
        save_rule(rule=rule, facts=changed, revision=rule.revision, actor=actor, now=now)

    save("Viewed the pricing page", points=12, max_points=60)
    save("Target country", is_active=False)
    gone = draft.rules.get(name="Reacted on social media")
    delete_rule(rule=gone, revision=gone.revision, actor=actor, now=now)
    facts = RuleFacts(
        name="Came back", dimension="engagement", points=5, activity_types=("login",), group="Website"
    )
    add_rule(version=draft, facts=facts, actor=actor, now=now)
    draft.refresh_from_db()
    return draft


def published(actor: User | None = None, note: str = "Pricing counts more") -> ScoringModelVersion:
    """Make a changed version live."""
    draft = changed_draft(actor)
    publish(version=draft, actor=actor, note=note, now=timezone.now())
    draft.refresh_from_db()
    return draft


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Return all that a page of the studio may write, to show that a refusal wrote nothing."""
    models: list[Any] = [
        Publication,
        Rescore,
        RuleCondition,
        RuleGroup,
        ScoringModel,
        ScoringModelVersion,
        ScoringRule,
        ScoringRule.activity_types.through,
    ]
    return {model.__name__: list(model._default_manager.order_by("pk").values_list()) for model in models}


def words(response: Any) -> str:
    """Return an answer as words, without its tags."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", plain.replace("&quot;", '"').replace("&#x27;", "'"))


def text_of(client: Client, url: str = HOME, status: int = 200) -> str:
    """Return a page as words."""
    response = client.get(url)
    assert response.status_code == status
    return words(response)
