"""The views of the lead list that the demo's people keep, some of them for others as well."""

from collections.abc import Mapping
from datetime import datetime

from leadapp.access import may
from leadapp.models import Sharing, User
from leadapp.services.saved_views import save_view

VIEWS = (
    (
        "rep",
        "Machinery, open",
        Sharing.EVERYBODY,
        "stage=lead,mql,sql&status=open&industry=Machinery",
    ),
    (
        "rep",
        "Large parks, mine",
        Sharing.PRIVATE,
        "owner=me&own.machines=20..&columns=score,name,own.machines,own.erp,active",
    ),
    (
        "rep2",
        "Quiet MQLs of the team",
        Sharing.TEAM,
        "owner=team&stage=mql&status=open&quiet=7&sort=-active",
    ),
    ("manager", "Best fit, nobody's", Sharing.EVERYBODY, "owner=none&grade=A&status=open"),
)


def keep_views(people: Mapping[str, User], *, now: datetime) -> None:
    """Keep the views of those who keep none yet."""
    having = set(User.objects.filter(saved_views__isnull=False).values_list("username", flat=True))
    for username, name, sharing, query in VIEWS:
        person = people[username]
        if username not in having and may(person, "leadapp.view_lead"):
            save_view(name=name, query=query, sharing=sharing, actor=person, now=now)
