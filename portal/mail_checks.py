"""System checks about mail: how letters leave, and how answers come in."""

import re
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from portal.environment import text
from portal.mailers import PROVIDERS
from returns.mailbox import place_of

# Stands in an address, and in what a provider logs in with.
HOOK_KEY = re.compile(r"[A-Za-z0-9_-]{24,200}")
NEW_KEY = "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(32))'"
SMTP = "For example HOMEWARD_SMTP_URL=smtp://user:password@mail.example.com:587?tls=1"
MAILBOX = "For example HOMEWARD_IMAP_URL=imaps://user:password@mail.example.com:993/INBOX"


@register("homeward")
def letters_can_leave(**kwargs: Any) -> Sequence[CheckMessage]:
    """A wrong sender would let every letter wait for two days and then give it up."""
    problems: list[CheckMessage] = []
    try:
        validate_email(settings.MAIL_FROM)
    except ValidationError:
        problems.append(
            Error(
                f"HOMEWARD_MAIL_FROM is {settings.MAIL_FROM!r}, which is no email address.",
                hint="For example HOMEWARD_MAIL_FROM=returns@example.com",
                id="homeward.E009",
            )
        )
    by_files = not text("HOMEWARD_SMTP_URL", "") and not settings.MAIL_PROVIDER
    if settings.PRODUCTION and by_files:
        problems.append(
            Warning(
                "HOMEWARD_SMTP_URL is missing, so letters are written into files and reach nobody.",
                hint=SMTP,
                id="homeward.W001",
            )
        )
    return problems


@register("homeward")
def mail_server_is_understood(**kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.MAIL_PROBLEM or settings.MAIL_PROVIDER:
        return []
    return [
        Error(
            f"HOMEWARD_SMTP_URL cannot be used: {settings.MAIL_PROBLEM}",
            hint=SMTP,
            id="homeward.E008",
        )
    ]


@register("homeward")
def mail_provider_is_understood(**kwargs: Any) -> Sequence[CheckMessage]:
    provider = settings.MAIL_PROVIDER
    if not provider:
        return []
    problems: list[CheckMessage] = []
    if settings.MAIL_PROBLEM:
        problems.append(
            Error(
                f"HOMEWARD_MAIL_PROVIDER={provider} cannot be used: {settings.MAIL_PROBLEM}.",
                hint="For example HOMEWARD_MAIL_PROVIDER=postmark HOMEWARD_MAIL_KEY=…",
                id="homeward.E011",
            )
        )
    elif text("HOMEWARD_SMTP_URL", ""):
        problems.append(
            Error(
                "HOMEWARD_SMTP_URL and HOMEWARD_MAIL_PROVIDER are both set: by which of the two "
                "shall letters leave?",
                hint="Leave one of them out.",
                id="homeward.E011",
            )
        )
    if not settings.MAIL_HOOK_KEY:
        problems.append(
            Warning(
                "HOMEWARD_MAIL_HOOK_KEY is missing, so the mail provider cannot tell us which "
                "letters never arrived.",
                hint=NEW_KEY,
                id="homeward.W004",
            )
        )
    elif provider in PROVIDERS and PROVIDERS[provider].signed:
        problems += _signing_key_is_there(PROVIDERS[provider].signed)
    return problems


def _signing_key_is_there(name: str) -> Sequence[CheckMessage]:
    if settings.ANYMAIL.get(name):
        return []
    return [
        Warning(
            "HOMEWARD_MAIL_SIGNING_KEY is missing, so what the mail provider tells us about "
            "letters that never arrived is not believed.",
            hint="The provider shows it beside its webhooks.",
            id="homeward.W004",
        )
    ]


@register("homeward")
def answers_can_come_in(**kwargs: Any) -> Sequence[CheckMessage]:
    """Who answers a letter must not write into the void."""
    problems: list[CheckMessage] = []
    address, key = settings.REPLY_ADDRESS, settings.MAIL_HOOK_KEY
    if address and not _takes_tokens(address):
        problems.append(
            Error(
                f"HOMEWARD_REPLY_ADDRESS is {address!r}, which is no email address that a token "
                "can be added to (at most 30 characters without + before the @).",
                hint="For example HOMEWARD_REPLY_ADDRESS=answers@mail.example.com",
                id="homeward.E012",
            )
        )
    if address and not key and not settings.IMAP_URL:
        problems.append(
            Error(
                "HOMEWARD_REPLY_ADDRESS is set, but answers cannot reach us: neither "
                "HOMEWARD_IMAP_URL nor HOMEWARD_MAIL_HOOK_KEY is.",
                hint=MAILBOX,
                id="homeward.E013",
            )
        )
    if key and not HOOK_KEY.fullmatch(key):
        problems.append(
            Error(
                "HOMEWARD_MAIL_HOOK_KEY has fewer than 24 characters, or others than "
                "A-Z a-z 0-9 _ and -.",
                hint=NEW_KEY,
                id="homeward.E014",
            )
        )
    return problems


def _takes_tokens(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    name = address.rpartition("@")[0]
    # 64 characters may stand before the @, and the plus sign and the token are among them.
    return len(name) <= 30 and "+" not in name


@register("homeward")
def mailbox_is_understood(**kwargs: Any) -> Sequence[CheckMessage]:
    if not settings.IMAP_URL:
        return []
    try:
        place = place_of(settings.IMAP_URL)
    except ValueError as error:
        return [
            Error(f"HOMEWARD_IMAP_URL cannot be used: {error}", hint=MAILBOX, id="homeward.E015")
        ]
    if place.is_private or not settings.PRODUCTION:
        return []
    return [
        Warning(
            "HOMEWARD_IMAP_URL begins with imap://, so what buyers write, and the password, "
            "travel readably.",
            hint=MAILBOX,
            id="homeward.W005",
        )
    ]


@register("homeward")
def mail_is_private(**kwargs: Any) -> Sequence[CheckMessage]:
    options = settings.MAILERS["default"].get("OPTIONS", {})
    if not settings.PRODUCTION or "host" not in options:
        return []
    if options["use_tls"] or options["use_ssl"]:
        return []
    return [
        Warning(
            "HOMEWARD_SMTP_URL says neither tls=1 nor ssl=1, so letters, with their links "
            "and codes, and the password travel readably.",
            hint=SMTP,
            id="homeward.W003",
        )
    ]
