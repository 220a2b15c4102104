"""Let every role see the websites that are followed, and marketers set them up (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

ACTIONS = {
    "rep": ["view"],
    "marketer": ["view", "add", "change", "delete"],
    "manager": ["view"],
    "admin": ["view", "add", "change", "delete"],
}


def let_follow(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("leadapp"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, actions in ACTIONS.items():
        codenames = [f"{action}_trackedsite" for action in actions]
        found = permissions.filter(content_type__app_label="leadapp", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [("qualification", "0031_merges"), ("leadapp", "0030_tracking")]

    operations = [migrations.RunPython(let_follow, migrations.RunPython.noop)]
