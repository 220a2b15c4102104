"""Tie answers to dimensions, and keep how sure they are and whether their end was seen."""

import django.db.models.deletion
from django.db import migrations, models

CHANGES = "state, value, source, answered_at, expires_at"
BEFORE = f"""
CREATE TRIGGER bant_answer_never_changes BEFORE UPDATE OF dimension, {CHANGES}
ON qualification_bantanswer FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""
AFTER = f"""
CREATE TRIGGER bant_answer_never_changes BEFORE UPDATE OF dimension_id, confidence, {CHANGES}
ON qualification_bantanswer FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""
DROP = "DROP TRIGGER bant_answer_never_changes ON qualification_bantanswer"
# Who fills in a form wants something: what was stored of forms is as sure as what comes from now on.
FORMS_ARE_UNSURE = "UPDATE qualification_bantanswer SET confidence = 'low' WHERE source = 'form'"


class Migration(migrations.Migration):
    dependencies = [("qualification", "0017_shipped_frameworks")]

    operations = [
        # A column that a trigger names cannot change its type.
        migrations.RunSQL(DROP, BEFORE),
        migrations.RemoveConstraint(model_name="bantanswer", name="bant_answer_known"),
        migrations.AddField(
            model_name="bantanswer",
            name="confidence",
            field=models.CharField(
                choices=[("low", "Low"), ("medium", "Medium"), ("high", "High")],
                default="medium",
                help_text="How sure it is.",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="bantanswer",
            name="end_seen_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunSQL(FORMS_ARE_UNSURE, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="bantanswer",
            name="dimension",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="answers",
                to="qualification.dimension",
            ),
        ),
        migrations.AddIndex(
            model_name="bantanswer",
            index=models.Index(
                condition=models.Q(expires_at__isnull=False, end_seen_at__isnull=True),
                fields=["expires_at"],
                name="bant_answer_ends",
            ),
        ),
        migrations.AddIndex(
            model_name="bantanswer", index=models.Index(fields=["dimension"], name="bant_answer_dimension")
        ),
        migrations.AddConstraint(
            model_name="bantanswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    state__in=["unknown", "confirmed", "ruled_out"],
                    source__in=["form", "call", "email", "rep"],
                    confidence__in=["low", "medium", "high"],
                ),
                name="bant_answer_known",
            ),
        ),
        migrations.RunSQL(AFTER, DROP),
    ]
