"""Keep concurrent requests from making the same company twice."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0004_activity_types")]

    operations = [
        migrations.AddConstraint(
            model_name="company",
            constraint=models.UniqueConstraint(
                Lower("name"), condition=models.Q(domain__isnull=True), name="company_name_unique"
            ),
        ),
    ]
