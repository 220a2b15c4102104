"""The columns of the lead list: which there are, and which somebody sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from leadapp.models import CustomField
from leadapp.services.lists.filter_kinds import Words
from leadapp.services.lists.own_filters import PREFIX

MOST = 20


@dataclass(frozen=True)
class Column:
    """A column of the list. `key` names it in addresses, `look` its style, `sort` the order by it."""

    key: str
    label: Words
    look: str = "c-more"
    sort: str = ""
    is_number: bool = False
    field: str = ""


NAME = Column("name", _("Lead"), "c-lead", "name")
COLUMNS: dict[str, Column] = {
    column.key: column
    for column in [
        Column("score", _("Score"), "c-score", "score"),
        NAME,
        Column("reasons", _("Why"), "c-why"),
        Column("stage", _("Stage"), "c-stage"),
        Column("due", _("Answer by"), "c-sla", "due"),
        Column("active", _("Last activity"), "c-last", "active"),
        Column("owner", _("Owner"), "c-owner"),
        Column("trend", _("30 days"), "c-trend num", is_number=True),
        Column("grade", _("Grade"), "c-short"),
        Column("temperature", _("Temperature"), "c-short"),
        Column("status", _("Status")),
        Column("company", _("Company"), "c-wide"),
        Column("job_title", _("Job title"), "c-wide"),
        Column("tags", _("Tags"), "c-wide"),
        Column("source", _("Source")),
        Column("campaign", _("Campaign")),
        Column("country", _("Country"), "c-short"),
        Column("industry", _("Industry")),
        Column("created", _("Came in"), "c-last", "created"),
    ]
}
USUAL = ("score", "name", "reasons", "stage", "due", "active", "owner", "trend")


def read_columns(text: str) -> tuple[str, ...]:
    """Read the columns of an address; whatever it says, the name is one of them."""
    keys = [key for key in dict.fromkeys(text.split(",")) if key in COLUMNS or key.startswith(PREFIX)][:MOST]
    if not keys:
        return ()
    return tuple(keys if NAME.key in keys else [NAME.key, *keys])


def all_columns(fields: Iterable[CustomField]) -> dict[str, Column]:
    """Return every column that there is, those of a team's own fields last."""
    own = [
        Column(
            f"{PREFIX}{one.key}",
            one.label,
            is_number=one.kind == CustomField.Kind.NUMBER,
            field=one.key,
        )
        for one in fields
    ]
    return COLUMNS | {column.key: column for column in own}


def columns_of(keys: Sequence[str]) -> list[Column]:
    """Return these columns, or the usual ones; asks for a team's own fields only where one is wanted."""
    has_own = any(key.startswith(PREFIX) for key in keys)
    known = all_columns(CustomField.objects.all() if has_own else ())
    return [known[key] for key in keys or USUAL if key in known]
