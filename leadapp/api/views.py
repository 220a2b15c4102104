"""What all calls of the API have in common."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView

from leadapp.api.access import actor_of
from leadapp.api.idempotency import name_of, once


class ApiView(APIView):
    """A call of the API. A POST that carries an Idempotency-Key is carried out once.

    `scopes` names, by method, the scopes of which a key needs one.
    """

    scopes: Mapping[str, tuple[str, ...]] = {}
    post: Any

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check who calls, what they may, and how often; let a repeated POST find its answer.

        Visitors are nobody in particular: one could ask for another's answer. A form knows what it had.
        """
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and hasattr(self, "post") and name_of(request) and actor_of(request):
            self.post = partial(once, self.post)
