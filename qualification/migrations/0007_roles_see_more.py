"""Let every role see publications, overridden scores and quarantines (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

SEE = [
    ("leadapp", "view_quarantine"),
    ("scoring", "view_publication"),
    ("scoring", "view_scoreoverride"),
    ("scoring", "view_overriddenrule"),
]


def let_see(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    for label in ("leadapp", "scoring"):
        create_permissions(current_apps.get_app_config(label), verbosity=0, using=alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    found = [
        permissions.get(content_type__app_label=app, codename=codename).pk for app, codename in SEE
    ]
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(
        name__in=["rep", "marketer", "manager", "admin"]
    ):
        group.permissions.add(*found)


class Migration(migrations.Migration):
    dependencies = [
        ("qualification", "0006_assignment_load_indexes"),
        ("scoring", "0007_publications_and_overrides"),
        ("leadapp", "0010_quarantine"),
    ]

    operations = [migrations.RunPython(let_see, migrations.RunPython.noop)]
