"""What can be wrong with a parcel. Rules: `tracking/watch.py`; words: `tracking/texts.py`."""

from django.db.models import TextChoices


class IncidentKind(TextChoices):
    """Labels are for the desk."""

    SILENT = "silent", "No first scan"
    STALLED = "stalled", "No movement"
    OVERDUE = "overdue", "Later than usual"
    WRONG_WAY = "wrong_way", "Went the wrong way"
    CUSTOMS_HOLD = "customs_hold", "Held at customs"
    CUSTOMS_DOCUMENTS = "customs_documents", "Customs wants papers"
    ADDRESS = "address", "Address cannot be delivered to"
    ATTEMPT_FAILED = "attempt_failed", "Delivery attempt failed"
    WAITING_AT_PICKUP = "waiting_at_pickup", "Waiting to be collected"
    REFUSED = "refused", "Refused"
    DAMAGED = "damaged", "Damaged"
    LOST = "lost", "Lost"
    UNCLEAR_SIGNATURE = "unclear_signature", "Unclear who signed"
    WEIGHT_MISMATCH = "weight_mismatch", "Weight differs"
    DELIVERED_NOT_RECEIVED = "delivered_not_received", "Signed for, not received"


# The gravest first: of several at once it gives the heading, and the others are told below.
# What is lost, or soon goes back unless somebody acts, comes before what only takes longer.
GRAVITY: tuple[IncidentKind, ...] = (
    IncidentKind.LOST,
    IncidentKind.DELIVERED_NOT_RECEIVED,
    IncidentKind.REFUSED,
    IncidentKind.ADDRESS,
    IncidentKind.CUSTOMS_DOCUMENTS,
    IncidentKind.WAITING_AT_PICKUP,
    IncidentKind.DAMAGED,
    IncidentKind.UNCLEAR_SIGNATURE,
    IncidentKind.ATTEMPT_FAILED,
    IncidentKind.WRONG_WAY,
    IncidentKind.CUSTOMS_HOLD,
    IncidentKind.SILENT,
    IncidentKind.OVERDUE,
    IncidentKind.STALLED,
    IncidentKind.WEIGHT_MISMATCH,
)
