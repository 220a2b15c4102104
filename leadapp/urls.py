"""Every address of Leadapp."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from leadapp import health
from leadapp.views.lead_list import lead_list
from leadapp.views.lead_new import lead_new
from leadapp.views.list_filter_form import list_filters
from leadapp.views.list_moves import moved
from leadapp.views.sign_in import SignIn

urlpatterns = [
    path("", lead_list, name="lead-list"),
    path("leads/filters/", list_filters, name="lead-list-filters"),
    path("leads/moved/", moved, name="lead-list-moved"),
    path("leads/new/", lead_new, name="lead-new"),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("healthz/live", login_not_required(health.live)),
    path("healthz/ready", login_not_required(health.ready)),
    path("admin/", admin.site.urls),
]
