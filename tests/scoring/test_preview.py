"""What a draft would do, worked out by hand on five leads; and that nothing is written."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from leadapp.errors import Conflict, NotFound
from leadapp.models import Lead
from leadapp.services.previews import begin_preview, continue_preview
from scoring.analysis.preview import (
    Crossing,
    Effect,
    Preview,
    TooBusy,
    begin,
    from_json,
    run,
    step,
    to_json,
    whole,
)
from scoring.engine import score_leads
from scoring.engine.fragments import Fragment
from scoring.models import ScoringModelVersion, ScoringRule
from scoring.services.publishing import discard_draft, make_draft, publish
from tests.scoring.build import DAY, NOW, log, make_group, make_lead, make_rule, make_version, whole_preview

pytestmark = pytest.mark.django_db

LINES = {"warm_from": 20, "hot_from": 40, "threshold": 50}


@pytest.fixture
def live() -> ScoringModelVersion:
    """Give a live version: 20 points for Germany, 10 for each page view."""
    version = make_version(**LINES)
    make_rule(version, name="Germany", points=20, conditions=[("lead.country", "equals", "DE")])
    make_rule(version, name="Viewed a page", points=10, types=["page_view"])
    publish(version=version, actor=None, note="", now=NOW - 10 * DAY)
    return version


@pytest.fixture
def draft(live: ScoringModelVersion) -> ScoringModelVersion:
    """Give a draft in which Germany gives 10 and each page view 15."""
    draft = make_draft(model=live.model, actor=None, now=NOW - DAY)
    ScoringRule.objects.filter(version=draft, name="Germany").update(points=10)
    ScoringRule.objects.filter(version=draft, name="Viewed a page").update(points=15)
    return draft


@pytest.fixture
def leads() -> dict[str, Lead]:
    """Give leads with 50, 30, 0 and 20 points by the live version, and one who opted out."""
    made = {
        "anna": make_lead(first_name="Anna", country="DE"),
        "ben": make_lead(first_name="Ben", country="DE"),
        "cleo": make_lead(first_name="Cleo"),
        "dora": make_lead(first_name="Dora"),
        "eve": make_lead(first_name="Eve", country="DE", do_not_score=True),
    }
    for name, views in {"anna": 3, "ben": 1, "dora": 2, "eve": 9}.items():
        for _ in range(views):
            log(made[name], "page_view", NOW - timedelta(hours=2))
    return made


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at two leads at a time."""
    monkeypatch.setattr(run, "SMALLEST", 2)
    monkeypatch.setattr(run, "PIECES", 100)


def crossed(effect: Effect) -> dict[str, tuple[int, int]]:
    return {line: (c.up, c.down) for line, c in effect.crossings.items() if c.up or c.down}


def test_the_numbers_are_those_worked_out_by_hand(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    # live: Anna 50, Ben 30, Cleo 0, Dora 20; draft: 55, 25, 0, 30
    preview = whole(before=live, draft=draft, now=NOW)
    assert (preview.leads_total, preview.leads) == (5, 4)
    assert (preview.moved, preview.unchanged) == (3, 1)
    assert preview.changes == {5: 1, -5: 1, 10: 1}
    assert preview.median_change == 5
    assert crossed(preview.whole) == {}
    assert preview.edges == (0, 4, 8, 12, 16, 20, 28, 35, 40, 50, 58, 65)
    assert preview.bands_before == (1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0)
    assert preview.bands_after == (1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0, 0)
    assert [(each.lead_id, each.before, each.after) for each in preview.named] == [
        (leads["dora"].pk, 20, 30),
        (leads["anna"].pk, 50, 55),
        (leads["ben"].pk, 30, 25),
    ]
    assert [each.reasons for each in preview.named] == [
        ("Viewed a page",),
        ("Viewed a page",),
        ("Germany",),
    ]


def test_each_change_is_also_looked_at_by_itself(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    preview = whole(before=live, draft=draft, now=NOW)
    alone = {effect.name: effect for effect in preview.effects}
    # Germany alone: Anna 40, Ben 20; page views alone: Anna 65, Ben 35, Dora 30
    assert alone["Germany"].moved == 2
    assert crossed(alone["Germany"]) == {"ready": (0, 1)}
    assert alone["Germany"].text == "Germany: 20 → 10 points"
    assert alone["Viewed a page"].moved == 3
    assert crossed(alone["Viewed a page"]) == {}


def test_new_and_removed_rules_and_new_lines_are_changes_as_well(
    live: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    draft = make_draft(model=live.model, actor=None, now=NOW - DAY)
    ScoringRule.objects.filter(version=draft, name="Germany").delete()
    group = make_group(draft, "fit", 5)
    make_rule(draft, name="Called Cleo", group=group, conditions=[("lead.first_name", "equals", "Cleo")])
    ScoringModelVersion.objects.filter(pk=draft.pk).update(threshold=30, hot_from=25)
    draft.refresh_from_db()
    preview = whole(before=live, draft=draft, now=NOW)
    alone = {effect.name: effect for effect in preview.effects}
    assert list(alone) == ["Germany", "Called Cleo", "Bounds, bands and groups"]
    # Anna 30, Ben 10, Cleo 5, Dora 20
    assert preview.moved == 3
    assert crossed(preview.whole) == {"warm": (0, 1)}
    assert alone["Called Cleo"].moved == 1
    assert preview.changes == {-20: 2, 5: 1}
    assert crossed(alone["Germany"]) == {"ready": (0, 1), "hot": (0, 1), "warm": (0, 1)}
    assert alone["Bounds, bands and groups"].moved == 0
    assert crossed(alone["Bounds, bands and groups"]) == {"hot": (1, 0), "ready": (1, 0)}


def test_without_a_live_version_all_points_are_new(leads: dict[str, Lead]) -> None:
    draft = make_version(**LINES)
    make_rule(draft, name="Viewed a page", points=10, types=["page_view"])
    preview = whole(before=None, draft=draft, now=NOW)
    assert preview.before_id is None
    assert (preview.moved, preview.changes) == (3, {30: 1, 10: 1, 20: 1})
    assert crossed(preview.whole) == {"warm": (2, 0)}
    assert preview.effects == ()


def test_it_equals_scoring_each_lead_alone(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    moments = {lead.pk: NOW for lead in leads.values()}
    before = score_leads(version=live, moments=moments)
    after = score_leads(version=draft, moments=moments)
    preview = whole(before=live, draft=draft, now=NOW)
    assert {(each.lead_id, each.before, each.after) for each in preview.named} == {
        (lead, before[lead].score, after[lead].score)
        for lead in before
        if before[lead].score != after[lead].score
    }


@pytest.mark.usefixtures("small_pieces")
def test_pieces_add_up_to_the_whole_and_travel_as_json(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    preview = begin(before=live, draft=draft, now=NOW)
    shares = [preview.share]
    while not preview.is_done:
        preview = from_json(to_json(step(preview)))
        shares.append(preview.share)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert len(shares) == 5  # two, two and one lead, then the end
    one_piece = whole(before=live, draft=draft, now=NOW)
    assert replace(preview, size=0) == replace(one_piece, size=0)


def test_leads_that_were_scored_since_count_as_they_were(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    preview = begin(before=live, draft=draft, now=NOW)
    log(leads["cleo"], "page_view", NOW + timedelta(minutes=1))
    Lead.objects.filter(pk=leads["anna"].pk).update(
        score=65,
        fit=20,
        engagement=45,
        grade="C2",
        temperature="hot",
        scored_at=NOW + DAY,
        score_version=live,
    )
    while not preview.is_done:
        preview = step(preview)
    assert (preview.leads, preview.moved) == (4, 3)


@pytest.mark.usefixtures("small_pieces")
class TestChangedMeanwhile:
    """Somebody edits, publishes or discards between two pieces."""

    @pytest.fixture
    def begun(self, live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]) -> Preview:
        return step(begin(before=live, draft=draft, now=NOW))

    def test_an_edited_rule_ends_it(self, begun: Preview) -> None:
        ScoringRule.objects.filter(version=begun.draft_id, name="Germany").update(points=11)
        with pytest.raises(Conflict):
            step(begun)

    def test_another_threshold_ends_it(self, begun: Preview) -> None:
        ScoringModelVersion.objects.filter(pk=begun.draft_id).update(threshold=51)
        with pytest.raises(Conflict):
            step(begun)

    def test_publishing_ends_it(self, begun: Preview) -> None:
        publish(version=ScoringModelVersion.objects.get(pk=begun.draft_id), actor=None, note="Now", now=NOW)
        with pytest.raises(Conflict):
            step(begun)

    def test_discarding_ends_it(self, begun: Preview) -> None:
        discard_draft(version=ScoringModelVersion.objects.get(pk=begun.draft_id), actor=None)
        with pytest.raises(NotFound):
            step(begun)

    def test_a_note_does_not(self, begun: Preview) -> None:
        ScoringModelVersion.objects.filter(pk=begun.draft_id).update(note="Why", revision=2)
        assert step(begun).looked_at == 4


def test_nothing_is_written(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    before = rows()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        whole_preview(draft=draft, now=NOW)
    assert rows() == before


def test_a_piece_that_takes_too_long_is_cut(
    live: ScoringModelVersion,
    draft: ScoringModelVersion,
    leads: dict[str, Lead],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    preview = replace(begin(before=live, draft=draft, now=NOW), size=40_000)
    monkeypatch.setattr(run, "piece", lambda *args: Fragment("SELECT '{}'::text FROM pg_sleep(3)"))
    monkeypatch.setattr(run, "LONGEST", "1s")
    preview = step(preview)
    assert (preview.size, preview.looked_at) == (10_000, 0)
    preview = step(preview)
    assert preview.size == run.SMALLEST
    with pytest.raises(TooBusy):
        step(preview)


def rows() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table of ours."""
    found: dict[str, list[tuple[object, ...]]] = {}
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{name}"')  # noqa: S608
            found[name] = sorted(cursor.fetchall(), key=repr)
    return found


def test_the_state_is_small(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    assert len(str(to_json(whole_preview(draft=draft, now=NOW)))) < 4_000


def test_a_finished_preview_stays_as_it_is(
    live: ScoringModelVersion, draft: ScoringModelVersion, leads: dict[str, Lead]
) -> None:
    done = whole_preview(draft=draft, now=NOW)
    assert continue_preview(done) == done
    assert begin_preview(draft=draft, now=NOW).share == 0.0
    assert done.whole.crossing("nothing") == Crossing()
