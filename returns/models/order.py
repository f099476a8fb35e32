"""Order and OrderLine: what was bought, as the shop told us, with the rules of that day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.utils import timezone
from django.utils.translation import pgettext

from returns import ledger, links, policy, variants
from returns.codes import Kind, Wish
from returns.models.access import Throttle, TooOften
from returns.models.addressing import Addressing
from returns.models.claiming import Claiming
from returns.models.confirming import Confirming
from returns.models.event import Actor
from returns.models.exchanging import Exchanging
from returns.models.intake import TakesIn
from returns.models.outstanding import Outstanding
from returns.models.recalling import Recalling
from returns.models.reporting import Reporting
from returns.models.store import Store
from returns.models.withdrawing import Withdrawing
from returns.models.writing import Writing
from returns.outlook import Outlook
from returns.policy import Chosen, Rules
from tracking.milestones import TURNED
from tracking.models import Incident

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.return_base import ReturnBase
    from returns.models.shipment import Shipment

MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3, "default": Decimal(0)}
TITLES = frozenset({"mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "sir", "mme"})
# Kana, ideographs and Hangul.
FAMILY_FIRST = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
# Codes for address and money go to the old contact for so long after a change.
OLD_CONTACT_RULES_FOR = timedelta(hours=72)
# So many new returns a buyer may ask for: each writes letters, and cancelling frees the goods.
REQUESTS = ((5, timedelta(days=1)), (20, timedelta(days=30)))


class OrderQuerySet(TakesIn, models.QuerySet["Order"]):
    def with_goods(self) -> "OrderQuerySet":
        """With what decides what may be sent back: lines, parcels and returns, in a fixed
        number of queries."""
        from returns.models.return_line import ReturnLine

        return self._with_goods().prefetch_related(
            Prefetch("returns__lines", ReturnLine.objects.select_related("line"))
        )

    def with_story(self) -> "OrderQuerySet":
        """With everything that the order's own page tells, in a fixed number of queries;
        `has_offers`: some of ours can still be answered."""
        from returns.models.offer import Offer

        offers = Offer.objects.open().filter(order=OuterRef("pk"))
        return (
            self._with_goods()
            .annotate(has_offers=Exists(offers))
            .prefetch_related(
                "shipments__parcel__scans",
                Prefetch("shipments__parcel__incidents", Incident.objects.open()),
                "events",
                "promises",
                *self.WITH_CASES,
            )
        )

    # With who looks after them and what was asked for them, and what is searched for.
    WITH_CASES = (
        "cases__owner",
        "cases__contacts__file",
        "cases__investigations__steps",
    )

    def _with_goods(self) -> "OrderQuerySet":
        from returns.models.authorization import ReturnAuthorization
        from returns.models.return_line import ReturnLine
        from returns.models.shipment import Shipment

        return self.select_related("store__account").prefetch_related(
            "lines",
            Prefetch("lines__return_lines", ReturnLine.objects.select_related("authorization")),
            Prefetch("shipments", Shipment.objects.select_related("parcel", "resolution")),
            "shipments__lines",
            Prefetch("returns", ReturnAuthorization.objects.with_given()),
        )


class Order(
    Addressing,
    Claiming,
    Confirming,
    Exchanging,
    Outstanding,
    Recalling,
    Reporting,
    Withdrawing,
    Writing,
):
    store = models.ForeignKey(Store, models.PROTECT, related_name="orders")
    number = models.CharField(max_length=120, help_text="As the buyer knows it, without #.")
    ref = models.CharField(max_length=180, editable=False)
    source = models.CharField(max_length=20, help_text="shopify, woocommerce, table, api")
    source_id = models.CharField(max_length=64, help_text="The shop's own id of the order.")
    source_version = models.DateTimeField(help_text="When the shop last changed it.")
    source_hash = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Of the content taken in last."
    )
    placed_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)

    language = models.CharField(max_length=12, choices=settings.LANGUAGES, blank=True)
    name = models.CharField(max_length=200, blank=True)
    greeted_as = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="Who ordered, where the parcel goes to somebody else by our change.",
    )
    email = models.EmailField(blank=True, max_length=254)
    phone = models.CharField(max_length=40, blank=True)
    previous_email = models.EmailField(blank=True, max_length=254)
    previous_phone = models.CharField(max_length=40, blank=True)
    contact_changed_at = models.DateTimeField(null=True, blank=True)

    company = models.CharField(max_length=200, blank=True)
    street = models.CharField(max_length=300, blank=True)
    street2 = models.CharField(max_length=300, blank=True)
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, blank=True)
    zone = models.CharField(
        "buyer's time zone", max_length=40, blank=True, help_text="Empty: the store's."
    )

    currency = models.CharField(max_length=3)
    goods_total = models.DecimalField(**MONEY)
    discount_total = models.DecimalField(**MONEY)
    postage_total = models.DecimalField(**MONEY)
    tax_total = models.DecimalField(**MONEY)
    paid_total = models.DecimalField(help_text="What was captured.", **MONEY)
    refunded_total = models.DecimalField(help_text="What went back in the shop.", **MONEY)
    tags = models.CharField(max_length=500, blank=True)
    signed_links_closed = models.BooleanField(
        default=False, help_text="Links signed by the merchant no longer open this order."
    )
    links_closed_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="Whoever came in by a link before that has to come in again.",
    )
    arrived_at = models.DateTimeField("came to us", default=timezone.now, editable=False)

    objects = OrderQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at"]
        constraints = [
            models.UniqueConstraint(fields=["store", "ref"], name="order_ref_once_per_store"),
            models.UniqueConstraint(
                fields=["store", "source", "source_id"], name="order_source_id_once"
            ),
            models.CheckConstraint(condition=Q(paid_total__gte=0), name="order_paid_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded_total__gte=0), name="order_refunded_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["email"], name="order_email"),
            models.Index(fields=["store", "-placed_at"], name="order_newest"),
        ]

    def __str__(self) -> str:
        return self.number

    def save(self, *args, **kwargs) -> None:
        self.number = self.number.removeprefix("#")
        self.ref = links.order_ref(self.number)
        super().save(*args, **kwargs)

    # --- what is known about it -----------------------------------------------------------

    @property
    def first_name(self) -> str:
        """How a letter greets: by the first name where that can be told, else by the whole.

        Chinese, Japanese and Korean names begin with the family; "Whitcombe, Sarah",
        "J. Smith" and "Dr Smith" do not begin with a first name either.
        """
        name = " ".join((self.greeted_as or self.name).split())
        first = name.partition(" ")[0]
        whole = "," in name or first.rstrip(".").casefold() in TITLES or len(first.strip(".")) < 2
        return name if whole or FAMILY_FIRST.search(name) else first

    @property
    def where(self) -> str:
        """The zone in which this buyer's days begin and end."""
        return self.zone or self.store.zone

    @property
    def worth(self) -> Decimal:
        """What is paid at the door, or later, is worth as much as what was paid before."""
        asked = self.goods_total - self.discount_total + self.postage_total + self.tax_total
        return max(self.paid_total, asked)

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @cached_property
    def outbound(self) -> list:
        """The shipments to the buyer, oldest first."""
        return sorted(
            (row for row in self.shipments.all() if not row.is_return),
            key=lambda row: (row.shipped_at, row.pk),
        )

    @cached_property
    def delivered_at(self) -> datetime | None:
        """When the last of its parcels was delivered; None while one is on its way."""
        moments = [row.delivered_at for row in self.outbound]
        if not moments or not all(moments) or any(line.to_ship for line in self.lines.all()):
            return None
        return max(moments)

    @property
    def awaits_delivery(self) -> bool:
        """It left, and not all of it is known to have reached the buyer."""
        return bool(self.outbound) and not self.is_cancelled and not self.delivered_at

    def on_its_way(self, now: datetime) -> bool:
        """Some of it was shipped lately and is not yet known to have arrived."""
        return not self.is_cancelled and any(row.on_its_way(now) for row in self.outbound)

    @property
    def is_on_its_way(self) -> bool:
        return self.on_its_way(timezone.now())

    def contact(self, *, sensitive: bool = False, now: datetime | None = None) -> str:
        """The email address that codes and letters go to.

        sensitive: for address and money; a contact that was changed lately does not
        count, so that whoever changed it cannot redirect goods or money with it. Where
        there was none before, that leaves none, and the desk decides.
        """
        return self.previous_email if sensitive and self.contact_is_new(now) else self.email

    def contact_is_new(self, now: datetime | None = None) -> bool:
        """Changed so lately that the one before still rules over address and money."""
        changed = self.contact_changed_at
        return bool(changed and changed > (now or timezone.now()) - OLD_CONTACT_RULES_FOR)

    @property
    def address_lines(self) -> list[str]:
        town = " ".join(part for part in (self.postcode, self.city) if part)
        parts = [
            self.name,
            self.company,
            self.street,
            self.street2,
            town,
            self.region,
            self.country,
        ]
        return [part for part in parts if part]

    # --- verbs ----------------------------------------------------------------------------

    def locked(self) -> "Order":
        """This order, read again under lock: every verb on it and its returns meets here."""
        return (
            Order.objects.select_for_update(of=("self",), no_key=True)
            .select_related("store__account")
            .get(pk=self.pk)
        )

    def with_goods(self) -> "Order":
        """This order, read again with what decides what may be sent back."""
        return Order.objects.with_goods().get(pk=self.pk)

    def request_return(
        self,
        wanted: Sequence["Wanted"],
        *,
        wish: str = Wish.REFUND,
        by: Actor,
        key: str,
        note: str = "",
        kind: str = Kind.RETURN,
        ahead: bool = False,
        now: datetime | None = None,
    ) -> "ReturnAuthorization":
        """Asks to send `wanted` back; approves at once where the rules say so.

        ahead: the buyer agreed to what follows when new goods are sent first and the old ones
        do not come; it counts where that is offered (`may_have_ahead`).

        key: the form's own key. The same form sent again, at any moment, gives the
        return that it made the first time. Raises ledger.Refused with one problem per
        line when something of it is not possible (any more), TooOften when a buyer has
        asked too often; nothing is written then.
        """
        from returns.models.authorization import ReturnAuthorization
        from returns.models.draft import Draft

        now = now or timezone.now()
        with transaction.atomic():
            # The order itself is the lock: two requests for its lines meet here.
            order = self.locked()
            made = ReturnAuthorization.objects.filter(order=order, form_key=key).first()
            if made:
                return made
            outlook = order.with_goods().preview_return(wanted, wish=wish, by=by, now=now)
            if by.is_buyer and Throttle.objects.admit(f"return:{order.pk}", REQUESTS, now):
                raise TooOften
            # The form has been sent: its draft goes with the same stroke.
            Draft.objects.filter(order=order, key=key).delete()
            more = order.agreed_ahead(wish, now) if ahead else {}
            return ReturnAuthorization.objects.open_for(
                order,
                wanted,
                outlook,
                wish=wish,
                by=by,
                key=key,
                note=note,
                kind=kind,
                now=now,
                **more,
            )

    def preview_return(
        self, wanted: Sequence["Wanted"], *, wish: str, by: Actor, now: datetime | None = None
    ) -> Outlook:
        """What `request_return` would make of it now, without making it. Raises Refused."""

        chosen = ledger.check(
            self,
            wanted,
            wish=wish,
            now=now or timezone.now(),
            overruled=ledger.OVERRULED if by.is_staff else frozenset(),
        )
        variants.check(self, wanted, wish)
        return Outlook.of(self, chosen, wish)

    def refundable(self, without: "ReturnBase | None" = None) -> Decimal:
        """What may still be promised back: captured, less refunded, less promised.

        Until it is decided, a return promises its estimate; from then on what its
        resolutions say, sent or not, until the shop's own figure contains them (`in_shop`).
        A refund that the shop tells us of in another amount counts twice: what is left may
        be told too low for a while, never too high. without: a return whose own estimate
        is not counted, because it is being decided.
        """
        promised = sum(
            (
                rma.estimated_total
                for rma in self.returns.all()
                if rma.promises_money and rma.pk != (without and without.pk)
            ),
            Decimal(0),
        )
        decided = sum((rma.given for rma in self.returns.all()), Decimal(0))
        left = self.paid_total - self.refunded_total - promised - decided
        return max(left, Decimal(0))

    def close_links(self, *, by: Actor, now: datetime | None = None) -> None:
        """Shuts out whoever came in by a link, when one got into wrong hands: the shop's
        signed links, those in our letters, and the sessions that they opened. Codes still
        open the order, and so do the links of later letters."""
        from returns.models.event import Event, EventKind

        now = now or timezone.now()
        with transaction.atomic():
            order = self.locked()
            order.signed_links_closed, order.links_closed_at = True, now
            order.save(update_fields=["signed_links_closed", "links_closed_at"])
            count = order.short_links.revoke(now)
            Event.objects.note(order, EventKind.LINKS_CLOSED, by=by, at=now, short_links=count)
        self.signed_links_closed, self.links_closed_at = True, now


@dataclass(frozen=True)
class Wanted:
    """One line of a request as the buyer (or the desk) gave it."""

    line_id: int
    quantity: int
    reason: str
    comment: str = ""
    variant: str = ""  # the SKU of what is wanted instead, of an exchange


class OrderLine(models.Model):
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    source_id = models.CharField(max_length=64)
    position = models.PositiveSmallIntegerField(default=0)
    sku = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=300)
    variant = models.CharField(max_length=300, blank=True)
    drawing = models.CharField(max_length=20, blank=True, help_text="A drawn picture's name.")
    quantity = models.PositiveIntegerField()
    cancelled = models.PositiveIntegerField(default=0, help_text="Units taken out of the order.")
    unit_price = models.DecimalField(**MONEY)
    discount = models.DecimalField(help_text="On the whole line.", **MONEY)
    tax = models.DecimalField(help_text="On the whole line, when not in the price.", **MONEY)
    weight_grams = models.PositiveIntegerField(default=0, help_text="Of one unit.")
    longest_cm = models.PositiveSmallIntegerField(
        "longest side (cm)", default=0, help_text="Of one unit, packed."
    )
    final_sale = models.BooleanField(default=False)
    needs_shipping = models.BooleanField(default=True)
    rules_json = models.JSONField("rules of the day it was sold", default=dict)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "source_id"], name="line_once_per_order"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_has_a_quantity"),
            models.CheckConstraint(
                condition=Q(cancelled__lte=F("quantity")), name="line_cancelled_within_quantity"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def full_title(self) -> str:
        """With its variant, in the reader's punctuation."""
        if not self.variant:
            return self.title
        words = pgettext("a product and its variant", "{title}, {variant}")
        return words.format(title=self.title, variant=self.variant)

    @cached_property
    def rules(self) -> Rules:
        return Rules.from_json(self.rules_json)

    @property
    def paid(self) -> Decimal:
        """What was paid for the whole line: after discounts, with tax, never negative, in
        amounts that can be paid (shops calculate with more places than their money has)."""
        paid = max(self.unit_price * self.quantity - self.discount + self.tax, Decimal(0))
        return paid.quantize(policy.unit(self.order.currency), ROUND_HALF_UP)

    @property
    def shipped(self) -> int:
        """Units that left for the buyer; a line that needs no parcel never does. What was sent
        for others in a return is counted there (`replaced`)."""
        return sum(
            part.quantity
            for shipment in self.order.outbound
            for part in shipment.lines.all()
            if part.line_id == self.pk and not shipment.resolution_id
        )

    @property
    def travelled_in(self) -> list["Shipment"]:
        """The shipments that some of it left in."""
        return [
            shipment
            for shipment in self.order.outbound
            if any(part.line_id == self.pk for part in shipment.lines.all())
        ]

    @property
    def is_coming_back(self) -> bool:
        """Every parcel of it turned round before it reached the buyer."""
        mine = self.travelled_in
        return bool(mine) and all(row.parcel and row.parcel.milestone in TURNED for row in mine)

    @property
    def window_start(self) -> datetime:
        """Where its time to return begins: delivery, else last dispatch, else the order."""
        mine = self.travelled_in
        if not mine:
            return self.order.placed_at
        delivered = [shipment.delivered_at for shipment in mine if shipment.delivered_at]
        if len(delivered) == len(mine):
            return max(delivered)
        return max(shipment.shipped_at for shipment in mine)

    def on_its_way(self, now: datetime) -> bool:
        """Some of it is on the road: its time to return has not begun to run."""
        return any(shipment.on_its_way(now) for shipment in self.travelled_in)

    def window_end(self, reason: str | None = None) -> datetime | None:
        """The last second to ask for a return, None = no limit (see Rules.window_end)."""
        return self.rules.window_end(self.window_start, self.order.where, reason)

    @property
    def kept(self) -> int:
        """Units that were not taken out of the order."""
        return self.quantity - self.cancelled

    @property
    def to_ship(self) -> int:
        if not self.needs_shipping or self.order.is_cancelled:
            return 0
        return max(self.kept - self.withdrawn - self.shipped, 0)

    @property
    def held(self) -> int:
        """Units that requests hold or that came back for good (see ledger)."""
        return ledger.held(self.return_lines.all())

    @property
    def returnable(self) -> int:
        """Units that may still be asked for; what was taken out of the order (refunded in
        the shop, even after it was shipped) may not."""
        stays, elsewhere = self.kept - self.withdrawn, self.held - self.withdrawn
        return max(min(self.shipped, stays) - elsewhere, 0)

    @property
    def withdrawn(self) -> int:
        """Units that were withdrawn before they left, and are not to leave."""
        return self.order.withdrawn.get(self.pk, 0)

    @property
    def unsent(self) -> int:
        """Units that may still be withdrawn without sending anything back."""
        gone = self.shipped if self.needs_shipping else 0
        return max(min(self.kept - self.withdrawn - gone, self.withdrawable), 0)

    @property
    def withdrawable(self) -> int:
        """Units that may be withdrawn, shipped or not."""
        return max(self.kept - self.held, 0)

    def choose(self, quantity: int, reason: str) -> Chosen:
        rows = self.return_lines.all()
        return Chosen(
            line_id=self.pk,
            quantity=quantity,
            reason=reason,
            ordered=self.kept,
            paid=self.paid_for_kept,
            gone=self.held,
            promised=ledger.promised(rows),
            rules=self.rules,
        )

    @property
    def paid_for_kept(self) -> Decimal:
        """The part of `paid` that belongs to units which were not taken out of the order."""
        if not self.kept:
            return Decimal(0)
        return policy.share(self.paid, self.quantity, 0, Decimal(0), self.kept, self.order.currency)
