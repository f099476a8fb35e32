"""A mail that came in, as a mail server hands it over: an answer, or word of one of ours
that could not be delivered (RFC 3464). Pure; whoever sent it may mean us harm.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import MIMEPart
from email.policy import EmailPolicy
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any, cast

from django.conf import settings

from returns.channels import Delivery, Incoming, Report
from returns.channels.email import OURS
from returns.channels.email_errors import UNREACHABLE, enhanced
from returns.mail_text import (
    LONGEST,
    LONGEST_SOURCE,
    clean,
    decoded,
    new_words,
    text_of_html,
)
from returns.reply_addresses import order_of

MOST_LINES = 400_000  # 20 MB of attachments have less than 300,000
MOST_PARTS = 200
# Python's parser holds each line against each boundary that is open.
MOST_COMPARISONS = 3_000_000
# It makes an object of each block in a word of a mail server.
MOST_BLOCKS = 10_000
LONGEST_HEAD = 256 * 1024  # bytes
LONGEST_HEADER = 4_000  # characters
LONGEST_PARAMETERS = 1_000  # characters of what says what a part is
MOST_PICTURES = 5
MOST_REFERENCES = 20
BOUNDARY = re.compile(rb"boundary[\s(*=]")
MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,250}>")
ADDRESS = re.compile(r"[^\s<>,;:\"()]{1,200}@[^\s<>,;:\"()]{1,200}")
# What phones call "some bytes" although it is a photo.
PHOTO_NAME = re.compile(r".{0,200}\.(jpe?g|png|heic|heif|webp)\Z", re.IGNORECASE | re.DOTALL)
# Nobody attached these: programs do.
UNNOTICED = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
FORWARDED = re.compile(r"\s*(fwd?|转发|轉寄|wg|tr|rv)\s*[:：]", re.IGNORECASE)
AWAY = re.compile(
    r"\s*(自动回复|自動回覆|自動回復|automatic reply|auto[- ]?reply|out of office)\b", re.IGNORECASE
)
MACHINES = ("mailer-daemon", "postmaster", "no-reply", "noreply")
# A day that a mail can be of.
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)


class _Careful(EmailPolicy):
    """Headers are given as they came, and no further than this: to understand one word by
    word, each time that it is asked for, can keep Python busy for minutes."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        return "".join(value[:LONGEST_PARAMETERS].splitlines())


POLICY: Any = _Careful()


def read(raw: bytes) -> list[Incoming | Report]:
    """What this mail says: one answer, or a report for each letter that came back.

    Raises ValueError for what is no mail, or one that nobody could read to its end."""
    _refuse_the_endless(raw)
    try:
        mail: MIMEPart = message_from_bytes(raw, policy=POLICY)
        if _is_delivery_status(mail):
            return list(_reports(mail))
        return [_answer(mail, raw)]
    except Exception as error:
        # Python's parser raises a dozen kinds of errors on what was made to upset it.
        raise ValueError(f"The mail cannot be read ({type(error).__name__}).") from error


def _refuse_the_endless(raw: bytes) -> None:
    """What Python's parser would be busy with for long is counted before."""
    plain = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").lower()
    head = plain.find(b"\n\n")
    if (len(plain) if head < 0 else head) > LONGEST_HEAD:
        raise ValueError("The head of the mail is too long.")
    lines = plain.count(b"\n")
    if lines > MOST_LINES or plain.count(b"content-type") > MOST_PARTS:
        raise ValueError("The mail has too many lines or parts.")
    if lines * len(BOUNDARY.findall(plain)) > MOST_COMPARISONS:
        raise ValueError("The mail has too many lines within parts of parts.")
    if b"delivery-status" in plain and plain.count(b"\n\n") > MOST_BLOCKS:
        raise ValueError("The mail has too many blocks.")


def _answer(mail: MIMEPart, raw: bytes) -> Incoming:
    plain, html, pictures, left_out = _contents(mail)
    sender = _address(_header(mail, "From"))
    subject = _subject(mail)
    return Incoming(
        id=next(iter(_ids(mail, "Message-ID")), "") or _fingerprint(raw),
        sender=sender,
        text=_words(plain, html, subject)[:LONGEST],
        at=_moment(mail),
        pictures=tuple(pictures),
        left_out=left_out,
        references=_references(mail),
        to=_sent_to(mail),
        automatic=_is_automatic(mail, sender, subject),
    )


# --- Headers -----------------------------------------------------------------------------


def _header(mail: MIMEPart, name: str) -> str:
    """The header as it came, unfolded; '' when there is none."""
    return next(_headers(mail, name), "")


def _headers(mail: MIMEPart, *names: str) -> Iterator[str]:
    wanted = [name.lower() for name in names]
    for name, value in mail.raw_items():
        if name.lower() in wanted:
            # Not every program knows that it must write other signs in code.
            plain = str(value)[:LONGEST_HEADER].encode("utf-8", "surrogateescape")
            yield " ".join(decoded(plain, "").split())


def _ids(mail: MIMEPart, *names: str) -> list[str]:
    found = [one for value in _headers(mail, *names) for one in MESSAGE_ID.findall(value)]
    return list(dict.fromkeys(found))


def _references(mail: MIMEPart) -> tuple[str, ...]:
    nearest = _ids(mail, "In-Reply-To")
    before = [one for one in _ids(mail, "References") if one not in nearest]
    return tuple([*before, *nearest][-MOST_REFERENCES:])


def _fingerprint(raw: bytes) -> str:
    return f"sha256-{hashlib.sha256(raw).hexdigest()}"


def _address(header: str) -> str:
    """The plain address, '' when there is none."""
    address = parseaddr(header)[1] or next(iter(ADDRESS.findall(header)), "")
    return clean(address)[:254] if "@" in address else ""


def _sent_to(mail: MIMEPart) -> str:
    """The first address that we signed for an order."""
    for names in (("Delivered-To", "X-Original-To", "Envelope-To"), ("To",), ("Cc",)):
        for value in _headers(mail, *names):
            for address in ADDRESS.findall(value):
                if order_of(address) is not None:
                    return address
    return ""


def _subject(mail: MIMEPart) -> str:
    return clean(_uncoded(_header(mail, "Subject")))


def _uncoded(value: str) -> str:
    """`=?utf-8?q?caf=C3=A9?=` → `café` (RFC 2047)."""
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        return value


def _moment(mail: MIMEPart) -> datetime | None:
    """When it was written, if that can be true."""
    try:
        moment = parsedate_to_datetime(_header(mail, "Date"))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment if OLDEST < moment < datetime.now(UTC) + timedelta(days=1) else None


def _is_automatic(mail: MIMEPart, sender: str, subject: str) -> bool:
    """Whether a machine wrote it, or it is a letter of ours that came around again."""
    submitted = _header(mail, "Auto-Submitted").partition(";")[0].strip().lower()
    precedence = _header(mail, "Precedence").lower()
    return (
        submitted not in ("", "no")
        or precedence in ("bulk", "junk", "auto_reply")
        or any(_header(mail, name) for name in ("X-Autoreply", "X-Autorespond", OURS))
        or _header(mail, "Return-Path") == "<>"
        or sender.partition("@")[0].lower() in MACHINES
        or _is_ours(sender)
        or bool(AWAY.match(subject))
        or mail.get_content_type() == "multipart/report"
    )


def _is_ours(sender: str) -> bool:
    name, _, domain = sender.lower().rpartition("@")
    plain = f"{name.partition('+')[0]}@{domain}"
    ours = (parseaddr(settings.MAIL_FROM)[1], settings.REPLY_ADDRESS)
    return plain in [address.lower() for address in ours if address]


# --- Contents ----------------------------------------------------------------------------


def _contents(mail: MIMEPart) -> tuple[list[str], list[str], list[bytes], int]:
    """(plain texts, HTML texts, pictures, how many other files). The texts of all parts
    together are as long as what is looked at; behind that, none is opened."""
    plain: list[str] = []
    html: list[str] = []
    pictures: list[bytes] = []
    left_out, left = 0, LONGEST_SOURCE
    for part in _parts(mail):
        kind, attached = part.get_content_type(), part.get_content_disposition() == "attachment"
        if (kind == "text/plain" and not attached) or kind.startswith("multipart/"):
            plain.append(_text(part, left))
            left -= len(plain[-1])
        elif kind == "text/html" and not attached:
            html.append(_text(part, left))
            left -= len(html[-1])
        elif _may_be_photo(part) and len(pictures) < MOST_PICTURES:
            pictures.append(_bytes(part))
        elif kind not in UNNOTICED:
            left_out += 1
    return plain, html, pictures, left_out


def _parts(mail: MIMEPart) -> Iterator[MIMEPart]:
    """What it is made of; a mail within the mail is one part, and so is one that says it
    has parts and has none."""
    if mail.get_content_maintype() != "multipart" or not mail.is_multipart():
        yield mail
        return
    for part in mail.iter_parts():
        yield from _parts(part)


def _may_be_photo(part: MIMEPart) -> bool:
    kind = part.get_content_type()
    if kind == "application/octet-stream":
        return bool(PHOTO_NAME.match(_uncoded(part.get_filename() or "")))
    return kind.startswith("image/") and kind != "image/svg+xml"


def _bytes(part: MIMEPart) -> bytes:
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(part: MIMEPart, most: int) -> str:
    """So many characters of it; no sign takes more than four bytes."""
    if not most:
        return ""
    return decoded(_bytes(part)[: 4 * most], part.get_content_charset("") or "")[:most]


def _words(plain: list[str], html: list[str], subject: str) -> str:
    """What is new; the whole when it was forwarded to us, or when nothing else is said, so
    that no word of a buyer is lost. HTML is read only where the plain text says nothing."""
    written = clean("\n".join(plain))
    if FORWARDED.match(subject):
        return written or _of_html(html, with_quotes=True)
    new = new_words(written) or new_words(_of_html(html))
    return new or written or _of_html(html, with_quotes=True) or subject


def _of_html(html: list[str], *, with_quotes: bool = False) -> str:
    return clean("\n".join(text_of_html(one, with_quotes) for one in html))


# --- Letters that came back --------------------------------------------------------------


def _is_delivery_status(mail: MIMEPart) -> bool:
    kind = str(mail.get_param("report-type", "") or "").lower()
    return mail.get_content_type() == "multipart/report" and kind == "delivery-status"


def _reports(mail: MIMEPart) -> Iterator[Report]:
    """A letter of ours has one receiver, so the first that failed is the one."""
    blocks: list[MIMEPart] = []
    returned: list[str] = []
    for part in _parts(mail):
        kind, inside = part.get_content_type(), cast(Any, part.get_payload())
        if kind == "message/delivery-status":
            blocks += inside
        elif kind in ("message/rfc822", "message/rfc822-headers"):
            returned += [one for inner in inside for one in _ids(inner, "Message-ID")]
        elif kind == "text/rfc822-headers":
            returned += _ids(message_from_bytes(_bytes(part), policy=POLICY), "Message-ID")
    failed = [one for one in blocks if _header(one, "Action").lower() == "failed"]
    if failed and returned:
        yield _failure(returned[0], enhanced(_header(failed[0], "Status")), _moment(mail))


def _failure(message_id: str, status: str, at: datetime | None) -> Report:
    return Report(
        id=message_id,
        state=Delivery.FAILED,
        at=at,
        key=message_id,
        error=f"The mail server of the receiver refused it ({status or 'no reason given'}).",
        unreachable=status in UNREACHABLE,
    )
