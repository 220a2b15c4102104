"""All pages that a person can open, each with who opens it and where: what tests and pictures share.

A new page is a line in PAGES. An address that only acts (POST) belongs into ACTS, one that answers with a
piece of a page, a file or a redirect into PIECES. tests/ui/test_all_pages.py fails if one is in none.

Pages show what `furnish` has made (tests/ui/furnished.py: the demo and what it lacks); those of EMPTY_PAGES
what a Leadapp shows in which there is nothing yet. `open_pages` reads them as a browser without JavaScript
does; a real one goes to `page.address()` as `page.who`, and then does what `page.steps` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from leadapp.errors import Conflict
from leadapp.models import (
    Activity,
    BulkRun,
    Company,
    ConsentRequest,
    DuplicatePair,
    ExportRun,
    ImportJob,
    Lead,
    Quarantine,
    SavedView,
    TrackedSite,
    User,
)
from leadapp.services.privacy.opt_in.confirming import sign_request
from leadapp.services.privacy.opt_out import opt_out_address
from qualification.models import Absence, Deal, Note, StageChange, Task
from scoring.models import ScoreOverride

Find = Callable[[], Any]
REP, MARKETER, MANAGER, ADMIN, NOBODY = "rep", "marketer", "manager", "admin", ""


@dataclass(frozen=True)
class WebPage:
    """A page: its name in urls.py, who opens it, and what of it differs from the other pages of that name.

    The arguments of the address may be functions, which find something in the database. `steps` are what a
    person does before the page looks like this: "click SELECTOR", "press KEY" or "wait SELECTOR".
    """

    route: str
    who: str
    note: str = ""
    query: str | Callable[[], str] = ""
    status: int = 200
    steps: Sequence[str] = ()
    template: str = ""
    where: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return a name that no other page has, good for a file."""
        return " ".join(filter(None, [self.route.replace(":", " "), self.note, self.who])).replace(" ", "-")

    def address(self) -> str:
        """Return where the page is, with what the database holds now."""
        if self.template:
            return f"/not-there/{self.template}"
        found = {name: value() if callable(value) else value for name, value in self.where.items()}
        query = self.query() if callable(self.query) else self.query
        return reverse(self.route, kwargs=found) + query

    def open(self, client: Client) -> tuple[int, str]:
        """Answer with the status and the text of the page, as a browser without JavaScript gets it."""
        if self.template:
            return self.status, self.text()
        response = client.get(self.address())
        return response.status_code, response.content.decode()

    def text(self) -> str:
        """Return an error page that no address leads to."""
        refusal = Conflict("Somebody moved this lead meanwhile.")
        return render_to_string(self.template, {"refusal": refusal})


def open_pages(pages: Iterable[WebPage]) -> Iterator[tuple[WebPage, int, str]]:
    """Open pages one after another, each as its person; give each with its status and text."""
    clients = {"": Client()}
    for each in pages:
        if each.who not in clients:
            clients[each.who] = Client()
            clients[each.who].force_login(User.objects.get(username=each.who))
        try:
            status, text = each.open(clients[each.who])
        except ObjectDoesNotExist as error:
            error.add_note(f"{each} needs this: let tests/ui/furnished.py make it.")
            raise
        yield each, status, text


def page(route: str, who: str, note: str = "", **options: Any) -> WebPage:
    """Describe a page; what is no field of WebPage is an argument of its address."""
    own = {name: options.pop(name) for name in ("query", "status", "steps", "template") if name in options}
    return WebPage(route, who, note, where=options, **own)


# What addresses are about: the same one each time it is asked for.


def lead(**facts: Any) -> Find:
    """Find the first lead of which this holds; those of the rep unless it is said who has it."""
    facts = {"owner__username": REP, "status": "open"} | facts
    return lambda: Lead.objects.filter(**facts).prioritised()[:1].get().pk


def customer() -> int:
    deal: Deal = first(Deal, lead__owner__username=REP, lead__stage="customer", voided_at=None)
    return deal.lead_id


def first(model: Any, **facts: Any) -> Any:
    """Return the first row of which this holds."""
    return model._default_manager.filter(**facts).order_by("pk")[:1].get()


def pk_of(model: Any, name: str = "pk", **facts: Any) -> Find:
    """Find the first row of which this holds, and return its number or another field."""
    return lambda: getattr(first(model, **facts), name)


def chosen(number: int) -> str:
    """Return the leads that are chosen in the list, as it sends them."""
    rows = Lead.objects.filter(owner__username=REP, status="open").prioritised()[:number]
    return "".join(f"&lead={row.pk}.{row.stage}.{row.status}.{row.owner_id or ''}" for row in rows)


own_view: Callable[[], int] = pk_of(SavedView, owner__username=REP)


def saved_view() -> str:
    """Return the query of a view that the rep shares."""
    return f"?view={first(SavedView, owner__username=REP, sharing='everybody').pk}"


MINE, MQL, CUSTOMER = lead(), lead(stage="mql"), customer
DAYS_AGO = timezone.now() - timedelta(days=5)
EDITED: dict[str, Any] = {"type__slug": "lead.updated", "actor__username": REP}
WRITTEN: dict[str, Any] = {"author__username": REP, "edited_at__isnull": False}
DELETED: dict[str, Any] = {"author__username": REP, "deleted_at__isnull": False}
TO_DO: dict[str, Any] = {"done_at": None, "lead__owner__username": REP}
DONE: dict[str, Any] = {"done_at__isnull": False, "lead__owner__username": REP}
VIEWED: dict[str, Any] = {"voided_at": None, "type__slug": "page_view"}
RECENT: dict[str, Any] = {"actor__username": REP, "lead__owner__username": REP, "undone_by": None}
MODEL = {"slug": "default"}

LEAD_LIST = (
    page("lead-list", REP),
    page("lead-list", MANAGER, "all", query="?view=all"),
    page("lead-list", MARKETER, "hot", query="?view=hot"),
    page("lead-list", REP, "answers", query="?view=answer"),
    page("lead-list", REP, "nothing found", query="?q=zzzz"),
    page("lead-list", REP, "wrong filter", query="?temperature=purple", status=400),
    page("lead-list", REP, "filters open", steps=["click #filters summary", "wait #filters fieldset"]),
    page("lead-list", REP, "keys", steps=["press ?", "wait dialog#keys[open]"]),
    page("lead-list", REP, "search", steps=["press /", "wait #finder-list [role=option]"]),
    page("lead-list", REP, "sorted by name", query="?view=all&sort=name"),
    page("lead-list", REP, "own columns", query="?view=all&columns=name,company,tags,country,created,grade"),
    page("lead-list", MANAGER, "saved view", query=saved_view),
    page("lead-list", REP, "saved view changed", query=lambda: f"?country=DE&from={own_view()}"),
    page("lead-list", REP, "spelt like it", query="?view=all&q=lorentz"),
    page("lead-list", MANAGER, "won", query="?view=all&stage=customer"),
    page("lead-list", MANAGER, "resting", query="?view=all&status=nurture"),
    page("lead-list", REP, "view not there", query="?view=99999999", status=404),
    page(
        "lead-list",
        REP,
        "columns open",
        steps=["click #columns summary", "wait #columns input[type=checkbox]"],
    ),
    page("lead-list", REP, "rows open", steps=["click #rows summary", "wait #rows form"]),
    page("lead-list-filters", REP),
    page("lead-list-columns", REP),
    page("lead-views", REP),
    page("lead-views", MANAGER, "shared"),
    page("lead-views", MARKETER, "none of one's own"),
    page("lead-view", REP, pk=pk_of(SavedView, owner__username=REP)),
    page("lead-view-save", REP, query="?country=DE&sort=name"),
    page(
        "lead-view-save",
        REP,
        "refused",
        query="?country=DE",
        steps=["click form.form-page button[type=submit]", "wait .error-summary"],
    ),
    page("lead-new", REP),
    page(
        "lead-new", REP, "refused", steps=["click form.form-page button[type=submit]", "wait .error-summary"]
    ),
    page("leads-bulk", MANAGER, "move", query=lambda: "?what=move" + chosen(3)),
    page("leads-bulk", MANAGER, "assign", query=lambda: "?what=assign" + chosen(3)),
    page("leads-bulk", MANAGER, "nurture", query=lambda: "?what=nurture" + chosen(3)),
    page("leads-bulk", MANAGER, "disqualify", query=lambda: "?what=disqualify" + chosen(1)),
    page("leads-bulk", MANAGER, "tag", query=lambda: "?what=tag" + chosen(3)),
    page("leads-bulk", MANAGER, "task for all", query="?what=task&all=1&of=view%3Dall"),
    page("bulk-run", MANAGER, pk=pk_of(BulkRun, action="nurture")),
    page("bulk-run", MANAGER, "going on", pk=pk_of(BulkRun, finished_at=None)),
    page("leads-export", MARKETER, query="?all=1&of=view%3Dall"),
    page("export-list", MANAGER),
    page("export-show", MANAGER, "ready", pk=pk_of(ExportRun, state="done", forgotten_at=None)),
    page("export-show", MANAGER, "deleted", pk=pk_of(ExportRun, state="done", forgotten_at__isnull=False)),
    page("export-show", MANAGER, "stopped", pk=pk_of(ExportRun, state="stopped")),
    page("export-show", MANAGER, "given up", pk=pk_of(ExportRun, state="failed")),
    page("export-show", MANAGER, "going on", pk=pk_of(ExportRun, state="running")),
    page("export-show", REP, "somebody else's", status=404, pk=pk_of(ExportRun)),
    page("import-list", MARKETER),
    page("import-list", REP, "forbidden", status=403),
    page("import-columns", MARKETER, pk=pk_of(ImportJob, state="mapping")),
    page("import-show", MARKETER, "checked", pk=pk_of(ImportJob, state="checked")),
    page("import-show", MARKETER, "going on", pk=pk_of(ImportJob, state="importing")),
    page("import-show", MARKETER, "done", query="?show=problems", pk=pk_of(ImportJob, state="done")),
    page("import-show", MARKETER, "undone", pk=pk_of(ImportJob, state="undone")),
)
LEAD_PAGE = (
    page("lead-detail", REP, pk=MINE),
    page("lead-detail", MARKETER, "somebody else's", pk=MINE),
    page("lead-detail", MANAGER, "customer", pk=CUSTOMER),
    page("lead-detail", REP, "nurture", pk=lead(status="nurture")),
    page("lead-detail", REP, "disqualified", pk=lead(status="disqualified")),
    page("lead-detail", REP, "nobody's", pk=lead(owner__username=None, score__gte=1)),
    page("lead-detail", REP, "set aside", pk=pk_of(ScoreOverride, "lead_id", ended_at=None)),
    page(
        "lead-detail",
        REP,
        "looking back",
        pk=lead(created_at__lt=DAYS_AGO),
        query=f"?as_of={DAYS_AGO:%Y-%m-%d}",
        steps=["click .evidence summary"],
    ),
    page("lead-detail", MANAGER, "not scored", pk=pk_of(Lead, do_not_score=True)),
    page("lead-detail", REP, "question", pk=MQL, steps=["click #do-note", "wait dialog#question[open]"]),
    page("lead-timeline", REP, pk=MINE),
    page("lead-stages", REP, pk=MINE),
    page("lead-stages", REP, "customer", pk=CUSTOMER),
    page("lead-notes", REP, pk=MINE),
    page("lead-detail", REP, "editing a fact", pk=MINE, steps=["press e", "wait .fact--open"]),
    page("lead-edit", REP, pk=MINE),
    page("lead-fact", REP, pk=MINE, key="place"),
    page("lead-facts", REP, pk=pk_of(Activity, "lead_id", **EDITED)),
    page(
        "lead-change-undo",
        REP,
        pk=pk_of(Activity, "lead_id", **EDITED),
        change_id=pk_of(Activity, **EDITED),
    ),
    page("lead-consent-add", REP, pk=MINE),
    page("lead-tags", REP, pk=MINE),
    page("lead-log", REP, "call", pk=MINE, kind="call"),
    page("lead-log", REP, "email", pk=MINE, kind="email"),
    page("lead-log", REP, "meeting", pk=MINE, kind="meeting"),
    page(
        "activity-void",
        MANAGER,
        pk=pk_of(Activity, "lead_id", **VIEWED),
        activity_id=pk_of(Activity, **VIEWED),
    ),
    page(
        "quarantine-release",
        MANAGER,
        pk=pk_of(Quarantine, "lead_id", released_at=None),
        quarantine_id=pk_of(Quarantine, released_at=None),
    ),
    page("lead-move", REP, "forward", pk=MQL, stage="sql"),
    page("lead-move", MANAGER, "past the gate", pk=MQL, stage="sql"),
    page("lead-move", REP, "won", pk=lead(stage="sql"), stage="customer"),
    page("lead-move", REP, "back", pk=MQL, stage="lead"),
    page("lead-nurture", REP, pk=MQL),
    page("lead-disqualify", REP, pk=MQL),
    page("lead-reopen", REP, pk=lead(status="disqualified")),
    page(
        "lead-undo", REP, pk=pk_of(StageChange, "lead_id", **RECENT), change_id=pk_of(StageChange, **RECENT)
    ),
    page("lead-wake-up", REP, pk=lead(status="nurture")),
    page("lead-opportunity", REP, pk=CUSTOMER),
    page("lead-advocacy", REP, pk=CUSTOMER),
    page("lead-deal-add", REP, pk=CUSTOMER),
    page(
        "lead-deal-void",
        REP,
        pk=CUSTOMER,
        deal_id=lambda: first(Deal, lead_id=customer(), voided_at=None).pk,
    ),
    page("lead-call", REP, pk=MQL, steps=["click .ask__also > summary"]),
    page("lead-bant", REP, pk=MQL, dimension="budget"),
    page("lead-aside", REP, pk=MQL),
    page("lead-aside-end", REP, pk=pk_of(ScoreOverride, "lead_id", ended_at=None)),
    page("lead-take", REP, pk=lead(owner__username=None)),
    page("lead-owner", MANAGER, pk=MQL),
    page("lead-note-add", REP, pk=MQL),
    page("note-edit", REP, pk=pk_of(Note, "lead_id", **WRITTEN), note_id=pk_of(Note, **WRITTEN)),
    page("note-delete", REP, pk=pk_of(Note, "lead_id", **WRITTEN), note_id=pk_of(Note, **WRITTEN)),
    page("note-restore", REP, pk=pk_of(Note, "lead_id", **DELETED), note_id=pk_of(Note, **DELETED)),
    page("lead-task-add", REP, pk=MQL),
    page("task-edit", REP, pk=pk_of(Task, "lead_id", **TO_DO), task_id=pk_of(Task, **TO_DO)),
    page("task-reopen", REP, pk=pk_of(Task, "lead_id", **DONE), task_id=pk_of(Task, **DONE)),
    page(
        "task-done",
        REP,
        pk=pk_of(Task, "lead_id", done_at=None, lead__owner__username=REP),
        task_id=pk_of(Task, done_at=None, lead__owner__username=REP),
    ),
)
DAY = (
    page("my-day", REP),
    page("my-day", MANAGER, "of a colleague", query=lambda: f"?of={User.objects.get(username=REP).pk}"),
    page("my-day", REP, "logging", steps=["press c", "wait #log"]),
    page("my-day-log", REP, "call", pk=MQL, kind="call"),
    page("my-day-log", REP, "task", pk=MQL, kind="task"),
    page("notices", REP),
    page("notices", ADMIN),
    page("notice-settings", REP),
    page("settings", REP),
)
TEAM = (
    page("board", REP),
    page("board", MANAGER),
    page("response-times", MANAGER),
    page("response-times", REP),
    page("response-answers", MANAGER, query="?what=all"),
    page("absences", REP),
    page("absences", MANAGER),
    page("absence-enter", MANAGER),
    page("absence-change", MANAGER, pk=pk_of(Absence)),
    page("absence-cancel", MANAGER, pk=pk_of(Absence)),
    page("dashboard", MANAGER),
    page("dashboard", REP),
)
COMPANIES = (
    page("company-list", REP),
    page("company-list", REP, "nothing found", query="?q=zzzz"),
    page("company-list-filters", REP),
    page("company-detail", REP, pk=lambda: Lead.objects.get(pk=MQL()).company_id),
    page("company-detail", REP, "without leads", pk=pk_of(Company, leads=None)),
    page("company-edit", MANAGER, pk=pk_of(Company)),
)
DUPLICATES = (
    page("duplicate-list", MANAGER),
    page("duplicate-pair", MANAGER, pk=pk_of(DuplicatePair)),
    page("duplicate-list", REP, "forbidden", status=403),
)
STUDIO = (
    page("scoring-home", MARKETER),
    page("scoring-home", REP),
    page("scoring-new", MARKETER),
    page("scoring-model", MARKETER, **MODEL),
    page("scoring-model", REP, "read only", **MODEL),
    page("scoring-bands", MARKETER, **MODEL),
    page("scoring-versions", MARKETER, **MODEL),
    page("scoring-versions", MARKETER, "compared", query="?before=1&after=2", **MODEL),
    page("scoring-check", MARKETER, **MODEL),
    page("scoring-preview", MARKETER, steps=["wait #preview .verdict"], **MODEL),
    page("scoring-capacity", MARKETER, **MODEL),
    page("scoring-test", MARKETER, **MODEL),
    page("scoring-test", MARKETER, "a lead", query=lambda: f"?lead={MQL()}", **MODEL),
    page("scoring-test", MARKETER, "imagined", query="?imagine=1", **MODEL),
    page("scoring-publish", MARKETER, **MODEL),
    page("scoring-progress", MARKETER, **MODEL),
    page("scoring-schedule", MARKETER, **MODEL),
    page("scoring-import", MARKETER, **MODEL),
    page("scoring-discard", MARKETER, **MODEL),
    page("scoring-roll-back", MARKETER, number=1, **MODEL),
    page("scoring-primary", MARKETER, **MODEL),
)
CAPTURE = (
    page("forms", MARKETER),
    page("form-share", MARKETER, slug="contact-form"),
    page("held-submissions", MARKETER),
    page("held-submissions", MARKETER, "discarded", query="?state=discarded"),
    page("guide", MARKETER),
    page("guide", REP),
    page("websites", MARKETER),
    page("website", MARKETER, pk=pk_of(TrackedSite)),
    page("consent-confirm", NOBODY, token=lambda: sign_request(first(ConsentRequest))),
    page("form-page", NOBODY, slug="contact"),
    page("form-page", NOBODY, "wrong", slug="contact", steps=["click button[type=submit]"]),
    page("form-embed", NOBODY, slug="contact"),
    page("form-thanks", NOBODY, slug="contact"),
    page("form-embed-thanks", NOBODY, slug="contact"),
    page("opt-out", NOBODY, token=lambda: opt_out_address(first(Lead)).rstrip("/").rpartition("/")[2]),
)
ERRORS = (
    page("login", NOBODY),
    page(
        "login",
        NOBODY,
        "wrong",
        steps=[
            "click [name=username]",
            "press x",
            "press Tab",
            "press x",
            "press Enter",
            "wait .notice--bad",
        ],
    ),
    page("lead-detail", REP, "not there", status=404, pk=999_999_999),
    page("scoring-publish", REP, "forbidden", status=403, **MODEL),
    page("admin-sign-in", REP, "forbidden", status=403),
    page("error", NOBODY, "400", template="400.html"),
    page("error", NOBODY, "403", template="403.html"),
    page("error", NOBODY, "403 csrf", template="403_csrf.html"),
    page("error", NOBODY, "404", template="404.html"),
    page("error", NOBODY, "500", template="500.html"),
    page("error", NOBODY, "refused", template="refused.html"),
)

PAGES = (*LEAD_LIST, *LEAD_PAGE, *DAY, *TEAM, *COMPANIES, *DUPLICATES, *STUDIO, *CAPTURE, *ERRORS)
EMPTY_PAGES = (
    page("guide", MARKETER, "empty"),
    page("guide", REP, "empty"),
    page("websites", MARKETER, "empty"),
    page("held-submissions", MARKETER, "empty"),
    page("lead-list", REP, "empty"),
    page("my-day", REP, "empty"),
    page("my-day", MANAGER, "empty"),
    page("notices", REP, "empty"),
    page("board", REP, "empty"),
    page("response-times", MANAGER, "empty"),
    page("absences", MANAGER, "empty"),
    page("dashboard", MANAGER, "empty"),
    page("company-list", REP, "empty"),
    page("duplicate-list", MANAGER, "empty"),
    page("import-list", MANAGER, "empty"),
    page("export-list", MANAGER, "empty"),
    page("scoring-preview", MARKETER, "no draft", **MODEL),
    page("scoring-test", MARKETER, "empty", **MODEL),
    page("admin:index", ADMIN, "empty"),
)

# Addresses that only act; asked for by GET they say 405.
ACTS = {
    "available",
    "board-move",
    "bulk-undo",
    "duplicate-dismiss",
    "export-stop",
    "form-forget",
    "guide-form",
    "guide-remove",
    "guide-site",
    "guide-test",
    "held-decide",
    "import-act",
    "import-read",
    "held-take-back",
    "lead-call-discard",
    "lead-call-draft",
    "lead-list-look",
    "lead-view-delete",
    "lead-view-keep",
    "lead-view-place",
    "lead-view-restore",
    "logout",
    "merge-undo",
    "my-day-tick",
    "notice-read",
    "notices-read",
    "scoring-capacity-use",
    "scoring-draft",
    "scoring-restore",
    "scoring-schedule-cancel",
    "tracker",
}
# Addresses that answer with a piece of a page, a file, or lead on to another address.
PIECES = {
    "export-file",
    "import-refused",
    "board-counts",
    "find",
    "here",
    "lead-band",
    "guide-lead",
    "lead-list-counts",
    "lead-list-moved",
    "lead-people",
    "my-day-count",
    "notice-bell",
    "notice-open",
    "response-export",
    "scoring-export",
    "scoring-findings",
    "scoring-try",
    "tracker-script",
}
