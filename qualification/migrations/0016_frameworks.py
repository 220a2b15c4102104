"""Make frameworks and dimensions tables: what is asked of a lead is for marketers to say."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models

KEY = "^[a-z][a-z0-9_]{0,31}$"
COUNTS = ("confirmed_count", "unconfirmed_count", "ruled_out_count", "unsure_count", "contradicted_count")
KEY_STAYS = """
CREATE TRIGGER dimension_key_stays BEFORE UPDATE OF key ON qualification_dimension
FOR EACH ROW WHEN (OLD.key IS DISTINCT FROM NEW.key) EXECUTE FUNCTION leadapp_forbid_change()
"""


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0013_webhooks"), ("qualification", "0015_gates_that_take_back")]

    operations = [
        migrations.CreateModel(
            name="Dimension",
            fields=[
                (
                    "key",
                    models.CharField(
                        help_text="What gates, forms and the API call it. It stays.",
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                        validators=[
                            django.core.validators.RegexValidator(
                                KEY, "Small letters, digits and _, beginning with a letter."
                            )
                        ],
                    ),
                ),
                ("label", models.CharField(help_text="What people call it.", max_length=50)),
                (
                    "prompts",
                    models.TextField(
                        blank=True,
                        help_text="Ways to ask in a conversation, one a line; the best one first.",
                        max_length=2000,
                    ),
                ),
                (
                    "value_label",
                    models.CharField(
                        default="What was said",
                        help_text="Such as Amount.",
                        max_length=50,
                        verbose_name="name of the answer",
                    ),
                ),
                (
                    "example",
                    models.CharField(
                        blank=True, help_text="An answer, as a rep would write it.", max_length=200
                    ),
                ),
                (
                    "good_for_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days until a confirmed answer has to be asked again. Empty: it has no end.",
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(3650),
                        ],
                    ),
                ),
                (
                    "clue_words",
                    models.CharField(
                        blank=True,
                        help_text="Words in pages, titles and messages that hint at it, with commas between: pricing, quote.",
                        max_length=300,
                    ),
                ),
                (
                    "is_also_asked",
                    models.BooleanField(
                        default=False,
                        help_text="It is asked whichever framework is in use, and counts only where the framework has it.",
                        verbose_name="asked beside every framework",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(key__regex=KEY) & ~models.Q(key__in=COUNTS), name="dimension_key_plain"
                    ),
                    models.CheckConstraint(condition=~models.Q(label=""), name="dimension_has_label"),
                    models.CheckConstraint(condition=~models.Q(value_label=""), name="dimension_has_value_label"),
                    models.CheckConstraint(
                        condition=models.Q(good_for_days__isnull=True) | models.Q(good_for_days__range=(1, 3650)),
                        name="dimension_good_for_range",
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="Framework",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("name", models.CharField(max_length=50, unique=True)),
                ("is_in_use", models.BooleanField(default=False, editable=False)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=~models.Q(name=""), name="framework_has_name"),
                    models.UniqueConstraint(
                        condition=models.Q(is_in_use=True), fields=("is_in_use",), name="framework_one_in_use"
                    ),
                ]
            },
        ),
        migrations.CreateModel(
            name="FrameworkDimension",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True,
                        help_text="Empty: as it is called everywhere.",
                        max_length=50,
                        verbose_name="called",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "dimension",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="parts",
                        to="qualification.dimension",
                    ),
                ),
                (
                    "framework",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parts",
                        to="qualification.framework",
                    ),
                ),
            ],
            options={
                "verbose_name": "dimension of a framework",
                "verbose_name_plural": "dimensions of a framework",
                "constraints": [
                    models.UniqueConstraint(fields=("framework", "dimension"), name="framework_dimension_once")
                ],
            },
        ),
        migrations.AddField(
            model_name="framework",
            name="dimensions",
            field=models.ManyToManyField(
                related_name="frameworks",
                through="qualification.FrameworkDimension",
                to="qualification.dimension",
            ),
        ),
        migrations.RunSQL(KEY_STAYS, "DROP TRIGGER dimension_key_stays ON qualification_dimension"),
    ]
