"""A form as a page of its own, and within the pages of others."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from csp.constants import SELF
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from leadapp.api.throttling import address_of, seconds_to_wait
from leadapp.errors import Invalid, NotFound
from leadapp.models import Form
from leadapp.services.forms import Visit, find_form, submit_form
from leadapp.services.forms.editing import is_own_host
from leadapp.services.forms.reading import (
    CAMPAIGN_FIELDS,
    CONSENT,
    CONSENT_VERSION,
    HONEYPOT,
    PLACES,
    REMEMBER,
    RENDERING,
    is_ticked,
)
from leadapp.services.forms.renderings import (
    Rendering,
    new_rendering,
    read_rendering,
    sign_rendering,
    words_shown,
)
from leadapp.services.forms.submitting import REMEMBER_WORDS
from leadapp.services.tracking.consenting import has_consented
from leadapp.views.public.arriving import (
    LONGEST_PARAMETER,
    forget_visitor,
    origin_of,
    posted_answers,
    remember_visitor,
    texts_of,
    visitor_handed_over,
    visitor_of,
)
from leadapp.views.public.fields import fields_of

LARGEST_BODY = 64 * 1024
THEMES = ("light", "dark")


@dataclass(frozen=True)
class Asked:
    """What a request for a form is about."""

    request: HttpRequest
    form: Form
    is_embedded: bool
    visitor_id: str


@login_not_required
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def hosted(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form as a page of its own, and take what is posted: also from plain HTML elsewhere."""
    return _answer(request, slug, is_embedded=False)


@login_not_required
@csrf_exempt
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def embedded(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form within a page of a website; nothing else of Leadapp can be framed."""
    return _let_frame(_answer(request, slug, is_embedded=True))


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD"])
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Say thanks."""
    return _thank(request, slug, is_embedded=False)


@login_not_required
@xframe_options_exempt
@never_cache
@require_http_methods(["GET", "HEAD"])
def embedded_thanks(request: HttpRequest, slug: str) -> HttpResponse:
    """Say thanks within a page of a website."""
    return _let_frame(_thank(request, slug, is_embedded=True))


@login_not_required
@csrf_exempt
@require_POST
def forget(request: HttpRequest, slug: str) -> HttpResponse:
    """Do not recognise this device any more, and ask everything."""
    response = HttpResponseRedirect(reverse("form-page", args=[slug]))
    forget_visitor(response)
    return response


def _answer(request: HttpRequest, slug: str, *, is_embedded: bool) -> HttpResponse:
    try:
        form = find_form(slug=slug)
    except NotFound as refusal:
        return render(request, "public/refused.html", {"refusal": refusal}, status=404)
    asked = Asked(request, form, is_embedded, visitor_of(request))
    with translation.override(form.language or translation.get_language()):
        return _take(asked) if request.method == "POST" else _show_fresh(asked)


def _show_fresh(asked: Asked) -> HttpResponse:
    tracked = visitor_handed_over(asked.request)
    rendering = new_rendering(
        form=asked.form,
        visitor_id=tracked or asked.visitor_id,
        now=timezone.now(),
        is_tracked=bool(tracked),
    )
    hidden = {field["name"] for field in asked.form.fields if field.get("type") == "hidden"}
    given = {
        name: str(text)[:LONGEST_PARAMETER] for name, text in asked.request.GET.items() if name in hidden
    }
    origin = origin_of(asked.request, is_embedded=asked.is_embedded, is_tracked=bool(tracked))
    return _show(asked, rendering, values=given | origin)


def _take(asked: Asked) -> HttpResponse:
    """Store what was posted, or show it again with what is wrong with it: nothing typed is ever lost."""
    request, form = asked.request, asked.form
    if int(request.META.get("CONTENT_LENGTH") or 0) > LARGEST_BODY:
        refusal = Invalid(_("This is more than a form can hold."))
        return render(request, "public/refused.html", {"refusal": refusal}, status=413)
    answers = posted_answers(request)
    token = request.POST.get(RENDERING, "")
    rendering = read_rendering(token, form=form) if token else None
    if rendering and not _is_for(rendering, asked):
        # Known fields may be missing only for the visitor to whom the page was shown.
        rendering = replace(rendering, not_asked=(), visitor_id="", is_tracked=False)
    again = rendering or replace(new_rendering(form=form, visitor_id="", now=timezone.now()), not_asked=())
    if wait := seconds_to_wait(request):
        message = _("Too many forms came from your network. Wait a minute and send it again.")
        response = _show(asked, again, values=texts_of(answers), fault=message, status=429)
        response["Retry-After"] = str(wait)
        return response
    is_new = form.is_progressive and is_ticked(answers.get(REMEMBER)) and not asked.visitor_id
    known_id = rendering.visitor_id if rendering else ""
    visitor_id = f"form-{uuid.uuid4()}" if is_new else known_id
    visit = Visit(
        rendering=rendering,
        is_forged=bool(token) and rendering is None,
        visitor_id=visitor_id,
        language=translation.get_language() or "",
        address=address_of(request),
    )
    try:
        submit_form(form=form, answers=answers, actor=None, now=timezone.now(), visit=visit)
    except Invalid as refusal:
        errors = {name: list(texts) for name, texts in refusal.errors.items()}
        if set(errors) & set(again.not_asked):  # whoever the visitor was has been erased meanwhile
            again = replace(again, not_asked=(), visitor_id="")
        if CONSENT_VERSION in errors:
            again = replace(again, consent_version=form.consent_version if form.asks_consent else 0)
        return _show(asked, again, values=texts_of(answers), errors=errors, fault=refusal.message, status=422)
    response = _go_on(asked)
    if is_new:
        remember_visitor(response, visitor_id)
    return response


def _is_for(rendering: Rendering, asked: Asked) -> bool:
    """Tell whether a page was shown to this visitor. One whom a website handed over is in no cookie."""
    if rendering.is_tracked:
        return has_consented(visitor_id=rendering.visitor_id)
    return rendering.visitor_id == asked.visitor_id


def _show(
    asked: Asked,
    rendering: Rendering,
    *,
    values: Mapping[str, str],
    errors: Mapping[str, list[str]] | None = None,
    fault: str = "",
    status: int = 200,
) -> HttpResponse:
    form, errors = asked.form, errors or {}
    fields = fields_of(form, values=values, errors=errors, not_asked=rendering.not_asked)
    shown = {field.name for field in fields}
    carried = [name for name in (*PLACES, *CAMPAIGN_FIELDS) if name not in shown]
    context = _about(asked) | {
        "fields": fields,
        "errors": [(field, text) for field in fields for text in field.errors],
        "fault": fault,
        "is_known": bool(rendering.not_asked),
        "own": [
            (RENDERING, sign_rendering(form, rendering)),
            *((name, values[name]) for name in carried if values.get(name)),
        ],
        "honeypot": HONEYPOT,
        "consent_words": "" if CONSENT in shown else words_shown(form, rendering),
        "consent": CONSENT,
        "is_agreed": is_ticked(values.get(CONSENT)) and CONSENT_VERSION not in errors,
        "may_remember": not (asked.is_embedded or asked.visitor_id or rendering.is_tracked)
        and form.is_progressive,
        "remember": REMEMBER,
        "remember_words": _(REMEMBER_WORDS),
    }
    response = render(asked.request, "public/form.html", context, status=status)
    if not asked.is_embedded and form.redirect_url and is_own_host(form.redirect_url):
        # The answer to the form leads there, which the policy of the page has to allow.
        parts = urlsplit(form.redirect_url)
        return _with_policy(response, "form-action", [SELF, f"{parts.scheme}://{parts.netloc}"])
    return response


def _about(asked: Asked) -> dict[str, object]:
    """Return what every page about a form shows."""
    theme = asked.request.GET.get("theme")
    return {
        "form": asked.form,
        "language": asked.form.language or translation.get_language(),
        "theme": theme if theme in THEMES else "",
        "is_embedded": asked.is_embedded,
    }


def _go_on(asked: Asked) -> HttpResponse:
    """Lead to the page that thanks; within a frame our own, for the frame is too small for another."""
    form = asked.form
    if asked.is_embedded:
        theme = asked.request.GET.get("theme")
        query = f"?theme={theme}" if theme in THEMES else ""
        return HttpResponseRedirect(reverse("form-embed-thanks", args=[form.slug]) + query)
    if form.redirect_url and is_own_host(form.redirect_url):
        return HttpResponseRedirect(form.redirect_url)
    return HttpResponseRedirect(reverse("form-thanks", args=[form.slug]))


def _thank(request: HttpRequest, slug: str, *, is_embedded: bool) -> HttpResponse:
    try:
        form = find_form(slug=slug)
    except NotFound as refusal:
        return render(request, "public/refused.html", {"refusal": refusal}, status=404)
    may_go_on = bool(form.redirect_url) and is_own_host(form.redirect_url)
    about = _about(Asked(request, form, is_embedded, ""))
    with translation.override(form.language or translation.get_language()):
        return render(
            request, "public/thanks.html", about | {"next_url": form.redirect_url if may_go_on else ""}
        )


def _let_frame(response: HttpResponse) -> HttpResponse:
    """Let the websites of the team frame a page: those of FORM_HOSTS, or any while none is named."""
    hosts = [SELF, *settings.FORM_HOSTS] if settings.FORM_HOSTS else ["*"]
    return _with_policy(response, "frame-ancestors", hosts)


def _with_policy(response: HttpResponse, directive: str, sources: list[str]) -> HttpResponse:
    """Replace one directive of the security policy for this answer."""
    csp_replace({directive: sources})(lambda request: response)(HttpRequest())
    return response
