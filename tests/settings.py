"""Settings of the test run: the site's own, on a folder and a database of their own."""

import atexit
import os
import shutil
import tempfile

# Nothing of the developer's own configuration may leak into a test.
for _name in list(os.environ):
    if _name.startswith("HOMEWARD_") and not _name.startswith(
        ("HOMEWARD_TEST_", "HOMEWARD_REQUIRE")
    ):
        del os.environ[_name]
os.environ.pop("PORT", None)

_folder = tempfile.mkdtemp(prefix="homeward-test-")
_owner = os.getpid()
atexit.register(lambda: os.getpid() == _owner and shutil.rmtree(_folder, ignore_errors=True))
os.environ["HOMEWARD_DATA_DIR"] = _folder
if os.environ.get("HOMEWARD_TEST_DATABASE_URL"):
    os.environ["HOMEWARD_DATABASE_URL"] = os.environ["HOMEWARD_TEST_DATABASE_URL"]

from portal.settings import *  # noqa: E402, F403
from portal.settings import DATABASES, STORAGES  # noqa: E402

del os.environ["HOMEWARD_DATA_DIR"]
os.environ.pop("HOMEWARD_DATABASE_URL", None)

if not DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Two runs on one server must not meet.
    _run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
    DATABASES["default"]["TEST"] = {"NAME": f"test_homeward_{_run}"}
else:
    # A file, as in life: a database in memory is one connection for all threads of the
    # live server, and SQLite calls two of them at the same moment a misuse. It may be lost.
    DATABASES["default"]["TEST"] = {"NAME": os.path.join(_folder, "test.sqlite3")}
    _options = DATABASES["default"]["OPTIONS"]
    _options["init_command"] += "PRAGMA synchronous=OFF;"

# The queue is the real one and nothing takes from it: what was rung for stands in OrmQ.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
