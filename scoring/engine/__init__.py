"""Scoring as a pure function of a version, facts, activities and a moment (docs/scoring.md)."""

from scoring.engine.explanations import Explanation, Line, explain_leads, explain_moments, explain_stored
from scoring.engine.reasons import reasons_for
from scoring.engine.scores import Score, score_leads, score_moments
from scoring.engine.stored import stored_moments

__all__ = [
    "Explanation",
    "Line",
    "Score",
    "explain_leads",
    "explain_moments",
    "explain_stored",
    "reasons_for",
    "score_leads",
    "score_moments",
    "stored_moments",
]
