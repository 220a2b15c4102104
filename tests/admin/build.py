"""Post the forms of the admin as a browser would: everything that was shown, with some changes."""

from collections.abc import Iterator
from typing import Any

from django.forms import BaseForm
from django.urls import reverse

from scoring.models import ScoringModel, ScoringModelVersion, ScoringRule


def shown(response: Any, **changes: Any) -> dict[str, Any]:
    """Return what the browser would post for the forms of this page."""
    data: dict[str, Any] = {}
    for form in _forms(response):
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                data |= {bound.html_name: "on"} if value else {}
            elif value is not None:
                # A list is several values of one name.
                data[bound.html_name] = [str(_key(v)) for v in value] if isinstance(value, list) else value
    return data | {"_save": "Save"} | changes


def _key(value: Any) -> Any:
    return getattr(value, "pk", value)


def _forms(response: Any) -> Iterator[BaseForm]:
    yield response.context["adminform"].form
    for inline in response.context["inline_admin_formsets"]:
        yield inline.formset.management_form
        yield from inline.formset.forms


def errors_of(response: Any) -> dict[str, list[str]]:
    """Return what the page says beside which field; of a table of rows with the name of the row."""
    found: dict[str, list[str]] = {}
    for form in _forms(response):
        for name, texts in form.errors.items():
            found[f"{form.prefix}-{name}" if form.prefix else name] = [str(text) for text in texts]
    return found


def goes_to(response: Any) -> str:
    """Return where an answer leads."""
    assert response.status_code == 302, response.status_code
    return str(response["Location"])


def said(response: Any) -> str:
    """Return all messages of the page."""
    return " ".join(str(message) for message in response.context["messages"])


def model() -> ScoringModel:
    """Return the model that ships."""
    return ScoringModel.objects.get(is_primary=True)


def live() -> ScoringModelVersion:
    """Return the version that scores leads."""
    return ScoringModelVersion.objects.get(model__is_primary=True, state="live")


def rule_of(version: ScoringModelVersion, name: str) -> ScoringRule:
    """Return a rule by its name."""
    return version.rules.get(name=name)


def version_url(version: ScoringModelVersion) -> str:
    """Return the page of a version."""
    return reverse("admin:scoring_scoringmodelversion_change", args=[version.pk])


def rule_url(rule: ScoringRule) -> str:
    """Return the page of a rule."""
    return reverse("admin:scoring_scoringrule_change", args=[rule.pk])


def add_rule_url(version: ScoringModelVersion, dimension: str) -> str:
    """Return the page that adds a rule."""
    return f"{reverse('admin:scoring_scoringrule_add')}?version={version.pk}&dimension={dimension}"


def definition(version: ScoringModelVersion) -> list[Any]:
    """Return all that a version says, to show that nothing changed."""
    return [
        list(ScoringModelVersion.objects.filter(pk=version.pk).values_list()),
        list(version.groups.order_by("pk").values_list()),
        list(version.rules.order_by("pk").values_list()),
        list(
            version.rules.order_by("pk", "conditions__pk").values_list(
                "conditions__field", "conditions__value"
            )
        ),
        list(version.rules.order_by("pk", "activity_types").values_list("activity_types")),
    ]
