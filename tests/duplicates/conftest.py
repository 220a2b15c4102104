"""What the tests of duplicates share."""

import pytest

from leadapp.models import User
from tests.qualification.build import make_user


@pytest.fixture
def manager(db: None) -> User:
    """Give somebody who may merge any leads."""
    return make_user("mona", "manager")


@pytest.fixture
def rep(db: None) -> User:
    """Give somebody who may not merge."""
    return make_user("rex", "rep")
