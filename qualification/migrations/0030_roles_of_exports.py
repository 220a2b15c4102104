"""Let managers and admins see who exported leads (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

def let_see(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("leadapp"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    found = permissions.filter(content_type__app_label="leadapp", codename="view_export")
    for role in ("manager", "admin"):
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("qualification", "0029_roles_of_merging"), ("leadapp", "0026_exports")]

    operations = [migrations.RunPython(let_see, migrations.RunPython.noop)]
