"""The letter of an order: one sentence about now, and what happens next.

Pure functions over an Order loaded by `Order.objects.with_story()`, and `now`. They speak
the active language and tell days in the active time zone. Words: `portal/order_page/words.py`.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from portal.order_page import words
from portal.order_page.deliveries import Delivery, Stage, deliveries, delivery_back
from portal.order_page.items import Item as Item
from portal.order_page.items import all_in_one_parcel as all_in_one_parcel
from portal.order_page.items import items as items
from portal.order_page.letter import Now as Now
from portal.order_page.letter import ParcelLine as ParcelLine
from portal.order_page.parcels import of_order, of_parcel, writes
from portal.order_page.promised import Promised as Promised
from portal.order_page.promised import promised as promised
from portal.order_page.words import Standing, say
from portal.return_page import tell as return_page
from portal.return_page.standing import is_to_post
from returns import formats, states
from returns.codes import Kind
from returns.states import Status

if TYPE_CHECKING:
    from returns.models import Order, ReturnAuthorization

# The end of a return stays the news for so long.
NEWS_FOR = timedelta(days=14)


def tell(order: "Order", now: datetime) -> Now:
    """The one thing that is the news of the order: a return, the whole order or its parcel."""
    parcels = deliveries(order, now)
    rma = _return_in_the_news(order, parcels, now)
    if rma is not None:
        return _of_return(order, rma, now)
    standing = _standing(order, parcels)
    if standing:
        return of_order(order, standing, parcels)
    return of_parcel(order, parcels[0])


# --- Which of it is the news ------------------------------------------------------------------


def _return_in_the_news(
    order: "Order", parcels: list[Delivery], now: datetime
) -> "ReturnAuthorization | None":
    """A question to the buyer first, then a return that has to be posted (which nobody can
    before the goods have come), then whatever return moved after the parcels did."""
    rows = list(order.returns.all())
    if asked := [rma for rma in rows if rma.waits_for_buyer]:
        return asked[0]
    on_the_road = {
        row.authorization_id
        for line in order.lines.all()
        if line.on_its_way(now)
        for row in line.return_lines.all()
    }
    to_post = [rma for rma in rows if is_to_post(rma) and rma.post_by and rma.pk not in on_the_road]
    if to_post:
        return min(to_post, key=lambda rma: (rma.post_by, rma.pk))
    moved = {rma.pk: rma.requested_at for rma in rows}
    for event in order.events.all():
        if event.authorization_id in moved:
            moved[event.authorization_id] = max(moved[event.authorization_id], event.at)
    last_of_parcels = max((parcel.last_news_at for parcel in parcels), default=order.placed_at)
    news = [
        rma
        for rma in rows
        if rma.status != Status.CANCELLED
        and not (is_to_post(rma) and rma.post_by)
        and moved[rma.pk] >= last_of_parcels
        and (rma.status in states.OPEN or moved[rma.pk] > now - NEWS_FOR)
    ]
    return max(news, key=lambda rma: (moved[rma.pk], rma.pk), default=None)


def _standing(order: "Order", parcels: list[Delivery]) -> str:
    """Where the whole order stands, or '' when its one parcel tells it."""
    lines = list(order.lines.all())
    if order.is_cancelled:
        return Standing.CANCELLED
    if not parcels:
        if lines and all(line.cancelled >= line.quantity for line in lines):
            return Standing.EMPTIED
        if not order.paid_at:
            return Standing.UNPAID
        if lines and not any(line.to_ship for line in lines):
            return Standing.NEEDS_NO_PARCEL
        return Standing.NOT_SHIPPED
    arrived = sum(parcel.has_arrived for parcel in parcels)
    if any(line.to_ship for line in lines):
        return Standing.PART_ARRIVED if arrived == len(parcels) else Standing.PART_SENT
    if len(parcels) == 1:
        return ""
    if arrived == len(parcels):
        today = any(parcel.stage == Stage.DELIVERED_TODAY for parcel in parcels)
        return Standing.ALL_ARRIVED_TODAY if today else Standing.ALL_ARRIVED
    return Standing.SOME_ARRIVED if arrived else Standing.NONE_ARRIVED


# --- Telling it -------------------------------------------------------------------------------


def _of_return(order: "Order", rma: "ReturnAuthorization", now: datetime) -> Now:
    """As its own page tells it; before it is posted with the last day, and where to go."""
    delivery = delivery_back(rma, now)
    head = return_page.head(rma, delivery, now)
    title, following = head.title, head.next
    is_claim = rma.kind == Kind.CLAIM
    to_any = words.TO_ANY_CLAIM if is_claim else words.TO_ANY_RETURN
    if head.standing in words.TO_THE_RETURN:
        told = (words.CLAIM if is_claim else words.RETURN)[head.standing]
        facts = {"post_by": formats.day(rma.post_by or now)}
        title, following = say(told.title, **facts), tuple(say(text, **facts) for text in told.next)
    return Now(
        title,
        following,
        head.scene,
        steps=return_page.way_back(rma, delivery),
        rma=rma,
        question=rma.question if rma.waits_for_buyer else "",
        button=str(words.TO_THE_RETURN.get(head.standing, to_any)),
        writes=writes(order, head.writes),
    )
