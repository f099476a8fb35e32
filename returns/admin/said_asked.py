"""Words that say we have asked the carrier, where nobody has noted that we did."""

import re

from returns.models import Order

NOT_NOTED = (
    "Nobody has noted a question to the carrier for this case. Note it first, or do not say so."
)
ASKED = re.compile(r"\basked\b|询问|问过|问了|联系过|联系了|催过|催了", re.IGNORECASE)


def warning(order: Order, text: str) -> str:
    """'' when the text says nothing of it, or somebody has asked about an open case."""
    if not ASKED.search(text):
        return ""
    cases = order.cases.filter(closed_at=None)
    return NOT_NOTED if cases and not cases.exclude(contacts=None).exists() else ""
