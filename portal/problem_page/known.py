"""What we know already of a parcel that a buyer tells us about: what the carrier reports, what
the watch has found, and what we have done, as rows prove it.

Functions over an Order read by `portal.problem_page.reading`, and `now`; they speak the active
language.
"""

from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from portal.order_page.deliveries import Delivery, deliveries
from returns import formats
from returns.four_parts import told_of
from returns.wording import filled, sentences
from tracking.milestones import Milestone
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import Order, Shipment

# {when}: a moment; {place}: of the scan.
DELIVERED_AT: Words = _("The carrier reports that it was delivered on {when}, in {place}.")
DELIVERED: Words = _("The carrier reports that it was delivered on {when}.")
LAST_SCAN_AT: Words = _("The last scan was on {when}, in {place}.")
LAST_SCAN: Words = _("The last scan was on {when}.")
NO_SCAN: Words = _("It left us on {when}. No carrier has scanned it yet.")
NO_NUMBER: Words = _("It left us on {when}. We have no number of it, so we cannot see where it is.")


def known(order: "Order", shipment: "Shipment | None", now: datetime) -> list[str]:
    """Paragraphs; none of what has not left us."""
    delivery = delivery_of(order, shipment, now)
    if delivery is None:
        return []
    troubles = delivery.troubles
    if not troubles.kind:
        return [text for text in (_reported(delivery), *delivery.expected.sentences) if text]
    parts = told_of(order, troubles)
    said = _reported(delivery) if delivery.has_arrived else ""
    told = (sentences(said, parts.fact), *troubles.lines, parts.done)
    return [text for text in told if text]


def delivery_of(order: "Order", shipment: "Shipment | None", now: datetime) -> Delivery | None:
    """The parcel that `shipment` travels in, or None."""
    if shipment is None:
        return None
    key = f"sent-{shipment.pk}"
    return next((row for row in deliveries(order, now) if row.key == key), None)


def carriers_words(delivery: Delivery | None) -> tuple[str, str]:
    """The carrier's own words of its last report, and their language; ('', '') without any."""
    scan = delivery.scans[0] if delivery and delivery.scans else None
    return (scan.words.strip(), scan.language) if scan and scan.words else ("", "")


def _reported(delivery: Delivery) -> str:
    if delivery.parcel is None:
        return filled(NO_NUMBER, when=formats.day(delivery.shipped_at))
    if not delivery.scans:
        return filled(NO_SCAN, when=formats.day(delivery.shipped_at))
    scan = delivery.scans[0]
    arrived = delivery.milestone == Milestone.DELIVERED
    at, plain = (DELIVERED_AT, DELIVERED) if arrived else (LAST_SCAN_AT, LAST_SCAN)
    when = delivery.reached_at if arrived else scan.at
    words = at if delivery.place else plain
    return filled(words, when=formats.moment(when), place=delivery.place)
