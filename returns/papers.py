"""Papers that a buyer sends for customs: looked at before they are kept.

A photo is rebuilt like every photo (returns/photos). A PDF is kept as it is and never opened
here; it is looked at from outside, more strictly than a label (returns/labels.py), because a
stranger sends it: that it is one, whole, not locked, and names nothing that runs, opens,
sends or carries, neither plainly nor in its compressed parts.

What this look does not see: names behind other packings than Flate, and parts that are
damaged on purpose. So it keeps accidents and the usual tricks away, not every trick; a PDF is
only ever handed out as an attachment, in a sandbox, and no page of ours opens it.
"""

import hashlib
import re
import zlib
from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from returns import photos
from returns.labels import (
    ACTIVE,
    CUT_OFF,
    END_WITHIN,
    MOST_BYTES,
    PDF_BEGINS,
    PDF_ENDS,
    Label,
    Unusable,
)
from returns.photos.problems import Problem
from returns.photos.words import PROBLEMS as PHOTO_PROBLEMS
from tracking.texts import Words

PDF_TOO_LARGE, LOCKED, TOO_MUCH = "pdf_too_large", "locked", "too_much"

ACTS = (
    b"/JavaScript",
    b"/Launch",
    b"/EmbeddedFile",
    b"/RichMedia",
    b"/Rendition",
    b"/SubmitForm",
    b"/ImportData",
    b"/GoToE",
    b"/GoToR",
)
# An /OpenAction that is an array only says which page to show first. Forms of XFA hold scripts.
ACTS_WHEN = (re.compile(rb"/OpenAction(?!\s*\[)"), re.compile(rb"/XFA\s*[\[\d]"))
# A name may write its letters as #xx. Programs do so for blanks and hanzi, never for letters.
HIDES = re.compile(rb"/[A-Za-z0-9_.#+-]{0,40}#(?:[46][1-9A-Fa-f]|[57][0-9Aa])")
LOCKS = re.compile(rb"/Encrypt[\s<]")

# How much is unpacked of one file, in bytes read and written together, and at one go.
MOST_UNPACKED = 32 * 1024 * 1024
STEP = 16 * 1024
PACKED = re.compile(rb"stream\r?\n")
# The first byte of zlib's header, by the size of its window; the two together divide by 31.
BEGINS_PACKED = tuple(bytes([size << 4 | 8]) for size in range(8))
LONGEST_NAME = 64

# Of the buyer's file → what the buyer reads.
PROBLEMS: dict[str, Words] = {
    **{str(problem): words for problem, words in PHOTO_PROBLEMS.items()},
    Problem.EMPTY: _("That file is empty. Please choose it again."),
    Problem.WRONG_TYPE: _(
        "That file is neither a PDF nor a photo we can open. Please send a PDF, or a JPEG, PNG, "
        "WebP or HEIC photo."
    ),
    Problem.NO_ROOM: _(
        "We cannot keep your paper right now, because our storage is full. Please try again "
        "later. Nothing else is lost."
    ),
    PDF_TOO_LARGE: _(
        "That PDF is larger than 5 MB. Please send only the pages that matter, or a photo of them."
    ),
    CUT_OFF: _(
        "That PDF ends too early, as if part of it was lost. Please download it once more and "
        "send it again, or send a photo of the page."
    ),
    LOCKED: _(
        "That PDF is locked, so nobody here could pass it on. Please send it without the lock, "
        "or a photo of the page."
    ),
    ACTIVE: _(
        "That PDF has something in it that a paper does not need: a script, an attachment or a "
        "form. Please print it to a new PDF, or send a photo of the page."
    ),
    TOO_MUCH: _(
        "That PDF is more than we can look through. Please send only the pages that matter, or a "
        "photo of them."
    ),
}


def check(data: bytes) -> Label:
    """What is kept of one upload. Takes up to some seconds and must not be called in a
    transaction. Raises Unusable; its `problem` is a key of PROBLEMS."""
    if data.startswith(PDF_BEGINS):
        _check_pdf(data)
        return Label(data, "application/pdf", hashlib.sha256(data).hexdigest())
    try:
        picture = photos.develop(data)
    except photos.Unusable as unusable:
        raise Unusable(unusable.problem) from None
    return Label(picture.jpeg, "image/jpeg", picture.sha256)


def _check_pdf(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise Unusable(PDF_TOO_LARGE)
    end = data[-END_WITHIN:]
    if PDF_ENDS not in end or b"startxref" not in end:
        raise Unusable(CUT_OFF)
    if LOCKS.search(data):
        raise Unusable(LOCKED)
    if _acts(data) or any(_acts(part) for part in _unpacked(data)):
        raise Unusable(ACTIVE)


def _acts(part: bytes) -> bool:
    return (
        any(name in part for name in ACTS)
        or any(name.search(part) for name in ACTS_WHEN)
        or (b"#" in part and HIDES.search(part) is not None)
    )


def _unpacked(data: bytes) -> Iterator[bytes]:
    """The compressed parts in pieces, each with the end of the one before.

    Where a part ends is not asked: what stands in the file about it may be a lie. Reading is
    counted as well as writing, so that neither much from little nor many beginnings of
    nothing take long. Raises Unusable.
    """
    left = MOST_UNPACKED
    for begin in PACKED.finditer(data):
        at, seen, packed = begin.end(), b"", zlib.decompressobj()
        if int.from_bytes(data[at : at + 2]) % 31 or data[at : at + 1] not in BEGINS_PACKED:
            continue
        while not packed.eof and at < len(data):
            left -= STEP
            try:
                piece = packed.decompress(data[at : at + STEP])
            except zlib.error:  # packed otherwise, or not at all
                piece = b""
                at = len(data)
            at += STEP
            left -= len(piece)
            if left < 0:
                raise Unusable(TOO_MUCH)
            yield seen + piece
            seen = (seen + piece)[-LONGEST_NAME:]
