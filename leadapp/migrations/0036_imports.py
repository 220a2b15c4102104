import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0035_search_without_waiting'),
    ]

    operations = [
        migrations.DeleteModel(
            name='ImportJob',
        ),
        migrations.CreateModel(
            name='ImportJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255)),
                ('file_size', models.PositiveBigIntegerField(help_text='In bytes.')),
                ('file_format', models.CharField(choices=[('csv', 'CSV'), ('xlsx', 'Excel (XLSX)')], max_length=8)),
                ('encoding', models.CharField(blank=True, max_length=40)),
                ('delimiter', models.CharField(blank=True, max_length=1)),
                ('sheet', models.CharField(blank=True, max_length=100)),
                ('has_header', models.BooleanField(default=True, help_text='The first row names the columns.')),
                ('columns', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=500), default=list, size=None)),
                ('header_key', models.CharField(blank=True, help_text='The same for the same columns.', max_length=64)),
                ('mapping', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(blank=True, max_length=80), default=list, help_text='What each column is.', size=None)),
                ('on_known', models.CharField(choices=[('fill', 'Fill in what is not known yet'), ('overwrite', 'Replace what is known by what the file says'), ('skip', 'Leave them as they are')], default='fill', max_length=16)),
                ('adds_new', models.BooleanField(default=True)),
                ('clears_empty', models.BooleanField(default=False, help_text='An empty cell empties the fact; only where the file replaces facts.')),
                ('leaves_out', models.BooleanField(default=False, help_text='A cell that cannot be read is left out, instead of its whole row.')),
                ('match_by', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, help_text='Beside ids and addresses.', size=None)),
                ('source', models.CharField(help_text='Where new leads came from.', max_length=100)),
                ('country', models.CharField(blank=True, help_text='Of phone numbers without a country code.', max_length=2)),
                ('tags', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), default=list, size=None)),
                ('bought_list', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leadapp.boughtlist')),
                ('consent_text', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='leadapp.consenttext')),
                ('consent_words', models.TextField(blank=True, help_text='What these people agreed to.')),
                ('consent_how', models.CharField(blank=True, choices=[('call', 'On the phone'), ('email', 'By email'), ('meeting', 'In person'), ('letter', 'In writing')], max_length=16)),
                ('state', models.CharField(choices=[('mapping', 'Not begun'), ('checking', 'Being checked'), ('checked', 'Checked'), ('importing', 'Being imported'), ('stopped', 'Stopped'), ('done', 'Imported'), ('undoing', 'Being undone'), ('undone', 'Undone'), ('failed', 'Cannot be read')], default='mapping', max_length=16)),
                ('failure', models.CharField(blank=True, max_length=500)),
                ('created_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('username', models.CharField(help_text='Stays when the person goes.', max_length=150)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('started_at', models.DateTimeField(help_text='When the first row was imported.', null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('undo_asked_at', models.DateTimeField(null=True)),
                ('undo_finished_at', models.DateTimeField(null=True)),
                ('forgotten_at', models.DateTimeField(help_text='When the file and its rows were deleted.', null=True)),
                ('rows_total', models.PositiveIntegerField(help_text='Known once the file is read.', null=True)),
                ('percent_read', models.PositiveSmallIntegerField(default=0)),
                ('rows_read', models.PositiveIntegerField(default=0)),
                ('to_create', models.PositiveIntegerField(default=0)),
                ('to_change', models.PositiveIntegerField(default=0)),
                ('to_keep', models.PositiveIntegerField(default=0)),
                ('to_skip', models.PositiveIntegerField(default=0)),
                ('to_refuse', models.PositiveIntegerField(default=0)),
                ('position', models.PositiveIntegerField(default=0)),
                ('created', models.PositiveIntegerField(default=0)),
                ('changed', models.PositiveIntegerField(default=0)),
                ('kept', models.PositiveIntegerField(default=0)),
                ('skipped', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('undone', models.PositiveIntegerField(default=0)),
                ('not_undone', models.PositiveIntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state__in', ['checking', 'importing', 'undoing'])), fields=['created_at', 'id'], name='import_waiting'), models.Index(models.F('header_key'), models.OrderBy(models.F('id'), descending=True), name='import_same_columns'), models.Index(models.OrderBy(models.F('created_at'), descending=True), models.OrderBy(models.F('id'), descending=True), name='import_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('state__in', ['mapping', 'checking', 'checked', 'importing', 'stopped', 'done', 'undoing', 'undone', 'failed'])), name='import_state_known'), models.CheckConstraint(condition=models.Q(('file_format__in', ['csv', 'xlsx'])), name='import_file_format_known'), models.CheckConstraint(condition=models.Q(('on_known__in', ['fill', 'overwrite', 'skip'])), name='import_on_known_known'), models.CheckConstraint(condition=models.Q(('match_by__contained_by', ['linkedin', 'phone'])), name='import_match_by_known'), models.CheckConstraint(condition=models.Q(('consent_how__in', ['', 'call', 'email', 'meeting', 'letter'])), name='import_consent_how_known'), models.CheckConstraint(condition=models.Q(('clears_empty', False), ('on_known', 'overwrite'), _connector='OR'), name='import_clears_what_it_replaces'), models.CheckConstraint(condition=models.Q(('country', ''), ('country__regex', '^[A-Z]{2}$'), _connector='OR'), name='import_country_iso'), models.CheckConstraint(condition=models.Q(models.Q(('file_name', ''), _negated=True), models.Q(('username', ''), _negated=True), models.Q(('source', ''), _negated=True)), name='import_is_named'), models.CheckConstraint(condition=models.Q(('state', 'failed'), ('failure', ''), _connector='XOR'), name='import_failure'), models.CheckConstraint(condition=models.Q(('started_at__isnull', True), ('started_at__gte', models.F('created_at')), _connector='OR'), name='import_starts_later'), models.CheckConstraint(condition=models.Q(('finished_at__isnull', True), ('finished_at__gte', models.F('started_at')), _connector='OR'), name='import_finishes_after_start'), models.CheckConstraint(condition=models.Q(('undo_finished_at__isnull', True), models.Q(('undo_asked_at__isnull', False), ('undo_finished_at__gte', models.F('undo_asked_at'))), _connector='OR'), name='import_undo_finishes_later'), models.CheckConstraint(condition=models.Q(('rows_read', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('to_create'), '+', models.F('to_change')), '+', models.F('to_keep')), '+', models.F('to_skip')), '+', models.F('to_refuse')))), name='import_rows_add_up'), models.CheckConstraint(condition=models.Q(('rows_total__isnull', True), models.Q(('rows_read__lte', models.F('rows_total')), ('rows_total__gte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('created'), '+', models.F('changed')), '+', models.F('kept')), '+', models.F('skipped')), '+', models.F('refused')))), _connector='OR'), name='import_rows_within_total'), models.CheckConstraint(condition=models.Q(('percent_read__lte', 100)), name='import_percent_read'), models.CheckConstraint(condition=models.Q(('undone__lte', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('created'), '+', models.F('changed')), '-', models.F('not_undone')))), name='import_undone_of_done')],
            },
        ),
        migrations.CreateModel(
            name='ImportPiece',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='pieces', to='leadapp.importjob')),
                ('number', models.PositiveIntegerField()),
                ('data', models.BinaryField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('job', 'number'), name='import_piece_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='ImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='leadapp.importjob')),
                ('number', models.PositiveIntegerField(help_text='Which row of the file; the first is 1.')),
                ('cells', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None)),
                ('facts', models.JSONField(default=dict, help_text='What the cells say, in its normal form.')),
                ('problems', models.JSONField(default=list, help_text='The column at fault, and what is wrong.')),
                ('name', models.CharField(blank=True, help_text='The strongest name it gives.', max_length=320)),
                ('foreseen', models.CharField(choices=[('create', 'New lead'), ('change', 'Changes a lead'), ('keep', 'Changes nothing'), ('skip', 'Left as it is'), ('refuse', 'Refused')], max_length=8)),
                ('outcome', models.CharField(blank=True, choices=[('create', 'New lead'), ('change', 'Changes a lead'), ('keep', 'Changes nothing'), ('skip', 'Left as it is'), ('refuse', 'Refused')], max_length=8)),
                ('done_at', models.DateTimeField(null=True)),
                ('lead_id', models.BigIntegerField(null=True)),
                ('record_id', models.BigIntegerField(help_text='The activity that says what it wrote.', null=True)),
                ('owner_before_id', models.BigIntegerField(null=True)),
                ('undo', models.CharField(blank=True, choices=[('done', 'Undone'), ('kept', 'Not undone')], max_length=8)),
                ('reason', models.CharField(blank=True, help_text='Why it was not undone.', max_length=500)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('problems', []), _negated=True), fields=['job', 'number'], name='import_row_problems'), models.Index(condition=models.Q(('outcome__in', ['create', 'change']), ('undo', '')), fields=['job', 'outcome', 'number'], name='import_row_to_undo'), models.Index(condition=models.Q(('lead_id__isnull', False)), fields=['job', 'lead_id'], name='import_row_of_lead'), models.Index(condition=models.Q(('name', ''), _negated=True), fields=['job', 'name'], name='import_row_of_name')],
                'constraints': [models.UniqueConstraint(fields=('job', 'number'), name='import_row_once'), models.CheckConstraint(condition=models.Q(('foreseen__in', ['create', 'change', 'keep', 'skip', 'refuse'])), name='import_row_foreseen_known'), models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'create', 'change', 'keep', 'skip', 'refuse'])), name='import_row_outcome_known'), models.CheckConstraint(condition=models.Q(('undo__in', ['', 'done', 'kept'])), name='import_row_undo_known'), models.CheckConstraint(condition=models.Q(('undo', ''), ('outcome__in', ['create', 'change']), _connector='OR'), name='import_row_undo_of_done'), models.CheckConstraint(condition=models.Q(('undo', 'kept'), ('reason', ''), _connector='OR'), name='import_row_reason'), models.CheckConstraint(condition=models.Q(('outcome', ''), ('done_at__isnull', False), _connector='OR'), name='import_row_done_at'), models.CheckConstraint(condition=models.Q(models.Q(('outcome__in', ['create', 'change']), _negated=True), ('lead_id__isnull', False), _connector='OR'), name='import_row_has_lead')],
            },
        ),
    ]
