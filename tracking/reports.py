"""ScanReport: one carrier report as an adapter hands it over."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ScanReport:
    """at: aware datetime, kept in UTC. utc_offset: minutes east of UTC at the place, or
    None when the carrier did not say. words: the carrier's own text, in `language`.
    code: the sender's own word for the step, as it came.
    """

    at: datetime
    milestone: str
    code: str = ""
    place: str = ""
    words: str = ""
    language: str = ""
    utc_offset: int | None = None
