"""Rotate and limit API keys; keep answers to requests that may come again."""


import datetime
import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0033_names_of_events'),
    ]

    operations = [
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=500)),
                ('name', models.CharField(help_text='What the header Idempotency-Key said.', max_length=255)),
                ('fingerprint', models.BinaryField(help_text='SHA-256 of what was sent.', max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('body', models.BinaryField(null=True)),
                ('kept_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='apikey',
            name='events_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: as many as any other key.', null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_digest',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_prefix',
            field=models.CharField(editable=False, max_length=16, null=True, unique=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_used_at',
            field=models.DateTimeField(editable=False, help_text='To the hour.', null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='old_valid_until',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='requests_per_minute',
            field=models.PositiveIntegerField(blank=True, help_text='Empty: as many as any other key.', null=True),
        ),
        migrations.AddField(
            model_name='apikey',
            name='revoked_reason',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name='apikey',
            name='rotated_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('revoked_reason', ''), ('revoked_at__isnull', False), _connector='OR'), name='api_key_reason_if_revoked'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('old_digest__isnull', True), ('old_prefix__isnull', True), ('old_used_at__isnull', True), ('old_valid_until__isnull', True), ('rotated_at__isnull', True)), models.Q(('old_digest__isnull', False), ('old_prefix__isnull', False), ('old_valid_until__isnull', False), ('rotated_at__isnull', False)), _connector='OR'), name='api_key_old_text_whole'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(('old_valid_until__isnull', True), models.Q(('old_valid_until__gte', models.F('rotated_at')), ('old_valid_until__lte', django.db.models.expressions.CombinedExpression(models.F('rotated_at'), '+', models.Value(datetime.timedelta(days=30))))), _connector='OR'), name='api_key_old_text_ends'),
        ),
        migrations.AddConstraint(
            model_name='apikey',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('requests_per_minute__isnull', True), ('requests_per_minute__gt', 0), _connector='OR'), models.Q(('events_per_minute__isnull', True), ('events_per_minute__gt', 0), _connector='OR')), name='api_key_limits_positive'),
        ),
        migrations.AddField(
            model_name='keptanswer',
            name='api_key',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.apikey'),
        ),
        migrations.AddField(
            model_name='keptanswer',
            name='user',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='keptanswer',
            index=models.Index(fields=['kept_at'], name='kept_answer_old'),
        ),
        migrations.AddConstraint(
            model_name='keptanswer',
            constraint=models.UniqueConstraint(fields=('api_key', 'user', 'path', 'name'), name='kept_answer_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='keptanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('api_key__isnull', True), ('user__isnull', False)), models.Q(('api_key__isnull', False), ('user__isnull', True)), _connector='OR'), name='kept_answer_of_one'),
        ),
        migrations.AddConstraint(
            model_name='keptanswer',
            constraint=models.CheckConstraint(condition=models.Q(('status__range', (200, 299))), name='kept_answer_of_success'),
        ),
    ]
