"""/api/v1/leads/<id>/deals, /opportunity, /advocacy: what customers buy, and whether they speak for us."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from leadapp.api.access import actor_of, find_lead
from leadapp.api.leads.representations import deal_as_json, stage_change_as_json
from leadapp.api.qualification import customer_operations as operations
from leadapp.api.qualification.deal_bodies import DEAL, read_deal
from leadapp.api.qualification.moves import SEEN
from leadapp.api.queries import Parameters
from leadapp.api.scoring.bodies import Body
from leadapp.api.views import ApiView
from leadapp.errors import NotFound
from leadapp.models import Advocacy
from qualification.models import Deal, DisqualifyReason
from qualification.services.customers.advocacy import set_advocacy
from qualification.services.customers.deals import add_deal, totals_of, void_deal
from qualification.services.moves import NEW_ROUND_AT, new_opportunity

MOST_DEALS = 500


class LeadDeals(ApiView):
    """What a customer bought."""

    scopes = {"GET": ("read",), "POST": ("write",)}

    @operations.list_deals
    def get(self, request: Request, pk: int) -> Response:
        """List the deals of a lead, the newest first, and what they come to by currency."""
        Parameters(request, ()).check()
        lead = find_lead(request, pk)
        deals = Deal.objects.filter(lead=lead).select_related("created_by", "voided_by")
        totals = totals_of([lead.pk]).get(lead.pk, [])
        return Response(
            {
                "totals": [
                    {"currency": total.currency, "value": str(total.value), "deals": total.number}
                    for total in totals
                ],
                "results": [deal_as_json(deal) for deal in deals.order_by("-won_on", "-pk")[:MOST_DEALS]],
            }
        )

    @operations.add_deal
    def post(self, request: Request, pk: int) -> Response:
        """Add what a customer bought besides; the first deal comes with the move to customer."""
        Parameters(request, ()).check()
        lead, body = find_lead(request, pk), Body(request, DEAL)
        facts = read_deal({name: body.data[name] for name in DEAL if name in body.data}, body)
        body.check()
        assert facts is not None
        deal = add_deal(lead=lead, deal=facts, actor=actor_of(request), now=timezone.now())
        return Response(deal_as_json(deal), status=201)


class VoidDeal(ApiView):
    """A deal that was wrong."""

    scopes = {"POST": ("write",)}

    @operations.void_deal
    def post(self, request: Request, pk: int, deal: int) -> Response:
        """Declare a deal wrong: it stays, with the reason, and does not count. The stage stays."""
        Parameters(request, ()).check()
        lead, body = find_lead(request, pk), Body(request, ("reason",))
        reason = body.text("reason", needed="Say why it is wrong.")
        body.check()
        found = Deal.objects.filter(lead=lead, pk=deal).first()
        if found is None:
            raise NotFound("This lead has no such deal.")
        voided = void_deal(deal=found, reason=reason, actor=actor_of(request), now=timezone.now())
        return Response(deal_as_json(voided))


class LeadOpportunity(ApiView):
    """A customer sets out anew."""

    scopes = {"POST": ("write",)}

    @operations.new_opportunity
    def post(self, request: Request, pk: int) -> Response:
        """Set out with a customer anew, at MQL or SQL; the next win needs a deal of its own."""
        Parameters(request, ()).check()
        lead, body = find_lead(request, pk), Body(request, ("to_stage", "seen_stage", "reason"))
        to_stage = body.text("to_stage", needed=f"Say where to: {', '.join(NEW_ROUND_AT)}.")
        seen_stage = body.text("seen_stage", needed=SEEN)
        reason = body.text("reason", needed="Say what it may buy.")
        body.check()
        change = new_opportunity(
            lead=lead,
            to_stage=to_stage,
            seen_stage=seen_stage,
            actor=actor_of(request),
            reason=reason,
            now=timezone.now(),
        )
        return Response(stage_change_as_json(change), status=201)


class LeadAdvocacy(ApiView):
    """Whether a customer speaks for us."""

    scopes = {"POST": ("write",)}

    @operations.set_advocacy
    def post(self, request: Request, pk: int) -> Response:
        """Note that a customer is a fan or a reference, or is one no longer."""
        Parameters(request, ()).check()
        lead, body = find_lead(request, pk), Body(request, ("advocacy", "note"))
        advocacy = body.text("advocacy", needed=f"Say what: {', '.join(Advocacy.values)}.")
        note = body.text("note")
        body.check()
        change = set_advocacy(
            lead=lead, advocacy=advocacy, note=note, actor=actor_of(request), now=timezone.now()
        )
        return Response(
            {
                "lead": change.lead_id,
                "at": change.at,
                "before": change.before,
                "after": change.after,
                "note": change.note,
            },
            status=201,
        )


class DisqualifyReasons(ApiView):
    """Why leads can be disqualified."""

    scopes = {"GET": ("read", "write")}

    @operations.list_disqualify_reasons
    def get(self, request: Request) -> Response:
        """List the reasons to disqualify, those that are not offered any more included."""
        Parameters(request, ()).check()
        names = ("code", "label", "needs_detail", "is_active")
        return Response(
            {"results": list(DisqualifyReason.objects.order_by("position", "label").values(*names))}
        )
