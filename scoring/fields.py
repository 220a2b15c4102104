"""The fields that conditions may test: of a lead, its company, and an activity.

The SQL names the tables by fixed letters: `l` is the lead, `c` its company (may be missing), `a` the
activity, and `m.as_of` the moment that is looked at. It holds %s wherever `params` has a value.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy

from leadapp.models import CustomField, Gender, Seniority, Temperature
from leadapp.words import Text

PROPERTY = "property."
ATTRIBUTE = "lead.attributes."
# A name inside JSON: what trackers and forms send as a key.
KEY = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9_ .:\-]{0,79}$")


class Kind(StrEnum):
    """What the values of a field are."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    ANY = "any"  # JSON: the operator says how the value is read


class Scope(StrEnum):
    """Who may test a field."""

    FIT = "fit"
    ENGAGEMENT = "engagement"
    GATE = "gate"


@dataclass(frozen=True)
class Field:
    """One thing that a condition can look at."""

    key: str
    called: Text
    kind: Kind
    sql: str
    params: tuple[str, ...] = ()
    scopes: frozenset[Scope] = frozenset(Scope)
    choices: tuple[tuple[str, Text], ...] = ()
    is_sensitive: bool = False
    # The database holds these in one case only, so they need not be folded to be compared.
    is_lower: bool = False
    is_upper: bool = False

    @property
    def label(self) -> str:
        """Return what people call it."""
        return str(self.called)

    @property
    def is_folded(self) -> bool:
        """Tell whether values come in one case only."""
        return self.is_lower or self.is_upper

    @property
    def is_json(self) -> bool:
        """Tell whether the SQL gives a JSON value."""
        return self.kind == Kind.ANY

    @property
    def text_sql(self) -> str:
        """Return SQL for the value as text."""
        return self.sql.replace(" -> ", " ->> ") if self.is_json else f"{self.sql}::text"


GATE_ONLY = frozenset({Scope.GATE})
ACTIVITY_ONLY = frozenset({Scope.ENGAGEMENT})
READY_FOR_SALES = """(l.score >= (
    SELECT v.threshold FROM scoring_scoringmodelversion v JOIN scoring_scoringmodel o ON o.id = v.model_id
    WHERE o.is_primary AND v.state = 'live'))"""


def _columns(letter: str, prefix: str, names: Iterable[tuple[str, Text, Kind]]) -> list[Field]:
    return [Field(f"{prefix}.{name}", label, kind, f"{letter}.{name}") for name, label, kind in names]


_FIELDS: list[Field] = [
    Field("lead.email", gettext_lazy("Email"), Kind.TEXT, "l.email", is_lower=True),
    Field(
        "lead.email_domain",
        gettext_lazy("Email domain"),
        Kind.TEXT,
        "split_part(l.email, '@', 2)",
        is_lower=True,
    ),
    *_columns(
        "l",
        "lead",
        [
            ("first_name", gettext_lazy("First name"), Kind.TEXT),
            ("last_name", gettext_lazy("Last name"), Kind.TEXT),
            ("phone", gettext_lazy("Phone"), Kind.TEXT),
            ("linkedin_url", "LinkedIn", Kind.TEXT),
            ("job_title", gettext_lazy("Job title"), Kind.TEXT),
        ],
    ),
    Field(
        "lead.seniority",
        gettext_lazy("Seniority"),
        Kind.CHOICE,
        "l.seniority",
        choices=tuple(Seniority.choices),
        is_lower=True,
    ),
    Field("lead.city", gettext_lazy("City"), Kind.TEXT, "l.city"),
    Field("lead.country", gettext_lazy("Country"), Kind.TEXT, "l.country", is_upper=True),
    Field("lead.language", gettext_lazy("Language"), Kind.TEXT, "l.language"),
    Field("lead.birth_year", gettext_lazy("Birth year"), Kind.NUMBER, "l.birth_year", is_sensitive=True),
    Field(
        "lead.gender",
        gettext_lazy("Gender"),
        Kind.CHOICE,
        "l.gender",
        choices=tuple(Gender.choices),
        is_sensitive=True,
        is_lower=True,
    ),
    *_columns(
        "l",
        "lead",
        [
            ("source", gettext_lazy("Lead source"), Kind.TEXT),
            ("campaign", gettext_lazy("Campaign"), Kind.TEXT),
            ("utm_source", gettext_lazy("UTM source"), Kind.TEXT),
            ("utm_medium", gettext_lazy("UTM medium"), Kind.TEXT),
            ("utm_campaign", gettext_lazy("UTM campaign"), Kind.TEXT),
            ("utm_term", gettext_lazy("UTM term"), Kind.TEXT),
            ("utm_content", gettext_lazy("UTM content"), Kind.TEXT),
            ("created_at", gettext_lazy("Created"), Kind.DATE),
            ("do_not_email", gettext_lazy("Opted out of email"), Kind.BOOLEAN),
            ("do_not_call", gettext_lazy("Opted out of calls"), Kind.BOOLEAN),
        ],
    ),
    *_columns(
        "c",
        "company",
        [
            ("name", gettext_lazy("Company"), Kind.TEXT),
            ("industry", gettext_lazy("Industry"), Kind.TEXT),
            ("employees", gettext_lazy("Employees"), Kind.NUMBER),
            ("annual_revenue", gettext_lazy("Annual revenue"), Kind.NUMBER),
        ],
    ),
    Field("company.domain", gettext_lazy("Company domain"), Kind.TEXT, "c.domain", is_lower=True),
    Field("company.country", gettext_lazy("Company country"), Kind.TEXT, "c.country", is_upper=True),
    Field(
        "activity.source", gettext_lazy("Source of the activity"), Kind.TEXT, "a.source", scopes=ACTIVITY_ONLY
    ),
    Field("lead.score", gettext_lazy("Score"), Kind.NUMBER, "l.score", scopes=GATE_ONLY),
    Field("lead.fit", gettext_lazy("Fit"), Kind.NUMBER, "l.fit", scopes=GATE_ONLY),
    Field("lead.engagement", gettext_lazy("Engagement"), Kind.NUMBER, "l.engagement", scopes=GATE_ONLY),
    Field(
        "lead.fit_grade",
        gettext_lazy("Fit grade"),
        Kind.CHOICE,
        "substr(l.grade, 1, 1)",
        scopes=GATE_ONLY,
        choices=tuple((letter, letter) for letter in "ABCD"),
        is_upper=True,
    ),
    Field(
        "lead.engagement_grade",
        gettext_lazy("Engagement grade"),
        Kind.CHOICE,
        "substr(l.grade, 2, 1)",
        scopes=GATE_ONLY,
        choices=tuple((digit, digit) for digit in "1234"),
        is_upper=True,
    ),
    Field(
        "lead.temperature",
        gettext_lazy("Temperature"),
        Kind.CHOICE,
        "l.temperature",
        scopes=GATE_ONLY,
        choices=tuple(Temperature.choices),
        is_lower=True,
    ),
    Field(
        "lead.ready_for_sales",
        gettext_lazy("Ready for sales"),
        Kind.BOOLEAN,
        READY_FOR_SALES,
        scopes=GATE_ONLY,
    ),
    Field(
        "lead.reachable",
        gettext_lazy("Can be reached"),
        Kind.BOOLEAN,
        "(l.email IS NOT NULL OR l.phone <> '' OR l.linkedin_url <> '')",
        scopes=GATE_ONLY,
    ),
]

FIELDS: dict[str, Field] = {field.key: field for field in _FIELDS}


def find_field(key: str) -> Field | None:
    """Return the field of this key, or nothing if there is none."""
    if field := FIELDS.get(key):
        return field
    if key.startswith(PROPERTY):
        name = key.removeprefix(PROPERTY)
        if KEY.match(name):
            return Field(key, name, Kind.ANY, "(a.properties -> %s)", (name,), scopes=ACTIVITY_ONLY)
    if key.startswith(ATTRIBUTE):
        name = key.removeprefix(ATTRIBUTE)
        if KEY.match(name):
            return Field(key, name, Kind.ANY, "(l.attributes -> %s)", (name,))
    return None


def field_choices(scope: Scope) -> Sequence[tuple[str, str]]:
    """Return (key, label) of the fields that a picker offers, the team's own among them (one query)."""
    known = [(field.key, field.label) for field in FIELDS.values() if scope in field.scopes]
    own = [
        (f"{ATTRIBUTE}{key}", label)
        for key, label in CustomField.objects.order_by("label").values_list("key", "label")
    ]
    return [*known, *own]
