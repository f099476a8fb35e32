"""System checks: wrong settings are refused at start, by name, with an example.

`manage.py` runs them before every command, `portal/wsgi.py` before it serves. Those about
mail stand in portal/mail_checks.py.
"""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.db import DatabaseError

from portal.environment import text

MODES = ("local", "production")


@register("homeward")
def mode_is_known(**kwargs: Any) -> Sequence[CheckMessage]:
    if settings.MODE in MODES:
        return []
    return [
        Error(
            f"HOMEWARD_MODE is {settings.MODE!r}, which is neither 'local' nor 'production'.",
            hint="Set HOMEWARD_MODE=production, or leave it out to try the site locally.",
            id="homeward.E001",
        )
    ]


@register("homeward")
def production_is_complete(**kwargs: Any) -> Sequence[CheckMessage]:
    """What a clone has safe defaults for must be said explicitly in production."""
    if not settings.PRODUCTION:
        return []
    problems: list[CheckMessage] = []
    if len(text("HOMEWARD_SECRET_KEY", "")) < 40:
        problems.append(
            Error(
                "HOMEWARD_SECRET_KEY is missing or shorter than 40 characters.",
                hint="Make one and keep it secret: "
                "python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
                id="homeward.E002",
            )
        )
    if not settings.ALLOWED_HOSTS:
        problems.append(
            Error(
                "HOMEWARD_ALLOWED_HOSTS is missing: the host names of this site.",
                hint="For example HOMEWARD_ALLOWED_HOSTS=returns.example.com",
                id="homeward.E003",
            )
        )
    elif "*" in settings.ALLOWED_HOSTS:
        problems.append(
            Error(
                "HOMEWARD_ALLOWED_HOSTS contains *, so links in mails could be forged.",
                hint="Name the hosts, as in HOMEWARD_ALLOWED_HOSTS=returns.example.com",
                id="homeward.E003",
            )
        )
    if not settings.TRUSTED_PROXIES:
        problems.append(
            Warning(
                "HOMEWARD_TRUSTED_PROXIES is 0. Behind a proxy that makes all visitors one "
                "network, which is soon asked to wait, and https is not seen.",
                hint="Set HOMEWARD_TRUSTED_PROXIES=1 behind one proxy that sets X-Forwarded-For "
                "and X-Forwarded-Proto.",
                id="homeward.W002",
            )
        )
    address = urlsplit(settings.BASE_URL)
    if address.scheme != "https" or not address.hostname or address.query or address.fragment:
        problems.append(
            Error(
                "HOMEWARD_BASE_URL is missing or not an https:// address; links in mails "
                "begin with it.",
                hint="For example HOMEWARD_BASE_URL=https://returns.example.com",
                id="homeward.E004",
            )
        )
    return problems


@register("homeward")
def numbers_are_numbers(**kwargs: Any) -> Sequence[CheckMessage]:
    """Whoever reads these falls back to a default; here they are refused."""
    examples = {
        "HOMEWARD_TRUSTED_PROXIES": ("1", 0, 10),
        "PORT": ("8000", 1, 65535),
        "HOMEWARD_WEB_WORKERS": ("1", 1, 64),
        "HOMEWARD_WEB_THREADS": ("32", 1, 512),
        # Slower, and /healthz/jobs would take the pause between two beats for a failure.
        "HOMEWARD_TICK": ("20", 1, 60),
    }
    problems = []
    for name, (example, least, most) in examples.items():
        value = text(name, example)
        if not (value.isdecimal() and least <= int(value) <= most):
            problems.append(
                Error(
                    f"{name} is {value!r}, not a whole number from {least} to {most}.",
                    hint=f"For example {name}={example}",
                    id="homeward.E005",
                )
            )
    return problems


@register("homeward")
def database_is_understood(**kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.DATABASE_PROBLEM:
        return []
    return [
        Error(
            f"HOMEWARD_DATABASE_URL cannot be used: {settings.DATABASE_PROBLEM}",
            hint="For example HOMEWARD_DATABASE_URL=postgres://user:password@host:5432/homeward",
            id="homeward.E006",
        )
    ]


def link_keys_are_secret() -> Sequence[CheckMessage]:
    """Not registered: it asks the database. Called before anything is served."""
    from returns.links import PUBLIC_KEY
    from returns.models import LinkKey

    if not settings.PRODUCTION:
        return []
    try:
        keys = list(LinkKey.objects.live().filter(secret=PUBLIC_KEY).select_related("store"))
    except DatabaseError:  # not there yet, or away: then nothing can be opened either
        return []
    return [
        Error(
            f"The link key {key.key_id} of the store {key.store.slug} is the one printed in the "
            "README: everybody can make links to its orders.",
            hint="The demo belongs into no production: give it a new, empty database.",
            id="homeward.E010",
        )
        for key in keys
    ]


@register("homeward")
def data_dir_is_writable(**kwargs: Any) -> Sequence[CheckMessage]:
    if settings.DATA_DIR_REFUSED is None:
        return []
    return [
        Error(
            f"HOMEWARD_DATA_DIR: the folder {settings.DATA_DIR_REFUSED} cannot be written.",
            hint="For example HOMEWARD_DATA_DIR=/var/lib/homeward, owned by who runs the site.",
            id="homeward.E007",
        )
    ]
