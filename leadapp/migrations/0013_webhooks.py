"""Events, deliveries with their attempts, and endpoints that sign as Standard Webhooks does."""

import base64
import secrets

import django.contrib.postgres.fields
import django.contrib.postgres.functions
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


NAMES = {
    "lead.created": "lead.created",
    "lead.score_changed": "lead.scored",
    "lead.stage_changed": "lead.stage_changed",
    "lead.handed_over": "lead.assigned",
}
NEVER_CHANGES = """
CREATE TRIGGER outgoing_event_never_changes
BEFORE UPDATE OF uuid, type, occurred_at, data
ON leadapp_outgoingevent FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER webhook_attempt_never_changes
BEFORE UPDATE OF at, milliseconds, status, error, answer
ON leadapp_webhookattempt FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""
MAY_CHANGE = """
DROP TRIGGER webhook_attempt_never_changes ON leadapp_webhookattempt;
DROP TRIGGER outgoing_event_never_changes ON leadapp_outgoingevent;
"""


def reform(apps, schema_editor):
    """Give endpoints the new names of events, and secrets of the new form: nothing was ever sent to them."""
    for endpoint in apps.get_model("leadapp", "WebhookEndpoint").objects.using(schema_editor.connection.alias):
        endpoint.events = sorted({NAMES[name] for name in endpoint.events if name in NAMES} or set(NAMES.values()))
        endpoint.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        endpoint.is_active = endpoint.is_active and endpoint.url.startswith("https://")
        endpoint.save()


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0012_clocks'),
    ]

    operations = [
        migrations.RunPython(reform, migrations.RunPython.noop),
        # Nothing wrote deliveries until now.
        migrations.DeleteModel("WebhookDelivery"),
        migrations.CreateModel(
            name='OutgoingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(db_default=django.contrib.postgres.functions.RandomUUID(), editable=False, unique=True)),
                ('type', models.CharField(choices=[('lead.created', 'A lead came in'), ('lead.scored', 'A lead got another grade or temperature'), ('lead.stage_changed', 'A lead moved'), ('lead.assigned', 'A lead got another owner'), ('lead.won', 'A deal was won'), ('leadapp.test', 'A test')], max_length=32)),
                ('occurred_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('data', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('milliseconds', models.PositiveIntegerField()),
                ('status', models.PositiveSmallIntegerField(help_text='None: there was no answer.', null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('answer', models.CharField(blank=True, help_text='How the answer begins.', max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('delivered', 'Delivered'), ('dead', 'Given up')], default='waiting', max_length=16)),
                ('attempts', models.PositiveSmallIntegerField(default=0, help_text='Since it was last put in line.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('claimed_until', models.DateTimeField(help_text='A worker is sending it.', null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('last_error', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
            },
        ),
        migrations.RemoveConstraint(
            model_name='webhookendpoint',
            name='webhook_listens_to_something',
        ),
        migrations.RemoveConstraint(
            model_name='webhookendpoint',
            name='webhook_has_secret',
        ),
        migrations.AddField(
            model_name='webhookendpoint',
            name='failing_since',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='webhookendpoint',
            name='failures',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='In a row.'),
        ),
        migrations.AddField(
            model_name='webhookendpoint',
            name='old_secret',
            field=models.CharField(blank=True, editable=False, max_length=100),
        ),
        migrations.AddField(
            model_name='webhookendpoint',
            name='old_secret_until',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='webhookendpoint',
            name='resting_until',
            field=models.DateTimeField(blank=True, editable=False, help_text='It cannot be reached; nothing is sent before.', null=True),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='created_at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='events',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=32), size=None),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='is_active',
            field=models.BooleanField(default=True, verbose_name='active'),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='secret',
            field=models.CharField(editable=False, max_length=100),
        ),
        migrations.AlterField(
            model_name='webhookendpoint',
            name='url',
            field=models.URLField(max_length=500, verbose_name='address'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('url__regex', '^https?://')), name='webhook_address_is_http'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('events__contained_by', ['lead.created', 'lead.scored', 'lead.stage_changed', 'lead.assigned', 'lead.won']), ('events__len__gt', 0)), name='webhook_listens_to_something'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('secret__regex', '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$')), name='webhook_secret_form'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('old_secret', ''), ('old_secret_until__isnull', True)), models.Q(('old_secret__regex', '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$'), ('old_secret_until__isnull', False)), _connector='OR'), name='webhook_old_secret_has_end'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('failing_since__isnull', True), ('failures', 0), ('resting_until__isnull', True)), models.Q(('failing_since__isnull', False), ('failures__gt', 0)), _connector='OR'), name='webhook_failing_since_failure'),
        ),
        migrations.AddField(
            model_name='outgoingevent',
            name='lead',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='endpoint',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='leadapp.webhookendpoint'),
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='event',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='leadapp.outgoingevent'),
        ),
        migrations.AddField(
            model_name='webhookdelivery',
            name='lead',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='webhookattempt',
            name='delivery',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tries', to='leadapp.webhookdelivery'),
        ),
        migrations.AddIndex(
            model_name='outgoingevent',
            index=models.Index(fields=['occurred_at'], name='outgoing_event_age'),
        ),
        migrations.AddConstraint(
            model_name='outgoingevent',
            constraint=models.CheckConstraint(condition=models.Q(('type__in', ['lead.created', 'lead.scored', 'lead.stage_changed', 'lead.assigned', 'lead.won', 'leadapp.test'])), name='outgoing_event_type_known'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'due_at', 'id'], name='webhook_delivery_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'lead', 'id'], name='webhook_delivery_line'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('claimed_until__isnull', False)), fields=['endpoint', 'claimed_until'], name='webhook_delivery_claimed'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(models.F('endpoint'), models.OrderBy(models.F('created_at'), descending=True), condition=models.Q(('state', 'dead')), name='webhook_delivery_dead'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('event', 'endpoint'), name='webhook_delivery_once'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'delivered', 'dead'])), name='webhook_delivery_state_known'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delivered_at__isnull', False), ('state', 'delivered')), models.Q(models.Q(('state', 'delivered'), _negated=True), ('delivered_at__isnull', True)), _connector='OR'), name='webhook_delivered_has_date'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'waiting'), ('claimed_until__isnull', True), _connector='OR'), name='webhook_delivery_claimed_while_waiting'),
        ),
        migrations.AddConstraint(
            model_name='webhookattempt',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('error', ''), ('status__isnull', False), ('status__range', (200, 299))), models.Q(models.Q(('error', ''), _negated=True), models.Q(('status__isnull', True), models.Q(('status__range', (200, 299)), _negated=True), _connector='OR')), _connector='OR'), name='webhook_attempt_told'),
        ),
        migrations.RunSQL(NEVER_CHANGES, MAY_CHANGE),
    ]
