"""Forms, their pages, and what visitors send."""

from datetime import UTC, datetime, timedelta
from typing import Any

from leadapp.models import ActivityType, Form
from leadapp.services.forms import Submission, Visit, submit_form
from leadapp.services.forms.editing import save_form
from leadapp.services.forms.renderings import Rendering, new_rendering

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JANE = {"email": "jane@acme-pumps.com", "first_name": "Jane", "last_name": "Doe"}
WORDS = "Yes, send me the letter by email."


def make_form(slug: str = "guide", **more: Any) -> Form:
    """Make a form that asks for address, names, company and a message."""
    fields = more.pop("fields", None) or [
        {"name": "email", "label": "Email", "fact": "email", "required": True},
        {"name": "first_name", "label": "First name", "fact": "first_name", "required": True},
        {"name": "last_name", "label": "Last name", "fact": "last_name"},
        {"name": "company", "label": "Company", "fact": "company.name"},
        {"name": "message", "label": "Message", "fact": "", "type": "textarea"},
    ]
    kind = ActivityType.objects.get(slug="content_download")
    form = Form(slug=slug, name="Buyer's guide", activity_type=kind, fields=fields, **more)
    return save_form(form=form, actor=None, now=NOW - DAY)


def shown(form: Form, *, at: datetime = NOW - MINUTE, visitor_id: str = "") -> Rendering:
    """Show the form to a visitor, a minute ago unless said otherwise."""
    return new_rendering(form=form, visitor_id=visitor_id, now=at)


def send(
    form: Form, answers: dict[str, Any] | None = None, *, now: datetime = NOW, **visit: Any
) -> Submission:
    """Send the form as a visitor."""
    return submit_form(
        form=form, answers=JANE if answers is None else answers, actor=None, now=now, visit=Visit(**visit)
    )
