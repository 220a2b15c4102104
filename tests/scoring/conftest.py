"""What several modules of the scoring tests need."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from leadapp.demo.loading import load
from tests.scoring.build import NOW

DEMO_LEADS = 1_000


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[datetime]:
    """Load a large demo, and return the moment at which it was loaded.

    It takes some seconds, so once for all tests of a module. Each of them sees it as it was loaded,
    because tests of `pytest.mark.django_db` roll back to where they began. So does each test of the module
    that does not ask for it: those belong into another one.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        load(leads=DEMO_LEADS, seed=1, password="secret", now=NOW)
        yield NOW
        transaction.set_rollback(True)
