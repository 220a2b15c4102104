"""Let people write down consents, and find who changed a fact of a lead."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NEVER_CHANGES = """
CREATE TRIGGER consent_way_never_changes BEFORE UPDATE OF how ON leadapp_consentrecord
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change()
"""


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0019_saved_views'),
    ]

    operations = [
        migrations.AddField(
            model_name='consentrecord',
            name='how',
            field=models.CharField(blank=True, choices=[('call', 'On the phone'), ('email', 'By email'), ('meeting', 'In person'), ('letter', 'In writing')], help_text='Empty where the lead gave it itself.', max_length=16),
        ),
        migrations.AddField(
            model_name='consentrecord',
            name='recorded_by',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Who wrote it down for the lead.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='activity',
            index=models.Index(models.F('lead'), models.OrderBy(models.F('occurred_at'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('properties__has_key', 'after')), name='activity_facts'),
        ),
        migrations.AddConstraint(
            model_name='consentrecord',
            constraint=models.CheckConstraint(condition=models.Q(('how__in', ['', 'call', 'email', 'meeting', 'letter'])), name='consent_how_known'),
        ),
        migrations.RunSQL(NEVER_CHANGES, "DROP TRIGGER consent_way_never_changes ON leadapp_consentrecord"),
    ]
