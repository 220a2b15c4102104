"""The page of notices, the bell, and how people choose to hear of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from leadapp.models import User
from qualification.models import ByEmail, DigestHour, Notice, NoticeChoice, NoticeKind, NoticeMail
from qualification.services.notices import Telling, tell
from qualification.services.work import add_note
from tests.ui.build import make_lead, make_user
from tests.ui.conftest import As

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_nudges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qualification.services.notices.telling.wake", lambda task: None)


def told(
    user: User,
    text: str = "Ada is yours.",
    *,
    kind: NoticeKind = NoticeKind.HANDOVER,
    lead: Any = None,
    minutes_ago: int = 0,
) -> Notice:
    event, at = f"test:{Notice.objects.count()}", timezone.now() - timedelta(minutes=minutes_ago)
    tell([Telling(user.pk, kind, text, event, lead.pk if lead else None)], now=at)
    return Notice.objects.get(event=event)


def test_an_empty_page_says_what_comes_here(rep: User, as_: As) -> None:
    assert "You are told when" in as_(rep).get("/notices/").content.decode()
    assert "Everything is read" in as_(rep).get("/notices/?unread").content.decode()


def test_notices_are_shown_newest_first_and_only_one_s_own(rep: User, other_rep: User, as_: As) -> None:
    told(rep, "Old", minutes_ago=60)
    told(rep, "New")
    told(other_rep, "Somebody else's")
    html = as_(rep).get("/notices/").content.decode()
    assert html.index("New") < html.index("Old")
    assert "Somebody else" not in html


def test_the_unread_ones_have_a_page_of_their_own(rep: User, as_: As) -> None:
    told(rep, "Read already")
    Notice.objects.update(read_at=timezone.now())
    told(rep, "Not read yet")
    html = as_(rep).get("/notices/?unread").content.decode()
    assert "Not read yet" in html
    assert "Read already" not in html


def test_opening_a_notice_leads_to_the_lead_and_marks_it_as_read(rep: User, as_: As) -> None:
    lead = make_lead(owner=rep)
    notice = told(rep, lead=lead)
    response = as_(rep).get(f"/notices/{notice.pk}/")
    assert response["Location"] == f"/leads/{lead.pk}/"
    notice.refresh_from_db()
    assert notice.read_at is not None
    first = notice.read_at
    as_(rep).get(f"/notices/{notice.pk}/")
    notice.refresh_from_db()
    assert notice.read_at == first


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (NoticeKind.WEBHOOK, "/admin/leadapp/webhookendpoint/"),
        (NoticeKind.KEY, "/admin/leadapp/apikey/"),
        (NoticeKind.EXPORT, "/exports/"),
        (NoticeKind.NOBODY_AVAILABLE, "/notices/"),
    ],
)
def test_a_notice_about_no_lead_leads_to_what_it_is_about(as_: As, kind: NoticeKind, place: str) -> None:
    admin = make_user("ines", "admin", is_staff=True)
    notice = told(admin, kind=kind)
    assert as_(admin).get(f"/notices/{notice.pk}/")["Location"] == place


def test_notices_of_every_kind_are_shown(as_: As) -> None:
    admin = make_user("ines", "admin", is_staff=True)
    for kind in NoticeKind:
        told(admin, kind=kind)
    assert len(as_(admin).get("/notices/").context["rows"]) == len(NoticeKind)


def test_one_or_all_are_marked_as_read(rep: User, other_rep: User, as_: As) -> None:
    one, other, foreign = told(rep), told(rep), told(other_rep)
    client = as_(rep)

    def unread() -> set[int]:
        return set(Notice.objects.unread().values_list("pk", flat=True))

    assert client.post(f"/notices/{foreign.pk}/read/").status_code == 302
    assert unread() == {one.pk, other.pk, foreign.pk}
    assert client.post(f"/notices/{one.pk}/read/?unread")["Location"] == "/notices/?unread"
    assert unread() == {other.pk, foreign.pk}
    client.post("/notices/read/")
    assert unread() == {foreign.pk}
    assert client.get("/notices/read/").status_code == 405


def test_somebody_else_s_notice_does_not_exist(rep: User, other_rep: User, as_: As) -> None:
    assert as_(rep).get(f"/notices/{told(other_rep).pk}/").status_code == 404


def test_a_lead_that_somebody_may_not_see_is_not_told_of(
    rep: User, other_rep: User, as_: As, settings: Any
) -> None:
    settings.REPS_SEE = "own"
    notice = told(rep, "Secret", lead=make_lead(owner=other_rep))
    client = as_(rep)
    assert "Secret" not in client.get("/notices/").content.decode()
    assert client.get(f"/notices/{notice.pk}/").status_code == 404
    assert "not read" not in client.get("/notices/bell/").content.decode()


def test_many_notices_are_turned_page_by_page(rep: User, as_: As) -> None:
    for number in range(60):
        told(rep, f"Notice {number:02}", minutes_ago=60 - number)
    client = as_(rep)
    first = client.get("/notices/")
    assert "Notice 59" in first.content.decode()
    assert "Notice 09" not in first.content.decode()
    second = client.get(first.context["next_url"])
    assert "Notice 09" in second.content.decode()
    assert "Notice 10" not in second.content.decode()
    assert "Notice 59" in client.get(second.context["previous_url"]).content.decode()
    assert client.get("/notices/?after=nonsense").status_code == 422


@pytest.mark.parametrize("count", [1, 20])
def test_a_page_takes_the_same_queries(
    rep: User, as_: As, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        told(rep, lead=make_lead(owner=rep))
    client = as_(rep)
    # Session, person, rights (2), notices, how many are not read.
    with django_assert_num_queries(6):
        client.get("/notices/")


def test_the_bell_counts_and_speaks_up_when_there_is_more(
    rep: User, as_: As, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = as_(rep)
    assert "bell__count" not in client.get("/notices/bell/").content.decode()
    for _ in range(3):
        told(rep)
    with django_assert_num_queries(5):
        html = client.get("/notices/bell/").content.decode()
    assert '<span class="bell__count">3</span>' in html
    assert "bell-says" not in html
    assert "3 notices not read" in client.get("/notices/bell/?known=2").content.decode()
    assert "bell-says" not in client.get("/notices/bell/?known=3").content.decode()
    assert client.get("/notices/bell/?known=x").status_code == 200


def test_every_page_has_the_bell(rep: User, as_: As) -> None:
    assert 'href="/notices/"' in as_(rep).get("/").content.decode()


def choices(**changed: str) -> dict[str, str]:
    kept = {str(kind): "none" for kind in NoticeKind if kind not in (NoticeKind.WEBHOOK, NoticeKind.KEY)}
    return {**kept, "hour": "8", **changed}


def test_the_choices_show_what_holds_and_are_kept(rep: User, as_: As) -> None:
    client = as_(rep)
    form = client.get("/notices/settings/").context["form"]
    assert form["handover"].initial == ByEmail.IMMEDIATE
    assert "webhook" not in form.fields
    response = client.post("/notices/settings/", choices(mention="immediate", hour="17"))
    assert response.status_code == 302
    kept = dict(NoticeChoice.objects.filter(user=rep).values_list("kind", "by_email"))
    assert kept == dict.fromkeys(kept, "none") | {"mention": "immediate"}
    assert DigestHour.objects.get(user=rep).hour == 17
    client.post("/notices/settings/", choices())
    assert set(NoticeChoice.objects.filter(user=rep).values_list("by_email", flat=True)) == {"none"}


@pytest.mark.parametrize(
    "data", [choices(mention="pigeon"), choices(hour="24"), choices(hour="soon"), {}], ids=list("abcd")
)
def test_choices_that_make_no_sense_are_refused(rep: User, as_: As, data: dict[str, str]) -> None:
    assert as_(rep).post("/notices/settings/", data).status_code == 422
    assert not NoticeChoice.objects.exists()


def test_an_admin_also_chooses_for_webhooks(as_: As) -> None:
    admin = make_user("ines", "admin", is_staff=True)
    assert "webhook" in as_(admin).get("/notices/settings/").context["form"].fields


def test_what_waits_follows_a_new_choice(rep: User, as_: As) -> None:
    rep.email = "jonas@vendor.example"
    rep.save()
    told(rep, kind=NoticeKind.MENTION)
    told(rep, kind=NoticeKind.WAKE_UP)
    told(rep, kind=NoticeKind.HANDOVER)
    as_(rep).post("/notices/settings/", choices(mention="immediate", handover="digest"))
    found = {
        mail.notice.kind: (mail.state, mail.is_digest, mail.due_at > timezone.now())
        for mail in NoticeMail.objects.select_related("notice")
    }
    assert found == {
        "mention": ("waiting", False, False),
        "wake_up": ("dropped", True, True),
        "handover": ("waiting", True, True),
    }


def test_a_mention_is_bold_and_what_else_is_written_is_only_text(rep: User, other_rep: User, as_: As) -> None:
    lead = make_lead(owner=rep)
    add_note(lead=lead, text="@priya <b>@jonas</b>\n@nobody", actor=rep, now=timezone.now())
    html = as_(rep).get(f"/leads/{lead.pk}/notes/").content.decode()
    assert "<b>@priya</b> &lt;b&gt;<b>@jonas</b>&lt;/b&gt;<br>@nobody" in html
