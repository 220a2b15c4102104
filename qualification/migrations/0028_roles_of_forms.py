"""Let the roles look after held submissions, consents and retention (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

SEE = ["view_consenttext", "view_heldsubmission", "view_boughtlist"]
ROLES = {
    "rep": ["view_consenttext", "view_boughtlist"],
    "marketer": [*SEE, "decide_heldsubmission", "add_boughtlist", "change_boughtlist", "delete_boughtlist"],
    "manager": [*SEE, "decide_heldsubmission"],
    "admin": [
        *SEE,
        "decide_heldsubmission",
        "add_boughtlist",
        "change_boughtlist",
        "delete_boughtlist",
        "view_erasure",
    ],
}


def let_look_after(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    create_permissions(current_apps.get_app_config("leadapp"), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for role, codenames in ROLES.items():
        found = permissions.filter(content_type__app_label="leadapp", codename__in=codenames)
        groups.get(name=role).permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("qualification", "0027_notes_edited"),
        ("leadapp", "0024_consents_never_change"),
    ]

    operations = [migrations.RunPython(let_look_after, migrations.RunPython.noop)]
