"""People of every role."""

import pytest

from leadapp.models import User
from tests.qualification.build import make_user


@pytest.fixture
def rep(db: None) -> User:
    """Give a sales rep."""
    return make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")


@pytest.fixture
def other_rep(db: None) -> User:
    """Give a second sales rep."""
    return make_user("priya", "rep", first_name="Priya", last_name="Nair")


@pytest.fixture
def marketer(db: None) -> User:
    """Give a marketer."""
    return make_user("mareike", "marketer")


@pytest.fixture
def manager(db: None) -> User:
    """Give a manager."""
    return make_user("olivia", "manager")


@pytest.fixture
def admin(db: None) -> User:
    """Give an admin."""
    return make_user("ada", "admin")
