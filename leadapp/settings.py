"""Settings, read from the environment once. docs/settings.md explains each variable.

Every variable can also be given as a file: NAME_FILE holds the path of a file with the value. A
variable that is not set is looked up among those that a running `make run` wrote down, so that a
command in another terminal works on the same services.
"""

import os
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF

from leadapp.embedded.folder import DataFolder

BASE_DIR = Path(__file__).resolve().parent.parent

for name, value in DataFolder.from_environment().recorded_environment().items():
    if f"{name}_FILE" not in os.environ:
        os.environ.setdefault(name, value)

env = environ.FileAwareEnv()

DEBUG = env.bool("DEBUG", default=False)
# Without a key nothing starts: leadapp.checks says so in plain words.
SECRET_KEY = env.str("SECRET_KEY", default="development-only, never for a real server" if DEBUG else "")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "leadapp",
    "scoring",
    "qualification",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    # Before the files, which only a real deployment has compressed beforehand. Lengths of pages give no
    # secret away (BREACH): the token in them is masked anew, and a random name lengthens them, each time.
    "django.middleware.gzip.GZipMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "leadapp.middleware.ContentPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "leadapp.middleware.LanguageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "leadapp.middleware.SignInMiddleware",
    "leadapp.middleware.PageMessagesMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "leadapp.middleware.MergedLeadMiddleware",
    "leadapp.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "leadapp.urls"
WSGI_APPLICATION = "leadapp.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Nothing listens on port 1; manage.py explains what to do about it.
DATABASES = {
    "default": env.db_url("DATABASE_URL", default="postgresql://leadapp@127.0.0.1:1/leadapp")
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "OPTIONS": {"connect_timeout": 5}}
}
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:1/0")

AUTH_USER_MODEL = "leadapp.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "lead-list"
LOGOUT_REDIRECT_URL = "login"
CSRF_FAILURE_VIEW = "leadapp.views.sign_in.form_without_token"

# Where e-mails go: smtp://, smtp+tls:// or smtp+ssl:// with user, password, host and port; `make run` writes
# them into files. Without it they are printed where the worker logs.
EMAIL = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = EMAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = EMAIL["EMAIL_HOST"] or "localhost", EMAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = EMAIL["EMAIL_HOST_USER"] or "", EMAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL.get("EMAIL_USE_TLS", False), EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = EMAIL["EMAIL_FILE_PATH"] or None
EMAIL_TIMEOUT = 15
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Leadapp <leadapp@localhost>")

# A language needs texts in locale/ and formats in leadapp/formats/ (docs/languages.md).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("nl", "Nederlands")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
FORMAT_MODULE_PATH = "leadapp.formats"
# What Django 6 will do anyway: an address typed without a scheme means https.
FORMS_URLFIELD_ASSUME_HTTPS = True

STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# A real deployment serves what collectstatic has hashed and compressed; `make run` and the tests serve
# the files from where they are.
COLLECTED_STATIC = env.bool("COLLECTED_STATIC", default=not DEBUG)
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")) if COLLECTED_STATIC else None
WHITENOISE_USE_FINDERS = not COLLECTED_STATIC
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Whether people reach Leadapp over HTTPS. Behind a proxy that ends HTTPS, name the header by which it
# says so, such as HTTP_X_FORWARDED_PROTO; the proxy must remove that header from what clients send.
HTTPS = env.bool("HTTPS", default=not DEBUG)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=30 * 24 * 3600) if HTTPS else 0
SECURE_PROXY_SSL_HEADER = (env.str("PROXY_HTTPS_HEADER"), "https") if "PROXY_HTTPS_HEADER" in env else None
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# HSTS for all subdomains, and for ever, is a decision about a domain and not about this application.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# No inline script or style, no eval, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(levelname)s %(name)s: %(message)s"}},
    # Whoever asks for the health reads the answer; every "not ready yet" in the log would be noise.
    "filters": {
        "not_health": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: not record.getMessage().endswith(("/healthz/ready", "/healthz/live")),
        }
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["not_health"]}
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "leadapp.api.access.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["leadapp.api.access.MayCall"],
    "DEFAULT_THROTTLE_CLASSES": ["leadapp.api.throttling.RateLimit"],
    "DEFAULT_PARSER_CLASSES": ["leadapp.api.bodies.JsonBody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "leadapp.api.bodies.JsonOnly",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "leadapp.api.problems.as_problem",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Leadapp",
    "DESCRIPTION": "Push submissions and events in; read leads, scores and the reasons for them.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "AdvocacyEnum": "leadapp.models.Advocacy",
        "AnswerStateEnum": "qualification.models.BantState",
        "StageEnum": "leadapp.models.Stage",
        "StandingEnum": "leadapp.api.qualification.answer_operations.STATES",
        "StatusEnum": "leadapp.models.Status",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "leadapp.api.docs.tell_what_holds_for_all",
        "leadapp.api.schema_hooks.allow_null",
        "leadapp.api.samples.add_samples",
    ],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "tryItOutEnabled": True, "validatorUrl": None},
}
# How many calls and events one API key may send in a minute unless it has limits of its own, and how many
# calls somebody who is signed in, or one address, may send; 0 is without a limit.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=6_000)
API_EVENTS_PER_MINUTE = env.int("API_EVENTS_PER_MINUTE", default=120_000)
API_REQUESTS_PER_MINUTE_WITHOUT_KEY = env.int("API_REQUESTS_PER_MINUTE_WITHOUT_KEY", default=600)
# How many submissions of public forms one address may send in a minute.
FORM_SUBMISSIONS_PER_MINUTE = env.int("FORM_SUBMISSIONS_PER_MINUTE", default=300)
# How many batches of what visitors of websites do are taken from one address in a minute.
TRACKER_REQUESTS_PER_MINUTE = env.int("TRACKER_REQUESTS_PER_MINUTE", default=600)
# Hosts of the websites, such as www.example.com or *.example.com: forms may lead on to them, and once any
# is named only they may embed forms.
FORM_HOSTS = env.list("FORM_HOSTS", default=[])
# A form that comes back sooner than this many seconds after it was shown was filled in by a program.
FORM_MIN_SECONDS = env.float("FORM_MIN_SECONDS", default=2.0)
# How many proxies stand in front; the visitor's address is the one that the outermost of them reports.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# Days for which leads are kept after their last activity, by reason: customer, marketing, list, enquiry; 0 is
# for ever. Those that are not named keep their default (leadapp/services/privacy/retention.py).
RETENTION_DAYS = env.dict("RETENTION_DAYS", default={})

# Which leads a rep sees: "all", or "own" (their own and unassigned ones).
REPS_SEE = env.str("REPS_SEE", default="all")
# Hours within which a rep answers a lead that was handed over.
SLA_HOURS = env.int("SLA_HOURS", default=24)
# Days for which what unknown visitors do waits for somebody to say who they are.
VISITOR_DAYS = env.int("VISITOR_DAYS", default=90)
# The largest file that is imported, in megabytes, and for how many days it and its rows are kept afterwards.
IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", default=50)
IMPORT_DAYS = env.int("IMPORT_DAYS", default=30)
# For how many days whoever asked for an export can fetch its file.
EXPORT_DAYS = env.int("EXPORT_DAYS", default=3)
# From which probability on duplicates are merged without anybody looking, such as 0.999; 0 is never.
MERGE_AUTOMATICALLY_FROM = env.float("MERGE_AUTOMATICALLY_FROM", default=0.0)
# Where people find Leadapp, for links in e-mails and webhooks; without a slash at the end.
LEADAPP_ADDRESS = env.str("LEADAPP_ADDRESS", default="http://localhost:8000").rstrip("/")
# Whether webhooks may go to private addresses, and to those also over plain http.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.bool("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)
# Seconds for which a lead may wait for its score before /healthz/ready says that something is wrong.
READY_MAX_WAIT = env.int("READY_MAX_WAIT", default=300)

# The broker carries nudges only; the queue of record is scoring.ScoringRequest in PostgreSQL. Time
# limits stay well below the visibility timeout, after which a message counts as lost and comes again.
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    # The defaults (10 and 10) let a redelivery wait for 100 seconds.
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # Without these a frozen broker would hang a web request for good.
    "socket_connect_timeout": 1,
    "socket_timeout": 3,
    "socket_keepalive": True,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 150
CELERY_TASK_TIME_LIMIT = 180
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.1}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
# What no nudge has served; a message that comes late says nothing new.
CELERY_BEAT_SCHEDULE = {
    "scoring-sweep": {
        "task": "scoring.tasks.sweep",
        "schedule": 3.0,
        "options": {"expires": 3.0},
    },
    "scoring-refresh-decay": {
        "task": "scoring.tasks.refresh_decay",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "scoring-publish-due": {
        "task": "scoring.tasks.publish_due",
        "schedule": 10.0,
        "options": {"expires": 10.0},
    },
    "webhooks-sweep": {
        "task": "leadapp.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "webhooks-forget-old": {
        "task": "leadapp.tasks.forget_old_events",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "kept-answers-forget-old": {
        "task": "leadapp.tasks.forget_old_answers",
        "schedule": 600.0,
        "options": {"expires": 600.0},
    },
    "keys-tell-of-expiring": {
        "task": "leadapp.tasks.tell_of_expiring_keys",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "consent-mails-sweep": {
        "task": "leadapp.tasks.send_consent_mails",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    # By night, again and again until nothing is left: a run takes so many that it ends in time.
    "retention": {
        "task": "leadapp.tasks.erase_past_retention",
        "schedule": crontab(hour="1-4", minute="*/10"),
        "options": {"expires": 600.0},
    },
    "duplicates-sweep": {
        "task": "leadapp.tasks.find_duplicates",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
    "visitors-forget-old": {
        "task": "leadapp.tasks.forget_old_visitors",
        "schedule": 3600.0,
        "options": {"expires": 3600.0},
    },
    "notice-mails-sweep": {
        "task": "qualification.tasks.send_notice_mails",
        "schedule": 30.0,
        "options": {"expires": 30.0},
    },
    "qualification-wake-gates": {
        "task": "qualification.tasks.wake_gates",
        "schedule": 900.0,
        "options": {"expires": 900.0},
    },
    "qualification-escalate": {
        "task": "qualification.tasks.escalate",
        "schedule": 20.0,
        "options": {"expires": 20.0},
    },
    "qualification-sweep": {
        "task": "qualification.tasks.sweep",
        "schedule": 5.0,
        "options": {"expires": 5.0},
    },
}
