"""`make up` on one machine: embedded services, plain HTTP on loopback."""

from . import env
from .base import *  # noqa: F403

DEBUG = env.flag("FLOWBOARD_DEBUG")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
# Files are looked at when they are asked for, so an edited one is neither cut off nor missed.
WHITENOISE_AUTOREFRESH = True
