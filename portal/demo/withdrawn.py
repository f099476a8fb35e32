"""What buyers of the demo withdrew from, before it left and after it came; and postage that one
of them had paid for us."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from portal.demo import waybills
from portal.demo.case import Moment, moment
from portal.demo.returning import file_letters
from returns.codes import PaymentMethod, Reason
from returns.models import (
    BUYER,
    Actor,
    Event,
    EventKind,
    Notice,
    Order,
    PostageClaim,
    ReturnAuthorization,
    Shipment,
    ShipmentLine,
    Wanted,
    Withdrawal,
)
from returns.models.stopping import follow_stops


class Tale:
    """Tells of one order; desk: who answers its shop's buyers."""

    def __init__(self, order: Order, desk: Actor, now: datetime) -> None:
        self.order, self.desk, self.now = order, desk, now

    def at(self, told: Moment) -> datetime:
        return moment(self.now, told, self.order.where)

    @property
    def rma(self) -> ReturnAuthorization:
        """As it stands now: every verb begins with what the one before left."""
        mine = ReturnAuthorization.objects.filter(order=self.order)
        return mine.select_related("order__store__account").latest("pk")

    def file(self, at: datetime) -> None:
        file_letters(Notice.objects.filter(order=self.order), at, self.now)


def _to_stop(tale: Tale) -> None:
    at = tale.at(1.6)
    tale.order.cancel_unshipped(None, by=BUYER, key="demo-cancel", now=at)
    tale.file(at)


def _left_late(tale: Tale) -> None:
    """Cancelled, stopped and paid back; and then the warehouse sent it all the same."""
    at = tale.at((2, "09:40"))
    line = tale.order.lines.get(position=1)
    wanted = [Wanted(line.pk, 1, Reason.WITHDRAWN)]
    tale.order.cancel_unshipped(wanted, by=BUYER, key="demo-cancel", now=at)
    tale.file(at)
    at += timedelta(hours=1)
    tale.rma.note_stopped(by=tale.desk, now=at)
    for row in tale.rma.resolutions.live():
        row.record_sent(by=tale.desk, method=PaymentMethod.CARD, reference="re_20502", now=at)
    tale.file(at)
    at = tale.at((1, "16:20"))
    left = Shipment.objects.create(order=tale.order, shipped_at=at, source_id="late")
    ShipmentLine.objects.create(shipment=left, line=line, quantity=1)
    follow_stops(tale.order.locked(), at)
    tale.file(at)


def _on_its_way(tale: Tale) -> None:
    """Declared on the page, and posted: the money does not wait until it is opened."""
    order, at = tale.order, tale.at((4, "19:15"))
    made = Withdrawal.objects.record(
        order.store,
        key="demo-withdrawal",
        name=order.name,
        contract=order.number,
        email=order.email,
        language=order.language or order.store.language,
        order=order,
        now=at,
    )
    made.outcome.take_up(order, by=BUYER, now=at)
    made.outcome.done()
    made.receipt.done()
    tale.file(at)
    at = tale.at((2, "11:30"))
    number = waybills.new("dhl-paket", random.Random(order.number))
    tale.rma.name_parcel(number, "dhl-paket", by=BUYER, now=at)
    tale.file(at)


def _postage(tale: Tale) -> None:
    """The fault was ours, and the buyer had paid at the counter."""
    at, line = tale.at((6, "12:10")), tale.order.lines.get(position=0)
    wanted = [Wanted(line.pk, 1, Reason.FAULTY, "The strap came off.")]
    tale.order.request_return(wanted, by=BUYER, key="demo-return", now=at)
    tale.file(at)
    at = tale.at((5, "10:00"))
    tale.rma.approve(by=tale.desk, now=at)
    tale.file(at)
    at = tale.at((3, "15:45"))
    number = waybills.new("dpd", random.Random(tale.order.number))
    tale.rma.name_parcel(number, "dpd", by=BUYER, now=at)
    tale.file(at)
    at = tale.at(5.0)
    PostageClaim.objects.ask(
        tale.rma, Decimal("14.20"), _receipt(number), by=BUYER, key="demo-postage", now=at
    )
    # It is photographed now; in this story it was then.
    taken = Event.objects.filter(order=tale.order, kind=EventKind.PHOTO_ADDED)
    taken.update(at=at - timedelta(minutes=1))
    tale.file(at)


def _receipt(number: str) -> bytes:
    """What the counter printed."""
    slip = Image.new("RGB", (720, 480), "#faf7ee")
    words = f"POST OFFICE\n\nParcel {number}\n1.1 kg\n\nPAID   14.20 USD"
    ImageDraw.Draw(slip).multiline_text((60, 60), words, "#2a2a2a", ImageFont.load_default(34))
    kept = BytesIO()
    slip.save(kept, "JPEG", quality=80)
    return kept.getvalue()


WITHDRAWN: dict[str, Callable[[Tale], None]] = {
    "JP-20500": _to_stop,
    "JP-20501": _on_its_way,
    "JP-20502": _left_late,
    "JP-20503": _postage,
}


def tell(order: Order, desk: Actor, now: datetime) -> None:
    """Plays what became of this order, if anything did."""
    if play := WITHDRAWN.get(order.number):
        play(Tale(order, desk, now))
