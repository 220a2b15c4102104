"""The core: people, companies, leads, activities, and how data comes in."""

from leadapp.models.activities import Activity, ActivityType, Quarantine
from leadapp.models.capture import (
    ApiKey,
    ConsentRecord,
    Form,
    ImportJob,
    WebhookDelivery,
    WebhookEndpoint,
)
from leadapp.models.leads import (
    Company,
    CustomField,
    Gender,
    Lead,
    LeadIdentifier,
    Seniority,
    Stage,
    Status,
    Temperature,
)
from leadapp.models.operators import Match, Operator
from leadapp.models.people import User
from leadapp.models.search import LeadSearch

__all__ = [
    "Activity",
    "ActivityType",
    "ApiKey",
    "Company",
    "ConsentRecord",
    "CustomField",
    "Form",
    "Gender",
    "ImportJob",
    "Lead",
    "LeadIdentifier",
    "LeadSearch",
    "Match",
    "Operator",
    "Quarantine",
    "Seniority",
    "Stage",
    "Status",
    "Temperature",
    "User",
    "WebhookDelivery",
    "WebhookEndpoint",
]
