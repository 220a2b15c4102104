"""Make the database refuse changes to moves and evidence."""

from django.db import migrations

TRIGGERS = """
CREATE TRIGGER stage_change_never_changes
BEFORE UPDATE OF at, move, from_stage, to_stage, from_status, to_status, is_automatic, reason, score
ON qualification_stagechange FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER bant_answer_never_changes
BEFORE UPDATE OF dimension, state, value, source, answered_at, expires_at
ON qualification_bantanswer FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""

UNDO = """
DROP TRIGGER bant_answer_never_changes ON qualification_bantanswer;
DROP TRIGGER stage_change_never_changes ON qualification_stagechange;
"""


class Migration(migrations.Migration):
    dependencies = [("qualification", "0001_initial"), ("leadapp", "0003_facts_never_change")]

    operations = [migrations.RunSQL(TRIGGERS, UNDO)]
