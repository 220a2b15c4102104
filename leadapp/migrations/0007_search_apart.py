"""Keep what search looks through apart from the lead, which every new score writes anew."""

import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


# Every word has a space before it, so that its beginning can be looked for.
TRIGGERS = """
CREATE FUNCTION leadapp_search_text(lead leadapp_lead) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        ' ', lead.first_name, ' ', lead.last_name, ' ', lead.email, ' ',
        (SELECT name FROM leadapp_company WHERE id = lead.company_id)
    )
$$;

CREATE FUNCTION leadapp_search_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leadapp_leadsearch (lead_id, text) VALUES (NEW.id, leadapp_search_text(NEW))
    ON CONFLICT (lead_id) DO UPDATE SET text = EXCLUDED.text;
    RETURN NULL;
END $$;

CREATE FUNCTION leadapp_search_company() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE leadapp_leadsearch s SET text = leadapp_search_text(l)
    FROM leadapp_lead l WHERE l.id = s.lead_id AND l.company_id = NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION leadapp_search_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM leadapp_leadsearch WHERE lead_id = OLD.id;
    RETURN OLD;
END $$;

CREATE TRIGGER lead_search_new AFTER INSERT ON leadapp_lead
FOR EACH ROW EXECUTE FUNCTION leadapp_search_lead();
CREATE TRIGGER lead_search_changed AFTER UPDATE OF first_name, last_name, email, company_id ON leadapp_lead
FOR EACH ROW WHEN (
    (OLD.first_name, OLD.last_name, OLD.email, OLD.company_id)
    IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.email, NEW.company_id)
) EXECUTE FUNCTION leadapp_search_lead();
CREATE TRIGGER lead_search_gone BEFORE DELETE ON leadapp_lead
FOR EACH ROW EXECUTE FUNCTION leadapp_search_forget();
CREATE TRIGGER company_search_changed AFTER UPDATE OF name ON leadapp_company
FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION leadapp_search_company();

INSERT INTO leadapp_leadsearch (lead_id, text) SELECT l.id, leadapp_search_text(l) FROM leadapp_lead l;
"""

UNDO = """
DROP TRIGGER company_search_changed ON leadapp_company;
DROP TRIGGER lead_search_gone ON leadapp_lead;
DROP TRIGGER lead_search_changed ON leadapp_lead;
DROP TRIGGER lead_search_new ON leadapp_lead;
DROP FUNCTION leadapp_search_forget();
DROP FUNCTION leadapp_search_company();
DROP FUNCTION leadapp_search_lead();
DROP FUNCTION leadapp_search_text(leadapp_lead);
"""

# Room in each page for another state of every lead: a run after a publish writes all of them, and where the
# number stays no index is touched.
ROOM = "ALTER TABLE leadapp_lead SET (fillfactor = 50)"


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0006_forms'),
        ('scoring', '0003_default_model'),
    ]

    operations = [
        migrations.CreateModel(
            name='LeadSearch',
            fields=[
                ('lead', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='search', serialize=False, to='leadapp.lead')),
                ('text', models.TextField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_list_owner',
        ),
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_list_stage',
        ),
        migrations.RemoveIndex(
            model_name='lead',
            name='lead_search_trigram',
        ),
        migrations.AlterField(
            model_name='lead',
            name='score_version',
            field=models.ForeignKey(db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.scoringmodelversion'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(models.F('owner'), models.OrderBy(models.F('priority'), descending=True), models.OrderBy(models.F('last_activity_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('owner__isnull', False)), name='lead_list_owner'),
        ),
        migrations.AddIndex(
            model_name='lead',
            index=models.Index(models.F('stage'), models.OrderBy(models.F('priority'), descending=True), models.OrderBy(models.F('last_activity_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('stage', 'lead'), _negated=True), name='lead_list_stage'),
        ),
        migrations.AddIndex(
            model_name='leadsearch',
            index=django.contrib.postgres.indexes.GinIndex(fields=['text'], name='lead_search_trigram', opclasses=['gin_trgm_ops']),
        ),
        migrations.RunSQL(TRIGGERS, UNDO),
        migrations.RunSQL(ROOM, "ALTER TABLE leadapp_lead RESET (fillfactor)"),
    ]
