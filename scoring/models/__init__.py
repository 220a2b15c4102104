"""Scoring: what marketers define, and what the workers write."""

from scoring.models.definition import (
    Counting,
    Decay,
    Dimension,
    RuleCondition,
    RuleGroup,
    ScoringModel,
    ScoringModelVersion,
    ScoringRule,
)
from scoring.models.running import Cause, Rescore, RescoreChunk, ScoreChange, ScoredLead, ScoringRequest

__all__ = [
    "Cause",
    "Counting",
    "Decay",
    "Dimension",
    "Rescore",
    "RescoreChunk",
    "RuleCondition",
    "RuleGroup",
    "ScoreChange",
    "ScoredLead",
    "ScoringModel",
    "ScoringModelVersion",
    "ScoringRequest",
    "ScoringRule",
]
