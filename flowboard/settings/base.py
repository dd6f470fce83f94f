"""Settings that every installation shares. Everything that differs comes from the environment (see README)."""

from pathlib import Path
from typing import Any

import structlog
from django.utils.translation import gettext_lazy as _

from . import env

BASE_DIR = Path(__file__).resolve().parent.parent.parent
FLOWBOARD_HOME = Path(env.text("FLOWBOARD_HOME", str(BASE_DIR / ".flowboard"))).resolve()

# Shown by /readyz and the doctor, and kept in backups, which only the same release or a newer one restores.
RELEASE = env.text("FLOWBOARD_RELEASE", "0.1.0")

# Where "Help" leads: an operator's own pages; without one, FlowBoard's, which need no other server.
HELP_URL = env.text("FLOWBOARD_HELP_URL", "")

SECRET_KEY = env.secret("FLOWBOARD_SECRET_KEY")
# Keys of before: what they signed (sessions, sign-ins of scripts, links of password resets) still holds.
SECRET_KEY_FALLBACKS = env.secrets("FLOWBOARD_SECRET_KEY_FALLBACKS")
DEBUG = False
ALLOWED_HOSTS = env.words("FLOWBOARD_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("FLOWBOARD_TRUSTED_ORIGINS")
# Only these peers may say on whose behalf they ask (X-Forwarded-For); networks in CIDR notation.
TRUSTED_PROXIES = env.words("FLOWBOARD_TRUSTED_PROXIES")
# Internal servers that webhooks and the like may reach: names, or networks in CIDR notation (apps/core/egress.py).
EGRESS_ALLOW = env.destinations("FLOWBOARD_EGRESS_ALLOW")
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "apps.core",
    "apps.events",
    "apps.accounts",
    "apps.orgs",
    "apps.projects",
    "apps.issues",
    "apps.sprints",
    "apps.recurring",
    "apps.boards",
    "apps.realtime",
    "apps.audit",
    "apps.imports",
    "apps.exports",
    "apps.notifications",
    "apps.webhooks",
    "apps.ops",
    "apps.pages",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "auditlog",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

MIDDLEWARE = [
    "apps.core.middleware.RequestContextMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.core.middleware.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "apps.core.middleware.AddressMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    # The middleware alone: the package's own copies of htmx stay out of our static files.
    "django_htmx.middleware.HtmxMiddleware",
    "apps.audit.middleware.RefusalsMiddleware",
    "apps.accounts.reading.ReaderMiddleware",
    "apps.core.middleware.TenancyMiddleware",
    "apps.accounts.middleware.LastSeenMiddleware",
    "apps.core.middleware.ErrorsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "flowboard.urls"
ASGI_APPLICATION = "flowboard.asgi.application"
WSGI_APPLICATION = "flowboard.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "apps.pages.environment.environment",
            "extensions": ["jinja2.ext.i18n", "jinja2.ext.do"],
            "context_processors": [
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    {
        # Django's own language serves the admin and third-party applications only.
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

# --- Data ------------------------------------------------------------------------------------------------------------

# JIT costs seconds on the many small queries of this product and never pays.
_SESSION = {"options": "-c jit=off -c TimeZone=UTC"}
DATABASES = {
    "default": env.database("DATABASE_URL", options=_SESSION),
    # Only `manage.py` needs the owner, and only the admin the staff role.
    "owner": env.database_if_named("DATABASE_OWNER_URL", options=_SESSION),
    "staff": env.database_if_named("DATABASE_STAFF_URL", options=_SESSION),
}
DATABASE_ROUTERS = ["apps.core.tenancy.routers.StaffRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"

REDIS_URL = env.address("REDIS_URL")
_REDIS_CACHE: dict[str, Any] = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": REDIS_URL,
    "KEY_PREFIX": "fb",
    "OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 1, "SOCKET_TIMEOUT": 2},
}
CACHES = {
    # Losing the cache must never lose a page: reads fall through to PostgreSQL.
    "default": {**_REDIS_CACHE, "OPTIONS": {**_REDIS_CACHE["OPTIONS"], "IGNORE_EXCEPTIONS": True}},
    # The limiter must know when it cannot count (see apps/core/limits.py).
    "limits": {**_REDIS_CACHE, "KEY_PREFIX": "fbl"},
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.core.views.csrf_failure"

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "fb"},
    }
}

# --- Serving ---------------------------------------------------------------------------------------------------------

# Threads of one process that answer pages, and how many more requests may wait for one (then 503 with Retry-After).
WEB_THREADS = env.number("FLOWBOARD_WEB_THREADS", 4)
WEB_QUEUE = env.number("FLOWBOARD_WEB_QUEUE", 100)
WEB_LARGEST_BODY = env.number("FLOWBOARD_LARGEST_UPLOAD_MB", 100) * 1024 * 1024
# So many times its standard may an organization's admins raise a limit of the API.
LIMITS_RAISED_AT_MOST = env.number("FLOWBOARD_LIMITS_RAISED_AT_MOST", 10)
REALTIME_HEARTBEAT_SECONDS = env.number("FLOWBOARD_HEARTBEAT_SECONDS", 15)
REALTIME_RIGHTS_SECONDS = env.number("FLOWBOARD_RIGHTS_SECONDS", 30)
# Who writes says so again and again; who stopped saying it has stopped writing.
REALTIME_WRITING_SECONDS = env.number("FLOWBOARD_WRITING_SECONDS", 10)
# Counted in each process.
REALTIME_SOCKETS_PER_USER = env.number("FLOWBOARD_SOCKETS_PER_USER", 30)

# --- Jobs ------------------------------------------------------------------------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 600
CELERY_TASK_SOFT_TIME_LIMIT = 570
# A job lost with its worker comes back after the visibility timeout; it must be longer than the time limit.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "global_keyprefix": "fbq:",
    "socket_connect_timeout": 2,
    "socket_timeout": 5,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(FLOWBOARD_HOME / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # What is asked for this often must not pile up while no worker runs.
    "sweep-deliveries": {"task": "events.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "send-mails": {"task": "accounts.send_mails", "schedule": 10.0, "options": {"expires": 10}},
    "send-news": {"task": "notifications.send_mails", "schedule": 10.0, "options": {"expires": 10}},
    "heartbeat": {"task": "ops.heartbeat", "schedule": 10.0, "options": {"expires": 10}},
    "purge-deleted": {"task": "projects.purge_deleted", "schedule": 3600.0},
    "remove-old-mails": {"task": "notifications.remove_old_mails", "schedule": 3600.0},
    "keep-cadences": {"task": "sprints.keep_cadences", "schedule": 600.0, "options": {"expires": 600}},
    "keep-schedules": {"task": "recurring.keep_schedules", "schedule": 60.0, "options": {"expires": 60}},
    "rebalance-ranks": {"task": "issues.rebalance_ranks", "schedule": 3600.0},
    "remove-old-notifications": {"task": "notifications.remove_old", "schedule": 3600.0},
    "resume-imports": {"task": "imports.resume", "schedule": 10.0, "options": {"expires": 10}},
    "sweep-imports": {"task": "imports.sweep_files", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
    "resume-exports": {"task": "exports.resume", "schedule": 60.0, "options": {"expires": 60}},
    "sweep-exports": {"task": "exports.sweep", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-answers": {"task": "orgs.forget_answers", "schedule": 3600.0},
    "send-webhooks": {"task": "webhooks.send", "schedule": 2.0, "options": {"expires": 2}},
    "remove-old-webhook-messages": {"task": "webhooks.remove_old", "schedule": 3600.0},
    "sweep-files": {"task": "issues.sweep_files", "schedule": 6 * 3600.0, "options": {"expires": 3600}},
}

# --- People ----------------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "apps.accounts.forms.SignupForm"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = False
# This session goes on; all others end with the hash they were made with.
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# One address a person: a new one takes the old one's place once it is confirmed.
ACCOUNT_CHANGE_EMAIL = True
# What could be used to take an account over asks for the password again.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Whoever's password or address changes hears of it by mail.
ACCOUNT_EMAIL_NOTIFICATIONS = True
# Counting is done by apps/core/limits.py alone, so that every limit is found in one place.
ACCOUNT_RATE_LIMITS = False

# --- Mail ------------------------------------------------------------------------------------------------------------

EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", default=True)
EMAIL_USE_SSL = env.flag("EMAIL_USE_SSL")
EMAIL_TIMEOUT = 15
# Links in mails begin with this: a mail is written by a worker, which has no request to take a host from, and a host
# that a request names must not get into anybody's mail.
BASE_URL = env.text("FLOWBOARD_BASE_URL", f"http://127.0.0.1:{env.number('PORT', 8000)}").rstrip("/")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "FlowBoard <flowboard@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
if EMAIL_HOST:
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    ACCOUNT_EMAIL_VERIFICATION = "mandatory"
else:
    # Without a mail server messages are kept as files, and an address cannot be asked to prove itself.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = str(FLOWBOARD_HOME / "mail")
    ACCOUNT_EMAIL_VERIFICATION = "none"

# --- Audit -----------------------------------------------------------------------------------------------------------

AUDITLOG_LOGENTRY_MODEL = "audit.LogEntry"
# auditlog's own model stays unused, so its table is never made.
MIGRATION_MODULES = {"auditlog": None}

# --- Scripts ---------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.orgs.api.authentication.TokenAuthentication",
        "apps.orgs.api.authentication.SignInAuthentication",
        "apps.orgs.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.openapi.Schema",
    "EXCEPTION_HANDLER": "apps.core.api.problem_details",
    # `?format=` is a parameter that does not exist, like others.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "FlowBoard",
    "DESCRIPTION": "What the browser can do, a script can do. Refusals are problem details (RFC 9457).",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "SERVERS": [{"url": "/"}],
    # `fields` leaves out what was not asked for, so no field of an answer is promised.
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SORT_OPERATIONS": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "PREPROCESSING_HOOKS": ["apps.core.api.openapi.only_declared"],
    # What has the same name in two places, and other values.
    "ENUM_NAME_OVERRIDES": {
        "OrganizationRole": "apps.orgs.api.serializers.ROLES",
        "ProjectRole": "apps.projects.selectors.PROJECT_ROLES",
        "TransitionAssigns": "apps.projects.selectors.ASSIGNS",
        "TemplateAssigns": "apps.recurring.selectors.ASSIGNS",
        "NotificationChannel": "apps.notifications.api.wishes.CHANNEL_NAMES",
        "PriorityEnum": "apps.issues.selectors.PRIORITIES",
        "ColumnsBy": "apps.boards.selectors.across.COLUMNS_BY",
        "LaneKind": "apps.boards.selectors.LANE_LIMITS",
        "Lanes": "apps.issues.selectors.GROUPINGS",
        "LanesAcross": "apps.boards.selectors.across.LANES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.openapi.refusals",
    ],
    "APPEND_COMPONENTS": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer", "description": "A token (`fb_…`), or what auth/login gave."},
            "session": {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": "The browser's own."},
        }
    },
}

# --- Files -----------------------------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = env.text("FLOWBOARD_STATIC_ROOT", str(FLOWBOARD_HOME / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
# A name with its content's hash never changes, of whichever release it is; for all others browsers ask each time.
WHITENOISE_IMMUTABLE_FILE_TEST = r"\.[0-9a-f]{12}\.\w+$"
WHITENOISE_MAX_AGE = 0
MEDIA_ROOT = env.text("FLOWBOARD_MEDIA_ROOT", str(FLOWBOARD_HOME / "media"))
MEDIA_URL = "/media/"
# How large one attached file may be, and how much room all files of an organization take together.
ATTACHMENT_LARGEST = env.number("FLOWBOARD_LARGEST_ATTACHMENT_MB", 50) * 1024 * 1024
ATTACHMENTS_OF_ORGANIZATION = env.number("FLOWBOARD_ATTACHMENTS_GB", 20) * 1024**3
# Which kinds are taken, by content; none named: all. Whatever a browser could run is only ever a download.
ATTACHMENT_TYPES = env.words("FLOWBOARD_ATTACHMENT_TYPES")
# How large all files of one import may be together, and for how many days they are kept after it has ended.
IMPORT_LARGEST = env.number("FLOWBOARD_LARGEST_IMPORT_MB", 2048) * 1024 * 1024
IMPORT_DAYS = env.number("FLOWBOARD_IMPORT_DAYS", 30)
# So many workers at most are at imports at the same time; the others are there for mails and the like.
IMPORTS_AT_ONCE = env.number("FLOWBOARD_IMPORTS_AT_ONCE", 1)
# For how many days an archive can be downloaded.
EXPORT_DAYS = env.number("FLOWBOARD_EXPORT_DAYS", 7)
S3_BUCKET = env.text("FLOWBOARD_S3_BUCKET")
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "attachments": {"BACKEND": "apps.core.files.LocalFiles"},
}
_S3_OPTIONS: dict[str, Any] = {
    "bucket_name": S3_BUCKET,
    "endpoint_url": env.text("FLOWBOARD_S3_ENDPOINT") or None,
    "region_name": env.text("FLOWBOARD_S3_REGION") or None,
    "access_key": env.text("FLOWBOARD_S3_ACCESS_KEY") or None,
    "secret_key": env.secret("FLOWBOARD_S3_SECRET_KEY") or None,
    # Nothing of a bucket is public, and a key is never used twice.
    "default_acl": None,
    "file_overwrite": True,
}
if S3_BUCKET:
    STORAGES["attachments"] = {"BACKEND": "apps.core.files_s3.S3Files", "OPTIONS": _S3_OPTIONS}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500

# --- Words and time --------------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Security --------------------------------------------------------------------------------------------------------

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# Strict tenancy makes a query on a tenant table without a context an error instead of an empty answer.
TENANCY_STRICT = env.flag("FLOWBOARD_TENANCY_STRICT")

# --- Logs ------------------------------------------------------------------------------------------------------------

LOG_LEVEL = env.text("FLOWBOARD_LOG_LEVEL", "INFO")
_LOG_STEPS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.stdlib.ExtraAdder(),
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "foreign_pre_chain": _LOG_STEPS,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                # Without the frames' local variables: they hold passwords and people's texts.
                structlog.processors.ExceptionRenderer(
                    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
                ),
                structlog.processors.JSONRenderer(),
            ],
        },
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.server": {"level": "WARNING"},
        "uvicorn.access": {"level": "WARNING"},
        "celery": {"level": "INFO"},
    },
}
structlog.configure(
    processors=[*_LOG_STEPS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)

# --- Limits (apps/core/limits.py) ------------------------------------------------------------------------------------

RATELIMIT_USE_CACHE = "limits"
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001"]

# --- What the operator's page shows -----------------------------------------------------------------------------------

ENVIRONMENT = env.READ
