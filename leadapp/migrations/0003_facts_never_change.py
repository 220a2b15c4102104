"""Make the database refuse changes to what has happened."""

from django.db import migrations

FORBID_CHANGE = """
CREATE FUNCTION leadapp_forbid_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

# Voiding (voided_*, void_reason), a merge (lead_id) and the loss of a person (actor_id) stay possible.
ACTIVITY = """
CREATE TRIGGER activity_never_changes
BEFORE UPDATE OF type_id, occurred_at, received_at, source, external_id, properties ON leadapp_activity
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""

CONSENT = """
CREATE TRIGGER consent_never_changes
BEFORE UPDATE OF purpose, granted, text, source, recorded_at ON leadapp_consentrecord
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0002_lead_score_version")]

    operations = [
        migrations.RunSQL(FORBID_CHANGE, "DROP FUNCTION leadapp_forbid_change()"),
        migrations.RunSQL(ACTIVITY, "DROP TRIGGER activity_never_changes ON leadapp_activity"),
        migrations.RunSQL(CONSENT, "DROP TRIGGER consent_never_changes ON leadapp_consentrecord"),
    ]
