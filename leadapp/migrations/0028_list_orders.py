"""Let the lead list be sorted by name, arrival and last activity, each through an index."""

import django.utils.timezone
from django.db import migrations, models
from django.db.models import F

# What a lead is called (Lead.name), in small letters and without accents.
NAME = r"""
CREATE FUNCTION leadapp_search_name(lead leadapp_lead) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT regexp_replace(normalize(lower(coalesce(
        nullif(btrim(concat(lead.first_name, ' ', lead.last_name)), ''), lead.email, nullif(lead.phone, ''),
        concat('lead ', lead.id)
    )), NFD), '[\u0300-\u036f]', '', 'g')
$$;
"""

WRITE = """
CREATE OR REPLACE FUNCTION leadapp_search_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leadapp_leadsearch (lead_id, text, name, created_at)
    VALUES (NEW.id, leadapp_search_text(NEW), leadapp_search_name(NEW), NEW.created_at)
    ON CONFLICT (lead_id) DO UPDATE
    SET text = EXCLUDED.text, name = EXCLUDED.name, created_at = EXCLUDED.created_at;
    RETURN NULL;
END $$;
"""

TRIGGER = """
DROP TRIGGER lead_search_changed ON leadapp_lead;
CREATE TRIGGER lead_search_changed
AFTER UPDATE OF first_name, last_name, email, phone, company_id, created_at ON leadapp_lead
FOR EACH ROW WHEN (
    (OLD.first_name, OLD.last_name, OLD.email, OLD.phone, OLD.company_id, OLD.created_at)
    IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.email, NEW.phone, NEW.company_id, NEW.created_at)
) EXECUTE FUNCTION leadapp_search_lead();
"""

FILL = """
UPDATE leadapp_leadsearch s SET name = leadapp_search_name(l), created_at = l.created_at
FROM leadapp_lead l WHERE l.id = s.lead_id;
"""

UNDO = """
DROP TRIGGER lead_search_changed ON leadapp_lead;
CREATE TRIGGER lead_search_changed AFTER UPDATE OF first_name, last_name, email, phone, company_id ON leadapp_lead
FOR EACH ROW WHEN (
    (OLD.first_name, OLD.last_name, OLD.email, OLD.phone, OLD.company_id)
    IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.email, NEW.phone, NEW.company_id)
) EXECUTE FUNCTION leadapp_search_lead();
CREATE OR REPLACE FUNCTION leadapp_search_lead() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leadapp_leadsearch (lead_id, text) VALUES (NEW.id, leadapp_search_text(NEW))
    ON CONFLICT (lead_id) DO UPDATE SET text = EXCLUDED.text;
    RETURN NULL;
END $$;
DROP FUNCTION leadapp_search_name(leadapp_lead);
"""


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0027_merging")]

    operations = [
        migrations.AddField("leadsearch", "name", models.TextField(default="")),
        migrations.AddField(
            "leadsearch",
            "created_at",
            models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.RunSQL(NAME + WRITE + TRIGGER + FILL, UNDO),
        migrations.AddIndex("leadsearch", models.Index(fields=["name", "lead"], name="lead_search_name")),
        migrations.AddIndex(
            "leadsearch",
            models.Index(F("created_at").desc(), F("lead").desc(), name="lead_search_created"),
        ),
        migrations.AddIndex(
            "lead",
            models.Index(F("last_activity_at").desc(), F("id").desc(), name="lead_list_active"),
        ),
    ]
