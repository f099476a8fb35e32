"""Taking orders in: what an adapter read becomes an order, again and again.

Shops send the same order often, late and out of turn. What decides is the shop's own
version (when it last changed the order): older is ignored, newer is written. At the same
version, or without any, the content decides: the same changes nothing at all, other
content is written, because shops may change an order twice within a second.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from returns import links, news
from returns.dispatch import outbound
from returns.models.address_change import AddressChange
from returns.models.address_confirmation import AddressConfirmation
from returns.models.address_told import AddressTold
from returns.models.event import SHOP, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.outstanding import SENT_WITHIN
from returns.models.promise import Promise, PromiseKind, PromiseState
from returns.models.resolution import Resolution
from returns.models.shipment import ON_ITS_WAY_FOR, Shipment, ShipmentLine
from returns.models.stopping import follow_stops
from returns.models.store import Store
from returns.models.variant import Variant
from returns.sources import FulfilmentData, LineData, OrderData, ScanData
from tracking.calendars import zone_of
from tracking.models import Parcel, ScanReport, Story
from tracking.models.parcel import plain

if TYPE_CHECKING:
    from returns.models.order import Order, OrderLine

# What left longer ago was told by somebody else, or is no news any more.
POSTED_LATELY = timedelta(days=2)
# Read and written at once when many orders come in.
CHUNK = 200
ADDRESS = ("name", "company", "street", "street2", "city", "region", "postcode", "country")
CONTACT = ("email", "phone", *ADDRESS)


class Outcome(StrEnum):
    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    OLDER = "older"


class CannotTake(Exception):
    """The order as told cannot be written; nothing was. field: where the reason lies."""

    field = ""


class NumberTaken(CannotTake):
    field = "number"

    def __init__(self, data: OrderData, other: "Order"):
        super().__init__(
            f"the number {data.number} belongs to another order already, which came from "
            f"{other.source} with the id {other.source_id}"
        )


class NoLines(CannotTake):
    """An order may be told anew without its lines, but not for the first time."""

    field = "line_items"

    def __init__(self) -> None:
        super().__init__("is missing; an order needs at least one line")


class TakesIn(models.QuerySet["Order"]):
    """Mixed into OrderQuerySet."""

    def take_in(self, store: Store, data: OrderData, *, now: datetime | None = None) -> Outcome:
        """Writes one order of a shop, in one transaction under its lock.

        Raises CannotTake when the store has another order with its number, or when it
        is new and came without lines.
        """
        return _Intake(store, now or timezone.now()).take(data)

    def take_in_all(
        self, store: Store, orders: Iterable[OrderData], *, now: datetime | None = None
    ) -> Iterator[Outcome | CannotTake]:
        """The same for many, in this order. New ones are written a chunk at a time, known
        ones that changed in a transaction each; what did not change costs no writing."""
        intake = _Intake(store, now or timezone.now())
        for chunk in batched(orders, CHUNK):
            yield from intake.take_all(chunk)


def fingerprint(data: OrderData) -> str:
    """Tells one content from another; the version does not belong to it."""
    content = repr(replace(data, version=None)) + (repr(data.refunds) if data.refunds else "")
    return hashlib.sha256(content.encode()).hexdigest()


class _Intake:
    """Orders coming into one store, with what they all need read once."""

    def __init__(self, store: Store, now: datetime):
        from returns.models.order import Order, OrderLine

        self.order_model, self.line_model = Order, OrderLine
        self.store, self.now = store, now
        self.rules: dict[str, dict[str, Any]] = {}
        self.known: dict[tuple[str, str], tuple[datetime, str]] = {}

    def take_all(self, orders: Sequence[OrderData]) -> Iterator[Outcome | CannotTake]:
        prints = [fingerprint(data) for data in orders]
        self._look_up(orders)
        new = self._take_new(orders, prints)
        for at, data in enumerate(orders):
            if at in new:
                yield Outcome.NEW
                continue
            try:
                yield self.take(data, prints[at])
            except CannotTake as reason:
                yield reason

    def _look_up(self, orders: Sequence[OrderData]) -> None:
        rows = self.order_model.objects.filter(
            store=self.store, source_id__in={data.source_id for data in orders}
        ).values_list("source", "source_id", "source_version", "source_hash")
        self.known = {(source, key): (version, print_) for source, key, version, print_ in rows}

    def _take_new(self, orders: Sequence[OrderData], prints: list[str]) -> set[int]:
        """Writes those that are new and in nobody's way, in one go; returns which."""
        refs = {links.order_ref(data.number) for data in orders}
        taken = set(
            self.order_model.objects.filter(store=self.store, ref__in=refs).values_list(
                "ref", flat=True
            )
        )
        new: list[int] = []
        seen = set(self.known)
        for at, data in enumerate(orders):
            key, ref = (data.source, data.source_id), links.order_ref(data.number)
            if key not in seen and ref not in taken and data.lines is not None:
                new.append(at)
            seen.add(key)
            taken.add(ref)
        if not new:
            return set()
        # Always in the same order, so that two imports never wait for each other.
        new.sort(key=lambda at: orders[at].source_id)
        try:
            with transaction.atomic():
                self._create([(orders[at], prints[at]) for at in new])
        except IntegrityError:
            # Somebody took one of them in meanwhile: one by one, then.
            return set()
        return set(new)

    def take(self, data: OrderData, print_: str = "") -> Outcome:
        key, print_ = (data.source, data.source_id), print_ or fingerprint(data)
        # Taken out, because a file may hold the same order twice.
        known = self.known.pop(key, None)
        verdict = self._verdict(data, print_, *known) if known else None
        if verdict:
            return verdict
        with transaction.atomic():
            order = self._locked(data)
            if order is None:
                if data.lines is None:
                    raise NoLines
                try:
                    with transaction.atomic():
                        self._create([(data, print_)])
                    return Outcome.NEW
                except IntegrityError as error:
                    # Somebody else took it in at this very moment, or its number is taken.
                    order = self._locked(data)
                    if order is None:
                        raise self._clash(data) or error from None
            verdict = self._verdict(data, print_, order.source_version, order.source_hash)
            if verdict is None:
                try:
                    with transaction.atomic():
                        self._update(order, data, print_)
                except IntegrityError as error:
                    raise self._clash(data) or error from None
            return verdict or Outcome.UPDATED

    def _verdict(
        self, data: OrderData, print_: str, version: datetime, known: str
    ) -> Outcome | None:
        """What becomes of it without writing; None when it has to be written."""
        if data.version is not None and data.version < version:
            return Outcome.OLDER
        if print_ == known and data.version in (None, version):
            return Outcome.UNCHANGED
        return None

    def _locked(self, data: OrderData) -> "Order | None":
        return (
            self.order_model.objects.select_for_update(of=("self",), no_key=True)
            .filter(store=self.store, source=data.source, source_id=data.source_id)
            .first()
        )

    def _clash(self, data: OrderData) -> NumberTaken | None:
        other = (
            self.order_model.objects.filter(store=self.store, ref=links.order_ref(data.number))
            .exclude(source=data.source, source_id=data.source_id)
            .first()
        )
        return NumberTaken(data, other) if other else None

    # --- the order itself -----------------------------------------------------------------

    def _create(self, arrived: Sequence[tuple[OrderData, str]]) -> None:
        """New orders with all that is known of them. Nothing of it is news to anybody:
        no letter is written but the question whether a new order's address is right, and
        goods on their way get their promise."""
        orders = []
        for data, print_ in arrived:
            order = self.order_model(
                store=self.store,
                source=data.source,
                source_id=data.source_id,
                arrived_at=self.now,
            )
            for name in CONTACT:
                setattr(order, name, getattr(data, name))
            self._fill(order, data, print_)
            orders.append(order)
        self.order_model.objects.bulk_create(orders)
        pairs = list(zip(orders, (data for data, _ in arrived), strict=True))
        lines = self._make_lines(
            [(order, at, line) for order, data in pairs for at, line in enumerate(data.lines or ())]
        )
        by_order: dict[int, dict[str, OrderLine]] = {order.pk: {} for order in orders}
        for line in lines:
            by_order[line.order_id][line.source_id] = line
        self._ship(pairs, by_order)
        Variant.objects.seen(self.store, (data for _, data in pairs))
        for order in orders:
            if order.cancelled_at:
                self._note_cancelled(order)
        on_the_road = [order.pk for order, data in pairs if self._may_be_on_its_way(order, data)]
        for order in self.order_model.objects.filter(pk__in=on_the_road).with_goods():
            Promise.objects.of_update(order, by=SHOP, now=self.now)
        to_send = [order.pk for order, data in pairs if self._may_await_dispatch(order)]
        waiting = list(self.order_model.objects.filter(pk__in=to_send).with_goods())
        for order in waiting:
            Promise.objects.of_dispatch(order, by=SHOP, now=self.now)
        AddressConfirmation.objects.ask(self.store, waiting, self.now)

    def _ship(
        self, pairs: "list[tuple[Order, OrderData]]", lines: "dict[int, dict[str, OrderLine]]"
    ) -> None:
        """Parcels of new orders, with their contents and what was reported of them."""
        left = {pk: {key: line.quantity for key, line in of.items()} for pk, of in lines.items()}
        sent = [
            (
                order,
                part,
                part.shipped_at or order.source_version,
                _contents(part, lines[order.pk], left[order.pk]),
            )
            for order, data in pairs
            for part in data.fulfilments or ()
        ]
        if not sent:
            return
        stories = [
            Story(
                number,
                part.carrier,
                at,
                _reports(part.scans),
                outbound(order, {} if index else inside, lines[order.pk].values(), at),
            )
            for order, part, at, inside in sent
            # The shop does not say which unit is in which parcel: all count for the first.
            for index, number in enumerate(part.numbers)
        ]
        parcels = Parcel.objects.announce_all(self.store.account, stories)
        shipments, contents = [], []
        for order, part, at, inside in sent:
            found: list[Parcel | None] = [
                parcels[part.carrier, number][0] for number in part.numbers
            ]
            for parcel in found or [None]:
                shipments.append(
                    Shipment(
                        order=order,
                        source_id=part.source_id,
                        parcel=parcel,
                        carrier=part.carrier if parcel else "",
                        shipped_at=at,
                    )
                )
                contents.append(inside)
                # The shop does not say which unit is in which parcel: all on the first.
                inside = {}
        Shipment.objects.bulk_create(shipments)
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipment, line_id=pk, quantity=units)
            for shipment, inside in zip(shipments, contents, strict=True)
            for pk, units in inside.items()
        )
        for _, part, _, _ in sent:
            for number in part.numbers:
                parcel, is_new = parcels[part.carrier, number]
                if not is_new:
                    self._record(parcel, part.scans)

    def _update(self, order: "Order", data: OrderData, print_: str) -> None:
        order.store = self.store
        was_cancelled, had_refunded = order.cancelled_at, order.refunded_total
        address = AddressTold.read(order, data)
        self._change_contact(order, data, address)
        self._fill(order, data, print_)
        if was_cancelled and order.cancelled_at:
            # Shops that only know a status give the time of the last change.
            order.cancelled_at = was_cancelled
        order.save()
        grown = order.refunded_total - had_refunded
        Resolution.objects.reported(order, grown, data.refunds, self.now)
        lines = self._write_lines(order, data.lines)
        Variant.objects.seen(self.store, [data])
        known = dict(order.shipments.values_list("pk", "parcel_id"))
        self._write_fulfilments(order, data, lines)
        if order.cancelled_at and not was_cancelled:
            self._note_cancelled(order)
        address.settle(set(known), self.now)
        if order.cancelled_at and not was_cancelled:
            AddressChange.objects.end_with(order, self.now)
        # Read anew: what it knew of its parcels is of before.
        follow_stops(order.locked(), self.now)
        fresh = order.locked()
        if self._may_be_on_its_way(order, data):
            Promise.objects.of_update(fresh, by=SHOP, now=self.now)
        self._promise_dispatch(fresh)
        self._tell_posted(fresh, known)

    def _tell_posted(self, order: "Order", known: Mapping[int, int | None]) -> None:
        """Parcels that left lately and are new to us, or have another number than we told;
        what is older is no news."""
        for row in order.outbound:
            if row.shipped_at <= self.now - POSTED_LATELY:
                continue
            if row.pk not in known:
                news.posted(order, row, self.now)
            elif known[row.pk] and row.parcel_id and known[row.pk] != row.parcel_id:
                news.renumbered(order, row, self.now)

    def _may_await_dispatch(self, order: "Order") -> bool:
        lately = self.now - SENT_WITHIN
        return bool(order.paid_at and not order.cancelled_at and order.placed_at > lately)

    def _promise_dispatch(self, order: "Order") -> None:
        """What was promised is kept by what was sent; the rest has its own hour."""
        mine = Promise.objects.open().filter(order=order, kind=PromiseKind.DISPATCH)
        standing = mine.first()
        made_at = standing.made_at if standing else self.now
        left = [row.shipped_at for row in order.outbound if row.shipped_at >= made_at]
        if left:  # the shop may tell it late; it left when it left
            mine.settle(min(left))
        if order.awaits_dispatch(self.now):
            Promise.objects.of_dispatch(order, by=SHOP, now=self.now)
        else:
            mine.let_go(self.now)

    def _may_be_on_its_way(self, order: "Order", data: OrderData) -> bool:
        """Worth a closer look; most of a history is not."""
        lately = self.now - ON_ITS_WAY_FOR
        return not order.cancelled_at and any(
            (part.shipped_at or self.now) > lately for part in data.fulfilments or ()
        )

    def _fill(self, order: "Order", data: OrderData, print_: str) -> None:
        order.number = data.number
        order.ref = links.order_ref(data.number)
        order.source_version = data.version or self.now
        order.source_hash = print_
        order.placed_at, order.paid_at = data.placed_at, data.paid_at
        order.cancelled_at = data.cancelled_at
        order.language = data.language or order.language
        # Where the country does not tell the zone, the store's own counts (Order.where).
        order.zone = zone_of(order.country) or order.zone
        order.currency = data.currency
        order.postage_total, order.tax_total = data.postage, data.tax
        order.paid_total, order.refunded_total = data.paid, data.refunded
        order.tags = data.tags
        if data.lines is not None:
            order.goods_total = sum(
                (line.unit_price * line.quantity for line in data.lines), Decimal(0)
            )
            order.discount_total = sum((line.discount for line in data.lines), Decimal(0))

    def _change_contact(self, order: "Order", data: OrderData, address: AddressTold) -> None:
        """Takes the contact over; who could be reached until now is told at once. An address
        of ours that the shop does not have yet stays, and its phone is nobody's new one."""
        if not any(getattr(data, name) for name in CONTACT if name != "country"):
            # The shop did not say who it is (it may not be allowed to): nothing changes.
            return
        phone = order.phone if address.is_our_phone(data.phone) else data.phone
        changed = [
            name
            for name, old, new in (
                ("email", order.email.casefold(), data.email.casefold()),
                ("phone", _digits(order.phone), _digits(phone)),
            )
            # A first email is trusted no sooner than a changed one.
            if old != new and (old or name == "email")
        ]
        if changed:
            # Whoever changes a contact twice must not become the trusted one thereby.
            recent = order.contact_is_new(self.now)
            trusted = order.contact(sensitive=True, now=self.now)
            told = [order.email, trusted]
            order.previous_email = trusted
            order.previous_phone = (recent and order.previous_phone) or order.phone
            order.contact_changed_at = self.now
            Event.objects.note(
                order, EventKind.CONTACT_CHANGED, by=SHOP, at=self.now, changed=changed
            )
            for position, recipient in enumerate(dict.fromkeys(filter(None, told))):
                Notice.objects.write(
                    order,
                    NoticeKind.CONTACT_CHANGED,
                    recipient=recipient,
                    changed=changed,
                    event=f"contact-{order.pk}-{self.now.timestamp():.6f}-{position}",
                )
        order.email, order.phone = data.email, phone
        was_called = order.name
        for name in () if address.keeps_ours else ADDRESS:
            setattr(order, name, getattr(data, name))
        if order.name != was_called:
            order.greeted_as = ""

    def _note_cancelled(self, order: "Order") -> None:
        Event.objects.note(order, EventKind.ORDER_CANCELLED, by=SHOP, at=order.cancelled_at)
        Promise.objects.open().filter(order=order, authorization=None).update(
            state=PromiseState.SUPERSEDED, settled_at=self.now
        )

    # --- lines ------------------------------------------------------------------------------

    def _make_lines(self, rows: "Iterable[tuple[Order, int, LineData]]") -> "list[OrderLine]":
        return self.line_model.objects.bulk_create(
            self.line_model(
                order=order,
                source_id=data.source_id,
                rules_json=self._rules(order.currency),
                **_values(position, data),
            )
            for order, position, data in rows
        )

    def _rules(self, currency: str) -> dict[str, Any]:
        """Today's rules, to be kept with the line whatever the store decides later.

        Limits and fees are amounts in the store's currency. For an order in another one
        they would mean something else, so none is charged and a person decides.
        """
        if currency not in self.rules:
            rules = self.store.rules()
            if currency != self.store.currency:
                rules = replace(rules, fee=Decimal(0), keep_below=Decimal(0), automatic_up_to=None)
            self.rules[currency] = rules.to_json()
        return self.rules[currency]

    def _write_lines(
        self, order: "Order", lines: tuple[LineData, ...] | None
    ) -> "dict[str, OrderLine]":
        known = {line.source_id: line for line in order.lines.all()}
        if lines is None:
            return known
        rows = list(enumerate(lines))
        made = self._make_lines(
            (order, at, data) for at, data in rows if data.source_id not in known
        )
        for position, data in rows:
            line = known.get(data.source_id)
            values = _values(position, data)
            if line and any(getattr(line, name) != value for name, value in values.items()):
                for name, value in values.items():
                    setattr(line, name, value)
                line.save(update_fields=list(values))
        told = {data.source_id for data in lines}
        for source_id in known.keys() - told:
            line = known.pop(source_id)
            if line.return_lines.exists():
                # Its returns tell of it; it stays, as taken out of the order.
                line.cancelled = line.quantity
                line.save(update_fields=["cancelled"])
            else:
                line.delete()
        return known | {line.source_id: line for line in made}

    # --- parcels ----------------------------------------------------------------------------

    def _write_fulfilments(
        self, order: "Order", data: OrderData, lines: "dict[str, OrderLine]"
    ) -> None:
        """Parcels of an order that was known: added, corrected, taken away."""
        if data.fulfilments is None:
            return
        known = list(
            order.shipments.filter(is_return=False).exclude(source_id="").select_related("parcel")
        )
        left = {key: line.quantity for key, line in lines.items()}
        moved: list[tuple[Parcel, tuple[ScanData, ...]]] = []
        for fulfilment in data.fulfilments:
            mine = [row for row in known if row.source_id == fulfilment.source_id]
            known = [row for row in known if row.source_id != fulfilment.source_id]
            contents = _contents(fulfilment, lines, left)
            shipments = self._write_shipments(order, fulfilment, mine, contents, lines)
            # The shop does not say which unit is in which parcel: all on the first.
            self._write_contents(shipments, contents, anew=not mine)
            moved += [(row.parcel, fulfilment.scans) for row in shipments if row.parcel]
        # What the shop tells no more has not left after all.
        self._take_away(known)
        # Last, because news of a parcel asks how the whole order stands.
        # In one order everywhere, so that two imports never wait for each other.
        for parcel, scans in sorted(moved, key=lambda news: news[0].pk):
            self._record(parcel, scans)

    def _write_shipments(
        self,
        order: "Order",
        fulfilment: FulfilmentData,
        mine: list[Shipment],
        contents: dict[int, int],
        lines: "dict[str, OrderLine]",
    ) -> list[Shipment]:
        """One shipment for each waybill; a corrected number takes the wrong one's place."""
        first_told = min((row.shipped_at for row in mine), default=order.source_version)
        shipped_at = fulfilment.shipped_at or first_told
        carrier = fulfilment.carrier if fulfilment.numbers else ""
        # Its carrier may have been corrected since; the shop's word for it has not changed.
        same = {
            plain(row.parcel.number): row.parcel
            for row in mine
            if row.parcel and row.carrier == carrier
        }
        wanted: list[Parcel | None] = [
            same.get(plain(number))
            or Parcel.objects.announce(
                self.store.account,
                number,
                fulfilment.carrier,
                shipped_at,
                outbound(order, {} if index else contents, lines.values(), shipped_at),
            )
            for index, number in enumerate(fulfilment.numbers)
        ] or [None]
        kept = {row.parcel: row for row in mine if row.parcel in wanted}
        free = [row for row in mine if row is not kept.get(row.parcel)]
        shipments, replaced = [], []
        for parcel in wanted:
            row = kept.get(parcel) or (free.pop(0) if free else None)
            if row is None:
                row = Shipment.objects.create(
                    order=order,
                    source_id=fulfilment.source_id,
                    parcel=parcel,
                    carrier=carrier,
                    shipped_at=shipped_at,
                )
            elif (row.parcel, row.carrier, row.shipped_at) != (parcel, carrier, shipped_at):
                if row.parcel and row.parcel != parcel:
                    replaced.append(row.parcel)
                row.parcel, row.carrier, row.shipped_at = parcel, carrier, shipped_at
                row.save(update_fields=["parcel", "carrier", "shipped_at"])
            shipments.append(row)
        self._take_away(free)
        _drop_unsent(replaced)
        return shipments

    def _take_away(self, rows: list[Shipment]) -> None:
        Shipment.objects.filter(pk__in=[row.pk for row in rows]).delete()
        _drop_unsent([row.parcel for row in rows if row.parcel])

    def _write_contents(
        self, shipments: list[Shipment], wanted: dict[int, int], *, anew: bool
    ) -> None:
        if not anew:
            rows = ShipmentLine.objects.filter(shipment__in=shipments)
            first = {row.line_id: row.quantity for row in rows if row.shipment == shipments[0]}
            if first == wanted and len(rows) == len(first):
                return
            rows.delete()
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipments[0], line_id=pk, quantity=units)
            for pk, units in wanted.items()
        )

    def _record(self, parcel: Parcel, scans: tuple[ScanData, ...]) -> None:
        """A shop tells a state, not an event: it counts from when it was first told."""
        if not scans:
            return
        shop = scans[0].code.partition(":")[0] + ":"
        last = parcel.scans.filter(code__startswith=shop).order_by("-at", "-pk").first()
        fresh = tuple(scan for scan in scans if last is None or scan.code != last.code)
        if fresh:
            parcel.record(_reports(fresh), self.now)


def _drop_unsent(parcels: list[Parcel]) -> None:
    """A number that was corrected takes its journey with it, unless it brings others, too."""
    for parcel in sorted(parcels, key=lambda parcel: parcel.pk):
        if not Shipment.objects.filter(parcel=parcel).exists():
            parcel.drop()


def _contents(
    fulfilment: FulfilmentData, lines: "dict[str, OrderLine]", left: dict[str, int]
) -> dict[int, int]:
    """Line → units; never more than were ordered, whatever the shop counts."""
    wanted: dict[int, int] = {}
    for source_id, units in fulfilment.lines:
        units = min(units, left.get(source_id, 0))
        if units:
            left[source_id] -= units
            pk = lines[source_id].pk
            wanted[pk] = wanted.get(pk, 0) + units
    return wanted


def _reports(scans: tuple[ScanData, ...]) -> tuple[ScanReport, ...]:
    return tuple(ScanReport(scan.at, scan.milestone, scan.code) for scan in scans)


def _digits(phone: str) -> str:
    return "".join(filter(str.isdecimal, phone))


def _values(position: int, data: LineData) -> dict[str, Any]:
    return {
        "position": min(position, 32_000),
        "sku": data.sku,
        "title": data.title,
        "variant": data.variant,
        "quantity": data.quantity,
        "cancelled": data.cancelled,
        "unit_price": data.unit_price,
        "discount": data.discount,
        "tax": data.tax,
        "weight_grams": data.weight_grams,
        "longest_cm": data.longest_cm,
        "final_sale": data.final_sale,
        "needs_shipping": data.needs_shipping,
    }
