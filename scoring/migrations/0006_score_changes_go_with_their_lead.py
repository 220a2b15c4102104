"""Let a trigger do what the foreign keys of the score history did."""

import django.db.models.deletion
from django.db import migrations, models


TRIGGER = """
CREATE FUNCTION scoring_forget_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM scoring_scorechange WHERE lead_id = OLD.id;
    RETURN OLD;
END $$;
CREATE TRIGGER scoring_forgets_lead BEFORE DELETE ON leadapp_lead
FOR EACH ROW EXECUTE FUNCTION scoring_forget_lead();
"""

UNDO = """
DROP TRIGGER scoring_forgets_lead ON leadapp_lead;
DROP FUNCTION scoring_forget_lead();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0008_lead_load'),
        ('scoring', '0005_rescore_chunks'),
    ]

    operations = [
        migrations.AlterField(
            model_name='scorechange',
            name='lead',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='score_changes', to='leadapp.lead'),
        ),
        migrations.RunSQL(TRIGGER, UNDO),
    ]
