"""Addressing: where an order and its parcels go, as verbs and questions of the order."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns import address_policy
from returns.address_policy import AGAIN, Facts, Offer, Offers, Payer, Why
from returns.address_states import IN_FORCE, OPEN, ChangeStatus, WhyNot
from returns.models.access import Throttle, TooOften
from returns.models.address_change import AddressChange
from returns.models.event import BUYER, Actor, Event, EventKind
from returns.models.shipment import Shipment
from returns.postal.address import PostalAddress
from tracking import figures
from tracking.gateways import PHONE, Aim
from tracking.models import GatewayAccount, Parcel
from tracking.terms import Terms, terms_of

if TYPE_CHECKING:
    from returns.models.order import Order

# So many changes a buyer may ask for: each writes letters, and costs calls.
CHANGES = ((3, timedelta(days=1)), (6, timedelta(days=30)))
# The depot is a word for the desk.
FOR_BUYERS = frozenset({Aim.REDIRECT, Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE, AGAIN})
NO_PARCEL = Terms({})


class NotOffered(Exception):
    """It is not possible (any more), or on other terms than the buyer has seen. offer: what
    can be said of it now."""

    def __init__(self, offer: Offer):
        self.offer = offer
        super().__init__(offer.obstacle or "other terms")


class Addressing(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    def address_offers(
        self, shipment: Shipment | None, now: datetime | None = None, *, by: Actor = BUYER
    ) -> Offers:
        """What may be done now about one of its parcels (None: about what was not shipped).
        by: whoever asks; how often a buyer may, is no matter for the desk."""
        me = self._me
        rules = [row.rule for row in me.store.interception_rules.all()]
        parcel = shipment.parcel if shipment else None
        facts = self._facts(shipment, parcel, by, now or timezone.now())
        return address_policy.offers(
            facts, terms_of(parcel.carrier) if parcel else NO_PARCEL, rules
        )

    def _facts(
        self, shipment: Shipment | None, parcel: Parcel | None, by: Actor, now: datetime
    ) -> Facts:
        me, store = self._me, self._me.store
        pk = shipment.pk if shipment else None
        mine = [row for row in me.address_changes.all() if row.is_open]  # pages have read them
        is_mine = any(row.shipment_id == pk if pk else not row.was_shipped for row in mine)
        origin = parcel.origin if parcel else ""
        destination = (parcel.destination if parcel else "") or me.country
        served: frozenset[str] = frozenset()
        chances: Mapping[str, int] = {}
        turned, is_turning = 0, False
        if parcel is not None:
            served = _served(parcel)
            chances = figures.chances(parcel.account_id, parcel.carrier)
            asked = list(parcel.interceptions.all())
            turned = sum(row.asked_at is not None for row in asked)
            is_turning = any(row.is_open for row in asked)
        milestone = (parcel.milestone if parcel else "unknown") if shipment else ""
        return Facts(
            milestone=milestone,
            carrier=parcel.carrier if parcel else "",
            has_number=shipment is None or parcel is not None,
            lane=store.lane(destination),
            origin=origin or store.country,
            destination=destination,
            region=me.region,
            currency=me.currency,
            store_currency=store.currency,
            value=me.worth,
            limit=store.address_desk_from,
            is_cancelled=me.is_cancelled,
            is_open=is_mine or is_turning,
            is_all_sent=shipment is None
            and bool(me.outbound)
            and not any(line.to_ship for line in me.lines.all()),
            is_worn_out=by.is_buyer and Throttle.objects.any_used_up(_counted(me), CHANGES, now),
            turned=turned,
            served=served,
            chances=chances,
        )

    def change_address(
        self,
        aim: str,
        *,
        after: PostalAddress | None = None,
        shipment: Shipment | None = None,
        agreed_fee: Decimal = Decimal(0),
        on: date | None = None,
        reason: str = "",
        verified_how: str = "",
        verified_note: str = "",
        we_pay: bool = False,
        key: str,
        by: Actor,
        now: datetime | None = None,
    ) -> AddressChange:
        """Has it sent elsewhere, back, kept, or brought on another day.

        key: the form's own; the same once more gives the change that it made. agreed_fee: what
        the page showed and the buyer agreed to, in the order's currency: compared, never
        believed. we_pay: it is our fault that it is wanted, so it costs the buyer nothing,
        whatever the rules say. verified_how, verified_note: how the desk made sure who was
        calling. Raises NotOffered when it is not possible (any more) or costs something else by
        now, TooOften; nothing is written then.
        """
        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            made = order.address_changes.filter(form_key=key).first()
            if made and (made.aim, made.shipment_id) != (aim, shipment and shipment.pk):
                raise NotOffered(Offer(aim, address_policy.Obstacle.UNDER_WAY))
            if made:
                return made
            if shipment is not None:
                # Read anew: it may have moved since the page was shown.
                mine = order.shipments.filter(is_return=False).select_related("parcel")
                shipment = mine.get(pk=shipment.pk)
            offers = order.with_goods().address_offers(shipment, now, by=by)
            offer = offers.by_aim.get(aim) or Offer(aim, address_policy.Obstacle.NOT_SHIPPED)
            offer = offer.at_our_cost if we_pay else offer
            if not offer.is_possible or offer.fee != agreed_fee:
                raise NotOffered(offer)
            if by.is_buyer and aim not in FOR_BUYERS:
                raise NotOffered(Offer(aim, address_policy.Obstacle.STORE_SAYS_NO))
            before = order.destination_of(shipment)
            if aim in (Aim.REDIRECT, AGAIN):
                order._check_place(offer, before, after)
            if by.is_buyer and Throttle.objects.admit(_counted(order), CHANGES, now):
                raise TooOften
            change = order._write_change(offers, offer, shipment, before, after, by, key, now)
            change.on, change.reason = on, reason
            change.verified_how, change.verified_note = verified_how, verified_note[:300]
            change.save()
            Event.objects.note(
                order, EventKind.ADDRESS_ASKED, by=by, at=now, change=change.pk, aim=aim
            )
            change.tell_contacts(order._to_tell(now), now)
            if aim != AGAIN:
                change._promise_answer(now)
            change.ring()
        return change

    def _check_place(
        self, offer: Offer, before: PostalAddress, after: PostalAddress | None
    ) -> None:
        """Raises NotOffered for another country, or an area that is not served."""
        refused = after is None or not after.country or after.country != before.country
        if refused or (after and offer.refuses(after.postcode, after.region)):
            raise NotOffered(Offer(offer.aim, address_policy.Obstacle.NOT_THERE))

    def _write_change(
        self,
        offers: Offers,
        offer: Offer,
        shipment: Shipment | None,
        before: PostalAddress,
        after: PostalAddress | None,
        by: Actor,
        key: str,
        now: datetime,
    ) -> AddressChange:
        me = self._me
        why = "" if by.is_staff else offer.why_desk or (Why.SHARED if _is_shared(shipment) else "")
        waits = bool(why) or offer.aim == AGAIN
        change = AddressChange.objects.create(
            order=me,
            shipment=shipment,
            was_shipped=shipment is not None,
            form_key=key,
            aim=offer.aim,
            status=ChangeStatus.WAITING if waits else ChangeStatus.REQUESTED,
            why_desk="" if offer.aim == AGAIN else why,
            before=before.to_json(),
            after=after.to_json() if after else {},
            stage=offers.stage,
            terms={
                "days": offer.days,
                "chance": offer.chance,
                "by_phone": offer.by_phone,
                "while_at": sorted(offer.while_at),
                "parcel": shipment.parcel_id if shipment else None,
            },
            # What nobody knows, a caller agreed to as little as a buyer on the page.
            payer=offer.payer if offer.fee or not by.is_staff else Payer.STORE,
            fee=offer.fee,
            currency=offer.currency,
            agreed_at=now if offer.fee and offer.payer == Payer.BUYER else None,
            requested_at=now,
            requested_by=by.kind,
            user=by.user,
        )
        if shipment is None and not waits and after:
            me.set_address(after)
        return change

    def set_address(self, after: PostalAddress) -> None:
        """Under lock: what was not shipped yet goes there from now on."""
        me = self._me
        values = after.order_values()
        # Letters go on to greet who ordered, whoever opens the parcel.
        values["greeted_as"] = me.greeted_as or me.name
        if values["greeted_as"] == values["name"]:
            values["greeted_as"] = ""
        for name, value in values.items():
            setattr(me, name, value)
        me.save(update_fields=list(values))

    def destination_of(self, shipment: Shipment | None) -> PostalAddress:
        """Where it goes, as far as is known: a redirection that the carrier took counts."""
        if shipment is not None:
            done = shipment.address_changes.filter(
                aim=Aim.REDIRECT, status=ChangeStatus.SUCCEEDED
            ).first()
            if done:
                return done.wanted
            # What left before the shop had another address goes where the order went then.
            again = Q(aim=AGAIN, status=ChangeStatus.SUCCEEDED)
            too_late = Q(status=ChangeStatus.FAILED, failure=WhyNot.SHIPPED)
            before = Q(was_shipped=False) & (Q(status__in=IN_FORCE) | too_late)
            mine = self._me.address_changes.filter(again | before)
            later = mine.exclude(ended_at__lte=shipment.shipped_at)
            first = later.order_by("requested_at", "pk").first()
            if first:
                return first.was_before
        return PostalAddress.of(self._me)

    @property
    def known_postcodes(self) -> list[str]:
        """Its own, and the one before as long as a change of it is open: its owner may type
        either."""
        mine = AddressChange.objects.filter(order_id=self._me.pk, was_shipped=False)
        rows = mine.filter(status__in=IN_FORCE & OPEN)
        return [self._me.postcode, *(row.was_before.postcode for row in rows)]

    def _to_tell(self, now: datetime) -> dict[str, bool]:
        """Everybody whose order this is → whether it is the trusted contact."""
        me = self._me
        trusted = me.contact(sensitive=True, now=now)
        return {one: one == trusted for one in dict.fromkeys([trusted, me.email]) if one}


def _is_shared(shipment: Shipment | None) -> bool:
    """Whether its parcel holds goods of another order: then it is not one buyer's alone."""
    if shipment is None or shipment.parcel_id is None:
        return False
    mine = Shipment.objects.filter(parcel_id=shipment.parcel_id)
    return mine.exclude(order_id=shipment.order_id).exists()


def _served(parcel: Parcel) -> frozenset[str]:
    """Aims that an interface asks its carrier for; where the first that could is the telephone,
    a person does."""
    rows = list(GatewayAccount.objects.live().filter(account=parcel.account_id))
    fitting = {aim: [row for row in rows if row.serves(parcel.carrier, aim)] for aim in Aim}
    return frozenset(
        str(aim) for aim, found in fitting.items() if found and found[0].gateway != PHONE
    )


def _counted(order: "Order") -> str:
    return f"address:{order.pk}"
