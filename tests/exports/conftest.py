"""People of every role."""

from tests.qualification.conftest import manager, marketer, other_rep, rep

__all__ = ["manager", "marketer", "other_rep", "rep"]
