"""The web application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadapp.settings")

application = get_wsgi_application()

from leadapp.checks import refuse_to_start_when_misconfigured  # noqa: E402  (needs the apps)

refuse_to_start_when_misconfigured()
