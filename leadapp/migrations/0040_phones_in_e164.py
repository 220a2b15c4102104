"""Phones of leads are E.164, and nothing else is. The demo wrote them with blanks."""

from typing import Any

import phonenumbers
from django.db import migrations, models
from django.utils import timezone

E164 = r"^\+[1-9][0-9]{6,18}$"

# A merge never changes; but its undo brings the lead back that it names. The blanks are all that is taken.
MERGES = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE leadapp_merge DISABLE TRIGGER merge_never_changes;
UPDATE leadapp_merge SET
    loser = CASE WHEN loser->'fields'->>'phone' ~ '^[+][0-9 ]+$' THEN jsonb_set(
        loser, '{fields,phone}', to_jsonb(replace(loser->'fields'->>'phone', ' ', ''))) ELSE loser END,
    before = CASE WHEN before->>'phone' ~ '^[+][0-9 ]+$' THEN jsonb_set(
        before, '{phone}', to_jsonb(replace(before->>'phone', ' ', ''))) ELSE before END,
    after = CASE WHEN after->>'phone' ~ '^[+][0-9 ]+$' THEN jsonb_set(
        after, '{phone}', to_jsonb(replace(after->>'phone', ' ', ''))) ELSE after END
WHERE loser->'fields'->>'phone' LIKE '+% %' OR before->>'phone' LIKE '+% %' OR after->>'phone' LIKE '+% %';
ALTER TABLE leadapp_merge ENABLE TRIGGER merge_never_changes;
SET CONSTRAINTS ALL DEFERRED;
"""
# Now, not at the end: no table can be altered whose rows are still to be checked.
CHECKED = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"


def normalise(apps: Any, schema_editor: Any) -> None:
    """Write phones in their normal form. What cannot be read stays in the history of its lead."""
    leads = apps.get_model("leadapp", "Lead").objects
    activity = apps.get_model("leadapp", "Activity")
    now = timezone.now()
    odd = leads.exclude(phone="").exclude(phone__regex=E164)
    unread = {}
    for pk, phone, country in list(odd.values_list("pk", "phone", "country")):
        number = read(phone, country)
        leads.filter(pk=pk).update(phone=number, updated_at=now)
        if not number:
            unread[pk] = phone
    if unread:
        kind = apps.get_model("leadapp", "ActivityType").objects.get(slug="lead.updated")
        activity.objects.bulk_create(
            activity(
                lead_id=pk,
                type=kind,
                occurred_at=now,
                received_at=now,
                source="leadapp",
                properties={"before": {"phone": phone}, "after": {"phone": ""}, "by": "edit"},
            )
            for pk, phone in unread.items()
        )
    names = apps.get_model("leadapp", "LeadIdentifier").objects.filter(kind="phone")
    for name in names.exclude(value__regex=E164).select_related("lead"):
        number = read(name.value, name.lead.country)
        if number and not names.filter(value=number).exists():
            name.value = number
            name.save(update_fields=["value"])


def read(text: str, country: str) -> str:
    """Return the number as leadapp.services.identity.contacts reads it, or ""."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return ""
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return found if phonenumbers.is_possible_number(number) and len(found) >= 8 else ""


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0039_sheets_as_csv'),
    ]

    operations = [
        migrations.RunSQL(MERGES, migrations.RunSQL.noop),
        migrations.RunPython(normalise, migrations.RunPython.noop),
        migrations.RunSQL(CHECKED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='lead',
            constraint=models.CheckConstraint(condition=models.Q(('phone', ''), ('phone__regex', '^\\+[1-9][0-9]{6,18}$'), _connector='OR'), name='lead_phone_e164'),
        ),
    ]
