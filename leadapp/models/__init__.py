"""The core: people, companies, leads, activities, and how data comes in."""

from leadapp.models.activities import Activity, ActivityType, Quarantine
from leadapp.models.bulk import BulkAction, BulkItem, BulkRun
from leadapp.models.capture import ApiKey, KeptAnswer
from leadapp.models.company_changes import CompanyChange
from leadapp.models.consents import ConsentRecord, ConsentRequest, ConsentText, Purpose
from leadapp.models.duplicates import DuplicatePair, MatchKey, MatchRequest
from leadapp.models.event_names import EventName, RefusedMessage
from leadapp.models.exports import Export, ExportPart, ExportRun
from leadapp.models.forms import FieldType, Form, HeldSubmission
from leadapp.models.identity import LeadIdentifier, WaitingActivity
from leadapp.models.imports import ImportJob, ImportPiece, ImportRow, OnKnown
from leadapp.models.leads import (
    Advocacy,
    Company,
    CustomField,
    Gender,
    Lead,
    Seniority,
    Stage,
    Status,
    Temperature,
)
from leadapp.models.merges import Merge, MergedRows
from leadapp.models.operators import Match, Operator
from leadapp.models.people import Density, ListSize, Theme, User
from leadapp.models.retention import BoughtList, Erasure, KeptFor
from leadapp.models.saved_views import SavedView, Sharing
from leadapp.models.search import LeadSearch
from leadapp.models.tags import LeadTag, Tag
from leadapp.models.tracking import AnonymousView, TrackedSite, VisitorConsent
from leadapp.models.webhooks import (
    EventType,
    OutgoingEvent,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
)

__all__ = [
    "Activity",
    "ActivityType",
    "Advocacy",
    "AnonymousView",
    "ApiKey",
    "BoughtList",
    "BulkAction",
    "BulkItem",
    "BulkRun",
    "Company",
    "CompanyChange",
    "ConsentRecord",
    "ConsentRequest",
    "ConsentText",
    "CustomField",
    "Density",
    "DuplicatePair",
    "Erasure",
    "EventName",
    "EventType",
    "Export",
    "ExportPart",
    "ExportRun",
    "FieldType",
    "Form",
    "Gender",
    "HeldSubmission",
    "ImportJob",
    "ImportPiece",
    "ImportRow",
    "KeptAnswer",
    "KeptFor",
    "Lead",
    "LeadIdentifier",
    "LeadSearch",
    "LeadTag",
    "ListSize",
    "Match",
    "MatchKey",
    "MatchRequest",
    "Merge",
    "MergedRows",
    "OnKnown",
    "Operator",
    "OutgoingEvent",
    "Purpose",
    "Quarantine",
    "RefusedMessage",
    "SavedView",
    "Seniority",
    "Sharing",
    "Stage",
    "Status",
    "Tag",
    "Temperature",
    "Theme",
    "TrackedSite",
    "User",
    "VisitorConsent",
    "WaitingActivity",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
]
