"""What the admin shows and nobody writes there."""

from typing import Any, ClassVar

from django.http import HttpRequest

from leadapp.admin.paging import CappedPaginator


class ReadOnly:
    """Evidence, of which there may be much: services alone write it, and it stays."""

    paginator: ClassVar[type] = CappedPaginator
    show_full_result_count: bool = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody writes it by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody changes it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody takes it away."""
        return False
