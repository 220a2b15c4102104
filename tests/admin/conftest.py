"""People of every role in the admin, and clients that are signed in as them."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from leadapp.models import User
from scoring.models import ScoringModelVersion
from scoring.services.publishing import make_draft
from tests.admin.build import model
from tests.qualification.build import make_user

As = Callable[[User], Client]


@pytest.fixture
def rep(db: None) -> User:
    return make_user("jonas", "rep", first_name="Jonas", last_name="Wiegand")


@pytest.fixture
def marketer(db: None) -> User:
    return make_user("mareike", "marketer", first_name="Mareike", last_name="Ostermann", is_staff=True)


@pytest.fixture
def manager(db: None) -> User:
    return make_user("henrik", "manager", first_name="Henrik", last_name="Adler", is_staff=True)


@pytest.fixture
def admin(db: None) -> User:
    """Give an administrator who is no superuser: all rights come from the group."""
    return make_user("ines", "admin", first_name="Ines", last_name="Caduff", is_staff=True)


@pytest.fixture
def as_() -> As:
    """Return a function that gives a client who is signed in: ``as_(marketer).get(url)``."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def draft(marketer: User) -> ScoringModelVersion:
    """Give a draft of the model that ships."""
    return make_draft(model=model(), actor=marketer, now=timezone.now())
