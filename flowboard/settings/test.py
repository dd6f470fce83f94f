"""The test suite: the same services and roles, fast hashing, strict tenancy."""

from .base import *  # noqa: F403
from .base import DATABASES

SECRET_KEY = "a key for tests only, long enough to be taken for a real one"  # noqa: S105
# DESIGN section 4: the app role's tests run on the owner's test database, never on a real one.
DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
DATABASES["staff"]["TEST"] = {"MIRROR": "owner"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 60
TENANCY_STRICT = True
