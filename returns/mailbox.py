"""The mailbox that buyers' answers arrive in, fetched over IMAP (RFC 3501).

A mail is stored first and marked as read after, so a crash in between fetches it once more
and stores nothing: the same bytes are one row. No transaction is open meanwhile. A mail that
the server does not give out is flagged, and from then on comes after all the others.
"""

import imaplib
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from django.conf import settings

logger = logging.getLogger(__name__)

TIMEOUT = 15.0  # seconds, for each answer of the server
LONGEST_ROUND = 25  # seconds; the queue stops work that takes longer
BATCH = 50
LARGEST = 20 * 1024 * 1024  # bytes
SIZE = re.compile(rb"RFC822\.SIZE (\d+)")
FAILURES = (imaplib.IMAP4.error, OSError)


@dataclass(frozen=True)
class Place:
    """Where the mailbox is, and how to get in. is_private: nobody reads on the way."""

    host: str
    port: int
    is_private: bool
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str


def place_of(url: str) -> Place:
    """`imaps://user:password@host:993/INBOX` (imap:// for a server beside us). Raises
    ValueError, whose words hold nothing of the address."""
    parts = urlsplit(url)
    if parts.scheme not in ("imap", "imaps") or not parts.hostname:
        raise ValueError("it does not begin with imaps:// and a host")
    if not parts.username or not parts.password:
        raise ValueError("it names no user and password")
    private = parts.scheme == "imaps"
    try:
        port = parts.port or (993 if private else 143)
    except ValueError:
        raise ValueError("its port is no number from 1 to 65535") from None
    return Place(
        parts.hostname,
        port,
        private,
        unquote(parts.username),
        unquote(parts.password),
        unquote(parts.path.strip("/")) or "INBOX",
    )


def pull() -> int:
    """Stores what is unread and marks it as read; returns how many mails that were. What
    fails is tried again at the next ring. Without a mailbox (IMAP_URL) nothing happens."""
    if not settings.IMAP_URL:
        return 0
    place, taken, uid = place_of(settings.IMAP_URL), 0, ""
    until = time.monotonic() + LONGEST_ROUND
    try:
        with _opened(place) as mailbox:
            for uid in _unread(mailbox):
                taken += _take(mailbox, uid)
                if time.monotonic() > until:
                    break
    except FAILURES as error:
        # Its own words may hold the name of the mailbox.
        logger.warning("The mailbox cannot be read (%s)", type(error).__name__)
        if uid:
            _set_aside(place, uid)
    return taken


@contextmanager
def _opened(place: Place) -> Iterator[imaplib.IMAP4]:
    kind = imaplib.IMAP4_SSL if place.is_private else imaplib.IMAP4
    mailbox = kind(place.host, place.port, timeout=TIMEOUT)
    try:
        mailbox.login(place.user, place.password)
        _ok(mailbox.select(f'"{place.folder}"'))
        yield mailbox
    finally:
        with suppress(*FAILURES):
            mailbox.logout()


def _unread(mailbox: imaplib.IMAP4) -> list[str]:
    """What failed before comes last, so that it takes no other mail's place."""
    fresh = _found(mailbox, "UNFLAGGED")
    return [*fresh, *_found(mailbox, "FLAGGED")][:BATCH]


def _found(mailbox: imaplib.IMAP4, which: str) -> list[str]:
    [found, *_] = _ok(mailbox.uid("SEARCH", "UNSEEN", which))
    return found.decode("ascii").split() if found else []


def _set_aside(place: Place, uid: str) -> None:
    """The server hung up over this mail; over the next one it may not."""
    with suppress(*FAILURES), _opened(place) as mailbox:
        mailbox.uid("STORE", uid, "+FLAGS", r"(\Flagged)")


def _take(mailbox: imaplib.IMAP4, uid: str) -> bool:
    """Whether this mail is stored now."""
    from returns.models import Inbound

    size = SIZE.search(_answer(mailbox, uid, "(RFC822.SIZE)")[0])
    if size and int(size[1]) > LARGEST:
        # Flagged, so that a person finds it; unread, it would come again for ever.
        mailbox.uid("STORE", uid, "+FLAGS", r"(\Seen \Flagged)")
        logger.warning("Mail %s in the mailbox is too large; it is flagged there", uid)
        return False
    raw = _answer(mailbox, uid, "(BODY.PEEK[])")[1]
    if not raw:  # somebody else has removed it, or the server does not give it out
        mailbox.uid("STORE", uid, "+FLAGS", r"(\Flagged)")
        return False
    Inbound.objects.keep("mail", raw)
    mailbox.uid("STORE", uid, "+FLAGS", r"(\Seen)")
    return True


def _answer(mailbox: imaplib.IMAP4, uid: str, what: str) -> tuple[bytes, bytes]:
    """(the line, what stands behind it) of one mail; empty when it is gone or refused."""
    typ, found = mailbox.uid("FETCH", uid, what)
    if typ != "OK":
        logger.warning("Mail %s in the mailbox cannot be fetched", uid)
        return b"", b""
    for part in found:
        if isinstance(part, tuple):
            return part[0], part[1]
        if isinstance(part, bytes) and SIZE.search(part):
            return part, b""
    return b"", b""


def _ok(answer: tuple[str, list]) -> list:
    typ, found = answer
    if typ != "OK":
        raise imaplib.IMAP4.error("refused")
    return found
