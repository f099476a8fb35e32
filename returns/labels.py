"""Labels that a merchant made elsewhere: checked before a buyer prints them.

A picture is rebuilt like every photo (returns/photos). A PDF is kept as it is, since
printers need its lines sharp; it is looked at from outside only: that it is one, whole, and
names nothing that acts by itself. The look is a plain one over the bytes. It does not see
what is packed into compressed object streams or encrypted, so it keeps accidents and the
simple tricks away, not a determined sender. That is why only staff may upload one, and why
it is handed out as an attachment that no page of ours opens.
"""

import hashlib
import re
from dataclasses import dataclass

from returns import photos
from returns.photos.problems import Problem
from returns.photos.words import PROBLEMS as PHOTO_PROBLEMS
from tracking.texts import Words

MOST_BYTES = 5 * 1024 * 1024
# How far from the end the end mark may stand: programs append lines and blanks.
END_WITHIN = 1024

PDF_BEGINS, PDF_ENDS = b"%PDF-", b"%%EOF"
# Names of things that run, open, send or carry. An /OpenAction that is an array only says
# which page to show first, which nearly every program writes.
ACTS = re.compile(
    rb"/(?:JavaScript|Launch|EmbeddedFile|RichMedia|SubmitForm|ImportData|OpenAction(?!\s*\[))"
)
# A name may write any of its letters as #xx.
ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


class Unusable(Exception):
    """No label that can be given to a buyer; `problem` is a key of PROBLEMS."""

    def __init__(self, problem: str):
        self.problem = problem
        super().__init__(problem)


CUT_OFF, ACTIVE = "cut_off", "active"
# For the desk only, and so in English. A picture has the problems of every photo.
PROBLEMS: dict[str, Words] = {
    **{str(problem): words for problem, words in PHOTO_PROBLEMS.items()},
    Problem.EMPTY: "The file is empty.",
    Problem.TOO_LARGE: "The file is larger than 5 MB. A label has one page.",
    Problem.WRONG_TYPE: "This is neither a PDF nor a picture (JPEG, PNG, WebP or HEIC).",
    CUT_OFF: "The PDF ends too early, as if its download was cut off. Fetch it once more.",
    ACTIVE: "The PDF has a script, an attachment or an action in it, which a label does not "
    "need. Print it to a new PDF, or upload a picture of it.",
}


@dataclass(frozen=True)
class Label:
    """data: what is kept. sha256: of the file as it was sent."""

    data: bytes
    content_type: str
    sha256: str


def check(data: bytes) -> Label:
    """Raises Unusable when it is no label."""
    if not data:
        raise Unusable(Problem.EMPTY)
    if len(data) > MOST_BYTES:
        raise Unusable(Problem.TOO_LARGE)
    if data.startswith(PDF_BEGINS):
        return _check_pdf(data)
    try:
        picture = photos.develop(data)
    except photos.Unusable as unusable:
        raise Unusable(unusable.problem) from None
    return Label(picture.jpeg, "image/jpeg", picture.sha256)


def _check_pdf(data: bytes) -> Label:
    if PDF_ENDS not in data[-END_WITHIN:]:
        raise Unusable(CUT_OFF)
    plain = ESCAPED.sub(lambda code: bytes.fromhex(code[1].decode()), data)
    if ACTS.search(data) or ACTS.search(plain):
        raise Unusable(ACTIVE)
    return Label(data, "application/pdf", hashlib.sha256(data).hexdigest())
