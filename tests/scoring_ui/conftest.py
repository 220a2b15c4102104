"""People of every role, signed in."""

import pytest

from leadapp.models import User
from tests.ui.build import make_user
from tests.ui.conftest import as_, manager, marketer, rep

__all__ = ["admin", "as_", "manager", "marketer", "rep"]


@pytest.fixture
def admin(db: None) -> User:
    """Give an administrator."""
    return make_user("ute", "admin", first_name="Ute", last_name="Brandt", is_staff=True)
