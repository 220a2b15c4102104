"""Phones that were written before they had to be E.164: read where they can be, else kept in the history."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from leadapp.models import Activity, Lead, LeadIdentifier, Merge
from leadapp.services.duplicates.merging import merge_leads
from leadapp.services.duplicates.undoing import undo_merge
from tests.qualification.build import make_lead, make_user

pytestmark = pytest.mark.django_db

migration = import_module("leadapp.migrations.0040_phones_in_e164")
BEFORE = {
    "+31 666 555 0377": "+316665550377",
    "+49 (0)30 / 901-820": "+4930901820",
    "+4930901821": "+4930901821",
    "030 901822": "+4930901822",
    "ask my secretary": "",
    "": "",
}


def test_phones_are_read_and_what_cannot_be_read_is_in_the_history() -> None:
    (constraint,) = [one for one in Lead._meta.constraints if one.name == "lead_phone_e164"]
    with connection.schema_editor() as schema:
        schema.remove_constraint(Lead, constraint)
    leads = {phone: make_lead(phone=phone, country="DE") for phone in BEFORE}
    moments = dict(Lead.objects.values_list("pk", "updated_at"))
    manager = make_user("mona", "manager")
    winner, loser = make_lead(), make_lead(phone="+31 666 555 0378")
    now = timezone.now()
    merge = merge_leads(winner=winner, loser=loser, choices={"phone": "winner"}, actor=manager, now=now)

    with connection.cursor() as cursor:
        cursor.execute(migration.MERGES)
        migration.normalise(apps, None)
        cursor.execute(migration.CHECKED)
    with connection.schema_editor() as schema:
        schema.add_constraint(Lead, constraint)

    found = dict(Lead.objects.values_list("pk", "phone"))
    assert {phone: found[lead.pk] for phone, lead in leads.items()} == BEFORE
    (record,) = Activity.objects.filter(lead=leads["ask my secretary"], type__slug="lead.updated")
    assert record.properties["before"] == {"phone": "ask my secretary"}
    names = set(LeadIdentifier.objects.filter(kind="phone").values_list("value", flat=True))
    assert names == {*filter(None, BEFORE.values()), "+316665550378"}
    after = dict(Lead.objects.values_list("pk", "updated_at"))
    assert {pk for pk in moments if moments[pk] != after[pk]} == {
        leads[phone].pk for phone in BEFORE if phone != BEFORE[phone]
    }
    undo_merge(merge=Merge.objects.get(pk=merge.pk), actor=manager, now=now + timedelta(minutes=1))
    assert Lead.objects.get(pk=loser.pk).phone == "+316665550378"
