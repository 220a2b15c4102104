"""The addresses of the scoring API, under /api/v1/scoring/."""

from django.urls import path

from leadapp.api.scoring.models import ModelCapacity, OneScoringModel, PrimaryModel, ScoringModels
from leadapp.api.scoring.preview import VersionPreview, VersionTest
from leadapp.api.scoring.publishing import OneRescore, PublishVersion, RollBack, SchedulePublish
from leadapp.api.scoring.rules import DuplicateRule, Groups, MoveRule, OneGroup, OneRule, Rules
from leadapp.api.scoring.transfer import ModelImport, OneStart, Starts, VersionExport
from leadapp.api.scoring.versions import DiscardDraft, OneVersion, VersionCheck, VersionDiff, Versions

urlpatterns = [
    path("models", ScoringModels.as_view(), name="api-scoring-models"),
    path("models/<slug:slug>", OneScoringModel.as_view(), name="api-scoring-model"),
    path("models/<slug:slug>/versions", Versions.as_view(), name="api-scoring-versions"),
    path("models/<slug:slug>/primary", PrimaryModel.as_view(), name="api-scoring-primary"),
    path("models/<slug:slug>/capacity", ModelCapacity.as_view(), name="api-scoring-capacity"),
    path("models/<slug:slug>/import", ModelImport.as_view(), name="api-scoring-import"),
    path("starts", Starts.as_view(), name="api-scoring-starts"),
    path("starts/<slug:slug>", OneStart.as_view(), name="api-scoring-start"),
    path("versions/<int:pk>", OneVersion.as_view(), name="api-scoring-version"),
    path("versions/<int:pk>/discard", DiscardDraft.as_view(), name="api-scoring-discard"),
    path("versions/<int:pk>/publish", PublishVersion.as_view(), name="api-scoring-publish"),
    path("versions/<int:pk>/rollback", RollBack.as_view(), name="api-scoring-rollback"),
    path("versions/<int:pk>/schedule", SchedulePublish.as_view(), name="api-scoring-schedule"),
    path("versions/<int:pk>/check", VersionCheck.as_view(), name="api-scoring-check"),
    path("versions/<int:pk>/diff", VersionDiff.as_view(), name="api-scoring-diff"),
    path("versions/<int:pk>/export", VersionExport.as_view(), name="api-scoring-export"),
    path("versions/<int:pk>/preview", VersionPreview.as_view(), name="api-scoring-preview"),
    path("versions/<int:pk>/test", VersionTest.as_view(), name="api-scoring-test"),
    path("versions/<int:pk>/rules", Rules.as_view(), name="api-scoring-rules"),
    path("versions/<int:pk>/groups", Groups.as_view(), name="api-scoring-groups"),
    path("rules/<int:pk>", OneRule.as_view(), name="api-scoring-rule"),
    path("rules/<int:pk>/duplicate", DuplicateRule.as_view(), name="api-scoring-duplicate"),
    path("rules/<int:pk>/move", MoveRule.as_view(), name="api-scoring-move"),
    path("groups/<int:pk>", OneGroup.as_view(), name="api-scoring-group"),
    path("rescores/<int:pk>", OneRescore.as_view(), name="api-scoring-rescore"),
]
