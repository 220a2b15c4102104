"""Ship reasons to disqualify, let marketers edit them, and make the database refuse changes to history."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

REASONS = [
    # code, label, whether it needs a word more
    ("no_need", "No need", False),
    ("no_budget", "No budget", False),
    ("no_authority", "Does not decide, and nobody else is known", False),
    ("bad_timing", "No project for years", False),
    ("competitor", "Went with a competitor", False),
    ("is_competitor", "Is a competitor", False),
    ("bad_fit", "Does not fit what we sell", False),
    ("out_of_territory", "Out of territory", False),
    ("unreachable", "Cannot be reached", False),
    ("no_contact", "Does not want contact", False),
    ("bad_data", "Made-up or wrong data", False),
    ("duplicate", "Duplicate", False),
    ("student", "Student or thesis", False),
    ("job_seeker", "Looks for a job", False),
    ("other", "Other", True),
]

SEE = ["disqualifyreason", "wakeup", "advocacychange"]
EDIT = [f"{action}_disqualifyreason" for action in ("add", "change", "delete")]

# Ending a wake-up, voiding a deal, a merge (lead_id) and the loss of a person stay possible.
TRIGGERS = """
CREATE TRIGGER deal_never_changes
BEFORE UPDATE OF round, value, currency, won_on, product, created_at
ON qualification_deal FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER advocacy_change_never_changes
BEFORE UPDATE OF at, before, after, note
ON qualification_advocacychange FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER wake_up_never_changes
BEFORE UPDATE OF wake_on, wake_score, set_at
ON qualification_wakeup FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER stage_change_reason_never_changes
BEFORE UPDATE OF disqualify_reason_id
ON qualification_stagechange FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""

UNDO = """
DROP TRIGGER stage_change_reason_never_changes ON qualification_stagechange;
DROP TRIGGER wake_up_never_changes ON qualification_wakeup;
DROP TRIGGER advocacy_change_never_changes ON qualification_advocacychange;
DROP TRIGGER deal_never_changes ON qualification_deal;
"""


def add_reasons(apps, schema_editor):
    reason = apps.get_model("qualification", "DisqualifyReason")
    reason.objects.using(schema_editor.connection.alias).bulk_create(
        reason(code=code, label=label, needs_detail=needs_detail, position=10 * position)
        for position, (code, label, needs_detail) in enumerate(REASONS, start=1)
    )


def give_rights(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("qualification"), verbosity=0, using=alias)
    ours = apps.get_model("auth", "Permission").objects.using(alias).filter(
        content_type__app_label="qualification"
    )
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for group in groups.filter(name__in=["rep", "marketer", "manager", "admin"]):
        group.permissions.add(*ours.filter(codename__in=[f"view_{model}" for model in SEE]))
        if group.name in ("marketer", "admin"):
            group.permissions.add(*ours.filter(codename__in=EDIT))


class Migration(migrations.Migration):
    dependencies = [
        ("qualification", "0019_recycling_and_customers"),
        ("leadapp", "0014_advocates_and_disqualify_reasons"),
    ]

    operations = [
        migrations.RunPython(add_reasons, migrations.RunPython.noop),
        migrations.RunPython(give_rights, migrations.RunPython.noop),
        migrations.RunSQL(TRIGGERS, UNDO),
    ]
