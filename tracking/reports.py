"""ScanReport: one carrier report as an adapter hands it over."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices


class Signed(TextChoices):
    """Who took a delivered parcel in, where a report says so. Labels are for the desk."""

    SELF = "self", "By the receiver"
    OTHER = "other", "By somebody else"
    LOCKER = "locker", "In a locker or at a station"


@dataclass(frozen=True)
class ScanReport:
    """at: aware datetime, kept in UTC. utc_offset: minutes east of UTC at the place, or
    None when the carrier did not say. words: the carrier's own text, in `language`.
    code: the sender's own word for the step, as it came. country: where it was scanned
    (ISO 3166 alpha-2), '' when not told. carrier: our code of the carrier that reports it,
    '' when unknown. incident: the trouble that this report states by itself
    (tracking/incidents.py), or ''. signed: of a delivery, a value of Signed or ''.
    """

    at: datetime
    milestone: str
    code: str = ""
    place: str = ""
    words: str = ""
    language: str = ""
    utc_offset: int | None = None
    country: str = ""
    carrier: str = ""
    incident: str = ""
    signed: str = ""
