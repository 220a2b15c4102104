"""Models as JSON: what goes out comes in again, and whatever is wrong is named by its place."""

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadapp.errors import Conflict, Invalid, NotAllowed, NotFound
from leadapp.models import User
from scoring.analysis.check import check_version
from scoring.analysis.diff import compare
from scoring.engine import score_leads
from scoring.models import ScoringModel, ScoringModelVersion, ScoringRule
from scoring.services.publishing import make_draft, publish
from scoring.services.transfer import (
    export_version,
    import_version,
    list_starts,
    read_json,
    read_start,
    write_json,
)
from tests.scoring.build import DAY, NOW, log, make_lead, the_live_version

pytestmark = pytest.mark.django_db

SHIPPED = ["agency", "b2b-saas", "consultancy", "e-commerce"]


def someone(role: str) -> User:
    user = User.objects.create_user(f"a {role}")
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def data() -> dict[str, Any]:
    """Return a small model with a group, a fit rule and an engagement rule."""
    return {
        "format": "leadapp-scoring-model",
        "format_version": 1,
        "name": "Machines",
        "note": "From the fair",
        "settings": {"fit_a": 70, "threshold": 140},
        "groups": [{"name": "Website", "dimension": "engagement", "cap": 60}],
        "rules": [
            {
                "name": "Near",
                "dimension": "fit",
                "points": 15,
                "conditions": [{"field": "lead.country", "operator": "in", "value": ["DE", "AT"]}],
            },
            {
                "name": "Pricing page view",
                "dimension": "engagement",
                "group": "Website",
                "points": 8,
                "activity_types": ["page_view"],
                "conditions": [{"field": "property.path", "operator": "contains", "value": "/pricing"}],
                "decay": "half_life",
                "decay_days": 14,
                "max_points": 32,
            },
        ],
    }


def errors_of(data: Any, **options: Any) -> dict[str, list[str]]:
    """Return what is said against the data, having written nothing."""
    before = everything()
    with pytest.raises(Invalid) as refused:
        import_version(data=data, actor=None, now=NOW, **options)
    assert everything() == before
    return {path: list(texts) for path, texts in refused.value.errors.items()}


def everything() -> tuple[int, int, int]:
    return ScoringModel.objects.count(), ScoringModelVersion.objects.count(), ScoringRule.objects.count()


def test_what_goes_out_comes_in_again_as_a_draft_of_a_new_model() -> None:
    live, mara = the_live_version(), someone("marketer")
    text = write_json(export_version(live))
    draft = import_version(data=read_json(text), actor=mara, now=NOW, name="Copy of it")
    assert compare(live, draft).is_empty
    assert export_version(draft) == export_version(live) | {"name": "Copy of it"}
    assert (draft.model.name, draft.model.slug, draft.model.is_primary) == ("Copy of it", "copy-of-it", False)
    assert (draft.state, draft.number, draft.created_by, draft.note) == ("draft", 1, mara, live.note)
    lead = make_lead(job_title="CEO", country="DE")
    log(lead, "page_view", properties={"path": "/pricing", "seconds": 90})
    moments = {lead.pk: NOW}
    assert score_leads(version=draft, moments=moments) == score_leads(version=live, moments=moments)


def test_a_file_can_become_the_draft_of_a_model_that_is_live(data: dict[str, Any]) -> None:
    live = the_live_version()
    draft = import_version(data=data, actor=None, now=NOW, model=live.model)
    assert (draft.model, draft.number, draft.note, draft.based_on) == (live.model, 2, "From the fair", None)
    assert (draft.fit_a, draft.threshold, draft.hot_from) == (70, 140, 120)
    rule = draft.rules.get(name="Pricing page view")
    assert (rule.group and rule.group.name, rule.max_points, rule.position) == ("Website", 32, 2)
    assert (rule.changed_by, rule.changed_at) == ("Leadapp", NOW)
    assert list(rule.conditions.values_list("field", "value")) == [("property.path", "/pricing")]
    publish(version=draft, actor=None, note="", now=NOW)
    assert the_live_version() == draft


def test_a_model_with_a_draft_keeps_it(data: dict[str, Any]) -> None:
    draft = make_draft(model=the_live_version().model, actor=None, now=NOW)
    before = everything()
    with pytest.raises(Conflict, match="There is a draft already"):
        import_version(data=data, actor=None, now=NOW, model=draft.model)
    assert everything() == before


def test_a_name_is_used_once(data: dict[str, Any]) -> None:
    import_version(data=data, actor=None, now=NOW)
    assert errors_of(data) == {"name": ["Another model is called “Machines” already."]}
    assert errors_of(data, name="MACHINES") == {"name": ["Another model is called “MACHINES” already."]}
    import_version(data=data, actor=None, now=NOW, name="Machines & more")
    other = import_version(data=data, actor=None, now=NOW, name="Machines – more!")
    assert other.model.slug == "machines-more-2"


@pytest.mark.parametrize("role", ["rep", "manager"])
def test_only_marketers_import(data: dict[str, Any], role: str) -> None:
    before = everything()
    with pytest.raises(NotAllowed):
        import_version(data=data, actor=someone(role), now=NOW)
    assert everything() == before


def put(path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    """Return a change that puts a value at "rules.1.points"; an empty path would be the whole."""

    def change(data: dict[str, Any]) -> None:
        *way, last = path.split(".")
        place: Any = data
        for step in way:
            place = place[int(step)] if step.isdigit() else place[step]
        place[int(last) if last.isdigit() else last] = value

    return change


@pytest.mark.parametrize(
    ("change", "path", "text"),
    [
        (put("format", "other"), "format", "This is not a scoring model"),
        (put("format_version", 2), "format_version", "This Leadapp reads version 1"),
        (put("format_version", True), "format_version", "This Leadapp reads version 1"),
        (put("author", "me"), "author", "There is no such thing here"),
        (put("note", "x" * 501), "note", "at most 500 characters"),
        (put("settings", []), "settings", "Give an object"),
        (put("settings.fit_a", "70"), "settings.fit_a", "Give a whole number"),
        (put("settings.fit_a", 30), "settings.fit_a", "Must be greater than"),
        (put("settings.warm_from", 0), "settings.warm_from", "1 or more"),
        (put("settings.hot", 1), "settings.hot", "There is no such thing here"),
        (put("groups", {}), "groups", "Give a list"),
        (put("groups.0", "Website"), "groups[0]", "Give an object"),
        (put("groups.0.cap", 0), "groups[0].cap", "Give 1 or more"),
        (put("groups.0.dimension", "who"), "groups[0].dimension", "Say fit or engagement"),
        (put("rules", None), "rules", "Give a list"),
        (put("rules", [{}] * 501), "rules", "Give at most 500; here are 501."),
        (put("rules.1", 5), "rules[1]", "Give an object"),
        (put("rules.0.name", ""), "rules[0].name", "Give the rule a name"),
        (put("rules.0.name", ["Near"]), "rules[0].name", "Give the rule a name"),
        (put("rules.1.name", "Near"), "rules[1].name", "Another rule is called “Near” already"),
        (put("rules.0.dimension", {}), "rules[0].dimension", "Say fit or engagement"),
        (put("rules.0.points", 0), "rules[0].points", "Give points between"),
        (put("rules.0.points", 1.5), "rules[0].points", "Give points between"),
        (put("rules.0.points", 10**400), "rules[0].points", "Give points between"),
        (put("rules.0.ponits", 5), "rules[0].ponits", "There is no such thing here"),
        (put("rules.0.match", "some"), "rules[0].match", "Say"),
        (put("rules.0.is_active", None), "rules[0].is_active", "Say yes or no"),
        (put("rules.0.decay", "half_life"), "rules[0].decay", "does not fade"),
        (put("rules.0.group", "Website"), "rules[0].group", "is a group for engagement rules"),
        (put("rules.1.group", "Web"), "rules[1].group", "There is no group “Web” in this file"),
        (put("rules.1.activity_types", []), "rules[1].activity_types", "Choose at least one"),
        (put("rules.1.activity_types", "page_view"), "rules[1].activity_types", "Give a list of texts"),
        (put("rules.1.activity_types", ["view"]), "rules[1].activity_types", "no kind of activity “view”"),
        (put("rules.1.activity_types", ["lead.updated"]), "rules[1].activity_types", "no kind of activity"),
        (put("rules.1.decay", None), "rules[1].decay", "Say how the points fade"),
        (put("rules.1.decay_days", None), "rules[1].decay_days", "in how many days"),
        (put("rules.1.decay_days", 4000), "rules[1].decay_days", "between 1 and 3650"),
        (put("rules.1.window_days", 0), "rules[1].window_days", "between 1 and 3650"),
        (put("rules.1.min_occurrences", 0), "rules[1].min_occurrences", "Give 1 or more"),
        (put("rules.1.max_points", -1), "rules[1].max_points", "Give 1 or more"),
        (put("rules.0.conditions", {}), "rules[0].conditions", "Give a list of objects"),
        (put("rules.0.conditions.0", "DE"), "rules[0].conditions[0]", "Give an object"),
        (put("rules.0.conditions.0.field", 5), "rules[0].conditions[0].field", "Give a text"),
        (put("rules.0.conditions.0.field", "lead.shoe"), "rules[0].conditions[0].field", "There is no field"),
        (put("rules.0.conditions.0.field", "property.path"), "rules[0].conditions[0].field", "cannot be"),
        (put("rules.0.conditions.0.operator", "like"), "rules[0].conditions[0].operator", "how to compare"),
        (put("rules.0.conditions.0.value", []), "rules[0].conditions[0].value", "at least one value"),
        (put("rules.0.conditions.0.value", {"a": 1}), "rules[0].conditions[0].value", "Give"),
        (put("rules.0.name", "a\0b"), "rules[0].name", "a character that cannot be stored"),
        (put("rules.0.conditions.0.value", ["\ud83d"]), "rules[0].conditions[0].value[0]", "cannot be"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_by_its_place(
    data: dict[str, Any], change: Callable[[dict[str, Any]], None], path: str, text: str
) -> None:
    change(data)
    errors = errors_of(data)
    assert list(errors) == [path]
    assert text in errors[path][0]


def test_all_mistakes_are_said_at_once(data: dict[str, Any]) -> None:
    data["rules"][0]["points"] = 0
    data["rules"][1]["decay_days"] = None
    data["groups"].append({"name": "Website", "dimension": "fit"})
    data["settings"]["hot_from"] = 10
    before = everything()
    with pytest.raises(Invalid) as refused:
        import_version(data=data, actor=None, now=NOW)
    assert list(refused.value.errors) == [
        "settings.hot_from",
        "groups[1].name",
        "rules[0].points",
        "rules[1].decay_days",
    ]
    assert refused.value.message.endswith("(and 3 more)")
    assert everything() == before


def test_thousands_of_mistakes_are_not_all_told(data: dict[str, Any]) -> None:
    data["rules"] = [{"name": "", "dimension": "", "points": 0}] * 500
    assert len(errors_of(data)) == 100


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "This is not JSON: Expecting property name enclosed in double quotes (line 1, column 2)."),
        ('{\n "a": 1,\n}', "(line 3, column 1)."),
        (b"\xff\xff\xff", "UTF-8"),
        ('{"points": NaN}', "NaN is not a number"),
        ("9" * 5000, "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        (" " * 2_000_001, "larger than 2 MB"),
    ],
)
def test_what_is_no_json_is_said_with_line_and_column(text: str | bytes, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_json(text)
    assert said in refused.value.errors["file"][0]


@pytest.mark.parametrize("data", [None, [], "model", 5, {}])
def test_what_is_no_model_is_refused(data: Any) -> None:
    assert errors_of(data)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = st.sampled_from(
    [
        "name", "note", "settings", "groups", "rules", "settings.fit_a", "groups.0", "groups.0.name",
        "groups.0.cap", "rules.0", "rules.0.name", "rules.0.points", "rules.0.group", "rules.0.match",
        "rules.0.conditions", "rules.0.conditions.0", "rules.0.conditions.0.field",
        "rules.0.conditions.0.operator", "rules.0.conditions.0.value", "rules.1.activity_types",
        "rules.1.counting", "rules.1.decay", "rules.1.decay_days", "rules.1.is_active",
        "rules.1.conditions.0.value", "rules.1.min_occurrences", "rules.1.window_days",
    ]
)  # fmt: skip


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(place=PLACES, value=ANYTHING)
def test_whatever_stands_anywhere_is_imported_or_refused_but_never_breaks(
    data: dict[str, Any], place: str, value: Any
) -> None:
    copy = json.loads(json.dumps(data))
    put(place, value)(copy)
    before = everything()
    try:
        draft = import_version(data=copy, actor=None, now=NOW, name="Anything")
    except Invalid:
        assert everything() == before
    else:
        assert import_version(
            data=export_version(draft), actor=None, now=NOW, name="Again"
        ).rules.count() == len(copy["rules"])
        ScoringModelVersion.objects.filter(model__name__in=["Anything", "Again"]).delete()
        ScoringModel.objects.filter(name__in=["Anything", "Again"]).delete()


def test_the_starts_are_listed() -> None:
    starts = list_starts()
    assert sorted(start.slug for start in starts) == SHIPPED
    assert [start.name for start in starts] == ["Agency", "B2B SaaS", "Consultancy", "E-commerce"]
    assert all(start.description and start.rules > 20 for start in starts)
    with pytest.raises(NotFound):
        read_start("../starts/agency")


def by_name(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    sorted_types = [{"activity_types": sorted(rule.get("activity_types", []))} for rule in rules]
    return sorted(
        (rule | types for rule, types in zip(rules, sorted_types, strict=True)),
        key=lambda rule: str(rule["name"]),
    )


@pytest.mark.parametrize("slug", SHIPPED)
def test_a_start_imports_checks_and_scores(slug: str) -> None:
    draft = import_version(data=read_start(slug), actor=None, now=NOW)
    assert compare(draft, draft).is_empty
    assert by_name(export_version(draft)["rules"]) == by_name(read_start(slug)["rules"])
    findings = check_version(draft, NOW)
    assert [finding.title for finding in findings if finding.severity == "bad"] == []
    best = make_lead(
        job_title="Managing Director", country="DE", first_name="A", last_name="B", phone="+4930901820"
    )
    worst = make_lead(job_title="Student", email="someone@gmail.com")
    for kind in ("demo_requested", "quote_requested", "meeting_held", "purchase", "page_view", "login"):
        log(best, kind, NOW - DAY, properties={"path": "/pricing", "value": 900})
    log(worst, "unsubscribed", NOW - DAY)
    scores = score_leads(version=draft, moments={best.pk: NOW, worst.pk: NOW})
    assert scores[best.pk].temperature == "hot"
    assert scores[best.pk].score >= draft.threshold
    assert scores[worst.pk].score == 0
    publish(version=draft, actor=None, note="", now=NOW)


@pytest.mark.parametrize("slug", SHIPPED)
def test_the_rules_of_a_start_can_reach_every_band(slug: str) -> None:
    """With the caps of its groups, fit alone reaches A, engagement alone 1, and both the threshold."""
    data = read_start(slug)
    reach = {"fit": 0, "engagement": 0}
    for group in data["groups"]:
        reach[group["dimension"]] += group["cap"]
    for rule in data["rules"]:
        if "group" not in rule:
            reach[rule["dimension"]] += max(rule["points"], 0)
    numbers = data["settings"]
    fit, engagement = (
        min(reach["fit"], numbers["fit_max"]),
        min(reach["engagement"], numbers["engagement_max"]),
    )
    assert fit >= numbers["fit_a"]
    assert engagement >= numbers["engagement_1"]
    assert fit + engagement > numbers["threshold"] > numbers["hot_from"] > numbers["warm_from"]


def test_the_commands_write_and_read_a_model(tmp_path: Path) -> None:
    path, out = tmp_path / "model.json", StringIO()
    call_command("export_scoring_model", "default", output=path, stdout=out)
    assert out.getvalue() == f"Default model v1 is in {path}.\n"
    call_command("import_scoring_model", str(path), name="Copy", stdout=out)
    assert "Copy v1 is a draft with 40 rules." in out.getvalue()
    printed = StringIO()
    call_command("export_scoring_model", "copy", number=1, stdout=printed)
    assert json.loads(printed.getvalue())["rules"] == json.loads(path.read_text())["rules"]
    call_command("import_scoring_model", "agency", stdout=out)
    assert ScoringModel.objects.filter(slug="agency").exists()


def test_the_commands_say_what_is_wrong(tmp_path: Path, data: dict[str, Any]) -> None:
    data["rules"][0]["points"] = 0
    path, errors = tmp_path / "model.json", StringIO()
    path.write_text(json.dumps(data))
    before = everything()
    with pytest.raises(CommandError, match=r"Nothing was imported. rules\[0\].points"):
        call_command("import_scoring_model", str(path), stderr=errors)
    assert "rules[0].points: Give points between" in errors.getvalue()
    for arguments in (["import_scoring_model", "nowhere.json"], ["export_scoring_model", "nothing"]):
        with pytest.raises(CommandError):
            call_command(*arguments)
    with pytest.raises(CommandError, match="There is no model"):
        call_command("import_scoring_model", str(path), model="nothing")
    assert everything() == before
