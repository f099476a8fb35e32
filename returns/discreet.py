"""Signs in free words that tell who somebody is, whoever that is: found by their shape.

Pure. What is known of one buyer, portal.order_page.discretion looks for besides.
"""

import re
import unicodedata
from collections.abc import Iterable

# The soft hyphen, blanks without width, and marks of direction.
UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]+")
# A link, an email address, and a number as long as those of parcels and phones.
TELLS_TOO_MUCH = re.compile(r"https?:|www\.|@|\d(?:[\s().–-]?\d){5}|\bHW-", re.IGNORECASE)
# An email address, six digits with what people put between them, and the number of an account.
NAMES_SOMEBODY = re.compile(
    r"@|\d(?:[\s().\u2010-\u2015\u2212-]{0,3}\d){5}|(?<![a-z\d])[a-z]{2}\d{2}(?:\s?[a-z\d]{4}){3,7}"
)
# 2026-11-24, 24.11.2026 and 24.11., but no such part of a longer number.
DATE = re.compile(
    r"(?<!\d)(?<!\d[.-])"
    r"(?:\d{4}[.-]\d{1,2}[.-]\d{1,2}|\d{1,2}-\d{1,2}-\d{4}|\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})?)"
    r"(?![.-]?\d)"
)


def names_somebody(text: str, known: Iterable[str] = ()) -> bool:
    """Whether an email address stands in it, or a number as long as those of phones and
    accounts. known: numbers that may be read by everybody here."""
    text = one_form(text)
    for number in filter(None, map(one_form, known)):
        text = re.sub(rf"(?<![a-z\d]){re.escape(number)}(?![a-z\d])", ",", text)
    return NAMES_SOMEBODY.search(DATE.sub(",", text)) is not None


def one_form(text: str) -> str:
    """The same for everything that a reader takes for the same."""
    if text.isascii():
        return text.casefold()
    text = unicodedata.normalize("NFKC", UNSEEN.sub("", text)).casefold()
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in text)
