"""Settings of Homeward, read from the environment, safe when nothing is set.

A clone runs without any configuration (`HOMEWARD_MODE=local`, the default). In
production set `HOMEWARD_MODE=production`; the site then refuses to start, naming
what is missing, until secret key, allowed hosts and public address are given
(`portal/checks.py`). README.md, "Running it for real", lists every variable.
"""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import dj_database_url
from django.utils.csp import CSP

from portal import mailers
from portal.environment import boolean, listing, number, text

BASE_DIR = Path(__file__).resolve().parent.parent

MODE = text("HOMEWARD_MODE", "local")
PRODUCTION = MODE == "production"
DEBUG = boolean("HOMEWARD_DEBUG", False) and not PRODUCTION
PORT = text("PORT", "8000")

# Everything the site writes lives in one folder, so that one folder is backed up.
DATA_DIR = Path(text("HOMEWARD_DATA_DIR", str(BASE_DIR / "var")))
with suppress(OSError):
    DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)  # everybody's orders are in it
DATA_DIR_REFUSED: Path | None = None
if not os.access(DATA_DIR, os.W_OK | os.X_OK):
    # Refused by name in portal/checks.py; until then something must stand here.
    DATA_DIR_REFUSED, DATA_DIR = DATA_DIR, Path(tempfile.mkdtemp(prefix="homeward-"))


def _local_secret_key() -> str:
    """A clone gets a key of its own, kept beside its database, never a shared default."""
    path = DATA_DIR / "secret_key"
    fresh = secrets.token_urlsafe(50)
    if not path.exists():
        # Written aside and linked, so that of two first starts both read the same key.
        aside = DATA_DIR / f"secret_key.{os.getpid()}"
        with suppress(OSError):
            aside.touch(mode=0o600)
            aside.write_text(fresh)
            with suppress(FileExistsError):
                os.link(aside, path)
            aside.unlink()
    return path.read_text() if path.exists() else fresh


# An empty key in production is reported by name by the checks; Django itself would
# only say that it is empty, so the checks get a placeholder that can sign nothing kept.
SECRET_KEY = text("HOMEWARD_SECRET_KEY", "") or (
    secrets.token_urlsafe(50) if PRODUCTION else _local_secret_key()
)
SECRET_KEY_FALLBACKS = listing("HOMEWARD_SECRET_KEY_FALLBACKS")

# The public address of the site; links in mails begin with it.
BASE_URL = text("HOMEWARD_BASE_URL", "" if PRODUCTION else f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS = listing("HOMEWARD_ALLOWED_HOSTS")
if ALLOWED_HOSTS or not PRODUCTION:
    # Health is asked from beside; links are built from BASE_URL, never from these names.
    ALLOWED_HOSTS += ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("https://") else []
# How many proxies in front of us may be believed about the visitor's address.
TRUSTED_PROXIES = number("HOMEWARD_TRUSTED_PROXIES", 0)

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "returns",
    "tracking",
    "portal.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_q",
    "axes",
]

MIDDLEWARE = [
    "portal.middleware.PrivacyHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "portal.middleware.BodyLimitMiddleware",
    "portal.hosts.StoreHostMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
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

# --- Database: SQLite embedded by default, PostgreSQL by HOMEWARD_DATABASE_URL ----------
_SQLITE = f"sqlite:///{quote(str((DATA_DIR / 'homeward.sqlite3').resolve()))}"
DATABASE_PROBLEM = ""
try:
    _database = dj_database_url.parse(
        text("HOMEWARD_DATABASE_URL", _SQLITE), conn_max_age=60, conn_health_checks=True
    )
except ValueError as error:
    DATABASE_PROBLEM = str(error)
    _database = dj_database_url.parse(_SQLITE)
DATABASES = {"default": _database}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers and one writer work together; IMMEDIATE takes the write lock at
    # BEGIN, so that two writers wait for each other instead of failing half-way; the
    # twenty seconds cover the measured starvation tail. FULL: accepted means durable.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
            "PRAGMA journal_size_limit=67108864;PRAGMA mmap_size=134217728;"
        ),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Work: django-q2 is only the bell; our own rows hold the truth (tracking/work.py) ---
Q_CLUSTER = {
    "name": "homeward",
    "label": "Jobs",
    "orm": "default",
    "workers": 2,
    "recycle": 200,
    "max_rss": 300_000,
    "timeout": 60,
    "retry": 300,
    "queue_limit": 4,
    "bulk": 1,
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    "poll": 1.0,
    "guard_cycle": 0.5,
    "save_limit": -1,
    "cache": "default",
    # Our clock rings (manage.py clock); q2's scheduler hangs with its sentinel.
    "scheduler": False,
}
# q2 writes its own status into the cache twice a second; a file per key keeps that off
# the database, and nothing of ours is ever stored here.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
    }
}

# --- Mail --------------------------------------------------------------------------------
MAIL_FROM = text("HOMEWARD_MAIL_FROM", "homeward@localhost")
# Where answers to letters go; each gets its order's own token after a plus sign.
REPLY_ADDRESS = text("HOMEWARD_REPLY_ADDRESS", "")
# How they reach us: fetched from this mailbox, or handed over at an address with this key.
IMAP_URL = text("HOMEWARD_IMAP_URL", "")
MAIL_HOOK_KEY = text("HOMEWARD_MAIL_HOOK_KEY", "")

# A mail provider in place of a mail server; what it tells us is heard with the hook's key.
MAIL_PROVIDER = text("HOMEWARD_MAIL_PROVIDER", "")
MAIL_TOLD_BY = mailers.told_by(MAIL_PROVIDER)
ANYMAIL = mailers.hearing(MAIL_PROVIDER, MAIL_HOOK_KEY, text("HOMEWARD_MAIL_SIGNING_KEY", ""))
if MAIL_PROVIDER:
    INSTALLED_APPS += ["anymail"]


def _mailer() -> dict:
    if MAIL_PROVIDER:
        return mailers.by_provider(
            MAIL_PROVIDER,
            text("HOMEWARD_MAIL_KEY", ""),
            text("HOMEWARD_MAIL_DOMAIN", ""),
            text("HOMEWARD_MAIL_API", ""),
        )
    if smtp := text("HOMEWARD_SMTP_URL", ""):
        return mailers.by_smtp(smtp)
    return mailers.by_file(DATA_DIR / "mail")


MAIL_PROBLEM = ""
try:
    MAILERS = {"default": _mailer()}
except ValueError as error:
    MAIL_PROBLEM = str(error)
    MAILERS = {"default": mailers.by_file(DATA_DIR / "mail")}

# --- Languages and time --------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files ---------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
STORAGES = {
    "default": {
        "BACKEND": "portal.storage.DurableFileSystemStorage",
        # The rest of the disk is the database's: nothing can be done without that.
        "OPTIONS": {"location": str(DATA_DIR / "files"), "keep_free": 200 * 1024 * 1024},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
    },
}
WHITENOISE_MAX_AGE = 3600

# --- Safety -----------------------------------------------------------------------------------
SECURE_CSP = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
    "object-src": [CSP.NONE],
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BASE_URL.startswith("https://")
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_NAME = "homeward"
CSRF_COOKIE_NAME = "homeward-form"
# What a reader without a session chose with ?lang= (portal/speaking.py).
LANGUAGE_COOKIE_NAME = "homeward-language"
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
SESSION_COOKIE_AGE = 60 * 60 * 24 * 7
# Forms are small; where files may come with them stands in portal/large_bodies.py. Files
# are held in memory until they are kept, so that a full disk breaks no request.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
DATA_UPLOAD_MAX_NUMBER_FILES = 10
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
CSRF_FAILURE_VIEW = "portal.views.errors.csrf_failure"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ACCESS_FAILURE_LOG = False
AXES_CLIENT_IP_CALLABLE = "portal.access.client_address"
LOGIN_URL = "admin:login"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.logs.Discreet",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # Strangers write these lines, as many as they like.
        "django.security.csrf": {"level": "ERROR"},
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "axes": {"level": "WARNING"},
        "django-q": {"level": "WARNING"},
    },
}
