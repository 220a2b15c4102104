"""Let companies be found and listed, keep who changed them, and let leads be found by phone."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Coalesce

NEVER_CHANGES = """
CREATE TRIGGER company_change_never_changes BEFORE UPDATE OF at, before, after ON leadapp_companychange
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""

TEXT = """
CREATE OR REPLACE FUNCTION leadapp_search_text(lead leadapp_lead) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT concat(
        ' ', lead.first_name, ' ', lead.last_name, ' ', lead.email, ' ',{phone}
        (SELECT name FROM leadapp_company WHERE id = lead.company_id)
    )
$$;
"""

TRIGGER = """
DROP TRIGGER lead_search_changed ON leadapp_lead;
CREATE TRIGGER lead_search_changed AFTER UPDATE OF first_name, last_name, email,{phone} company_id ON leadapp_lead
FOR EACH ROW WHEN (
    (OLD.first_name, OLD.last_name, OLD.email,{old} OLD.company_id)
    IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.email,{new} NEW.company_id)
) EXECUTE FUNCTION leadapp_search_lead();
"""

WRITE = """
UPDATE leadapp_leadsearch s SET text = leadapp_search_text(l) FROM leadapp_lead l
WHERE l.id = s.lead_id AND l.phone <> '';
"""

WITH_PHONE = (
    TEXT.format(phone=" nullif(lead.phone, '') || ' ',")
    + TRIGGER.format(phone=" phone,", old=" OLD.phone,", new=" NEW.phone,")
    + WRITE
)
WITHOUT_PHONE = TEXT.format(phone="") + TRIGGER.format(phone="", old="", new="") + WRITE


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0015_meetings_of_a_day")]

    operations = [
        migrations.CreateModel(
            name="CompanyChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("before", models.JSONField(help_text="The facts that changed, as they were.")),
                ("after", models.JSONField(help_text="The same facts, as they became.")),
                ("actor", models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("company", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="changes", to="leadapp.company")),
            ],
            options={
                "indexes": [models.Index(models.F("company"), models.OrderBy(models.F("at"), descending=True), models.OrderBy(models.F("id"), descending=True), name="company_change_history")],
                "constraints": [models.CheckConstraint(condition=models.Q(("before", models.F("after")), _negated=True), name="company_change_changes")],
            },
        ),
        migrations.AddIndex(
            model_name="company",
            index=django.contrib.postgres.indexes.GinIndex(fields=["domain"], name="company_domain_trigram", opclasses=["gin_trgm_ops"]),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(models.OrderBy(Coalesce(F("employees"), Value(-1)), descending=True), models.OrderBy(models.F("id"), descending=True), name="company_list_size"),
        ),
        migrations.RunSQL(NEVER_CHANGES, "DROP TRIGGER company_change_never_changes ON leadapp_companychange"),
        migrations.RunSQL(WITH_PHONE, WITHOUT_PHONE),
    ]
