"""How letters leave: by SMTP, by a mail provider, or into files. Read by the settings.

Providers are spoken to by django-anymail; which of them we know stands in PROVIDERS.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

TIMEOUT = 15  # seconds; without one a silent server would hang a worker for ever
# The name that a provider gives before our key when it tells us what became of a letter.
HOOK_USER = "homeward"


@dataclass(frozen=True)
class Provider:
    """key: what anymail calls the key of its interface. told_by: anymail's view for what it
    tells us. domain: what anymail calls the domain that letters leave from, where it must
    be said. signed: what anymail calls the key that its calls to us are signed with, where
    they must be."""

    key: str
    told_by: str
    domain: str = ""
    signed: str = ""


PROVIDERS: dict[str, Provider] = {
    "brevo": Provider("api_key", "anymail.webhooks.brevo.BrevoTrackingWebhookView"),
    "mailgun": Provider(
        "api_key",
        "anymail.webhooks.mailgun.MailgunTrackingWebhookView",
        domain="sender_domain",
        signed="MAILGUN_WEBHOOK_SIGNING_KEY",
    ),
    "postmark": Provider("server_token", "anymail.webhooks.postmark.PostmarkTrackingWebhookView"),
    "resend": Provider("api_key", "anymail.webhooks.resend.ResendTrackingWebhookView"),
    "sendgrid": Provider("api_key", "anymail.webhooks.sendgrid.SendGridTrackingWebhookView"),
    "sparkpost": Provider("api_key", "anymail.webhooks.sparkpost.SparkPostTrackingWebhookView"),
}


def by_file(folder: Path) -> dict[str, Any]:
    """So a clone can be tried out without sending anything to anyone."""
    return {
        "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "OPTIONS": {"file_path": str(folder)},
    }


def by_smtp(url: str) -> dict[str, Any]:
    """`smtp://user:password@host:587?tls=1` → the options of one mailer. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme != "smtp" or not parts.hostname:
        raise ValueError("it does not begin with smtp:// and a host")
    query = parse_qs(parts.query)
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or 25,
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": query.get("tls") == ["1"],
            "use_ssl": query.get("ssl") == ["1"],
            "timeout": TIMEOUT,
        },
    }


def by_provider(slug: str, key: str, domain: str = "", base: str = "") -> dict[str, Any]:
    """The options of one mailer. base: another address of its interface than the usual
    one, such as that of its European machines. Raises ValueError."""
    provider = PROVIDERS.get(slug)
    if provider is None:
        raise ValueError(f"it is none of {', '.join(PROVIDERS)}")
    if not key:
        raise ValueError("HOMEWARD_MAIL_KEY is missing")
    options: dict[str, Any] = {provider.key: key, "timeout": TIMEOUT}
    if provider.domain:
        if not domain:
            raise ValueError("HOMEWARD_MAIL_DOMAIN is missing")
        options[provider.domain] = domain
    if base:
        options["api_url"] = base
    return {"BACKEND": f"anymail.backends.{slug}.EmailBackend", "OPTIONS": options}


def told_by(slug: str) -> str:
    """Dotted path of the view for what the provider tells us, '' where there is none."""
    return PROVIDERS[slug].told_by if slug in PROVIDERS else ""


def hearing(slug: str, hook_key: str, signing_key: str) -> dict[str, Any]:
    """Anymail's settings for what the provider tells us. Without a key nobody is believed:
    then the address for it leads nowhere (returns/mail_hook.py)."""
    found: dict[str, Any] = {"WEBHOOK_SECRET": f"{HOOK_USER}:{hook_key}"} if hook_key else {}
    if signing_key and slug in PROVIDERS and PROVIDERS[slug].signed:
        found[PROVIDERS[slug].signed] = signing_key
    return found
