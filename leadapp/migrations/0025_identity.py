"""Let people be known by more names, visitors wait, and leads that may be one person be found and united."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# Only the profiles of people; what differs between two spellings is left out. The same in Python:
# leadapp.services.identity.contacts.linkedin_profile.
LINKEDIN = r"""
CREATE FUNCTION leadapp_linkedin(url text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT COALESCE(substring(
        lower(split_part(split_part(url, '?', 1), '#', 1))
        FROM 'linkedin\.com/+(in/[^/]+|pub/[^/]+(?:/[^/]+)*)'
    ), '')
$$
"""

# The names of leads in the order of the names, so that two requests never wait for each other in a ring.
NAMES = """
CREATE FUNCTION leadapp_names_of_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leadapp_leadidentifier (lead_id, kind, value, created_at)
    SELECT n.id, n.kind, n.value, n.created_at FROM (
        SELECT id, 'linkedin' AS kind, leadapp_linkedin(linkedin_url) AS value, created_at FROM new_leads
        UNION ALL SELECT id, 'phone', phone, created_at FROM new_leads
    ) n WHERE n.value <> '' ORDER BY n.kind, n.value, n.id
    ON CONFLICT DO NOTHING;
    INSERT INTO leadapp_matchrequest (lead_id) SELECT id FROM new_leads;
    RETURN NULL;
END $$;

CREATE FUNCTION leadapp_names_of_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM leadapp_leadidentifier i WHERE i.lead_id = NEW.id AND (
        i.kind = 'phone' AND i.value = OLD.phone AND OLD.phone <> NEW.phone
        OR i.kind = 'linkedin' AND i.value = leadapp_linkedin(OLD.linkedin_url)
            AND leadapp_linkedin(OLD.linkedin_url) <> leadapp_linkedin(NEW.linkedin_url)
    );
    INSERT INTO leadapp_leadidentifier (lead_id, kind, value, created_at)
    SELECT NEW.id, n.kind, n.value, now()
    FROM (VALUES ('linkedin', leadapp_linkedin(NEW.linkedin_url)), ('phone', NEW.phone)) AS n (kind, value)
    WHERE n.value <> '' ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION leadapp_match_again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO leadapp_matchrequest (lead_id) VALUES (NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER lead_names_new AFTER INSERT ON leadapp_lead REFERENCING NEW TABLE AS new_leads
FOR EACH STATEMENT EXECUTE FUNCTION leadapp_names_of_new();
CREATE TRIGGER lead_names_changed AFTER UPDATE OF phone, linkedin_url ON leadapp_lead
FOR EACH ROW WHEN ((OLD.phone, OLD.linkedin_url) IS DISTINCT FROM (NEW.phone, NEW.linkedin_url))
EXECUTE FUNCTION leadapp_names_of_changed();
CREATE TRIGGER lead_match_again AFTER UPDATE OF
    first_name, last_name, email, phone, linkedin_url, company_id, city, birth_year, attributes
ON leadapp_lead FOR EACH ROW WHEN (
    (OLD.first_name, OLD.last_name, OLD.email, OLD.phone, OLD.linkedin_url, OLD.company_id, OLD.city,
        OLD.birth_year, OLD.attributes)
    IS DISTINCT FROM
    (NEW.first_name, NEW.last_name, NEW.email, NEW.phone, NEW.linkedin_url, NEW.company_id, NEW.city,
        NEW.birth_year, NEW.attributes)
) EXECUTE FUNCTION leadapp_match_again();
"""

FORGET = """
DROP TRIGGER lead_match_again ON leadapp_lead;
DROP TRIGGER lead_names_changed ON leadapp_lead;
DROP TRIGGER lead_names_new ON leadapp_lead;
DROP FUNCTION leadapp_match_again();
DROP FUNCTION leadapp_names_of_changed();
DROP FUNCTION leadapp_names_of_new();
"""

# The leads that are there already; where two have one number it is the name of the older one.
FILL = """
INSERT INTO leadapp_leadidentifier (lead_id, kind, value, created_at)
SELECT n.id, n.kind, n.value, n.created_at FROM (
    SELECT id, 'linkedin' AS kind, leadapp_linkedin(linkedin_url) AS value, created_at FROM leadapp_lead
    UNION ALL SELECT id, 'phone', phone, created_at FROM leadapp_lead
) n WHERE n.value <> '' ORDER BY n.id
ON CONFLICT DO NOTHING;
INSERT INTO leadapp_matchrequest (lead_id) SELECT id FROM leadapp_lead ORDER BY id;
-- Now, not at the end: no index can be made for a table whose rows are still to be checked.
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
"""

# A merge changes whose it is (a winner may lose later), an undo who took it back, the loss of a person both.
MERGES = """
CREATE TRIGGER merge_never_changes
BEFORE UPDATE OF loser_id, loser_name, loser, before, after, at, probability
ON leadapp_merge FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
CREATE TRIGGER merged_rows_never_change BEFORE UPDATE ON leadapp_mergedrows
FOR EACH ROW EXECUTE FUNCTION leadapp_forbid_change();
"""

MERGES_MAY_CHANGE = """
DROP TRIGGER merged_rows_never_change ON leadapp_mergedrows;
DROP TRIGGER merge_never_changes ON leadapp_merge;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0024_consents_never_change'),
    ]

    operations = [
        migrations.CreateModel(
            name='DuplicatePair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('probability', models.FloatField(default=0)),
                ('evidence', models.JSONField(default=list)),
                ('named_together', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), default=list, size=None)),
                ('state', models.CharField(choices=[('open', 'To be reviewed'), ('dismissed', 'Not the same person')], default='open', max_length=16)),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='MatchKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BigIntegerField(help_text='Hash of what the key is made of.')),
            ],
        ),
        migrations.CreateModel(
            name='MatchRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('requested_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('loser_id', models.BigIntegerField()),
                ('loser_name', models.CharField(max_length=300)),
                ('loser', models.JSONField()),
                ('before', models.JSONField(default=dict)),
                ('after', models.JSONField(default=dict)),
                ('at', models.DateTimeField(default=django.utils.timezone.now)),
                ('probability', models.FloatField(blank=True, null=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='MergedRows',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(help_text='Label of the model.', max_length=100)),
                ('fate', models.CharField(choices=[('moved', 'Moved to the winner'), ('ended', 'Ended, for the winner has one that runs'), ('written', 'Written for the winner'), ('kept', 'Put aside as they were')], max_length=8)),
                ('ids', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, size=None)),
                ('rows', models.JSONField(default=list, help_text='The rows themselves, where they were put aside.')),
            ],
        ),
        migrations.CreateModel(
            name='WaitingActivity',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('occurred_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('source', models.CharField(max_length=100)),
                ('external_id', models.CharField(blank=True, max_length=200, null=True)),
                ('properties', models.JSONField(default=dict)),
                ('facts', models.JSONField(default=dict)),
            ],
            options={
                'verbose_name_plural': 'waiting activities',
            },
        ),
        migrations.AlterModelOptions(
            name='lead',
            options={'permissions': [('work_any_lead', 'Edit, answer BANT for and move any lead'), ('work_own_lead', 'Edit, answer BANT for and move own leads, and take unassigned ones'), ('reassign_lead', 'Give a lead of somebody else to another owner'), ('export_lead', 'Export leads'), ('import_lead', 'Import leads'), ('merge_lead', 'Merge duplicate leads, and undo that')]},
        ),
        migrations.RemoveConstraint(
            model_name='leadidentifier',
            name='lead_identifier_kind_known',
        ),
        migrations.AddField(
            model_name='customfield',
            name='tells_apart',
            field=models.BooleanField(default=False, help_text='Compared when duplicates are looked for, such as a date of birth or a postcode.', verbose_name='tells people apart'),
        ),
        migrations.AddField(
            model_name='leadidentifier',
            name='same_as',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='leadapp.leadidentifier'),
        ),
        migrations.AlterField(
            model_name='leadidentifier',
            name='kind',
            field=models.CharField(choices=[('external', 'External id'), ('email', 'Further email address'), ('linkedin', 'LinkedIn profile'), ('phone', 'Phone number'), ('visitor', 'Visitor id')], max_length=16),
        ),
        migrations.AlterField(
            model_name='leadidentifier',
            name='lead',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='identifiers', to='leadapp.lead'),
        ),
        migrations.AlterField(
            model_name='leadidentifier',
            name='value',
            field=models.CharField(help_text='In its normal form.', max_length=300),
        ),
        migrations.AddIndex(
            model_name='leadidentifier',
            index=models.Index(condition=models.Q(('lead__isnull', True)), fields=['created_at'], name='visitor_waits'),
        ),
        migrations.AddConstraint(
            model_name='leadidentifier',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['external', 'email', 'linkedin', 'phone', 'visitor'])), name='lead_identifier_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='leadidentifier',
            constraint=models.CheckConstraint(condition=models.Q(('lead__isnull', False), ('kind', 'visitor'), _connector='OR'), name='lead_identifier_only_visitors_wait'),
        ),
        migrations.AddConstraint(
            model_name='leadidentifier',
            constraint=models.CheckConstraint(condition=models.Q(('same_as__isnull', True), models.Q(('kind', 'visitor'), ('lead__isnull', True)), _connector='OR'), name='lead_identifier_same_as_waits'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='decided_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='first',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='duplicatepair',
            name='second',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='matchkey',
            name='lead',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='matchrequest',
            name='lead',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='merge',
            name='actor',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Nobody: it was certain enough to be done by itself.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='merge',
            name='undone_by',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='merge',
            name='winner',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='merges', to='leadapp.lead'),
        ),
        migrations.AddField(
            model_name='mergedrows',
            name='merge',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='leadapp.merge'),
        ),
        migrations.AddField(
            model_name='waitingactivity',
            name='type',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='leadapp.activitytype'),
        ),
        migrations.AddField(
            model_name='waitingactivity',
            name='visitor',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='waiting', to='leadapp.leadidentifier'),
        ),
        migrations.AddIndex(
            model_name='duplicatepair',
            index=models.Index(models.OrderBy(models.F('probability'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('state', 'open')), name='duplicate_list'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.UniqueConstraint(fields=('first', 'second'), name='duplicate_pair_unique'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='duplicate_pair_smaller_id_first'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.CheckConstraint(condition=models.Q(('probability__range', (0, 1))), name='duplicate_pair_probability_range'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'dismissed'])), name='duplicate_pair_state_known'),
        ),
        migrations.AddConstraint(
            model_name='duplicatepair',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('state', 'open')), models.Q(('decided_at__isnull', False), ('state', 'dismissed')), _connector='OR'), name='duplicate_pair_decided_has_date'),
        ),
        migrations.AddConstraint(
            model_name='matchkey',
            constraint=models.UniqueConstraint(fields=('key', 'lead'), name='match_key_once'),
        ),
        migrations.AddIndex(
            model_name='merge',
            index=models.Index(models.F('winner'), models.OrderBy(models.F('id'), descending=True), name='merge_of_winner'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.UniqueConstraint(condition=models.Q(('undone_at__isnull', True)), fields=('loser_id',), name='merge_one_per_loser'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('winner', models.F('loser_id')), _negated=True), name='merge_of_two'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at__isnull', True), ('undone_at__gte', models.F('at')), _connector='OR'), name='merge_undone_later'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('probability__isnull', True), ('probability__range', (0, 1)), _connector='OR'), name='merge_probability_range'),
        ),
        migrations.AddConstraint(
            model_name='mergedrows',
            constraint=models.UniqueConstraint(fields=('merge', 'table', 'fate'), name='merged_rows_once'),
        ),
        migrations.AddConstraint(
            model_name='mergedrows',
            constraint=models.CheckConstraint(condition=models.Q(('fate__in', ['moved', 'ended', 'written', 'kept'])), name='merged_rows_fate_known'),
        ),
        migrations.AddIndex(
            model_name='waitingactivity',
            index=models.Index(fields=['visitor', 'id'], name='waiting_activity_visitor'),
        ),
        migrations.AddIndex(
            model_name='waitingactivity',
            index=models.Index(fields=['received_at'], name='waiting_activity_age'),
        ),
        migrations.AddConstraint(
            model_name='waitingactivity',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id__isnull', False)), fields=('source', 'external_id'), name='waiting_activity_external_id_unique'),
        ),
        migrations.AddConstraint(
            model_name='waitingactivity',
            constraint=models.CheckConstraint(condition=models.Q(('source', ''), _negated=True), name='waiting_activity_has_source'),
        ),
        migrations.AddConstraint(
            model_name='waitingactivity',
            constraint=models.CheckConstraint(condition=models.Q(('occurred_at__lte', models.F('received_at'))), name='waiting_activity_not_in_the_future'),
        ),
        migrations.RunSQL(LINKEDIN, "DROP FUNCTION leadapp_linkedin(text)"),
        migrations.RunSQL(NAMES, FORGET),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(MERGES, MERGES_MAY_CHANGE),
    ]
