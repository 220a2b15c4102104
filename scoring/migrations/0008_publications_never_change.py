"""Remember the publications so far, and make the database refuse to change any."""

from django.db import migrations

# leadapp_forbid_change() comes with leadapp 0003; the loss of a person or key stays possible.
FOREVER = """
CREATE TRIGGER publication_never_changes
BEFORE UPDATE OF version_id, at, note, is_rollback ON scoring_publication
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""

SO_FAR = """
INSERT INTO scoring_publication (version_id, at, actor_id, note, is_rollback)
SELECT id, published_at, published_by_id, note, FALSE FROM scoring_scoringmodelversion
WHERE published_at IS NOT NULL ORDER BY published_at, id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0007_publications_and_overrides"),
        ("leadapp", "0003_facts_never_change"),
    ]

    operations = [
        migrations.RunSQL(SO_FAR, "DELETE FROM scoring_publication"),
        migrations.RunSQL(FOREVER, "DROP TRIGGER publication_never_changes ON scoring_publication"),
    ]
