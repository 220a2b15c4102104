"""The addresses of the API."""

from django.urls import include, path, re_path

from leadapp.api.activities import Activities, ActivityBatch
from leadapp.api.docs import Docs, NothingHere, Schema
from leadapp.api.forms import Submissions
from leadapp.api.leads.duplicates import DismissDuplicate, Duplicates, Merges, UndoMerge
from leadapp.api.leads.leads import LeadBatch, Leads, OneLead
from leadapp.api.leads.overrides import LeadOverride
from leadapp.api.leads.quarantines import LeadQuarantines, ReleaseQuarantine
from leadapp.api.leads.scores import LeadScore, LeadScoreHistory
from leadapp.api.leads.tags import ChangeTags
from leadapp.api.qualification.answers import LeadAnswers
from leadapp.api.qualification.assignments import LeadAssignments
from leadapp.api.qualification.customers import (
    DisqualifyReasons,
    LeadAdvocacy,
    LeadDeals,
    LeadOpportunity,
    VoidDeal,
)
from leadapp.api.qualification.gates import Gates, LeadGates
from leadapp.api.qualification.moves import (
    DisqualifyLead,
    LeadMoves,
    MoveLead,
    MoveLeads,
    NurtureLead,
    ReopenLead,
    UndoMove,
)

urlpatterns = [
    path("forms/<slug:slug>/submissions", Submissions.as_view(), name="api-submissions"),
    path("activities", Activities.as_view(), name="api-activities"),
    path("activities/batch", ActivityBatch.as_view(), name="api-activity-batch"),
    path("leads", Leads.as_view(), name="api-leads"),
    path("leads/batch", LeadBatch.as_view(), name="api-lead-batch"),
    path("leads/<int:pk>", OneLead.as_view(), name="api-lead"),
    path("leads/moves", MoveLeads.as_view(), name="api-leads-moves"),
    path("leads/<int:pk>/moves", LeadMoves.as_view(), name="api-lead-moves"),
    path("leads/<int:pk>/move", MoveLead.as_view(), name="api-lead-move"),
    path("leads/<int:pk>/nurture", NurtureLead.as_view(), name="api-lead-nurture"),
    path("leads/<int:pk>/disqualify", DisqualifyLead.as_view(), name="api-lead-disqualify"),
    path("leads/<int:pk>/reopen", ReopenLead.as_view(), name="api-lead-reopen"),
    path("leads/<int:pk>/undo", UndoMove.as_view(), name="api-lead-undo"),
    path("leads/<int:pk>/assignments", LeadAssignments.as_view(), name="api-lead-assignments"),
    path("leads/<int:pk>/deals", LeadDeals.as_view(), name="api-lead-deals"),
    path("leads/<int:pk>/deals/<int:deal>/void", VoidDeal.as_view(), name="api-lead-deal-void"),
    path("leads/<int:pk>/opportunity", LeadOpportunity.as_view(), name="api-lead-opportunity"),
    path("leads/<int:pk>/advocacy", LeadAdvocacy.as_view(), name="api-lead-advocacy"),
    path("leads/<int:pk>/tags", ChangeTags.as_view(), name="api-lead-tags"),
    path("disqualify-reasons", DisqualifyReasons.as_view(), name="api-disqualify-reasons"),
    path("duplicates", Duplicates.as_view(), name="api-duplicates"),
    path("duplicates/<int:pk>/dismiss", DismissDuplicate.as_view(), name="api-duplicate-dismiss"),
    path("merges", Merges.as_view(), name="api-merges"),
    path("merges/<int:pk>/undo", UndoMerge.as_view(), name="api-merge-undo"),
    path("gates", Gates.as_view(), name="api-gates"),
    path("leads/<int:pk>/gates", LeadGates.as_view(), name="api-lead-gates"),
    path("leads/<int:pk>/answers", LeadAnswers.as_view(), name="api-lead-answers"),
    path("leads/<int:pk>/score", LeadScore.as_view(), name="api-lead-score"),
    path("leads/<int:pk>/score/history", LeadScoreHistory.as_view(), name="api-lead-score-history"),
    path("leads/<int:pk>/override", LeadOverride.as_view(), name="api-lead-override"),
    path("leads/<int:pk>/quarantines", LeadQuarantines.as_view(), name="api-lead-quarantines"),
    path("quarantines/<int:pk>/release", ReleaseQuarantine.as_view(), name="api-quarantine-release"),
    path("scoring/", include("leadapp.api.scoring.urls")),
    path("schema/", Schema.as_view(), name="api-schema"),
    path("docs/", Docs.as_view(), name="api-docs"),
    re_path(r"", NothingHere.as_view()),
]
