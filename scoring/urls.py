"""The addresses of the scoring studio, under /scoring/."""

from django.urls import URLPattern, include, path

from scoring.views import (
    bands,
    capacity,
    check,
    drafts,
    findings,
    home,
    new_model,
    preview,
    primary,
    progress,
    publish,
    rollback,
    rules,
    schedule,
    test_lead,
    transfer,
    versions,
)

MODEL: list[URLPattern] = [
    path("", rules.rules, name="scoring-model"),
    path("findings/", findings.findings, name="scoring-findings"),
    path("draft/", drafts.begin, name="scoring-draft"),
    path("restore/<int:rule_id>/", drafts.restore, name="scoring-restore"),
    path("discard/", drafts.discard, name="scoring-discard"),
    path("bands/", bands.bands, name="scoring-bands"),
    path("versions/", versions.versions, name="scoring-versions"),
    path("versions/<int:number>/roll-back/", rollback.roll, name="scoring-roll-back"),
    path("versions/<int:number>/export/", transfer.export, name="scoring-export"),
    path("import/", transfer.take_in, name="scoring-import"),
    path("publish/", publish.publishing, name="scoring-publish"),
    path("publish/progress/", progress.progress, name="scoring-progress"),
    path("schedule/", schedule.schedule, name="scoring-schedule"),
    path("schedule/cancel/", schedule.cancel, name="scoring-schedule-cancel"),
    path("primary/", primary.primary, name="scoring-primary"),
    path("preview/", preview.preview, name="scoring-preview"),
    path("capacity/", capacity.capacity, name="scoring-capacity"),
    path("capacity/use/", capacity.use, name="scoring-capacity-use"),
    path("check/", check.check_page, name="scoring-check"),
    path("test/", test_lead.test_page, name="scoring-test"),
    path("try/", test_lead.tried, name="scoring-try"),
]

urlpatterns = [
    path("", home.home, name="scoring-home"),
    path("new/", new_model.new_model, name="scoring-new"),
    path("<slug:slug>/", include(MODEL)),
]
