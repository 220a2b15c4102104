"""Ship what the tracker notes beside page views: reading on, and coming back."""

from django.db import migrations

TYPES = [
    # slug, label
    ("time_on_page", "Read on"),
    ("returning_visit", "Came back to the website"),
]


def add_types(apps, schema_editor):
    kinds = apps.get_model("leadapp", "ActivityType").objects
    for slug, label in TYPES:  # a marketer may have added one of them
        kinds.get_or_create(slug=slug, defaults={"label": label, "channel": "web"})


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0030_tracking")]

    operations = [migrations.RunPython(add_types, migrations.RunPython.noop)]
