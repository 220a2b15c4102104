"""ETags of leads: they tell whether an answer is still the same, and whether somebody changed the lead.

An ETag has two halves: what others wrote about the lead, and what Leadapp works out itself (the score and its
reasons, the clock). `If-None-Match` looks at both. `If-Match` looks at the first only: a score that came in
meanwhile overwrites nobody, and nobody's change is refused for it.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.http import parse_etags
from rest_framework.request import Request

from leadapp.errors import Refused
from leadapp.models import Lead

WORKED_OUT = frozenset(
    {
        *("score", "fit", "engagement", "grade", "temperature", "scored_at", "reasons"),
        *("waits_since", "answer_due_at", "answered_at", "last_activity_at"),
    }
)
ANY = "*"


class ChangedMeanwhile(Refused):
    """The lead is not what the header If-Match says; nothing was written."""

    status = 412

    def __init__(self, etag: str) -> None:
        super().__init__(f"Somebody changed this lead meanwhile. Its ETag is {etag} now. Look at it again.")
        self.headers = {"ETag": etag}


def etag_of(lead: Mapping[str, Any]) -> str:
    """Return the ETag of a whole lead."""
    written = {name: value for name, value in lead.items() if name not in WORKED_OUT}
    worked_out = {name: value for name, value in lead.items() if name in WORKED_OUT}
    return f'"{_digest(written)}-{_digest(worked_out)}"'


def is_unchanged(request: Request, etag: str) -> bool:
    """Tell whether the client has this very answer already (If-None-Match)."""
    return bool({ANY, etag} & _given(request, "If-None-Match"))


def check_of(request: Request, read: Callable[[Lead], Mapping[str, Any]]) -> Callable[[Lead], None] | None:
    """Return what raises ChangedMeanwhile unless the lead is as If-Match says; None without that header.

    To be called once the lead is locked; `read` returns the whole lead as it is then.
    """
    if "If-Match" not in request.headers:
        return None
    seen = {_written(etag) for etag in _given(request, "If-Match")}

    def check(lead: Lead) -> None:
        etag = etag_of(read(lead))
        if ANY not in seen and _written(etag) not in seen:
            raise ChangedMeanwhile(etag)

    return check


def _given(request: Request, header: str) -> set[str]:
    # What compresses answers on the way makes the ETags weak. They name the same.
    return {etag.removeprefix("W/") for etag in parse_etags(request.headers.get(header, ""))}


def _written(etag: str) -> str:
    return etag.strip('"').partition("-")[0]


def _digest(part: Mapping[str, Any]) -> str:
    text = json.dumps(part, cls=DjangoJSONEncoder, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
