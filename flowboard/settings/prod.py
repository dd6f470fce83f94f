"""Behind TLS, with hashed assets. Refuses to start half configured."""

from django.core.exceptions import ImproperlyConfigured

from . import env
from .base import *  # noqa: F403
from .base import REDIS_URL, SECRET_KEY, SILENCED_SYSTEM_CHECKS, STORAGES

if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("FLOWBOARD_SECRET_KEY must be set to at least 50 random characters.")
if not env.text("FLOWBOARD_ALLOWED_HOSTS"):
    raise ImproperlyConfigured("FLOWBOARD_ALLOWED_HOSTS must name the hosts that FlowBoard answers to.")
if not REDIS_URL:
    raise ImproperlyConfigured("REDIS_URL must name a Valkey or Redis.")

STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "apps.core.staticfiles.HashedStaticFilesStorage"}}
_TLS = env.flag("FLOWBOARD_TLS", default=True)
SESSION_COOKIE_SECURE = _TLS
CSRF_COOKIE_SECURE = _TLS
SECURE_SSL_REDIRECT = _TLS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if _TLS else 0
SILENCED_SYSTEM_CHECKS = [
    *SILENCED_SYSTEM_CHECKS,
    "security.W002",  # frame-ancestors 'none' says it (apps/core/middleware.py)
    "security.W005",  # what else runs below the domain is not ours to decide
    "security.W021",  # neither is the browsers' preload list
]
