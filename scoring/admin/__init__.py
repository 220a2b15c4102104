"""Scoring in the admin: models, versions and rules for marketers; what scoring wrote, to be read."""

from scoring.admin.models import ScoringModelAdmin
from scoring.admin.overrides import ScoreOverrideAdmin
from scoring.admin.rules import RuleAdmin
from scoring.admin.running import RescoreAdmin, ScoreChangeAdmin
from scoring.admin.versions import VersionAdmin

__all__ = [
    "RescoreAdmin",
    "RuleAdmin",
    "ScoreChangeAdmin",
    "ScoreOverrideAdmin",
    "ScoringModelAdmin",
    "VersionAdmin",
]
