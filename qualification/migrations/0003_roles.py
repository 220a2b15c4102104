"""Create the groups rep, marketer, manager and admin with their permissions (docs/roles.md)."""

from django.apps import apps as current_apps
from django.contrib.auth.management import create_permissions
from django.db import migrations

OURS = ["leadapp", "scoring", "qualification"]

SEE = [
    "leadapp.view_lead", "leadapp.view_company", "leadapp.view_activity", "leadapp.view_activitytype",
    "leadapp.view_form", "leadapp.view_customfield", "leadapp.view_consentrecord",
    "scoring.view_scoringmodel", "scoring.view_scoringmodelversion", "scoring.view_rulegroup",
    "scoring.view_scoringrule", "scoring.view_rulecondition", "scoring.view_scorechange", "scoring.view_rescore",
    "qualification.view_gate", "qualification.view_gatecriterion", "qualification.view_stagechange",
    "qualification.view_bantanswer", "qualification.view_assignment", "qualification.view_deal",
    "qualification.view_task", "qualification.view_note",
]  # fmt: skip

EDITABLE_BY_MARKETERS = [
    "leadapp.activitytype", "leadapp.form", "leadapp.customfield",
    "scoring.scoringmodel", "scoring.scoringmodelversion", "scoring.rulegroup", "scoring.scoringrule",
    "scoring.rulecondition", "qualification.gate", "qualification.gatecriterion",
]  # fmt: skip

ROLES = {
    "rep": [*SEE, "leadapp.work_own_lead", "leadapp.export_lead"],
    "marketer": [
        *SEE,
        *(
            f"{model.replace('.', f'.{action}_', 1)}"
            for model in EDITABLE_BY_MARKETERS
            for action in ("add", "change", "delete")
        ),
        "scoring.publish_version",
        "leadapp.import_lead",
        "leadapp.export_lead",
    ],
    "manager": [
        *SEE,
        "leadapp.work_any_lead",
        "leadapp.reassign_lead",
        "leadapp.import_lead",
        "leadapp.export_lead",
        "leadapp.view_user",
        "qualification.override_gate",
    ],
}


def create_roles(apps, schema_editor):
    """Django makes permissions only after all migrations; the groups need them now."""
    alias = schema_editor.connection.alias
    for label in OURS:
        create_permissions(current_apps.get_app_config(label), verbosity=0, using=alias)
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(alias).values_list(
            "id", "content_type__app_label", "codename"
        )
    }
    for role, permissions in ROLES.items():
        group, _ = Group.objects.using(alias).get_or_create(name=role)
        group.permissions.set([known[permission] for permission in permissions])
    admin, _ = Group.objects.using(alias).get_or_create(name="admin")
    admin.permissions.set([pk for permission, pk in known.items() if permission.split(".")[0] in OURS])


def remove_roles(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=[*ROLES, "admin"]).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("qualification", "0002_history_never_changes"),
        ("scoring", "0002_published_versions_never_change"),
        ("leadapp", "0004_activity_types"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(create_roles, remove_roles)]
