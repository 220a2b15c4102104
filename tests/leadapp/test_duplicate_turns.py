"""Workers that compare leads leave the others to scoring."""

import pytest
from django.db import connections

from leadapp.models import Lead, MatchRequest
from leadapp.tasks import COMPARING, find_duplicates

pytestmark = pytest.mark.django_db(transaction=True)


def test_only_one_worker_compares_at_a_time() -> None:
    Lead.objects.create(first_name="Ada", last_name="King", email="ada@firm.example")
    waiting = MatchRequest.objects.count()
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s, 0)", [COMPARING])
            find_duplicates()
            assert MatchRequest.objects.count() == waiting > 0
            cursor.execute("SELECT pg_advisory_unlock(%s, 0)", [COMPARING])
        find_duplicates()
        assert not MatchRequest.objects.exists()
    finally:
        other.close()
