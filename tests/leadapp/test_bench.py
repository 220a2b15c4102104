"""manage.py bench."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from leadapp.management.bench import ingest

KEYS = {
    "leads",
    "activities",
    "bare_seconds",
    "rescore_seconds",
    "rescore_ratio",
    "preview_ratio",
    "ingest_single_per_s",
    "ingest_batch_per_s",
    "bare_insert_per_s",
    "single_ratio",
    "batch_ratio",
    "in_process_single_ratio",
    "in_process_batch_ratio",
    *(
        f"{kind}_{figure}_ms"
        for kind in ("list", "counts", "search", "lead_page", "dashboard")
        for figure in ("p50", "p95", "slowest_p95")
    ),
    "peak_rss_mb",
}


def databases() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database")
        # Those of tests that run beside this one come and go.
        return {name for (name,) in cursor.fetchall() if not name.startswith("test_")}


@pytest.mark.django_db(transaction=True)
def test_it_measures_in_a_database_of_its_own_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "ROUNDS", 1)
    before, name = databases(), connection.settings_dict["NAME"]
    out = StringIO()
    call_command(
        "bench",
        "--leads",
        "300",
        "--activities",
        "2000",
        "--requests",
        "1",
        "--rows",
        "200",
        "--json",
        stdout=out,
    )
    result = json.loads(out.getvalue())
    assert result.keys() >= KEYS
    assert (result["leads"], result["activities"]) == (300, 2000)
    assert all(result[key] > 0 for key in KEYS)
    # There is nothing smaller to compare with.
    assert result["list_ratio"] is None
    assert {row["kind"] for row in result["pages"]} == {"list", "counts", "search", "lead_page", "dashboard"}
    assert result["preview_memory_growth_mb"] < 5
    assert databases() == before
    assert connection.settings_dict["NAME"] == name


def test_sizes_that_make_no_sense_are_refused() -> None:
    with pytest.raises(CommandError):
        call_command("bench", "--leads", "0")
