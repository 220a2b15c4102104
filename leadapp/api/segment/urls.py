"""The addresses that libraries call; those of one letter are what scripts in browsers shorten them to."""

from django.urls import path, re_path

from leadapp.api.docs import NothingHere
from leadapp.api.segment.views import Alias, Batch, Group, Identify, Page, Screen, Track

CALLS = {
    "identify": Identify,
    "track": Track,
    "page": Page,
    "screen": Screen,
    "group": Group,
    "alias": Alias,
    "batch": Batch,
}

urlpatterns = [
    *(path(name, call.as_view(), name=f"segment-{name}") for name, call in CALLS.items()),
    # The same under other names, which the schema leaves out.
    *(path(name[0], call.as_view(schema=None)) for name, call in CALLS.items()),
    path("import", Batch.as_view(schema=None)),
    re_path(r"", NothingHere.as_view()),
]
