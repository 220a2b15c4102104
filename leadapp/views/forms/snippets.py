"""What one copies into a website, or into a terminal, to use a form."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from leadapp.models import Form, TrackedSite
from leadapp.services.first_steps import sample_answers
from leadapp.services.forms.reading import CONSENT, CONSENT_VERSION, HONEYPOT
from leadapp.views.public.fields import fields_of

CALLS = """\
leadapp("consent", true);  // the visitor agreed; false: said no, or took it back
leadapp("track", "content_download", {title: "Pump selection guide"});
leadapp("identify", {email: "ada@example.com", first_name: "Ada"});  // who has signed in"""
# Roughly what a field takes on a phone, and what is around them all.
FIELD_HEIGHT, LONG_FIELD_HEIGHT, REST_HEIGHT = 88, 160, 340


@dataclass(frozen=True)
class Snippet:
    """A text to copy: its name in the page, what it is, what it is good for."""

    name: str
    title: str
    hint: str
    text: str

    @property
    def rows(self) -> int:
        """Return how many lines it has, within what fits on a page."""
        return min(16, self.text.count("\n") + 1 + len(self.text) // 400)


def address_of_form(request: HttpRequest, form: Form) -> str:
    """Return where visitors find the form."""
    return request.build_absolute_uri(reverse("form-page", args=[form.slug]))


def snippets_of(request: HttpRequest, form: Form) -> Sequence[Snippet]:
    """Return all ways to use a form."""
    return (
        Snippet(
            "address",
            _("Its own page"),
            _("Link to it from a website or an e-mail. Campaign parameters such as ?utm_source= are kept."),
            address_of_form(request, form),
        ),
        Snippet(
            "frame",
            _("In a frame on your website"),
            _("Paste it where the form shall stand. Spam is told apart best like this."),
            _frame(request, form),
        ),
        Snippet(
            "html",
            _("As plain HTML"),
            _("Yours to style. It posts straight to Leadapp and needs no script."),
            _plain_html(request, form),
        ),
        Snippet("curl", _("From a terminal"), _("Sends a test submission."), curl(request, form)),
    )


def tracker_snippet(request: HttpRequest, site: TrackedSite) -> Snippet:
    """Return what a website pastes into its pages to be followed."""
    url = request.build_absolute_uri(reverse("tracker-script"))
    return Snippet(
        "tracker",
        _("Into every page of the website"),
        _("Paste it into the head. Until a visitor agrees it stores nothing in the browser."),
        render_to_string("forms/tracker.html", {"url": url, "site": site}).strip(),
    )


def calls_of_tracker() -> Snippet:
    """Return what a website's own scripts say to the tracker."""
    return Snippet(
        "calls",
        _("What the website says"),
        _("The first line belongs into your consent banner; the others stand where something happens."),
        CALLS,
    )


def curl(request: HttpRequest, form: Form) -> str:
    """Return the command that sends a test submission."""
    url = request.build_absolute_uri(reverse("api-submissions", args=[form.slug]))
    body = json.dumps(sample_answers(form), ensure_ascii=False)
    return f'curl {url} \\\n  -H "Content-Type: application/json" \\\n  -d {shlex.quote(body)}'


def _frame(request: HttpRequest, form: Form) -> str:
    url = request.build_absolute_uri(reverse("form-embed", args=[form.slug]))
    shown = [field for field in fields_of(form, values={}, errors={}) if not field.is_hidden]
    height = REST_HEIGHT + sum(
        LONG_FIELD_HEIGHT if field.type == "textarea" else FIELD_HEIGHT for field in shown
    )
    return render_to_string("forms/frame.html", {"url": url, "form": form, "height": height}).strip()


def _plain_html(request: HttpRequest, form: Form) -> str:
    context: Mapping[str, object] = {
        "form": form,
        "address": address_of_form(request, form),
        "fields": fields_of(form, values={}, errors={}),
        "honeypot": HONEYPOT,
        "consent": CONSENT,
        "consent_version": CONSENT_VERSION,
    }
    return render_to_string("forms/plain.html", context).strip()
