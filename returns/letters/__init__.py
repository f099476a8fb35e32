"""Writes the letter of a notice: subject, text and HTML, in the buyer's language and zone.

What a letter says is in templates/notices/<kind>.{subject,text,html}; the facts that it
says it with are in facts.py and parcel_back.py, whether they are still true in truth.py.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation
from django.utils.translation import gettext

from returns import addresses, formats, own_words, reply_addresses
from returns.channels import Attachment, Error, Message, Template
from returns.letters import address, offer, problem, signature, withdrawal
from returns.letters.allowed import template_for
from returns.letters.attached import attachments_of
from returns.letters.facts import FACTS
from returns.letters.own_hand import in_own_hand
from returns.letters.parts import Facts, in_one_line
from returns.letters.short import short
from returns.letters.truth import is_still_true
from returns.models.access import ShortLink
from returns.models.notice import Channel, Notice, NoticeKind

__all__ = [
    "FACTS",
    "WITHOUT_LINK",
    "Letter",
    "body_of",
    "carries_link",
    "facts_of",
    "is_still_true",
    "language_of",
    "message",
    "preview",
    "version",
    "write",
]

LONGEST_SUBJECT = 70
# Letters that hold no link: whoever reads them may be the wrong person.
WITHOUT_LINK = frozenset({NoticeKind.ACCESS_CODE, NoticeKind.CONTACT_CHANGED})
ABOUT_THREAD = frozenset({NoticeKind.MESSAGE_RECEIVED, NoticeKind.MESSAGE_ANSWER})


@dataclass(frozen=True)
class Letter:
    """kept_text: what may be stored; the link's own code is a key and is not in it. short:
    the whole in a few words. template: where only approved texts are carried. version: of
    the words."""

    subject: str
    text: str
    html: str
    kept_text: str
    attachments: tuple[Attachment, ...] = ()
    short: str = ""
    template: Template | None = None
    version: str = ""


def write(notice: Notice) -> Letter:
    """Renders the letter as things stand now, with a fresh short link of its own.

    The words are read in one transaction, which also takes the link back when the letter
    cannot be written; what is attached is made before it. Raises channels.Error when its
    channel carries approved texts only, and none is approved for it.
    """
    with speaking(notice.language, notice.order.where):
        attached = attachments_of(notice)
    with transaction.atomic(), speaking(notice.language, notice.order.where):
        code, link = _link(notice)
        letter = _composed(notice, link, attached)
        short_text, template = _short(notice, link, letter.facts)
    kept = letter.text if notice.channel == Channel.EMAIL else short_text
    return Letter(
        letter.subject,
        letter.text,
        letter.html,
        kept.replace(code, "…") if code else kept,
        tuple(attached.values()),
        short_text,
        template,
        letter.version,
    )


def preview(notice: Notice) -> Letter:
    """The same for the desk's eyes: without a link that opens anything, or attachments."""
    with speaking(notice.language, notice.order.where):
        link = addresses.absolute(notice.order.store, "/k/…") if carries_link(notice) else ""
        letter = _composed(notice, link, {})
        try:
            short_text, _template = _short(notice, link, letter.facts)
        except Error:
            short_text = ""
    kept = letter.text if notice.channel == Channel.EMAIL else short_text
    return Letter(letter.subject, letter.text, letter.html, kept, (), short_text)


def body_of(notice: Notice) -> str:
    """What a person may rewrite: our own words without greeting, promise and signature."""
    with speaking(notice.language, notice.order.where):
        facts = facts_of(notice, "", {})
        if notice.channel != Channel.EMAIL:
            return short(notice, facts, "").strip()
        text = own_words.blocks_of(notice.kind, facts)["facts"].text
        # The heading of the promise, which follows.
        return text.removesuffix(gettext("What happens next")).rstrip()


def message(notice: Notice, letter: Letter) -> Message:
    store, thread = notice.order.store, notice.entry
    return Message(
        key=notice.message_id,
        recipient=notice.recipient,
        sender=store.name,
        reply_to=reply_addresses.address_for(notice.order) or store.contact_email,
        language=language_of(notice.language),
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        attachments=letter.attachments,
        short=letter.short,
        template=letter.template,
        answers=thread.mail_id if thread else "",
        automatic=notice.sent_by_id is None,
    )


def version(kind: str) -> str:
    """Of our own words for this kind: a new one whenever they change."""
    templates: list[Any] = [get_template(f"notices/{kind}.{part}") for part in PARTS]
    parts = [template.template.source for template in templates]
    return hashlib.sha256("".join(parts).encode()).hexdigest()[:12]


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

PARTS = ("subject", "text", "html")


@dataclass(frozen=True)
class Composed:
    subject: str
    text: str
    html: str
    version: str
    facts: Facts


def _composed(notice: Notice, link: str, attached: Mapping[str, Attachment]) -> Composed:
    """In a person's words, else in the store's own, else in ours."""
    facts = facts_of(notice, link, attached)
    if notice.words:
        subject, text, html = in_own_hand(notice.words, notice, facts)
        return Composed(_shorten(in_one_line(subject)), _tidy(text), html, "", facts)
    if own := own_words.of(notice):
        subject, text, html = own_words.letter(own.subject, own.body, notice, facts)
        return Composed(_shorten(subject), _tidy(text), html, f"own-{own.number}", facts)
    text = _tidy(_render(notice.kind, "text", facts))
    html = get_template(f"notices/{notice.kind}.html").render(
        facts | {"layout": "notices/base.html"}
    )
    return Composed(facts["subject"], text, html, version(notice.kind), facts)


def facts_of(notice: Notice, link: str, attached: Mapping[str, Attachment]) -> Facts:
    """All that its letter is written with, in the active language and zone."""
    order, store = notice.order, notice.order.store
    facts: Facts = {
        "layout": "notices/base.text",
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
        "signed_by": _signed_by(notice),
        "promise": "",
        "attached": attached,
    }
    facts |= FACTS[notice.kind](notice)
    facts["subject"] = _shorten(in_one_line(_render(notice.kind, "subject", facts)))
    return facts


def _signed_by(notice: Notice) -> str:
    """Who sent it, when a person did; else the names that the store signs with."""
    person = notice.sent_by
    if person:
        return person.first_name or person.get_username()
    return notice.order.store.signed_by


def _short(notice: Notice, link: str, facts: Facts) -> tuple[str, Template | None]:
    """The few words, or the approved text, for channels that carry no letters."""
    if notice.channel == Channel.EMAIL:
        return "", None
    free = f"{notice.words['body'].strip()}\n{link}" if notice.words else short(notice, facts, link)
    return free, template_for(notice, facts, link)


def _link(notice: Notice) -> tuple[str, str]:
    """The code of a fresh short link and its whole address; twice '' where none belongs."""
    if not carries_link(notice):
        return "", ""
    order, page = notice.order, ""
    if notice.kind == NoticeKind.OFFER_MADE:
        page = offer.path(notice)
    elif notice.authorization:
        page = addresses.return_page(notice.authorization)
    elif notice.kind in ABOUT_THREAD:
        page = addresses.order_page(order, "messages")
    elif notice.kind in address.ABOUT_ADDRESSES:
        page = address.path(notice)
    elif notice.kind == NoticeKind.WITHDRAWAL_NEWS:
        page = withdrawal.path(notice)
    elif notice.kind == NoticeKind.SIGNATURE_QUESTION:
        page = signature.path(notice)
    elif notice.kind in problem.ABOUT_PROBLEMS:
        page = problem.path(notice)
    path = page.removeprefix(addresses.order_page(order))
    code = ShortLink.objects.make(order, path, notice=notice)
    return code, addresses.short_link(order, code)


def carries_link(notice: Notice) -> bool:
    if notice.kind == NoticeKind.ADDRESS_ASKED:
        return address.is_to_the_trusted(notice)
    return notice.kind not in WITHOUT_LINK


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
