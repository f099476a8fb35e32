"""Makes rows of the demo's tables, through the verbs that buyers and desk use."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from portal.demo import detours, exchanged, staff, talks, waybills, withdrawn, wrongs
from portal.demo.album import Album, scenes
from portal.demo.case import Box, Case, Moment, moment
from portal.demo.cases import CASES
from portal.demo.journeys import told
from portal.demo.returning import Crew, ReturnTale, file_letters
from portal.demo.stores import LINK_KEY, SHOPS, Shop
from returns import files
from returns.models import (
    Actor,
    AddressConfirmation,
    CarrierAdvice,
    ChannelAccount,
    InterceptionRule,
    LinkKey,
    Notice,
    NoticeKind,
    Order,
    OrderLine,
    Promise,
    PromiseKind,
    PromiseState,
    ReasonPolicy,
    RecallRule,
    ReturnPolicy,
    ShopAccount,
    Store,
    TrustRule,
    Variant,
)
from returns.models import Case as CareCase
from returns.sources import FulfilmentData, LineData, OrderData
from tracking.milestones import Milestone
from tracking.models import (
    Account,
    Connection,
    GatewayAccount,
    HolidayNotice,
    Incident,
    Lane,
    Parcel,
    ScanReport,
)

POSTAGE = {"USD": Decimal("6.00"), "CNY": Decimal("12.00")}


def load(now: datetime | None = None) -> bool:
    """Opens the demo's shops with all their orders, or does nothing when there is a shop.

    All of it or nothing; the same tables give the same story, told from `now`.
    """
    now = now or timezone.now()
    if Store.objects.exists():
        return False
    wanted = [scene for slug in SHOPS for scene in scenes(SHOPS[slug], CASES[slug], now)]
    with Album(wanted) as album, files_go_with_rows() as kept, transaction.atomic():
        if Store.objects.exists():  # somebody was faster
            return False
        before = len(connection.run_on_commit)
        staff.hire()
        keepers = {slug: User.objects.get(username=shop.keeper) for slug, shop in SHOPS.items()}
        lead, warehouse = (
            Actor.staff(User.objects.get(username=name)) for name in (staff.LEAD, staff.WAREHOUSE)
        )
        for slug, shop in SHOPS.items():
            crew = Crew(Actor.staff(keepers[slug]), lead, warehouse, album, kept)
            store = open_shop(shop, keepers[slug])
            chance = random.Random(slug)
            for case in CASES[slug]:
                Storyteller(store, case, crew, chance, now).tell()
        while Parcel.objects.watch():
            pass
        # What was opened and cleared while the past was told belongs to no real past.
        Incident.objects.exclude(cleared_at=None).delete()
        CareCase.objects.follow(now)
        # Whoever has a parcel by now answered long ago, or never.
        AddressConfirmation.objects.filter(order__shipments__isnull=False).delete()
        asked = Notice.objects.filter(kind=NoticeKind.ADDRESS_QUESTION)
        asked.filter(order__shipments__isnull=False).delete()
        talking = Order.objects.filter(number__in=[*talks.TALKS, *talks.ASKED])
        for order in talking.select_related("store"):
            talks.tell(order, Actor.staff(keepers[order.store.slug]), now)
        astray = Order.objects.filter(number__in=detours.DETOURS).select_related("store__account")
        for order in astray:
            detours.tell(order, now)
        for order in Order.objects.filter(number__in=wrongs.TOLD).select_related("store__account"):
            wrongs.tell(order, now)
        swapped = Order.objects.filter(number__in=exchanged.EXCHANGED)
        for order in swapped.select_related("store__account"):
            exchanged.tell(order, Actor.staff(keepers[order.store.slug]), now)
        cancelled = Order.objects.filter(number__in=withdrawn.WITHDRAWN)
        for order in cancelled.select_related("store__account"):
            withdrawn.tell(order, Actor.staff(keepers[order.store.slug]), now)
        # From now on the demo's shop refunds by itself; the stories had their own ways.
        ShopAccount.objects.update(refunds=True)
        # Each letter would ring for the worker; the clock's own ring is enough for all of them.
        del connection.run_on_commit[before:]
    return True


@contextmanager
def files_go_with_rows() -> Iterator[list[str]]:
    """The names of the files that were made: none stays behind when the rows do not."""
    kept: list[str] = []
    try:
        yield kept
    except BaseException:
        files.drop(kept)
        raise


def open_shop(shop: Shop, keeper: User) -> Store:
    account = Account.objects.create(**shop.account)
    store = Store.objects.create(account=account, case_owner=keeper, **shop.store)
    policy = ReturnPolicy.objects.create(store=store, **shop.policy)
    for reason, values in shop.reasons.items():
        ReasonPolicy.objects.create(policy=policy, reason=reason, **values)
    for position, values in enumerate(shop.advice):
        advice = CarrierAdvice(store=store, position=position, **values)
        advice.full_clean()
        advice.save()
    LinkKey.objects.create(store=store, key_id="k1", secret=LINK_KEY)
    for values in shop.channels:
        ChannelAccount.objects.create(store=store, **values)
    for values in shop.connections:
        Connection.objects.create(account=store.account, **values)
    for values in shop.gateways:
        GatewayAccount.objects.create(account=store.account, **values)
    for values in shop.rules:
        InterceptionRule.objects.create(store=store, **values)
    for values in shop.variants:
        Variant.objects.create(store=store, **values)
    TrustRule.objects.create(store=store, **shop.trust)
    RecallRule.objects.create(store=store, **shop.recall)
    ShopAccount.objects.create(store=store, shop="demo", base="https://shop.example")
    for values in shop.lanes:
        Lane.objects.create(account=store.account, **values)
    for values in shop.holidays:
        close(store, **values)
    return store


def close(store: Store, starts_in: int, days: int, **values: Any) -> None:
    """Some days off of the shop's own, that its pages announce."""
    first = timezone.localdate() + timedelta(days=starts_in)
    last = first + timedelta(days=days - 1)
    HolidayNotice.objects.create(account=store.account, first=first, last=last, **values)


class Storyteller:
    """Tells one case: the order as the shop sends it, its parcels, its returns."""

    def __init__(
        self, store: Store, case: Case, crew: Crew, chance: random.Random, now: datetime
    ) -> None:
        self.store, self.case, self.crew, self.chance, self.now = store, case, crew, chance, now

    def tell(self) -> None:
        order = self.place()
        if self.case.cancelled:
            self.cancel(order)
        if self.case.boxes:
            self.send(order)
        for nth in range(len(self.case.asked)):
            tale = ReturnTale(self.case, nth, self.crew, self.now)
            tale.tell(Order.objects.get(pk=order.pk))

    def at(self, told: Moment, zone: str) -> datetime:
        return moment(self.now, told, zone)

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
            kept = Promise.objects.filter(order=order, kind=PromiseKind.UPDATE)
            kept.update(state=PromiseState.KEPT, settled_at=at)
            file_letters(Notice.objects.filter(order=order), at, self.now)

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
            numbers=(waybills.new(box.carrier, self.chance),) if box.carrier else (),
            lines=tuple(
                (str(position + 1), item.quantity)
                for position, item in enumerate(self.case.items)
                if item.needs_shipping and (box.lines is None or position in box.lines)
            ),
        )
        return fulfilment, reports
