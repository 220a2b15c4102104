"""What people do on the lead page: edit facts, log calls, emails and meetings, void what was wrong."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from leadapp.models import Activity
from leadapp.services.work.activities import log_activity, void_activity
from leadapp.views.answering import Done, Question, answer, posted, signed_in, visible_lead
from leadapp.views.lead.activity_words import words_of
from leadapp.views.lead.facts import save_facts
from leadapp.views.lead.forms import CallForm, EmailForm, FactsForm, MeetingForm, VoidForm

Log = tuple[type[CallForm | EmailForm | MeetingForm], Promise, Promise, Promise]

LOGS: dict[str, Log] = {
    "call": (
        CallForm,
        gettext_lazy("Call %(name)s"),
        gettext_lazy("Log the call"),
        gettext_lazy("The call is logged."),
    ),
    "email": (
        EmailForm,
        gettext_lazy("Email %(name)s"),
        gettext_lazy("Log the email"),
        gettext_lazy("The email is logged."),
    ),
    "meeting": (
        MeetingForm,
        gettext_lazy("Meeting with %(name)s"),
        gettext_lazy("Log the meeting"),
        gettext_lazy("The meeting is logged."),
    ),
}


@require_http_methods(["GET", "POST"])
def log(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Log what a rep did with the lead; a real touch stops the clock."""
    if kind not in LOGS:
        raise Http404(_("There is nothing of this kind to log."))
    form_class, title, submit, done = LOGS[kind]
    lead = visible_lead(request, pk)
    form = form_class(posted(request))
    question = Question(
        title=str(title) % {"name": lead.name},
        submit=str(submit),
        form=form,
        template=f"leads/log_{kind}.html",
    )

    def carry_out(data: dict[str, Any]) -> str:
        slug, properties = form_class.activity(data)
        log_activity(
            lead=lead,
            type_slug=slug,
            properties=properties,
            actor=signed_in(request),
            now=timezone.now(),
        )
        return str(done)

    return answer(request, lead, question, carry_out)


@require_http_methods(["GET", "POST"])
def void(request: HttpRequest, pk: int, activity_id: int) -> HttpResponse:
    """Declare an activity wrong: it stays visible, struck through, and gives no points."""
    lead = visible_lead(request, pk)
    activities = Activity.objects.filter(lead=lead).select_related("type")
    activity = get_object_or_404(activities, pk=activity_id)
    words = words_of(activity.type.slug, activity.type.label, activity.type.channel, activity.properties)
    said = f"{words.before}{words.strong}{words.after}"
    question = Question(
        title=_("Void this entry?"),
        text=_("%(entry)s. It stays visible, struck through, and gives no points.") % {"entry": said},
        submit=_("Void it"),
        cancel=_("Keep it"),
        form=VoidForm(posted(request)),
        ends_something=True,
    )

    def carry_out(data: dict[str, Any]) -> str:
        void_activity(activity=activity, reason=data["reason"], actor=signed_in(request), now=timezone.now())
        return _("Voided. The score follows in a moment.")

    return answer(request, lead, question, carry_out, back=reverse("lead-timeline", args=[lead.pk]))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Edit the facts of the lead and of its company."""
    lead = visible_lead(request, pk)
    form = FactsForm(posted(request), lead=lead)
    question = Question(
        title=_("What is known about %(name)s") % {"name": lead.name},
        submit=_("Save"),
        form=form,
        template="leads/facts_form.html",
        is_wide=True,
    )

    def carry_out(data: dict[str, Any]) -> Done:
        return save_facts(request, lead, form)

    return answer(request, lead, question, carry_out)
