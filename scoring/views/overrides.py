"""Setting the score of a lead aside for a while, and taking that back."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.times import write_date
from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead
from scoring.models import Verdict
from scoring.services.overrides import LONGEST, LONGEST_REASON, end_override, overrides_of, set_aside

USUAL = timedelta(days=14)


class AsideForm(forms.Form):
    """What is wrong with a score, why, and until when that holds."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("The score is"),
        choices=Verdict.choices,
        initial=Verdict.TOO_HIGH,
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea({"rows": 2}),
        help_text=gettext_lazy(
            "What the rules cannot know. Marketing reads it beside the rules that made the score."
        ),
    )
    until = forms.DateField(
        label=gettext_lazy("Until"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        help_text=format_lazy(
            gettext_lazy("The last day it holds; at most {days} days from now."), days=LONGEST.days
        ),
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localtime(now).date()
        self.fields["until"].initial = today + USUAL
        self.fields["until"].widget.attrs |= {
            "min": today.isoformat(),
            "max": (today + LONGEST).isoformat(),
        }


@require_http_methods(["GET", "POST"])
def aside(request: HttpRequest, pk: int) -> HttpResponse:
    """Set the score of a lead aside."""
    lead, now = visible_lead(request, pk), timezone.now()
    question = Question(
        title=_("Set the score of %(lead)s aside?") % {"lead": lead.name},
        text=_("The rules say %(score)s. That stays; your word stands beside it, in the list too.")
        % {"score": lead.score}
        if lead.score is not None
        else _("This lead has no score that could be set aside."),
        submit=_("Set aside") if lead.score is not None else "",
        form=AsideForm(posted(request), now=now),
    )

    def carry_out(data: dict[str, Any]) -> str:
        override = set_aside(
            lead=lead,
            verdict=data["verdict"],
            reason=data["reason"],
            expires_at=_end_of(data["until"], now),
            actor=signed_in(request),
            now=now,
        )
        return _("The score is set aside until %(expires_at)s.") % {
            "expires_at": write_date(override.expires_at)
        }

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back that the score of a lead is set aside."""
    lead, now = visible_lead(request, pk), timezone.now()
    standing = overrides_of([lead.pk], now=now).get(lead.pk)
    question = Question(
        title=_("Believe the score of %(lead)s again?") % {"lead": lead.name},
        text=_("Set aside by %(author)s: %(reason)s")
        % {"author": standing.author or _("a program"), "reason": standing.reason}
        if standing
        else _("It is not set aside."),
        submit=_("End it"),
        cancel=_("Leave it aside"),
        form=forms.Form(request.POST),
    )

    def carry_out(data: dict[str, Any]) -> str:
        end_override(lead=lead, actor=signed_in(request), now=now)
        return _("The score is not set aside any more.")

    return answer(request, lead, question, carry_out)


def _end_of(day: date, now: datetime) -> datetime:
    """Return the end of a day; of the last one that may be chosen, the moment until which it may."""
    end = timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
    last = now + LONGEST
    return min(end, last) if timezone.localtime(last).date() == day else end
