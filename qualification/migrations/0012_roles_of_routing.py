"""Let every role see the routing rules, and managers write them (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

MODELS = ["routingrule", "routingcriterion"]
ACTIONS = {
    "rep": ["view"],
    "marketer": ["view"],
    "manager": ["view", "add", "change", "delete"],
    "admin": ["view", "add", "change", "delete"],
}


def let_route(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("qualification"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, actions in ACTIONS.items():
        codenames = [f"{action}_{model}" for model in MODELS for action in actions]
        found = permissions.filter(content_type__app_label="qualification", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [('qualification', '0011_routing')]

    operations = [migrations.RunPython(let_route, migrations.RunPython.noop)]
