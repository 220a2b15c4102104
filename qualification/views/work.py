"""Notes and tasks of a lead."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from leadapp.views.answering import Question, answer, posted, signed_in, visible_lead
from qualification.models import Task
from qualification.services.work import add_note as write_note
from qualification.services.work import add_task as set_task
from qualification.services.work import complete_task as finish_task
from qualification.views.forms import NoteForm, TaskForm, tomorrow_morning


@require_http_methods(["GET", "POST"])
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note."""
    lead = visible_lead(request, pk)
    question = Question(title=f"Note on {lead.name}", submit="Save note", form=NoteForm(posted(request)))

    def carry_out(data: dict[str, Any]) -> str:
        write_note(lead=lead, text=data["text"], actor=signed_in(request), now=timezone.now())
        return "The note is saved."

    return answer(request, lead, question, carry_out, back=reverse("lead-notes", args=[lead.pk]))


@require_http_methods(["GET", "POST"])
def add_task(request: HttpRequest, pk: int) -> HttpResponse:
    """Set a follow-up for oneself."""
    lead = visible_lead(request, pk)
    question = Question(
        title=f"Next task for {lead.name}",
        submit="Set task",
        form=TaskForm(posted(request), initial={"due_at": tomorrow_morning()}),
    )

    def carry_out(data: dict[str, Any]) -> str:
        me = signed_in(request)
        set_task(lead=lead, owner=me, text=data["text"], due_at=data["due_at"], actor=me, now=timezone.now())
        return "The task is set."

    return answer(request, lead, question, carry_out, back=reverse("lead-notes", args=[lead.pk]))


@require_http_methods(["GET", "POST"])
def complete_task(request: HttpRequest, pk: int, task_id: int) -> HttpResponse:
    """Tick a task off."""
    lead = visible_lead(request, pk)
    task = get_object_or_404(Task.objects.filter(lead=lead), pk=task_id)
    question = Question(title="Is this done?", text=task.text, submit="Done", form=forms.Form(request.POST))

    def carry_out(data: dict[str, Any]) -> str:
        finish_task(task=task, actor=signed_in(request), now=timezone.now())
        return "Done."

    return answer(request, lead, question, carry_out, back=reverse("lead-notes", args=[lead.pk]))
