"""What all tests of forms have in common."""

import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def _many_submissions(settings: LazySettings) -> None:
    """Let all tests of a minute submit from one address; those that are about the limit set their own."""
    settings.FORM_SUBMISSIONS_PER_MINUTE = 1_000_000
