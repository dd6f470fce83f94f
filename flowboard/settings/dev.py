"""`make up` on one machine: embedded services, plain HTTP on loopback."""

from . import env
from .base import *  # noqa: F403

DEBUG = env.flag("FLOWBOARD_DEBUG")
WHITENOISE_USE_FINDERS = True
# Files are looked at when they are asked for, so an edited one is neither cut off nor missed.
WHITENOISE_AUTOREFRESH = True
