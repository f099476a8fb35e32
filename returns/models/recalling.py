"""Recalling: the buyer does not want a parcel that is on its way, or that turned round: verbs
and questions of the order. What follows from it is decided in returns/recall_policy.py."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from returns import ledger, recall_policy, trust
from returns.address_policy import AGAIN, STAGES, Stage
from returns.codes import PAYS_BACK, Kind, Payer, Reason, TurnsBy, Wish
from returns.models.access import Throttle, TooOften
from returns.models.event import BUYER, CARRIER, RULE, Actor, Event, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise
from returns.models.return_line import ReturnLine
from returns.models.turning import recall_key
from returns.outlook import Outlook, postage_due
from returns.policy import Chosen
from returns.recall_policy import Facts, Obstacle, Preview
from returns.states import Status
from tracking.gateways import Aim
from tracking.milestones import TURNED, Milestone

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order
    from returns.models.shipment import Shipment

ZERO = Decimal(0)
# So many recalls a buyer may ask for: each writes letters, and may cost a call.
RECALLS = ((3, timedelta(days=1)), (10, timedelta(days=30)))
# What may be wished for. A new parcel only where this one turned: else it could just come.
WISHES = frozenset({Wish.REFUND, Wish.STORE_CREDIT})
WISHES_OF_TURNED = WISHES | {Wish.REPLACEMENT}


class CannotRecall(Exception):
    """It is not possible (any more), or on other terms than the buyer has seen. preview: what
    can be said of it now."""

    def __init__(self, preview: Preview):
        self.preview = preview
        super().__init__(preview.obstacle or "other terms")


class Recalling(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    # --- what would come of it ------------------------------------------------------------

    def recallable(self, now: datetime) -> "list[Shipment]":
        """Its parcels that the buyer may not want, or that turned; read from what the order's
        page has loaded."""
        me = self._me
        taken = {rma.turning_id for rma in me.returns.all() if rma.holds_money}
        free = {line.pk for line in me.lines.all() if line.returnable}
        return [
            row
            for row in me.outbound
            if row.pk not in taken
            and _is_under_way(row, now)
            and any(part.line_id in free for part in row.lines.all())
        ]

    def recall_preview(
        self,
        shipment: "Shipment",
        now: datetime | None = None,
        *,
        wish: str = Wish.REFUND,
        by: Actor = BUYER,
    ) -> Preview:
        """What would come of it, without doing anything: what it costs, who bears it, what goes
        back and when, and what is offered for keeping it. The order with its goods loaded."""
        mine = next(row for row in self._me.outbound if row.pk == shipment.pk)
        return self._preview(mine, now or timezone.now(), wish, by)

    def _preview(self, shipment: "Shipment", now: datetime, wish: str, by: Actor) -> Preview:
        from returns.models.recall_rule import RecallRule

        facts = self._facts_of_recall(shipment, now, wish, by)
        return recall_policy.preview(facts, RecallRule.objects.of(self._me.store).rule)

    def _facts_of_recall(self, shipment: "Shipment", now: datetime, wish: str, by: Actor) -> Facts:
        """The order with its goods loaded."""
        me, parcel = self._me, shipment.parcel
        road = STAGES.get(parcel.milestone, Stage.ON_THE_WAY) if parcel else Stage.ON_THE_WAY
        wanted = self._inside(shipment)
        if obstacle := self._why_not(shipment, road, bool(wanted), now):
            return Facts(road, obstacle, currency=me.currency)
        chosen = self._chosen(wanted, wish, now)
        outlook = Outlook.of(me, chosen, wish)
        is_ours = parcel is not None and any(
            row.kind in recall_policy.OURS for row in parcel.incidents.open()
        )
        offer = None
        if road != Stage.TURNED:
            offer = me.address_offers(shipment, now, by=by).by_aim.get(Aim.RETURN)
        limits = [item.rules.automatic_up_to for item in chosen]
        known = [limit for limit in limits if limit is not None]
        return Facts(
            road,
            intercept=offer,
            goods=outlook.value,
            postage=postage_due(me, chosen, always=True),
            returns_postage=all(item.rules.returns_postage for item in chosen),
            cap=me.refundable(),
            currency=me.currency,
            store_currency=me.store.currency,
            is_ours=is_ours,
            is_trusted=trust.of(me, now).is_trusted,
            at_once=min(known) if len(known) == len(limits) else None,
            was_offered=self._was_kept_for_less,
        )

    def _why_not(self, shipment: "Shipment", road: Stage, is_free: bool, now: datetime) -> str:
        me = self._me
        if road == Stage.DELIVERED:
            return Obstacle.DELIVERED
        if any(rma.turning_id == shipment.pk and rma.holds_money for rma in me.returns.all()):
            return Obstacle.ALREADY
        if not _is_under_way(shipment, now):
            return Obstacle.NOT_ON_ITS_WAY
        changes = [row for row in me.address_changes.all() if row.shipment_id == shipment.pk]
        if any(row.is_open and row.aim == AGAIN for row in changes):
            return Obstacle.UNDER_WAY
        return "" if is_free else Obstacle.NOTHING_LEFT

    def _inside(self, shipment: "Shipment") -> list[tuple[int, int]]:
        """Line's id → units in it that no return holds."""
        lines = {line.pk: line for line in self._me.lines.all()}
        parts = (
            (part.line_id, min(part.quantity, lines[part.line_id].returnable))
            for part in shipment.lines.all()
            if part.line_id in lines
        )
        return [(pk, units) for pk, units in parts if units]

    def _chosen(self, wanted: Sequence[tuple[int, int]], wish: str, now: datetime) -> list[Chosen]:
        """Raises Refused."""
        from returns.models.order import Wanted

        return ledger.check(
            self._me,
            [Wanted(pk, units, Reason.UNWANTED) for pk, units in wanted],
            wish=wish,
            now=now,
            overruled=ledger.OVERRULED,
            kind=Kind.RETURN_TO_SENDER,
        )

    @property
    def _was_kept_for_less(self) -> bool:
        """Once for an order."""
        return self._me.events.filter(kind=EventKind.KEPT_FOR_LESS).exists()

    # --- verbs ----------------------------------------------------------------------------

    def recall(
        self,
        shipment: "Shipment",
        how: str,
        wish: str = Wish.REFUND,
        *,
        by: Actor,
        key: str,
        seen: Preview | None = None,
        now: datetime | None = None,
    ) -> "ReturnAuthorization":
        """The buyer does not want this parcel: the carrier is asked to turn it (INTERCEPT), the
        buyer refuses it at the door (REFUSE), or it has turned already (ITSELF).

        key: the form's own; the same form once more gives the return that it made. seen: what
        the page showed. Raises CannotRecall when it is not possible (any more) or costs
        something else by now, NotOffered where the carrier cannot be asked after all, TooOften;
        nothing is written then.
        """
        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            if made := order.returns.filter(form_key=key).first():
                return made
            goods = order.with_goods()
            mine = next(row for row in goods.outbound if row.pk == shipment.pk)
            preview = goods._preview(mine, now, wish, by)
            allowed = WISHES_OF_TURNED if preview.has_turned else WISHES
            unsaid = seen is not None and seen.total_by(how) != preview.total_by(how)
            if how not in preview.ways or wish not in allowed or unsaid:
                raise CannotRecall(preview)
            if by.is_buyer and Throttle.objects.admit(f"recall:{order.pk}", RECALLS, now):
                raise TooOften
            rma = goods._open_recall(mine, how, wish, preview, by=by, key=key, now=now)
            if how == TurnsBy.INTERCEPT:
                assert preview.intercept is not None
                order.change_address(
                    Aim.RETURN,
                    shipment=mine,
                    agreed_fee=preview.intercept.fee,
                    reason="changed_mind",
                    we_pay=preview.is_ours,
                    key=recall_key(rma.pk),
                    by=by,
                    now=now,
                )
            Promise.objects.of_update(order.with_goods(), by=by, now=now)
            if preview.has_turned:
                rma.note_turned(by=CARRIER, now=now)
                if mine.parcel and mine.parcel.milestone == Milestone.RETURNED:
                    _note_back(rma, now)
        return rma

    def _open_recall(
        self,
        shipment: "Shipment",
        how: str,
        wish: str,
        preview: Preview,
        *,
        by: Actor,
        key: str,
        now: datetime,
    ) -> "ReturnAuthorization":
        """Under lock, the order with its goods loaded."""
        from returns.models.authorization import ReturnAuthorization

        me = self._me
        chosen = self._chosen(self._inside(shipment), wish, now)
        outlook = Outlook.of(me, chosen, wish)
        pays_back = wish in PAYS_BACK
        carrier_fee = preview.carrier_fee if how == TurnsBy.INTERCEPT else ZERO
        rma = ReturnAuthorization.objects.create(
            order=me,
            number=ReturnAuthorization.objects.unused_number(),
            kind=Kind.RETURN_TO_SENDER,
            status=Status.APPROVED,
            wish=wish,
            form_key=key,
            requested_at=now,
            requested_by=by.kind,
            approved_at=now,
            decided_by=by.user,
            turning=shipment,
            turns_by=how,
            payer=Payer.BUYER if preview.fee or carrier_fee else Payer.STORE,
            value=outlook.value,
            estimated_fee=min(preview.fee + carrier_fee, preview.goods + preview.postage)
            if pays_back
            else ZERO,
            estimated_postage=preview.postage if pays_back else ZERO,
            estimated_total=preview.total_by(how) if pays_back else ZERO,
        )
        ReturnLine.objects.bulk_create(
            ReturnLine(
                authorization=rma,
                line_id=item.line_id,
                requested=item.quantity,
                approved=item.quantity,
                reason=item.reason,
                amount=outlook.goods[item.line_id],
            )
            for item in chosen
        )
        rma.order = me
        letter = None if preview.has_turned else NoticeKind.RETURN_APPROVED
        rma._tell(EventKind.RECALL_ASKED, by, now, letter, how=how)
        return rma

    def keep_for_less(
        self,
        shipment: "Shipment",
        amount: Decimal,
        *,
        by: Actor,
        key: str,
        now: datetime | None = None,
    ) -> None:
        """The buyer keeps the parcel, and gets a part of the money back, as was offered. amount:
        what the page showed. The same form once more does nothing. Raises CannotRecall when that
        is not offered (any more)."""
        from returns.letters import speaking
        from returns.models.offer import Offer

        now = now or timezone.now()
        with transaction.atomic():
            order = self._me.locked()
            kept = order.events.filter(kind=EventKind.KEPT_FOR_LESS)
            if any(event.data.get("key") == key for event in kept):
                return
            goods = order.with_goods()
            mine = next(row for row in goods.outbound if row.pk == shipment.pk)
            preview = goods._preview(mine, now, Wish.REFUND, by)
            if not preview.keep_for or preview.keep_for != amount:
                raise CannotRecall(preview)
            Event.objects.note(
                order, EventKind.KEPT_FOR_LESS, by=by, at=now, key=key, shipment=mine.pk
            )
            with speaking(order.language or order.store.language, order.where):
                words = str(_("For keeping the parcel, as agreed."))
            offer = Offer.objects.make(
                order,
                wish=Wish.PART_REFUND,
                amount=preview.keep_for,
                words=words,
                key=f"keep-{mine.pk}",
                by=RULE,
                now=now,
            )
            offer.accept(by=by, now=now)


def _note_back(rma: "ReturnAuthorization", now: datetime) -> None:
    """It is here already. Where it was decided with the turning, it is only booked."""
    if rma.status == Status.APPROVED:
        rma.note_back(by=CARRIER, now=now)


def _is_under_way(shipment: "Shipment", now: datetime) -> bool:
    """On its way to the buyer, or turned; without news for long it counts as arrived."""
    from returns.models.shipment import ON_ITS_WAY_FOR

    parcel = shipment.parcel
    if parcel is not None and parcel.milestone in TURNED:
        return True
    if parcel is not None and parcel.milestone == Milestone.DELIVERED:
        return False
    return shipment.shipped_at > now - ON_ITS_WAY_FOR
