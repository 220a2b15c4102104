"""The Celery application: it only carries nudges, the queue of record is in PostgreSQL."""

import os

from celery import Celery

from leadapp.garbage import LookSeldom
from leadapp.heartbeat import WorkerHeartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadapp.settings")

app = Celery("leadapp")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.steps["worker"].update({WorkerHeartbeat, LookSeldom})
