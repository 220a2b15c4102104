"""Let little wait to be put into the index of the search: each search reads what waits."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

NAME = "lead_search_trigram"
AFTER = GinIndex(fields=["text"], opclasses=["gin_trgm_ops"], gin_pending_list_limit=256, name=NAME)


class Migration(migrations.Migration):
    dependencies = [("leadapp", "0034_keys_and_answers")]

    # The index stays; only a setting of it is another one.
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"ALTER INDEX {NAME} SET (gin_pending_list_limit = 256)",
                    f"ALTER INDEX {NAME} RESET (gin_pending_list_limit)",
                )
            ],
            state_operations=[
                migrations.RemoveIndex("leadsearch", NAME),
                migrations.AddIndex("leadsearch", AFTER),
            ],
        )
    ]
