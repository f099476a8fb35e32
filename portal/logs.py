"""What the log may tell: never the key that an address carries."""

import logging
import re

# /s/<store>/l/<token> and /k/<code> open an order; nothing else in an address does.
KEYS = re.compile(r"(/[lk]/)[^\s?#'\"<>]+")


class Discreet(logging.Formatter):
    """The usual line, tracebacks included, with the keys in addresses left out."""

    def format(self, record: logging.LogRecord) -> str:
        return KEYS.sub(r"\1…", super().format(record))
