"""What sources and campaigns cost; marketers enter it, managers see it, reps do not."""

import django.utils.timezone
from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations, models

EDIT = ["add_cost", "change_cost", "delete_cost", "view_cost"]
RIGHTS = {"marketer": EDIT, "manager": ["view_cost"], "admin": EDIT}


def let_edit(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("qualification"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, codenames in RIGHTS.items():
        found = permissions.filter(content_type__app_label="qualification", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):

    dependencies = [
        ('qualification', '0024_assignment_of_lead'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cost',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(blank=True, help_text='As leads have it.', max_length=100)),
                ('campaign', models.CharField(blank=True, help_text='As leads have it.', max_length=200)),
                ('first_day', models.DateField()),
                ('last_day', models.DateField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14)),
                ('currency', models.CharField(default='EUR', help_text='ISO 4217 code.', max_length=3)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'indexes': [models.Index(fields=['last_day', 'first_day'], name='cost_days')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('source', ''), _negated=True), models.Q(('campaign', ''), _negated=True), _connector='OR'), name='cost_is_for_something'), models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='cost_days_in_order'), models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='cost_amount_positive'), models.CheckConstraint(condition=models.Q(('currency__regex', '^[A-Z]{3}$')), name='cost_currency_iso')],
            },
        ),
        migrations.RunPython(let_edit, migrations.RunPython.noop),
    ]
