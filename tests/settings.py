"""The site's settings, with what would only slow tests down left out."""

from cms.settings import *  # noqa: F403
from cms.settings import STATIC_ROOT, STORAGES

STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
API_RATE = 0  # but where it is what a test is about
PROCESSES = 1  # others would not find the tests' databases
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
