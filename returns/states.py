"""The states of a return and every move that is allowed between them.

    requested ⇄ info_requested
    requested → approved → in_transit → received → inspected → resolved → closed
    ends: declined (one appeal back to requested), cancelled, expired (an extension
    leads back to approved), lost

Goods that arrive after an end are received all the same; what got lost on its way to us may be
made good without them. Money that came back to us leads from the end back to deciding.
"Refunded" is no state: it is a fact about resolutions. What can be derived from state and clock
(overdue, partly received, waiting for the buyer) is derived.
"""

from django.db.models import TextChoices


class Status(TextChoices):
    """Labels are for the desk; buyers read `returns/texts.py`."""

    REQUESTED = "requested", "Requested"
    INFO_REQUESTED = "info_requested", "Waiting for the buyer"
    APPROVED = "approved", "Approved"
    IN_TRANSIT = "in_transit", "On its way"
    RECEIVED = "received", "Received"
    INSPECTED = "inspected", "Inspected"
    RESOLVED = "resolved", "Decided"
    CLOSED = "closed", "Closed"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"
    LOST = "lost", "Lost"


TRANSITIONS: dict[str, frozenset[str]] = {
    Status.REQUESTED: frozenset(
        {Status.INFO_REQUESTED, Status.APPROVED, Status.DECLINED, Status.CANCELLED}
    ),
    Status.INFO_REQUESTED: frozenset(
        {Status.REQUESTED, Status.APPROVED, Status.DECLINED, Status.CANCELLED}
    ),
    Status.APPROVED: frozenset(
        {
            Status.IN_TRANSIT,
            Status.RECEIVED,  # arrived without a single scan
            Status.RESOLVED,  # nothing has to be sent back
            Status.CANCELLED,
            Status.EXPIRED,
            Status.LOST,
        }
    ),
    Status.IN_TRANSIT: frozenset(
        {
            Status.APPROVED,  # its number was another parcel's: the journey begins anew
            Status.RECEIVED,
            Status.RESOLVED,  # it does not come, and the loss is ours
            Status.CANCELLED,
            Status.LOST,
        }
    ),
    Status.RECEIVED: frozenset(
        {
            Status.IN_TRANSIT,  # booked by mistake: it is not here
            Status.INSPECTED,
        }
    ),
    Status.INSPECTED: frozenset({Status.RESOLVED}),
    # Back: a refund was reversed, and what the buyer gets is decided anew.
    Status.RESOLVED: frozenset({Status.CLOSED, Status.INSPECTED, Status.APPROVED}),
    Status.CLOSED: frozenset({Status.INSPECTED, Status.APPROVED}),
    Status.DECLINED: frozenset({Status.REQUESTED, Status.RECEIVED}),
    Status.CANCELLED: frozenset({Status.RECEIVED}),
    Status.EXPIRED: frozenset({Status.APPROVED, Status.RECEIVED}),
    Status.LOST: frozenset({Status.RECEIVED, Status.RESOLVED}),
}

# A buyer may take the request back until the first scan; after that only staff may.
CANCELLABLE_BY_BUYER = frozenset({Status.REQUESTED, Status.INFO_REQUESTED, Status.APPROVED})
# Not decided yet: the requested quantity is held.
UNDECIDED = frozenset({Status.REQUESTED, Status.INFO_REQUESTED})
# Decided and running: the approved quantity is held.
RUNNING = frozenset({Status.APPROVED, Status.IN_TRANSIT, Status.RECEIVED, Status.INSPECTED})
SETTLED = frozenset({Status.RESOLVED, Status.CLOSED})
# Ended without goods: nothing is held. (A lost parcel keeps its goods held: the buyer
# has them no longer.)
FREED = frozenset({Status.DECLINED, Status.CANCELLED, Status.EXPIRED})
OPEN = UNDECIDED | RUNNING
# What arrives after one of these is received all the same.
ENDED = FREED | {Status.LOST}


class ResolutionState(TextChoices):
    """Of one resolution. Money that could not be sent is tried again (failed → pending)."""

    PENDING = "pending", "To be sent"
    PROCESSING = "processing", "Being sent"
    SUCCEEDED = "succeeded", "Sent"
    FAILED = "failed", "Failed"
    REVERSED = "reversed", "Came back"
    DROPPED = "dropped", "Not sent after all"


RESOLUTION_TRANSITIONS: dict[str, frozenset[str]] = {
    ResolutionState.PENDING: frozenset(
        {
            ResolutionState.PROCESSING,
            ResolutionState.SUCCEEDED,
            ResolutionState.FAILED,
            ResolutionState.DROPPED,
        }
    ),
    ResolutionState.PROCESSING: frozenset({ResolutionState.SUCCEEDED, ResolutionState.FAILED}),
    ResolutionState.FAILED: frozenset({ResolutionState.PENDING, ResolutionState.DROPPED}),
    # The bank or the shop gave the money back to us.
    ResolutionState.SUCCEEDED: frozenset({ResolutionState.REVERSED}),
    ResolutionState.REVERSED: frozenset(),
    ResolutionState.DROPPED: frozenset(),
}
# What is not given after all, and counts for nothing.
VOID = frozenset({ResolutionState.REVERSED, ResolutionState.DROPPED})


class IllegalTransition(Exception):
    """The move is not in the table, or somebody else moved the return first."""

    def __init__(self, old: str, new: str):
        self.old, self.new = old, new
        super().__init__(f"a return cannot go from {old} to {new}")


def check(old: str, new: str) -> None:
    """Raises IllegalTransition unless a return may go from `old` to `new`."""
    if new not in TRANSITIONS[old]:
        raise IllegalTransition(old, new)
