"""Every address of Leadapp."""

from django.contrib import admin
from django.urls import path

from leadapp import health

urlpatterns = [
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("admin/", admin.site.urls),
]
