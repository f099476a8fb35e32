"""What buyers of the demo wanted instead, which parcels they did not want, and what became of
it."""

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from portal.demo import journeys as by
from portal.demo import journeys_watched as watched
from portal.demo import people, waybills
from portal.demo.case import Moment, moment
from portal.demo.returning import HEARD_AFTER, file_letters
from returns.codes import GOODS_KINDS, Reason, TurnsBy, Wish
from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    AddressChange,
    Notice,
    Order,
    ReturnAuthorization,
    Wanted,
)
from tracking.milestones import Milestone
from tracking.models import Interception


class Tale:
    """Tells of one order; desk: who answers its shop's buyers."""

    def __init__(self, order: Order, desk: Actor, now: datetime) -> None:
        self.order, self.desk, self.now = order, desk, now
        self.pk = 0

    @property
    def rma(self) -> ReturnAuthorization:
        """As it stands now: every verb begins with what the one before left."""
        found = ReturnAuthorization.objects.select_related("order__store__account")
        return found.get(pk=self.pk)

    def at(self, told: Moment) -> datetime:
        return moment(self.now, told, self.order.where)

    def file(self, at: datetime) -> None:
        file_letters(Notice.objects.filter(authorization=self.pk), at, self.now)

    def exchange(self, variant: str, words: str, told: Moment) -> None:
        at, line = self.at(told), self.order.lines.get(position=0)
        wanted = [Wanted(line.pk, 1, Reason.FIT, words, variant)]
        made = self.order.request_return(
            wanted, wish=Wish.EXCHANGE, by=BUYER, key="demo-exchange", now=at
        )
        self.pk = made.pk
        self.file(at)

    def approve(self, told: Moment, *, ahead: bool = False) -> None:
        """ahead: the new one leaves at once, as was agreed on the telephone."""
        at, rma = self.at(told), self.rma
        rma.approve(by=self.desk, now=at)
        if ahead:
            self.rma.send_ahead(by=self.desk, agreed=True, now=at + timedelta(minutes=2))
        self.file(at)

    def recall(self, how: str, told: Moment) -> None:
        at, shipment = self.at(told), self.order.with_goods().outbound[-1]
        self.pk = self.order.recall(shipment, how, by=BUYER, key="demo-recall", now=at).pk
        self.file(at)

    def hear(self, journey: list[by.Step], upto: str, ended: int) -> None:
        """What the carrier says of the parcel since."""
        shipment = self.order.with_goods().outbound[-1]
        assert shipment.parcel
        home = next(who for who in PEOPLE if who.email == self.order.email)
        reports = by.told(journey, upto, ended, home, self.now)
        shipment.parcel.record(reports, now=self.now - timedelta(minutes=4))
        heard = reports[-1].at + HEARD_AFTER
        ReturnAuthorization.objects.filter(pk=self.pk).follow(heard)
        self.file(heard)


PEOPLE = [row for row in vars(people).values() if isinstance(row, people.Buyer)]


def _leaves_at_once(tale: Tale) -> None:
    tale.exchange("LS-OAT-L", "A size too small, otherwise lovely.", 26.0)
    tale.approve(3.5, ahead=True)


def _never_came(tale: Tale) -> None:
    tale.exchange("SL-FELT-40", "Too small, I need a 40.", (16, "09:10"))
    tale.approve((15, "11:40"), ahead=True)
    at = tale.at((14, "15:20"))
    new = tale.rma.resolutions.live().get(kind__in=GOODS_KINDS)
    number = waybills.new("royal-mail", random.Random(tale.order.number))
    new.ship(number, "royal-mail", by=tale.desk, now=at)
    tale.file(at)
    tale.hear(by.TO_BRITAIN, Milestone.DELIVERED, 9)
    remind_at, post_by = tale.rma.remind_at, tale.rma.post_by
    assert remind_at and post_by
    tale.rma.remind(by=CLOCK, now=remind_at)
    tale.file(remind_at)
    tale.rma.expire(by=CLOCK, now=post_by + timedelta(minutes=1))
    tale.file(post_by + timedelta(minutes=1))


def _sold_out(tale: Tale) -> None:
    tale.exchange("LS-SKY-M", "Too wide. The same in M, please.", (2, "13:05"))
    tale.approve((1, "10:20"))
    at = tale.at(2.2)
    tale.rma.ask_to_choose_again(by=tale.desk, now=at)
    tale.file(at)


def _called_back(tale: Tale) -> None:
    tale.recall(TurnsBy.INTERCEPT, 2.0)
    at = tale.at(2.0)
    for change in AddressChange.objects.filter(order=tale.order):
        change.take_up(at + timedelta(seconds=4))
    for request in Interception.objects.claim(1):
        request.proceed(at + timedelta(seconds=6))


def _paid_and_back(tale: Tale) -> None:
    tale.recall(TurnsBy.ITSELF, (2, "19:30"))
    tale.hear(by.TURNED_AWAY, Milestone.RETURNED, 1)


def _paid_and_delivered(tale: Tale) -> None:
    tale.recall(TurnsBy.ITSELF, (2, "19:30"))
    tale.hear(watched.TURNED_TWICE, Milestone.DELIVERED, 1)


def _refused(tale: Tale) -> None:
    tale.recall(TurnsBy.ITSELF, 3.0)


EXCHANGED: dict[str, Callable[[Tale], None]] = {
    "JP-20490": _leaves_at_once,
    "JP-20491": _never_came,
    "JP-20492": _sold_out,
    "JP-20493": _called_back,
    "JP-20494": _paid_and_back,
    "JP-20495": _paid_and_delivered,
    "SY-10881": _refused,
}


def tell(order: Order, desk: Actor, now: datetime) -> None:
    """Plays what became of this order, if anything did."""
    if play := EXCHANGED.get(order.number):
        play(Tale(order, desk, now))
