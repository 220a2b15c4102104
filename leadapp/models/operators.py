"""The vocabulary of conditions, shared by scoring rules and gates."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Match(models.TextChoices):
    """How many of the conditions must hold."""

    ALL = "all", _("all of them")
    ANY = "any", _("any of them")


class Operator(models.TextChoices):
    """How a field is compared with a value. Text is compared without regard to case.

    The shape of the value: none for is set, is empty; a list of texts for in, matches list; a pair of
    numbers for between; a number for greater, less, at least, at most, within days; else a text.
    """

    EQUALS = "equals", _("is")
    NOT_EQUALS = "not_equals", _("is not")
    IN = "in", _("is one of")
    NOT_IN = "not_in", _("is none of")
    CONTAINS = "contains", _("contains")
    STARTS_WITH = "starts_with", _("starts with")
    MATCHES_LIST = "matches_list", _("has a word of")
    GREATER = "greater", _("is greater than")
    AT_LEAST = "at_least", _("is at least")
    LESS = "less", _("is less than")
    AT_MOST = "at_most", _("is at most")
    BETWEEN = "between", _("is between")
    IS_SET = "is_set", _("is set")
    IS_EMPTY = "is_empty", _("is empty")
    WITHIN_DAYS = "within_days", _("is within the last days")
