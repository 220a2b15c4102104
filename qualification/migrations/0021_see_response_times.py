"""Let every role see who was told of a late answer, and those who lead see everybody's response times."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

RIGHTS = {
    "rep": ["view_escalation"],
    "marketer": ["view_escalation", "see_response_times"],
    "manager": ["view_escalation", "see_response_times"],
    "admin": ["view_escalation", "see_response_times"],
}


def let_see(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("qualification"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, codenames in RIGHTS.items():
        found = permissions.filter(content_type__app_label="qualification", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("qualification", "0020_disqualify_reasons")]

    operations = [
        migrations.AlterModelOptions(
            name="assignment",
            options={"permissions": [("see_response_times", "See the response times of everybody")]},
        ),
        migrations.RunPython(let_see, migrations.RunPython.noop),
    ]
