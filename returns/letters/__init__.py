"""Writes the letter of a notice: subject, text and HTML, in the buyer's language and zone.

What a letter says is in templates/notices/<kind>.{subject,text,html}; the facts that it
says it with are in facts.py and parcel_back.py, whether they are still true in truth.py.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from returns import addresses, formats
from returns.channels import Attachment, Message
from returns.letters.attached import attachments_of
from returns.letters.facts import FACTS
from returns.letters.parts import Facts, in_one_line
from returns.letters.truth import is_still_true
from returns.models.access import ShortLink
from returns.models.notice import Notice, NoticeKind

__all__ = ["FACTS", "WITHOUT_LINK", "Letter", "is_still_true", "language_of", "message", "write"]

LONGEST_SUBJECT = 70
# Letters that hold no link: whoever reads them may be the wrong person.
WITHOUT_LINK = frozenset({NoticeKind.ACCESS_CODE, NoticeKind.CONTACT_CHANGED})


@dataclass(frozen=True)
class Letter:
    """kept_text: what may be stored; the link's own code is a key and is not in it."""

    subject: str
    text: str
    html: str
    kept_text: str
    attachments: tuple[Attachment, ...] = ()


def write(notice: Notice) -> Letter:
    """Renders the letter as things stand now, with a fresh short link of its own.

    The words are read in one transaction, which also takes the link back when the letter
    cannot be written; what is attached is made before it.
    """
    order, store = notice.order, notice.order.store
    with speaking(notice.language, order.where):
        attached = attachments_of(notice)
    with transaction.atomic(), speaking(notice.language, order.where):
        code, link = _link(notice)
        facts: Facts = {
            "notice": notice,
            "order": order,
            "store": store,
            "rma": notice.authorization,
            "name": in_one_line(order.first_name)[:60],
            "link": link,
            "town": formats.place(order.where),
            "language": translation.get_language() or settings.LANGUAGE_CODE,
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
            "brand": _colour(store.brand),
            "promise": "",
            "attached": attached,
        }
        facts |= FACTS[notice.kind](notice)
        subject = _shorten(in_one_line(_render(notice.kind, "subject", facts)))
        facts["subject"] = subject
        text = _tidy(_render(notice.kind, "text", facts))
        html = get_template(f"notices/{notice.kind}.html").render(facts)
    kept_text = text.replace(code, "…") if code else text
    return Letter(subject, text, html, kept_text, tuple(attached.values()))


def message(notice: Notice, letter: Letter) -> Message:
    store = notice.order.store
    return Message(
        key=notice.message_id,
        recipient=notice.recipient,
        sender=store.name,
        reply_to=store.contact_email,
        language=language_of(notice.language),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        attachments=letter.attachments,
    )


def language_of(code: str) -> str:
    """The nearest language that we have; the site's own when we have none like it."""
    try:
        return translation.get_supported_language_variant(code)
    except LookupError:
        return settings.LANGUAGE_CODE


@contextmanager
def speaking(language: str, zone: str) -> Iterator[None]:
    with translation.override(language_of(language)), timezone.override(zone):
        yield


# --- How it is put together ----------------------------------------------------------------


def _link(notice: Notice) -> tuple[str, str]:
    """The code of a fresh short link and its whole address; twice '' where none belongs."""
    if notice.kind in WITHOUT_LINK:
        return "", ""
    order, path = notice.order, ""
    if notice.authorization:
        page = addresses.return_page(notice.authorization)
        path = page.removeprefix(addresses.order_page(order))
    code = ShortLink.objects.make(order, path)
    return code, addresses.short_link(order, code)


def _render(kind: str, part: str, facts: Facts) -> str:
    """A plain part: nothing is escaped in it, whatever the template says."""
    template: Any = get_template(f"notices/{kind}.{part}")
    return template.template.render(Context(facts, autoescape=False))


def _shorten(subject: str) -> str:
    if len(subject) <= LONGEST_SUBJECT:
        return subject
    return subject[: LONGEST_SUBJECT - 1].rstrip() + "…"


def _tidy(text: str) -> str:
    """One blank line between paragraphs, none at the ends, no blanks at line ends."""
    lines = "\n".join(line.rstrip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", lines).strip() + "\n"


def _colour(brand: str) -> str:
    """It stands in a style sheet, where HTML's escaping protects nothing."""
    return brand if re.fullmatch(r"#[0-9a-fA-F]{6}", brand) else "#2d5f51"
