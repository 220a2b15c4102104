"""Spare scoring the foreign keys that can never dangle."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('leadapp', '0007_search_apart'),
        ('scoring', '0003_default_model'),
    ]

    operations = [
        migrations.AlterField(
            model_name='scorechange',
            name='version',
            field=models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='scoring.scoringmodelversion'),
        ),
        migrations.AlterField(
            model_name='scoredlead',
            name='lead',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='leadapp.lead'),
        ),
    ]
