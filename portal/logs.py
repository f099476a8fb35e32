"""What the log may tell: never the key that an address carries."""

import logging
import re

# /s/<store>/l/<token> and /k/<code> open an order; the end of /hooks/messages/<provider>/<key>/
# is for some providers all that tells a genuine call. Nothing else in an address is a key.
KEYS = re.compile(r"(/[lk]/|/hooks/messages/[^/\s]+/)[^\s?#'\"<>]+")


class Discreet(logging.Formatter):
    """The usual line, tracebacks included, with the keys in addresses left out."""

    def format(self, record: logging.LogRecord) -> str:
        return KEYS.sub(r"\1…", super().format(record))
