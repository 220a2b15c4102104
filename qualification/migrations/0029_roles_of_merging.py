"""Let those who look after the data merge duplicates (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

ROLES = ["marketer", "manager", "admin"]
PERMISSIONS = ["merge_lead", "view_duplicatepair", "view_merge", "view_leadidentifier"]


def let_merge(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("leadapp"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    found = permissions.filter(content_type__app_label="leadapp", codename__in=PERMISSIONS)
    for role in ROLES:
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("qualification", "0028_roles_of_forms"), ("leadapp", "0025_identity")]

    operations = [migrations.RunPython(let_merge, migrations.RunPython.noop)]
