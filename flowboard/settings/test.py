"""The test suite: the same services and roles, fast hashing, strict tenancy."""

import os
import sys

from .base import *  # noqa: F403
from .base import DATABASES

SECRET_KEY = "a key for tests only, long enough to be taken for a real one"  # noqa: S105
# DESIGN section 4: the app role's tests run on the owner's test database, never on a real one.
DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
DATABASES["staff"]["TEST"] = {"MIRROR": "owner"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
WHITENOISE_USE_FINDERS = True
# Each test client builds the middleware anew, and a scan of all files for each took half of the suite's time. A server
# process scans once, as in production.
WHITENOISE_AUTOREFRESH = "pytest" in sys.modules
WHITENOISE_MAX_AGE = 60
TENANCY_STRICT = True
# A server that is asked thousands of generated questions is to answer them, not to count them.
RATELIMIT_ENABLE = os.environ.get("FLOWBOARD_TEST_LIMITS") != "off"
