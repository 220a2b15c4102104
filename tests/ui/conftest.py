"""People of every role, and clients that are signed in as them."""

from collections.abc import Callable

import pytest
from django.test import Client

from leadapp.models import User
from tests.ui.build import make_user

As = Callable[[User], Client]


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
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann", is_staff=True)


@pytest.fixture
def manager(db: None) -> User:
    """Give a manager."""
    return make_user("henrik", "manager", first_name="Henrik", last_name="Adler")


@pytest.fixture
def as_() -> As:
    """Return a function that gives a client who is signed in: ``as_(rep).get("/")``."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in
