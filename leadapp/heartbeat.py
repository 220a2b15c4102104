"""Workers say in the broker that they live, so that /healthz/ready need not ask and wait for them."""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING, Any

import redis
from celery import bootsteps
from django.conf import settings

if TYPE_CHECKING:
    from celery.worker import WorkController

KEY = "leadapp:worker"
INTERVAL = 5.0
# Three beats may be late before a worker counts as gone.
LIFETIME = 20

logger = logging.getLogger(__name__)


@cache
def broker(url: str) -> redis.Redis:
    """Return a client that gives up quickly when the broker does not answer."""
    return redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1)


class WorkerHeartbeat(bootsteps.StartStopStep):
    """Refresh the heartbeat from the worker's main process, which stays free while tasks run."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: WorkController, **options: Any) -> None:
        super().__init__(parent, **options)
        self.timer: Any = None

    def start(self, parent: WorkController) -> None:
        """Beat now and then every few seconds."""
        beat()
        schedule: Any = parent.timer
        self.timer = schedule.call_repeatedly(INTERVAL, beat)

    def stop(self, parent: WorkController) -> None:
        """Stop beating; what is in the broker lapses by itself."""
        if self.timer is not None:
            self.timer.cancel()


def beat() -> None:
    """Say that a worker lives."""
    try:
        broker(settings.REDIS_URL).set(KEY, 1, ex=LIFETIME)
    except redis.RedisError as error:
        # The worker itself reconnects to the broker; the next beat will tell.
        logger.warning("no heartbeat: %s", error)


def worker_is_alive() -> bool:
    """Say whether any worker beat lately; raise RedisError when the broker does not answer."""
    return bool(broker(settings.REDIS_URL).exists(KEY))
