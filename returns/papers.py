"""Papers that a buyer sends for customs: looked at before they are kept.

A photo is rebuilt like every photo (returns/photos). A PDF is kept as it is and never opened
here; it is looked at from outside, more strictly than a label (returns/labels.py), because a
stranger sends it: that it is one, whole, not locked, and names nothing that runs, opens,
sends or carries, neither plainly nor in its compressed parts.

A name ends where a reader lets it end: at a blank, at NUL (a blank too), at a comment. Comments
are not taken out, for a % in a text is none, and what stands behind it would be gone with it.

What this look does not see: names behind other packings than Flate (which streams that hold
objects may not have), and parts that are damaged on purpose. So it keeps accidents and the
usual tricks away, not every trick; a PDF is only ever handed out as an attachment, in a
sandbox, and no page of ours opens it.
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
    ESCAPED,
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
    b"/FileAttachment",
    b"/RichMedia",
    b"/Rendition",
    b"/SubmitForm",
    b"/ImportData",
    b"/GoToE",
    b"/GoToR",
)
# An /OpenAction that is an array only says which page to show first. Forms of XFA hold scripts,
# /EF a file; of names as short, pictures have some by chance, so a value belongs to that one:
# a dictionary, a reference, or a comment, which no program writes there.
ACTS_WHEN = {
    b"/OpenAction": re.compile(rb"/OpenAction(?!\s*\[)"),
    b"/XFA": re.compile(rb"/XFA[\0\s%()<>\[\]{}/]"),
    b"/EF": re.compile(rb"/EF(?:[\0\s]*+(?:<<|%)|[\0\s]++\d[\d\0\s%])"),
}
# A name may write its letters as #xx. Programs do so for blanks and hanzi, never for letters;
# but pictures have such by chance, so these are read, unless there are very many.
HIDES = re.compile(
    rb"/[A-Za-z0-9_.#+-]{0,40}#(?:[46][1-9A-Fa-f]|[57][0-9Aa])[A-Za-z0-9_.#+-]{0,40}"
)
MOST_HIDDEN = 100
HIDDEN = (*ACTS, b"/OpenAction", b"/XFA", b"/EF", b"/Encrypt", b"/ObjStm", b"/F", b"/D")
LOCKS = re.compile(rb"/Encrypt(?![A-Za-z0-9])")

# A stream may hold objects, names and all. Its dictionary has to be as plain as programs write
# it: alone at the begin of a line, so in no comment; without texts, comments and other
# dictionaries; and packed once by what we unpack, or not at all.
HOLDS_OBJECTS = b"/ObjStm"
PLAIN_STREAM = re.compile(
    rb"[\r\n][\0\t ]*+\d++[\0\s]++\d++[\0\s]++obj[\0\s]*+<<([^()%<>]*+)>>[\0\s]*+stream"
)
BY_FLATE = re.compile(rb"/Filter[\0\s]*+(?:/FlateDecode|\[[\0\s]*+/FlateDecode[\0\s]*+\])")
OTHERWISE = re.compile(rb"/(?:F|Filter|FFilter|DP|DecodeParms)(?![A-Za-z0-9])")

# How much is unpacked of one file, in bytes read and written together, and at one go.
MOST_UNPACKED = 32 * 1024 * 1024
STEP = 16 * 1024
# Where a part may begin: behind the word and blanks, or in the next line, whatever the rest of
# this one holds. Browsers read both.
PACKED = (re.compile(rb"stream[\0\s]*+"), re.compile(rb"stream[^\r\n]++[\0\s]*+"))
BLANKS = b"\0\t\n\v\f\r "
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
    if _acts(data) or _hides_objects(data) or any(_acts(part) for part in _unpacked(data)):
        raise Unusable(ACTIVE)


def _hides_objects(data: bytes) -> bool:
    """Whether some stream that holds objects is not one that we read as every reader does."""
    said = data.count(HOLDS_OBJECTS)
    return said > 0 and said != sum(
        stream[1].count(HOLDS_OBJECTS)
        for stream in PLAIN_STREAM.finditer(data)
        if not OTHERWISE.search(BY_FLATE.sub(b"", stream[1], count=1))
    )


def _acts(part: bytes) -> bool:
    return (
        any(name in part for name in ACTS)
        or any(name in part and when.search(part) for name, when in ACTS_WHEN.items())
        or (b"#" in part and _hides_a_name(part))
    )


def _hides_a_name(part: bytes) -> bool:
    for count, name in enumerate(HIDES.finditer(part)):
        plain = ESCAPED.sub(lambda code: bytes.fromhex(code[1].decode()), name[0])
        if plain.startswith(HIDDEN) or count >= MOST_HIDDEN:
            return True
    return False


def _unpacked(data: bytes) -> Iterator[bytes]:
    """The compressed parts in pieces, each with the end of the one before.

    Where a part ends is not asked: what stands in the file about it may be a lie. Reading is
    counted as well as writing, so that neither much from little nor many beginnings of
    nothing take long. Raises Unusable.
    """
    left = MOST_UNPACKED
    for at in _beginnings(data):
        seen, packed = b"", zlib.decompressobj()
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
            piece = seen + piece
            yield piece
            seen = _end(piece)


def _beginnings(data: bytes) -> Iterator[int]:
    """Where zlib's header stands behind the word that begins a part."""
    for word in PACKED:
        for found in word.finditer(data):
            at = found.end()
            if data[at : at + 1] in BEGINS_PACKED and not int.from_bytes(data[at : at + 2]) % 31:
                yield at


def _end(piece: bytes) -> bytes:
    """What has to be seen together with what follows. Many blanks are as one."""
    solid = piece.rstrip(BLANKS)
    return solid[-LONGEST_NAME:] + piece[len(solid) : len(solid) + 1]
