"""Keep the words of each consent as they were, and what is known of forms that are in use."""

from django.db import migrations

TRIGGERS = """
DROP TRIGGER consent_never_changes ON leadapp_consentrecord;
CREATE TRIGGER consent_never_changes
BEFORE UPDATE OF purpose, granted, text, text_version, source, recorded_at ON leadapp_consentrecord
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER consent_text_never_changes
BEFORE UPDATE ON leadapp_consenttext FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER erasure_never_changes
BEFORE UPDATE ON leadapp_erasure FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""

UNDO = """
DROP TRIGGER erasure_never_changes ON leadapp_erasure;
DROP TRIGGER consent_text_never_changes ON leadapp_consenttext;
DROP TRIGGER consent_never_changes ON leadapp_consentrecord;
CREATE TRIGGER consent_never_changes
BEFORE UPDATE OF purpose, granted, text, source, recorded_at ON leadapp_consentrecord
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""

IN_USE = """
INSERT INTO leadapp_consenttext (form_id, version, purpose, text, created_at)
SELECT id, consent_version, consent_purpose, consent_text, now() FROM leadapp_form WHERE consent_text <> '';
UPDATE leadapp_form f SET first_submitted_at = used.at
FROM (
    SELECT properties ->> 'form' AS slug, min(received_at) AS at FROM leadapp_activity
    WHERE properties ? 'form' GROUP BY 1
) used
WHERE used.slug = f.slug;
"""


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0023_forms_and_consents")]

    operations = [
        migrations.RunSQL(IN_USE, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, UNDO),
    ]
