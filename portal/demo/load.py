"""Makes rows of the demo's tables, through the verbs that buyers and desk use."""

import random
from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django_q.models import OrmQ

from portal.demo import staff
from portal.demo.cases import CASES, Asked, Box, Case, Moment, Then
from portal.demo.journeys import told
from portal.demo.stores import LINK_KEY, SHOPS, Shop
from returns.models import (
    BUYER,
    CLOCK,
    Actor,
    CarrierAdvice,
    LinkKey,
    Notice,
    Order,
    OrderLine,
    Promise,
    ReasonPolicy,
    ReturnAuthorization,
    ReturnPolicy,
    Store,
    Wanted,
)  # fmt: skip
from returns.sources import FulfilmentData, LineData, OrderData
from tracking.milestones import Milestone
from tracking.models import Account, Parcel, ScanReport
from tracking.work import WorkState

POSTAGE = {"USD": Decimal("6.00"), "CNY": Decimal("12.00")}
# What was written longer ago has been read by now; younger letters are left to the worker.
STILL_DUE = timedelta(hours=2.5)


def load(now: datetime | None = None) -> bool:
    """Opens the demo's shops with all their orders, or does nothing when there is a shop.

    All of it or nothing; the same tables give the same story, told from `now`.
    """
    now = now or timezone.now()
    with transaction.atomic():
        if Store.objects.exists():
            return False
        user = staff.hire()
        for slug, shop in SHOPS.items():
            store = open_shop(shop)
            chance = random.Random(slug)
            for case in CASES[slug]:
                Storyteller(store, case, Actor.staff(user), chance, now).tell()
    # Each letter rang for the worker; the clock's own ring is enough for all of them.
    OrmQ.objects.all().delete()
    return True


def open_shop(shop: Shop) -> Store:
    store = Store.objects.create(account=Account.objects.create(**shop.account), **shop.store)
    policy = ReturnPolicy.objects.create(store=store, **shop.policy)
    for reason, values in shop.reasons.items():
        ReasonPolicy.objects.create(policy=policy, reason=reason, **values)
    for position, values in enumerate(shop.advice):
        advice = CarrierAdvice(store=store, position=position, **values)
        advice.full_clean()
        advice.save()
    LinkKey.objects.create(store=store, key_id="k1", secret=LINK_KEY)
    return store


class Storyteller:
    """Tells one case: the order as the shop sends it, its parcels, its returns."""

    def __init__(
        self, store: Store, case: Case, desk: Actor, chance: random.Random, now: datetime
    ) -> None:
        self.store, self.case, self.desk, self.chance, self.now = store, case, desk, chance, now

    def tell(self) -> None:
        order = self.place()
        if self.case.cancelled:
            self.cancel(order)
        if self.case.boxes:
            self.send(order)
        for number, asked in enumerate(self.case.asked):
            self.ask_back(Order.objects.get(pk=order.pk), asked, number)

    def at(self, moment: Moment, zone: str) -> datetime:
        """Hours ago, or a wall clock some days ago."""
        if not isinstance(moment, tuple):
            return self.now - timedelta(hours=moment)
        days, clock = moment
        day = self.now.astimezone(ZoneInfo(zone)).date() - timedelta(days=days)
        return datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))

    # --- the order ----------------------------------------------------------------------------

    def place(self) -> Order:
        clock = f"{self.chance.randint(8, 21):02}:{self.chance.randint(0, 59):02}"
        self.data = self.as_sent_by_shop(self.at((self.case.placed, clock), self.case.buyer.zone))
        self.take_in(self.data.placed_at + timedelta(minutes=1))
        order = Order.objects.get(store=self.store, number=self.case.number)
        order.zone = self.case.buyer.zone
        order.save(update_fields=["zone"])
        self.dress(order)
        return order

    def as_sent_by_shop(self, placed: datetime) -> OrderData:
        items, postage = self.case.items, POSTAGE[self.store.currency]
        total = sum((item.price * item.quantity - item.discount for item in items), postage)
        contact = self.case.buyer.values(**self.case.changes)
        del contact["zone"]
        return OrderData(
            source="table",
            source_id=self.case.number,
            version=placed,
            number=self.case.number,
            placed_at=placed,
            paid_at=placed if self.case.paid else None,
            paid=total if self.case.paid else Decimal(0),
            currency=self.store.currency,
            postage=postage,
            fulfilments=None,
            **contact,
            lines=tuple(
                LineData(
                    source_id=str(position + 1),
                    sku=item.sku,
                    title=item.title,
                    variant=item.variant,
                    quantity=item.quantity,
                    unit_price=item.price,
                    discount=item.discount,
                    weight_grams=item.grams,
                    final_sale=item.final_sale,
                    needs_shipping=item.needs_shipping,
                )
                for position, item in enumerate(items)
            ),
        )

    def take_in(self, now: datetime, **changes: Any) -> None:
        """The shop sends the order (again), with what changed since."""
        self.data = replace(self.data, **changes)
        Order.objects.take_in(self.store, self.data, now=now)

    def dress(self, order: Order) -> None:
        """Drawings, and the rules of a day when the policy was another one."""
        policy = ReturnPolicy.objects.get(store=self.store)
        for name, value in self.case.policy.items():
            setattr(policy, name, value)
        lines = list(order.lines.all())
        for line, item in zip(lines, self.case.items, strict=True):
            line.drawing, line.rules_json = item.drawing, policy.rules().to_json()
        OrderLine.objects.bulk_update(lines, ["drawing", "rules_json"])

    def cancel(self, order: Order) -> None:
        assert self.case.cancelled is not None
        at = self.at(self.case.cancelled, order.where)
        self.take_in(at, version=at, cancelled_at=at, refunded=self.data.paid)

    # --- its parcels --------------------------------------------------------------------------

    def send(self, order: Order) -> None:
        """The shop tells of the parcels; then their carriers tell of them."""
        packed = [self.pack(box, number) for number, box in enumerate(self.case.boxes)]
        fulfilments = tuple(fulfilment for fulfilment, _ in packed)
        ends = [reports[-1] if reports else None for _, reports in packed]
        heard = self.now - timedelta(hours=3)
        arrived = all(end and end.milestone == Milestone.DELIVERED for end in ends)
        if arrived:  # then our word about it was kept at that moment, not today
            heard = max(end.at for end in ends if end) - timedelta(hours=6)
        version = max(sent.shipped_at for sent in fulfilments if sent.shipped_at)
        self.take_in(heard, version=version, fulfilments=fulfilments)
        for fulfilment, reports in packed:
            for parcel in Parcel.objects.filter(number__in=fulfilment.numbers):
                checked = self.now - timedelta(minutes=self.chance.randint(2, 10))
                parcel.record(reports, now=checked)
        if arrived:
            at = heard + timedelta(hours=6)
            Promise.objects.filter(order=order).update(settled_at=at)
            self.file_letters(Notice.objects.filter(order=order), at)

    def pack(self, box: Box, number: int) -> tuple[FulfilmentData, list[ScanReport]]:
        reports = []
        # The label is printed some hours before the carrier comes.
        shipped = self.at(box.announced, self.store.zone)
        if box.upto:
            reports = told(
                box.journey, box.upto, box.ended, self.case.buyer, self.now, box.skip_last
            )
            shipped = reports[0].at - timedelta(hours=2, minutes=45)
        fulfilment = FulfilmentData(
            source_id=f"{self.case.number}-{number + 1}",
            shipped_at=shipped,
            carrier=box.carrier,
            numbers=(self.waybill(box.carrier),) if box.carrier else (),
            lines=tuple(
                (str(position + 1), item.quantity)
                for position, item in enumerate(self.case.items)
                if item.needs_shipping and (box.lines is None or position in box.lines)
            ),
        )
        return fulfilment, reports

    def waybill(self, carrier: str) -> str:
        """A number of the form that the carrier uses, with the right check digit."""
        digits = "".join(str(self.chance.randint(0, 9)) for _ in range(16))
        forms = {
            "sf": f"SF{digits[:13]}",
            "zto": f"78{digits[:12]}",
            "yto": f"YT{digits[:13]}",
            "ems": f"11{digits[:11]}",
            "lp-express": f"LP{digits[:10]}",
        }
        return forms.get(carrier) or f"RL{digits[:8]}{upu_check_digit(digits[:8])}LT"

    # --- its returns --------------------------------------------------------------------------

    def ask_back(self, order: Order, asked: Asked, number: int) -> None:
        line = order.lines.get(position=asked.position)
        at = self.at(asked.at, order.where)
        rma = order.request_return(
            [Wanted(line.pk, 1, asked.reason, asked.comment)],
            wish=asked.wish,
            note=asked.note,
            by=BUYER,
            key=f"demo-{order.pk}-{number}",
            now=at,
        )
        letters = Notice.objects.filter(authorization=rma)
        self.file_letters(letters, at)
        for then in asked.story:
            at = self.go_on(rma, then)
            self.file_letters(letters, at)

    def go_on(self, rma: ReturnAuthorization, then: Then) -> datetime:
        by = {
            "give_answer": BUYER,
            "look_again": BUYER,
            "cancel": BUYER,
            "remind": CLOCK,
            "expire": CLOCK,
        }.get(then.verb, self.desk)
        if then.at is not None:
            at = self.at(then.at, self.store.zone if by.is_staff else rma.order.where)
        else:
            due = rma.remind_at if then.verb == "remind" else rma.post_by
            assert due is not None
            at = due + timedelta(minutes=1)
        getattr(rma, then.verb)(*then.words, by=by, now=at)
        return at

    def file_letters(self, letters: QuerySet[Notice], at: datetime) -> None:
        """Letters of long ago were sent long ago; only young ones are left to be sent."""
        if at > self.now - STILL_DUE:
            return
        letters.filter(state=WorkState.DUE).update(
            state=WorkState.DONE,
            written_at=at,
            due_at=at,
            attempts=1,
            done_at=at + timedelta(seconds=20),
        )


def upu_check_digit(digits: str) -> int:
    """The ninth digit of an international postal number (UPU S10)."""
    weighed = sum(
        int(digit) * weight for digit, weight in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)
    )
    return {10: 0, 11: 5}.get(11 - weighed % 11, 11 - weighed % 11)
