"""Every address of Leadapp."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path

from leadapp import health
from leadapp.api import tracker
from leadapp.api.docs import NothingHere
from leadapp.views.companies import pages as companies
from leadapp.views.duplicates import pages as duplicates
from leadapp.views.exports import pages as export_pages
from leadapp.views.exports.asking import export
from leadapp.views.finder import find
from leadapp.views.forms import guide, held, websites
from leadapp.views.forms import pages as form_pages
from leadapp.views.imports import pages as import_pages
from leadapp.views.lead import actions, consents, facts, pages, quarantines, tags
from leadapp.views.lead.new import lead_new
from leadapp.views.lists import look as list_look
from leadapp.views.lists import saved_views
from leadapp.views.lists.counts import list_counts
from leadapp.views.lists.filter_form import list_filters
from leadapp.views.lists.moves import moved
from leadapp.views.lists.pages import lead_list
from leadapp.views.my_day import pages as my_day
from leadapp.views.my_settings import my_settings
from leadapp.views.public import consents as public_consents
from leadapp.views.public import forms as public_forms
from leadapp.views.sign_in import SignIn, admin_sign_in, here
from qualification.views import (
    absences,
    assignment,
    bant,
    board,
    call,
    moves,
    notices,
    recycling,
    response_times,
    work,
)
from qualification.views.bulk import pages as bulk
from qualification.views.dashboard import pages as dashboard
from scoring.views import overrides

LEAD = [
    path("", pages.breakdown, name="lead-detail"),
    path("timeline/", pages.timeline, name="lead-timeline"),
    path("stages/", pages.stages, name="lead-stages"),
    path("notes/", pages.notes, name="lead-notes"),
    path("edit/", actions.edit, name="lead-edit"),
    path("band/", pages.band, name="lead-band"),
    path("facts/", facts.history, name="lead-facts"),
    path("facts/<str:key>/", facts.fact, name="lead-fact"),
    path("changes/<int:change_id>/undo/", facts.undo, name="lead-change-undo"),
    path("consents/new/", consents.add, name="lead-consent-add"),
    path("tags/", tags.edit, name="lead-tags"),
    path("log/<slug:kind>/", actions.log, name="lead-log"),
    path("activities/<int:activity_id>/void/", actions.void, name="activity-void"),
    path("quarantines/<int:quarantine_id>/release/", quarantines.release, name="quarantine-release"),
    path("move/<slug:stage>/", moves.move, name="lead-move"),
    path("nurture/", moves.nurture, name="lead-nurture"),
    path("disqualify/", moves.disqualify, name="lead-disqualify"),
    path("reopen/", moves.reopen, name="lead-reopen"),
    path("moves/<int:change_id>/undo/", moves.undo, name="lead-undo"),
    path("wake-up/", recycling.wake_up, name="lead-wake-up"),
    path("opportunity/", recycling.opportunity, name="lead-opportunity"),
    path("advocacy/", recycling.advocacy, name="lead-advocacy"),
    path("deals/new/", recycling.add_deal, name="lead-deal-add"),
    path("deals/<int:deal_id>/void/", recycling.void_deal, name="lead-deal-void"),
    path("call/", call.call, name="lead-call"),
    path("call/draft/", call.keep, name="lead-call-draft"),
    path("call/discard/", call.discard, name="lead-call-discard"),
    path("bant/<slug:dimension>/", bant.answer_dimension, name="lead-bant"),
    path("aside/", overrides.aside, name="lead-aside"),
    path("aside/end/", overrides.end, name="lead-aside-end"),
    path("take/", assignment.take, name="lead-take"),
    path("owner/", assignment.change_owner, name="lead-owner"),
    path("notes/new/", work.add_note, name="lead-note-add"),
    path("tasks/new/", work.add_task, name="lead-task-add"),
    path("notes/<int:note_id>/edit/", work.edit_note, name="note-edit"),
    path("notes/<int:note_id>/delete/", work.delete_note, name="note-delete"),
    path("notes/<int:note_id>/restore/", work.restore_note, name="note-restore"),
    path("people/", work.people, name="lead-people"),
    path("tasks/<int:task_id>/edit/", work.edit_task, name="task-edit"),
    path("tasks/<int:task_id>/done/", work.complete_task, name="task-done"),
    path("tasks/<int:task_id>/reopen/", work.reopen_task, name="task-reopen"),
]

urlpatterns = [
    # Looked through from the top for every request: what programs call thousands of times comes first.
    path("api/v1/", include("leadapp.api.urls")),
    path("v1/", include("leadapp.api.segment.urls")),
    re_path("^api(/|$)", NothingHere.as_view()),
    path("t.js", tracker.script, name="tracker-script"),
    path("t", tracker.Visits.as_view(), name="tracker"),
    path("", lead_list, name="lead-list"),
    path("leads/filters/", list_filters, name="lead-list-filters"),
    path("leads/counts/", list_counts, name="lead-list-counts"),
    path("leads/moved/", moved, name="lead-list-moved"),
    path("leads/columns/", list_look.columns, name="lead-list-columns"),
    path("leads/look/", list_look.look, name="lead-list-look"),
    path("leads/views/", saved_views.views, name="lead-views"),
    path("leads/views/new/", saved_views.save, name="lead-view-save"),
    path("leads/views/<int:pk>/", saved_views.change, name="lead-view"),
    path("leads/views/<int:pk>/keep/", saved_views.keep, name="lead-view-keep"),
    path("leads/views/<int:pk>/place/", saved_views.place, name="lead-view-place"),
    path("leads/views/<int:pk>/delete/", saved_views.delete, name="lead-view-delete"),
    path("leads/views/<int:pk>/restore/", saved_views.restore, name="lead-view-restore"),
    path("leads/new/", lead_new, name="lead-new"),
    path("leads/export/", export, name="leads-export"),
    path("leads/bulk/", bulk.ask, name="leads-bulk"),
    path("leads/bulk/<int:pk>/", bulk.show, name="bulk-run"),
    path("leads/bulk/<int:pk>/undo/", bulk.undo, name="bulk-undo"),
    path("leads/<int:pk>/", include(LEAD)),
    path("companies/", companies.company_list, name="company-list"),
    path("companies/filters/", companies.company_filters, name="company-list-filters"),
    path("companies/<int:pk>/", companies.company, name="company-detail"),
    path("companies/<int:pk>/edit/", companies.company_edit, name="company-edit"),
    path("duplicates/", duplicates.duplicate_list, name="duplicate-list"),
    path("duplicates/<int:pk>/", duplicates.duplicate_pair, name="duplicate-pair"),
    path("duplicates/<int:pk>/dismiss/", duplicates.duplicate_dismiss, name="duplicate-dismiss"),
    path("merges/<int:pk>/undo/", duplicates.merge_undo, name="merge-undo"),
    path("search/", find, name="find"),
    path("my-day/", my_day.my_day, name="my-day"),
    path("my-day/count/", my_day.count, name="my-day-count"),
    path("my-day/log/<int:pk>/<slug:kind>/", my_day.log, name="my-day-log"),
    path("my-day/tasks/<int:task_id>/", my_day.tick, name="my-day-tick"),
    path("absences/", absences.absences, name="absences"),
    path("absences/new/", absences.enter, name="absence-enter"),
    path("absences/available/", absences.available, name="available"),
    path("absences/<int:pk>/", absences.change, name="absence-change"),
    path("absences/<int:pk>/cancel/", absences.cancel, name="absence-cancel"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("board/", board.board, name="board"),
    path("board/counts/", board.counts, name="board-counts"),
    path("board/move/", board.move_card, name="board-move"),
    path("response-times/", response_times.response_times, name="response-times"),
    path("response-times/leads/", response_times.answers, name="response-answers"),
    path("response-times/export/", response_times.export, name="response-export"),
    path("notices/", notices.notices, name="notices"),
    path("notices/bell/", notices.bell, name="notice-bell"),
    path("notices/read/", notices.read, name="notices-read"),
    path("notices/settings/", notices.notice_settings, name="notice-settings"),
    path("notices/<int:pk>/", notices.open_notice, name="notice-open"),
    path("notices/<int:pk>/read/", notices.read, name="notice-read"),
    path("imports/", import_pages.import_list, name="import-list"),
    path("imports/<int:pk>/", import_pages.show, name="import-show"),
    path("imports/<int:pk>/columns/", import_pages.columns, name="import-columns"),
    path("imports/<int:pk>/read/", import_pages.read, name="import-read"),
    path("imports/<int:pk>/refused/", import_pages.refused_rows, name="import-refused"),
    path("imports/<int:pk>/<slug:slug>/", import_pages.act, name="import-act"),
    path("exports/", export_pages.export_list, name="export-list"),
    path("exports/<int:pk>/", export_pages.show, name="export-show"),
    path("exports/<int:pk>/stop/", export_pages.stop, name="export-stop"),
    path("exports/<int:pk>/file/", export_pages.file, name="export-file"),
    path("settings/", my_settings, name="settings"),
    path("scoring/", include("scoring.urls")),
    path("forms/", form_pages.form_list, name="forms"),
    path("spam/", held.queue, name="held-submissions"),
    path("spam/decide/", held.decide, name="held-decide"),
    path("spam/<str:ids>/back/", held.back, name="held-take-back"),
    path("forms/<slug:slug>/", form_pages.share, name="form-share"),
    path("guide/", guide.guide, name="guide"),
    path("guide/lead/", guide.guide_lead, name="guide-lead"),
    path("websites/", websites.site_list, name="websites"),
    path("websites/<int:pk>/", websites.site_share, name="website"),
    path("guide/site/", guide.follow_site, name="guide-site"),
    path("guide/form/", guide.make_form, name="guide-form"),
    path("guide/<slug:slug>/test/", guide.try_form, name="guide-test"),
    path("guide/<slug:slug>/remove/<int:pk>/", guide.take_away, name="guide-remove"),
    path("f/<slug:slug>/", public_forms.hosted, name="form-page"),
    path("f/<slug:slug>/thanks/", public_forms.thanks, name="form-thanks"),
    path("f/<slug:slug>/embed/", public_forms.embedded, name="form-embed"),
    path("f/<slug:slug>/embed/thanks/", public_forms.embedded_thanks, name="form-embed-thanks"),
    path("f/<slug:slug>/forget/", public_forms.forget, name="form-forget"),
    path("confirm/<str:token>/", public_consents.confirm, name="consent-confirm"),
    path("opt-out/<str:token>/", public_consents.opt_out_page, name="opt-out"),
    path("accounts/login/", SignIn.as_view(), name="login"),
    path("accounts/here/", here, name="here"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("healthz/live", login_not_required(health.live)),
    path("healthz/ready", login_not_required(health.ready)),
    path("admin/login/", admin_sign_in, name="admin-sign-in"),
    path("admin/", admin.site.urls),
]
