"""Where a return stands, told more finely than in `returns.texts.standing` where the reports
of its parcel say more.

Pure functions over a ReturnAuthorization whose order has its shipments loaded.
"""

from typing import TYPE_CHECKING

from portal.order_page.deliveries import Delivery, Stage
from returns import texts
from returns.states import Status
from returns.texts import Standing
from tracking.milestones import Milestone

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization


class Road:
    """Standings that only reports of the parcel tell, beside those of `texts.standing`. The
    words: `portal/return_page/words.py`."""

    NOT_SCANNED = "not_scanned"  # days ago, and no carrier has reported yet
    LAST_SEEN = "last_seen"  # on the road, and the last report names its place


# Steps of the road that have words of their own (`returns.standing.back_to_us`).
NAMED = frozenset(
    {
        Milestone.CUSTOMS,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.ATTEMPTED,
        Milestone.READY_FOR_PICKUP,
    }
)
ON_THE_WAY = NAMED | {
    Standing.POSTED,
    Standing.POSTED_WITHOUT_NUMBER,
    Standing.NUMBER_IN_DOUBT,
    Status.IN_TRANSIT,
    Road.NOT_SCANNED,
    Road.LAST_SEEN,
}
# Here what is wrong with the parcel is the news, when something is.
LED_BY_THE_PARCEL = (ON_THE_WAY | {Standing.ARRIVED}) - {
    Standing.POSTED_WITHOUT_NUMBER,
    Standing.NUMBER_IN_DOUBT,
}
# Here it is told below something that matters more.
BESIDE_THE_PARCEL = frozenset(
    {Standing.COMES_BACK, Standing.POSTED_AFTER_END, Standing.ARRIVED_AFTER_END}
)
HERE = frozenset(
    {
        Standing.ARRIVED,
        Standing.ARRIVED_AFTER_END,
        Standing.RECEIVED_AFTER_END,
        Standing.EMPTY,
        Standing.SHORT,
        Status.RECEIVED,
        Status.INSPECTED,
    }
)
# The buyer is asked to write, or may have to.
WRITES = frozenset({Standing.EMPTY, Standing.SHORT, Standing.NOT_SENT, Standing.GOODS_SENT})
# What was counted, and how it was found, is told from here on.
OPENED = frozenset({Status.RECEIVED, Status.INSPECTED, Status.RESOLVED, Status.CLOSED})


def standing(rma: "ReturnAuthorization", delivery: Delivery | None = None) -> str:
    """A code of Standing, Road, NAMED or Status. delivery: the parcel back with its scans,
    where they are loaded."""
    code = texts.standing(rma)
    if delivery is None:
        return code
    if code == Standing.POSTED and delivery.stage == Stage.NOT_SCANNED:
        return Road.NOT_SCANNED
    if code == Status.IN_TRANSIT and delivery.stage == Stage.LAST_SEEN:
        return Road.LAST_SEEN
    if code == Status.IN_TRANSIT and delivery.milestone in NAMED:
        return delivery.milestone
    return code


def is_to_post(rma: "ReturnAuthorization") -> bool:
    """Approved, something has to come back, and the buyer has not said that it is posted."""
    return rma.status == Status.APPROVED and texts.standing(rma) == Status.APPROVED
