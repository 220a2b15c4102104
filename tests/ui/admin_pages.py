"""The pages of the admin: those of its own, and for every model the list, a new row, a row."""

from collections.abc import Iterator

from django.contrib import admin
from django.test import RequestFactory

from leadapp.models import Activity, ApiKey, User
from qualification.models import Deal, Framework, RoutingRule, Team
from scoring.models import ScoringModelVersion, ScoringRule
from tests.ui.all_pages import ADMIN, CUSTOMER, MARKETER, MQL, WebPage, first, page, pk_of

DRAFT = pk_of(ScoringModelVersion, state="draft")
# Addresses that only act, or answer with a piece of a page.
ACTS = {
    "leadapp_webhookendpoint_resend",
    "leadapp_webhookendpoint_rotate",
    "leadapp_webhookendpoint_test",
    "qualification_gate_trial",
    "scoring_model_draft",
    "scoring_rule_check",
    "scoring_rule_duplicate",
    "scoring_rule_move",
    "scoring_rule_values",
    "scoring_version_progress",
    "scoring_version_publish",
    "scoring_version_rules",
}


def rules_of_draft() -> str:
    """Return the rules that are ticked in the checklist of a draft."""
    rules = ScoringRule.objects.filter(version__state="draft").order_by("pk")[:2]
    return f"?rules={','.join(f'{rule.pk}:{rule.revision}' for rule in rules)}"


OWN = (
    page("admin:index", ADMIN),
    page("admin:index", MARKETER),
    page("admin:password_change", ADMIN),
    page("admin:app_list", ADMIN, app_label="scoring"),
    page("admin:leadapp_lead_move", ADMIN, query=lambda: f"?ids={MQL()}"),
    page("admin:leadapp_lead_bant", ADMIN, pk=MQL),
    page("admin:leadapp_lead_deal", ADMIN, pk=CUSTOMER),
    page("admin:leadapp_lead_advocacy", ADMIN, pk=CUSTOMER),
    page("admin:leadapp_lead_history", ADMIN, object_id=MQL),
    page("admin:leadapp_activity_void", ADMIN, query=lambda: f"?ids={first(Activity, voided_at=None).pk}"),
    page("admin:leadapp_apikey_rotate", ADMIN, pk=pk_of(ApiKey)),
    page("admin:leadapp_apikey_limit", ADMIN, pk=pk_of(ApiKey)),
    page("admin:leadapp_apikey_revoke", ADMIN, query=lambda: f"?ids={first(ApiKey).pk}"),
    page("admin:qualification_deal_void", ADMIN, query=lambda: f"?ids={first(Deal, voided_at=None).pk}"),
    page("admin:qualification_framework_use", ADMIN, pk=pk_of(Framework, is_in_use=False)),
    page("admin:qualification_routingrule_delete", ADMIN, object_id=pk_of(RoutingRule)),
    page("admin:qualification_team_holidays", ADMIN, pk=pk_of(Team)),
    page("admin:scoring_version_discard", ADMIN, pk=DRAFT),
    *(
        page("admin:scoring_version_change_rules", ADMIN, what, query=rules_of_draft, pk=DRAFT, what=what)
        for what in ("points", "cap", "fading", "delete")
    ),
    page("admin:scoring_scoringrule_add", ADMIN, query=lambda: f"?version={DRAFT()}&dimension=fit"),
)


def _stock() -> Iterator[WebPage]:
    """Describe what every model has: its list, and where rows are added and shown the forms."""
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_staff=True, is_active=True)
    for model, model_admin in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield page(f"{name}_change", ADMIN, object_id=pk_of(model))
        if model is ScoringRule:  # its list is the page of the version, where rules are added too
            continue
        yield page(f"{name}_changelist", ADMIN)
        if model_admin.has_add_permission(request):
            yield page(f"{name}_add", ADMIN)


ADMIN_PAGES = (*OWN, *_stock())
