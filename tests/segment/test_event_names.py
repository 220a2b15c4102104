"""Which kind of activity an event is: the table that ships, what is learnt, and where that ends."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from leadapp.models import Activity, ActivityType, EventName, Lead, RefusedMessage
from leadapp.services.intake import event_names, refused_messages
from leadapp.services.intake.event_names import event_key
from leadapp.services.intake.refused_messages import Refusal, forget_refused, keep_refused
from scoring.models import ScoringRule
from scoring.services.queue import score_waiting
from tests.forms.test_naughty_strings import naughty
from tests.qualification.build import make_user
from tests.segment.conftest import Library
from tests.support.lines import one_line
from tests.ui.lead_build import as_user

pytestmark = pytest.mark.django_db


def kind_of(library: Library, event: str) -> str:
    """Send an event and return the kind of activity that it became."""
    library.take("track", {"userId": "1", "event": event})
    return Activity.objects.select_related("type").latest("id").type.slug


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("Content Downloaded", "content_download"),
        ("content_downloaded", "content_download"),
        ("contentDownloaded", "content_download"),
        ("CONTENT DOWNLOADED", "content_download"),
        ("Signed Up", "signed_up"),
        ("Trial Started", "trial_started"),
        ("Product Viewed", "product_viewed"),
        ("Checkout Started", "checkout_started"),
        ("Order Completed", "purchase"),
        ("Email Opened", "email_opened"),
        ("Email Link Clicked", "email_clicked"),
        ("Email Sent", "email_delivered"),
        ("Application Opened", "app_opened"),
        ("$pageview", "page_view"),
        ("demo requested", "demo_requested"),
        ("Webinar-Attended", "webinar_attended"),
    ],
)
def test_common_names_are_known(library: Library, event: str, kind: str) -> None:
    assert kind_of(library, event) == kind
    assert Activity.objects.latest("id").properties["event"] == event


def test_the_keys_that_ship_are_the_normal_form() -> None:
    for row in EventName.objects.all():
        assert row.key == event_key(row.name)
        assert not row.activity_type.is_internal


def test_a_kind_that_is_learnt_is_called_by_one_line(library: Library) -> None:
    assert kind_of(library, "Vault\r\nOpened\u2028now") == "vault_opened_now"
    assert ActivityType.objects.get(slug="vault_opened_now").label == "Vault Opened now"
    assert Activity.objects.latest("id").properties["event"] == "Vault\r\nOpened\u2028now"


def test_an_unknown_name_becomes_a_kind_that_scores_nothing_until_a_rule_counts_it(library: Library) -> None:
    assert kind_of(library, "Vault Opened!") == "vault_opened"
    kind = ActivityType.objects.get(slug="vault_opened")
    assert (kind.label, kind.channel, kind.is_signal, kind.is_internal) == (
        "Vault Opened!",
        "product",
        False,
        False,
    )
    learnt = EventName.objects.get(activity_type=kind)
    assert (learnt.name, learnt.source) == ("Vault Opened!", "website")
    assert learnt.learnt_at
    assert kind_of(library, "vault opened") == "vault_opened"
    assert EventName.objects.filter(learnt_at__isnull=False).count() == 1
    assert not ScoringRule.objects.filter(activity_types=kind).exists()
    score_waiting(now=timezone.now())
    assert Lead.objects.get().engagement == 0


def test_a_name_of_a_kind_that_exists_is_that_kind(library: Library) -> None:
    ActivityType.objects.create(slug="booth_visited", label="Was at the booth", channel="event")
    assert kind_of(library, "Booth Visited") == "booth_visited"
    assert ActivityType.objects.filter(label="Booth Visited").count() == 0


@pytest.mark.parametrize(
    "event", ["商品を見た", "Öffnete die Tür", "3D Viewer Opened", "x" * 150, "🎉 🎉 ok", "!!!"]
)
def test_names_in_any_writing_have_kinds(library: Library, event: str) -> None:
    kind = ActivityType.objects.get(slug=kind_of(library, event))
    assert kind.slug == "other_event" if event == "!!!" else kind.label == event[:100]


def test_a_marketer_says_what_a_name_is(library: Library) -> None:
    kind_of(library, "Vault Opened")
    kind_of(library, "Safe Opened")
    row = EventName.objects.get(name="Safe Opened")
    client = as_user(make_user("mia", "marketer", is_staff=True))
    to = ActivityType.objects.get(slug="demo_requested")
    listed = client.get("/admin/leadapp/eventname/").content.decode()
    assert "2 names came by themselves, of at most 200." in " ".join(listed.split())
    assert listed.index("Safe Opened") < listed.index("Content Downloaded")
    sent = {"call": "track", "name": "Safe Opened", "activity_type": to.pk}
    client.post(f"/admin/leadapp/eventname/{row.pk}/change/", sent)
    assert kind_of(library, "safe opened") == "demo_requested"


def test_a_page_may_have_a_kind_of_its_own(library: Library) -> None:
    client = as_user(make_user("mia", "marketer", is_staff=True))
    to = ActivityType.objects.get(slug="content_download")
    client.post("/admin/leadapp/eventname/add/", {"call": "page", "name": "Thanks", "activity_type": to.pk})
    for name in ("Thanks", "Home"):
        library.take("page", {"userId": "1", "name": name})
    found = Activity.objects.filter(type__is_internal=False).order_by("id")
    assert list(found.values_list("type__slug", flat=True)) == ["content_download", "page_view"]


@pytest.mark.parametrize(
    ("call", "name", "message"),
    [
        ("track", "trial-started", "This name is there already."),
        ("page", "", "This name is there already."),
        ("track", "", "Say what the event is called"),
        ("track", "!!", "Say what the event is called"),
    ],
)
def test_a_name_is_there_once(call: str, name: str, message: str) -> None:
    client = as_user(make_user("mia", "marketer", is_staff=True))
    before = EventName.objects.count()
    sent = {"call": call, "name": name, "activity_type": ActivityType.objects.get(slug="login").pk}
    response = client.post("/admin/leadapp/eventname/add/", sent)
    assert message in response.content.decode()
    assert EventName.objects.count() == before


def test_there_is_an_end_to_learning_and_nothing_is_lost(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_names, "MOST_LEARNT", 3)
    library.batch(
        *({"type": "track", "userId": "1", "event": f"Made up {letter}"} for letter in "abcde"),
        {"type": "track", "userId": "1", "event": "Trial Started"},
    )
    learnt = EventName.objects.filter(learnt_at__isnull=False)
    assert sorted(learnt.values_list("name", flat=True)) == ["Made up a", "Made up b", "Made up c"]
    other = Activity.objects.filter(type__slug="other_event")
    assert sorted(one.properties["event"] for one in other) == ["Made up d", "Made up e"]
    assert kind_of(library, "Made up f") == "other_event"
    assert kind_of(library, "Made up a") == "made_up_a"
    # A marketer makes room.
    learnt.get(name="Made up a").delete()
    assert kind_of(library, "Made up f") == "made_up_f"


def test_naughty_names_and_traits_are_kept_as_they_are_or_refused(library: Library) -> None:
    strings = [*naughty(), "half \ud800"]
    messages = [
        {
            "type": "track",
            "userId": f"u-{number}",
            "event": one,
            "messageId": f"m-{number}",
            "properties": {"said": one},
            "context": {"traits": {"firstName": one, "city": one}},
        }
        for number, one in enumerate(strings)
    ]
    refused = {one["index"]: one["detail"] for one in library.batch(*messages).get("refused", [])}
    stored = {
        activity.external_id: activity
        for activity in Activity.objects.filter(type__is_internal=False).select_related("lead", "type")
    }
    assert len(stored) + len(refused) == len(strings)
    for number, one in enumerate(strings):
        if number in refused:
            assert refused[number]
            continue
        activity = stored[f"m-{number}"]
        assert activity.properties["said"] == one
        assert activity.properties["event"] == one.strip()
        if len(one.strip()) <= 100:
            assert activity.lead.first_name == one_line(one)
    client = as_user(make_user("ada", "admin", is_staff=True))
    for page in ("eventname", "activitytype", "refusedmessage"):
        for number in range(3):
            html = client.get(f"/admin/leadapp/{page}/?p={number}").content.decode()
            assert "<script>alert" not in html
            assert "onerror=alert" not in html or "&lt;" in html
    assert EventName.objects.filter(learnt_at__isnull=False).count() <= event_names.MOST_LEARNT


def test_what_was_refused_is_shown_escaped_and_thrown_away(library: Library) -> None:
    library.batch({"type": "track", "event": "<script>alert(1)</script>", "messageId": "<b>m</b>"})
    row = RefusedMessage.objects.get()
    client = as_user(make_user("mia", "marketer", is_staff=True))
    listed = client.get("/admin/leadapp/refusedmessage/").content.decode()
    assert "&lt;b&gt;m&lt;/b&gt;" in listed
    shown = client.get(f"/admin/leadapp/refusedmessage/{row.pk}/change/").content.decode()
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown + listed
    client.post(f"/admin/leadapp/refusedmessage/{row.pk}/delete/", {"post": "yes"})
    assert not RefusedMessage.objects.exists()


@pytest.mark.parametrize(
    ("role", "see", "edit"), [("rep", False, False), ("manager", True, False), ("admin", True, True)]
)
def test_who_sees_and_edits(role: str, see: bool, edit: bool) -> None:
    user = make_user("somebody", role)
    assert user.has_perm("leadapp.view_eventname") is see
    assert user.has_perm("leadapp.view_refusedmessage") is see
    assert user.has_perm("leadapp.change_eventname") is edit
    assert user.has_perm("leadapp.delete_refusedmessage") is edit


def test_only_so_much_is_kept_and_for_a_month(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(refused_messages, "MOST_KEPT", 3)
    now = timezone.now()
    for number in range(5):
        keep_refused(refusals=[Refusal("odd", "{}", str(number))], source="app", now=now)
    keep_refused(refusals=[Refusal("odd", "{}")], source="website", now=now - timedelta(days=31))
    assert sorted(RefusedMessage.objects.values_list("source", "message_id")) == [
        ("app", "0"),
        ("app", "1"),
        ("app", "2"),
        ("website", ""),
    ]
    assert "app sends more that is refused than is kept: odd" in caplog.text
    assert forget_refused(now=now) == 1


def test_the_database_forbids_names_twice_and_events_without() -> None:
    kind = ActivityType.objects.get(slug="login")
    bad = [
        {"call": "track", "key": ""},
        {"call": "purchase", "key": "x"},
        {"call": "track", "key": "trial_started"},
    ]
    for fields in bad:
        with pytest.raises(IntegrityError), transaction.atomic():
            EventName.objects.create(activity_type=kind, **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        RefusedMessage.objects.create(source="x", reason="", message="{}")
