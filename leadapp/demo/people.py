"""The demo's own people, one per role and a second rep."""

from collections.abc import Mapping

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from leadapp.models import User

# username, first name, last name, group
PEOPLE = (
    ("rep", "Jonas", "Wiegand", "rep"),
    ("rep2", "Saskia", "Lindqvist", "rep"),
    ("marketer", "Mareike", "Ostermann", "marketer"),
    ("manager", "Henrik", "Adler", "manager"),
    ("admin", "Ines", "Caduff", "admin"),
)


def create_people(*, password: str) -> tuple[dict[str, User], list[str]]:
    """Create who is missing; return everybody by username, and the names of those who were there before.

    Somebody who was there before keeps the password: it may be a real account.
    """
    there: Mapping[str, User] = User.objects.in_bulk([row[0] for row in PEOPLE], field_name="username")
    # Hashed once for all: it is the same password, and each hash takes a good part of a second.
    hashed = make_password(password)
    everybody = {row[0]: there.get(row[0]) or _create(*row, hashed=hashed) for row in PEOPLE}
    return everybody, sorted(there)


def _create(username: str, first_name: str, last_name: str, group: str, *, hashed: str) -> User:
    user = User(
        username=username,
        first_name=first_name,
        last_name=last_name,
        email=f"{username}@leadapp.example",
        is_staff=group != "rep",
        is_superuser=group == "admin",
        password=hashed,
    )
    user.save()
    user.groups.add(Group.objects.get(name=group))
    return user
