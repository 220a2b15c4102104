"""The vocabulary of conditions, shared by scoring rules and gates."""

from django.db import models


class Match(models.TextChoices):
    """How many of the conditions must hold."""

    ALL = "all", "all of them"
    ANY = "any", "any of them"


class Operator(models.TextChoices):
    """How a field is compared with a value. Text is compared without regard to case.

    The shape of the value: none for is set, is empty; a list of texts for in, matches list; a pair of
    numbers for between; a number for greater, less, at least, at most, within days; else a text.
    """

    EQUALS = "equals", "is"
    NOT_EQUALS = "not_equals", "is not"
    IN = "in", "is one of"
    NOT_IN = "not_in", "is none of"
    CONTAINS = "contains", "contains"
    STARTS_WITH = "starts_with", "starts with"
    MATCHES_LIST = "matches_list", "has a word of"
    GREATER = "greater", "is greater than"
    AT_LEAST = "at_least", "is at least"
    LESS = "less", "is less than"
    AT_MOST = "at_most", "is at most"
    BETWEEN = "between", "is between"
    IS_SET = "is_set", "is set"
    IS_EMPTY = "is_empty", "is empty"
    WITHIN_DAYS = "within_days", "is within the last days"
