"""Scoring: what marketers define, and what the workers write."""

from scoring.models.definition import (
    Counting,
    Decay,
    Dimension,
    Publication,
    RuleCondition,
    RuleGroup,
    ScoringModel,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.models.overrides import OverriddenRule, ScoreOverride, Verdict
from scoring.models.running import Cause, Rescore, RescoreChunk, ScoreChange, ScoredLead, ScoringRequest

__all__ = [
    "Cause",
    "Counting",
    "Decay",
    "Dimension",
    "OverriddenRule",
    "Publication",
    "Rescore",
    "RescoreChunk",
    "RuleCondition",
    "RuleGroup",
    "ScoreChange",
    "ScoreOverride",
    "ScoredLead",
    "ScoringModel",
    "ScoringModelVersion",
    "ScoringRequest",
    "ScoringRule",
    "Verdict",
]
