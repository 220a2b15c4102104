"""The addresses of the scoring studio, under /scoring/."""

from django.urls import URLPattern, include, path

from scoring.views.check import check_page
from scoring.views.home import home
from scoring.views.later import later

MODEL: list[URLPattern] = [
    path("", later, name="scoring-model"),
    path("bands/", later, name="scoring-bands"),
    path("versions/", later, name="scoring-versions"),
    path("publish/", later, name="scoring-publish"),
    path("preview/", later, name="scoring-preview"),
    path("capacity/", later, name="scoring-capacity"),
    path("check/", check_page, name="scoring-check"),
    path("test/", later, name="scoring-test"),
]

urlpatterns = [
    path("", home, name="scoring-home"),
    path("<slug:slug>/", include(MODEL)),
]
