"""Notes and tasks of a lead."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from leadapp.models import Lead
from leadapp.views.answering import Done, Question, answer, posted, signed_in, visible_lead
from qualification.models import Note, Task
from qualification.services import work
from qualification.services.notices.mentions import people_called
from qualification.views.work_forms import NoteForm, TaskForm, tomorrow_morning


@require_http_methods(["GET", "POST"])
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note."""
    lead = visible_lead(request, pk)
    question = Question(
        title=_("Note on %(name)s") % {"name": lead.name},
        submit=_("Save note"),
        form=NoteForm(posted(request), lead=lead),
    )

    def carry_out(data: dict[str, Any]) -> str:
        work.add_note(lead=lead, text=data["text"], actor=signed_in(request), now=timezone.now())
        return _("The note is saved.")

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_http_methods(["GET", "POST"])
def edit_note(request: HttpRequest, pk: int, note_id: int) -> HttpResponse:
    """Write an own note anew."""
    lead = visible_lead(request, pk)
    note = get_object_or_404(Note.objects.kept().filter(lead=lead), pk=note_id)
    form = NoteForm(posted(request), lead=lead, initial={"text": note.text})
    question = Question(title=_("Change your note"), submit=_("Save note"), form=form)

    def carry_out(data: dict[str, Any]) -> str:
        work.edit_note(note=note, text=data["text"], actor=signed_in(request), now=timezone.now())
        return _("The note is saved.")

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_http_methods(["GET", "POST"])
def delete_note(request: HttpRequest, pk: int, note_id: int) -> HttpResponse:
    """Take an own note away."""
    lead = visible_lead(request, pk)
    note = get_object_or_404(Note, lead=lead, pk=note_id)
    question = Question(
        title=_("Delete this note?"),
        text=note.text,
        submit=_("Delete"),
        cancel=_("Keep it"),
        form=forms.Form(posted(request)),
        ends_something=True,
    )

    def carry_out(data: dict[str, Any]) -> Done:
        work.delete_note(note=note, actor=signed_in(request), now=timezone.now())
        return Done(_("The note is deleted."), reverse("note-restore", args=[lead.pk, note.pk]))

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_http_methods(["GET", "POST"])
def restore_note(request: HttpRequest, pk: int, note_id: int) -> HttpResponse:
    """Bring an own note back."""
    lead = visible_lead(request, pk)
    note = get_object_or_404(Note, lead=lead, pk=note_id)
    question = Question(
        title=_("Bring this note back?"),
        text=note.text,
        submit=_("Bring it back"),
        form=forms.Form(posted(request)),
    )

    def carry_out(data: dict[str, Any]) -> str:
        work.restore_note(note=note, actor=signed_in(request))
        return _("The note is back.")

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_safe
def people(request: HttpRequest, pk: int) -> HttpResponse:
    """Offer people who can be mentioned in a note, while somebody types "@" and a part of a name."""
    lead = visible_lead(request, pk)
    found = people_called(request.GET.get("q", "")[:100], lead=lead)
    return render(request, "leads/people.html", {"people": found})


@require_http_methods(["GET", "POST"])
def add_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a follow-up, for oneself or a colleague."""
    lead, me = visible_lead(request, pk), signed_in(request)
    question = Question(
        title=_("Next task for %(name)s") % {"name": lead.name},
        submit=_("Set task"),
        form=TaskForm(posted(request), initial={"due_at": tomorrow_morning(), "owner": me.pk}),
    )

    def carry_out(data: dict[str, Any]) -> str:
        task = {"owner": data["owner"] or me, "text": data["text"], "due_at": data["due_at"]}
        work.add_task(lead=lead, actor=me, now=timezone.now(), **task)
        return _("The task is set.")

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_http_methods(["GET", "POST"])
def edit_task(request: HttpRequest, pk: int, task_id: int) -> HttpResponse:
    """Change what is to be done, until when, and by whom."""
    lead = visible_lead(request, pk)
    task = get_object_or_404(Task.objects.filter(lead=lead).select_related("owner"), pk=task_id)
    known = {"text": task.text, "due_at": task.due_at, "owner": task.owner_id}
    question = Question(
        title=_("Change this task"),
        submit=_("Save"),
        form=TaskForm(posted(request), initial=known),
    )

    def carry_out(data: dict[str, Any]) -> str:
        changed = {"owner": data["owner"] or task.owner, "text": data["text"], "due_at": data["due_at"]}
        work.edit_task(task=task, actor=signed_in(request), **changed)
        return _("The task is saved.")

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_http_methods(["GET", "POST"])
def complete_task(request: HttpRequest, pk: int, task_id: int) -> HttpResponse:
    """Tick a task off."""
    lead, task = _task(request, pk, task_id)
    question = Question(
        title=_("Is this done?"), text=task.text, submit=_("Done"), form=forms.Form(posted(request))
    )

    def carry_out(data: dict[str, Any]) -> Done:
        work.complete_task(task=task, actor=signed_in(request), now=timezone.now())
        return Done(_("Done."), reverse("task-reopen", args=[lead.pk, task.pk]))

    return answer(request, lead, question, carry_out, back=_notes(lead))


@require_http_methods(["GET", "POST"])
def reopen_task(request: HttpRequest, pk: int, task_id: int) -> HttpResponse:
    """Take back that a task is done."""
    lead, task = _task(request, pk, task_id)
    question = Question(
        title=_("Open this task again?"),
        text=task.text,
        submit=_("Open it"),
        form=forms.Form(posted(request)),
    )

    def carry_out(data: dict[str, Any]) -> str:
        work.reopen_task(task=task, actor=signed_in(request))
        return _("The task is open again.")

    return answer(request, lead, question, carry_out, back=_notes(lead))


def _task(request: HttpRequest, pk: int, task_id: int) -> tuple[Lead, Task]:
    lead = visible_lead(request, pk)
    return lead, get_object_or_404(Task, lead=lead, pk=task_id)


def _notes(lead: Lead) -> str:
    return reverse("lead-notes", args=[lead.pk])
