"""Tell of merges in the timeline; let a winner lose to the lead that an undo brought back."""

from django.db import migrations, models

import leadapp.models.merges


TYPES = [("lead.merged", "Merged with another lead"), ("lead.unmerged", "Merge undone")]


def add_types(apps, schema_editor):
    kinds = apps.get_model("leadapp", "ActivityType")
    kinds.objects.using(schema_editor.connection.alias).bulk_create(
        kinds(slug=slug, label=label, channel="record", is_internal=True) for slug, label in TYPES
    )


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0026_exports'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='merge',
            name='merge_of_two',
        ),
        migrations.AlterField(
            model_name='merge',
            name='loser',
            field=models.JSONField(encoder=leadapp.models.merges.RowEncoder),
        ),
        migrations.AlterField(
            model_name='mergedrows',
            name='rows',
            field=models.JSONField(default=list, encoder=leadapp.models.merges.RowEncoder, help_text='The rows themselves, where they were put aside.'),
        ),
        migrations.AddConstraint(
            model_name='merge',
            constraint=models.CheckConstraint(condition=models.Q(('undone_at__isnull', False), models.Q(('winner', models.F('loser_id')), _negated=True), _connector='OR'), name='merge_of_two'),
        ),
        migrations.RunPython(add_types, migrations.RunPython.noop),
    ]
