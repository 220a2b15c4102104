"""Leads, activities, forms, keys and people in the admin."""

from leadapp.admin.activities import ActivityAdmin, ActivityTypeAdmin
from leadapp.admin.companies import CompanyAdmin
from leadapp.admin.event_names import EventNameAdmin, RefusedMessageAdmin
from leadapp.admin.forms import CustomFieldAdmin, FormAdmin
from leadapp.admin.keys import ApiKeyAdmin
from leadapp.admin.leads import LeadAdmin
from leadapp.admin.people import PersonAdmin
from leadapp.admin.records import ConsentRecordAdmin, ExportAdmin, QuarantineAdmin
from leadapp.admin.retention import BoughtListAdmin, ErasureAdmin
from leadapp.admin.tags import TagAdmin
from leadapp.admin.tracking import TrackedSiteAdmin
from leadapp.admin.webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin

__all__ = [
    "ActivityAdmin",
    "ActivityTypeAdmin",
    "ApiKeyAdmin",
    "BoughtListAdmin",
    "CompanyAdmin",
    "ConsentRecordAdmin",
    "CustomFieldAdmin",
    "ErasureAdmin",
    "EventNameAdmin",
    "ExportAdmin",
    "FormAdmin",
    "LeadAdmin",
    "PersonAdmin",
    "QuarantineAdmin",
    "RefusedMessageAdmin",
    "TagAdmin",
    "TrackedSiteAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]
