"""A draft that goes live by itself, at a date and time."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from leadapp.errors import NotAllowed, Refused
from leadapp.times import write_date
from leadapp.views.answering import Question, posted, signed_in
from scoring.services.scheduling import cancel_schedule, schedule_publish
from scoring.views.asking import PUBLISH, ask
from scoring.views.shell import open_studio

TEXT = gettext_lazy("Until then v%(number)s cannot be edited. You can cancel at any time.")


class ScheduleForm(forms.Form):
    """When, and why this version exists."""

    at = forms.DateTimeField(
        label=gettext_lazy("Goes live at"),
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    note = forms.CharField(
        label=gettext_lazy("Why this version exists"),
        max_length=500,
        help_text=gettext_lazy("Reps read it in the score history."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].help_text = _("In the time of %(timezone)s.") % {
            "timezone": timezone.get_current_timezone_name()
        }

    def clean_at(self) -> datetime:
        """Refuse a moment that is over."""
        at: datetime = self.cleaned_data["at"]
        if at <= timezone.now():
            raise ValidationError(_("Give a time that is still to come."))
        return at


@require_http_methods(["GET", "POST"])
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask when the draft goes live."""
    studio = open_studio(request, slug, tab="versions")
    draft = studio.need_draft()
    initial = {"note": draft.note, "at": draft.publish_at}
    question = Question(
        title=_("When does v%(number)s go live?") % {"number": draft.number},
        text=TEXT % {"number": draft.number},
        submit=_("Schedule it"),
        form=ScheduleForm(posted(request), initial=initial),
        template="scoring/question_body.html",
    )

    def carry_out(data: dict[str, Any]) -> str:
        me = signed_in(request)
        schedule_publish(version=draft, at=data["at"], actor=me, note=data["note"], now=timezone.now())
        return _("v%(number)s goes live on %(day)s.") % {
            "number": draft.number,
            "day": write_date(data["at"]),
        }

    return ask(
        request,
        studio,
        question,
        carry_out,
        permission=PUBLISH,
        back=reverse("scoring-versions", args=[slug]),
    )


@require_POST
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    """Take the date away; the draft can be edited again."""
    studio = open_studio(request, slug)
    draft = studio.need_draft()
    try:
        cancel_schedule(version=draft, actor=signed_in(request), now=timezone.now())
    except NotAllowed:
        raise
    except Refused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(
            request, _("v%(number)s stays a draft and can be edited again.") % {"number": draft.number}
        )
    return redirect("scoring-model", slug)
