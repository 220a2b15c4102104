"""Exports, as the pages ask for them."""

from django.http import QueryDict

from leadapp.models import Activity, ActivityType, ExportRun, User
from leadapp.services.exports import write_file
from leadapp.services.exports.keeping import fetch
from leadapp.services.exports.reading import head_of, read_all
from leadapp.services.exports.running import continue_exports
from leadapp.services.exports.starting import start_export
from leadapp.views.lists.choice import Choice, read_choice
from tests.qualification.build import DAY, NOW, make_lead

# Every column that a file can have.
QUERY = (
    "country=DE&sort=-name&columns=score,name,reasons,stage,due,active,owner,trend,status,tags,source,country"
    ",industry,created"
)


def people(number: int, **facts: str) -> None:
    """Make so many leads in Germany, one of them with a name that a spreadsheet would run."""
    for one in range(number):
        name = "=SUM(A1)" if one == 1 else f"N{one:03}"
        lead = make_lead(score=50 + one, last_name=name, first_name="Ada", country="DE", **facts)
        for slug in ("demo_requested", "page_view"):
            kind = ActivityType.objects.get(slug=slug)
            Activity.objects.create(lead=lead, type=kind, occurred_at=NOW - DAY, source="test")


def chosen(user: User, query: str = QUERY) -> Choice:
    """Choose all that a view shows somebody."""
    data = QueryDict(mutable=True)
    data.update({"all": "1", "of": query})
    return read_choice(data, user, now=NOW)


def started(user: User, kind: str = "csv", query: str = QUERY) -> ExportRun:
    """Ask for the file of a view."""
    choice = chosen(user, query)
    return start_export(
        leads=choice.in_order,
        columns=choice.columns,
        file_format=kind,
        query=choice.asked.query(),
        actor=user,
        now=NOW,
    )


def written(run: ExportRun) -> ExportRun:
    """Let workers do what there is to do; return the export anew."""
    while continue_exports(clock=lambda: NOW):
        pass
    return ExportRun.objects.select_related("export").get(pk=run.pk)


def file_of(run: ExportRun, user: User) -> bytes:
    """Fetch a file."""
    return b"".join(fetch(run=run, actor=user, now=NOW))


def sent_at_once(user: User, kind: str = "csv", query: str = QUERY) -> bytes:
    """Return the file of a view as it goes out while somebody waits."""
    choice = chosen(user, query)
    rows = read_all(choice.in_order, choice.columns, now=NOW)
    return b"".join(write_file(kind, head=head_of(choice.columns), rows=rows))
