"""Turning: what becomes of a return whose goods never reached the buyer, because their parcel was
called back, refused or turned by itself (`turning`).

Nobody posts anything, so it waits as approved until the parcel turns. Then the money goes by
rule, or when the parcel is back and was looked at; what was paid for before it was here is
booked when it comes (`note_goods`), without a second refund. Where the parcel is delivered all
the same, nothing comes of it.
"""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import F, Q
from django.utils import timezone

from returns import trust
from returns.address_states import RECALL
from returns.codes import MONEY_KINDS, Kind, ResolutionKind
from returns.models.event import RULE, Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.posting import Posting
from returns.models.promise import Promise
from returns.states import SETTLED, IllegalTransition, ResolutionState, Status
from tracking.milestones import TURNED, Milestone

if TYPE_CHECKING:
    from returns.models.address_change import AddressChange
    from returns.models.resolution import Resolution

ZERO = Decimal(0)
WAITS = Q(kind=Kind.RETURN_TO_SENDER, status=Status.APPROVED)


class Turning(Posting):
    class Meta:
        abstract = True

    @property
    def recall_change(self) -> "AddressChange | None":
        """What was asked of the carrier for it."""
        return self.order.address_changes.filter(form_key=recall_key(self.pk)).first()

    def note_turned(self, *, by: Actor, now: datetime | None = None) -> None:
        """The parcel is on its way back, once: told, and the money goes where a rule says so."""
        now = now or timezone.now()
        if (change := self.recall_change) is not None:
            change.take_up(now)  # what came of it is known to the carrier's side by now
        with self._changing(WAITS & Q(turning__parcel__milestone__in=TURNED)):
            if self.events.filter(kind=EventKind.PARCEL_TURNED).exists():
                raise IllegalTransition(self.status, self.status)
            self._settle_fee(now)
            pays = self._pays_on_turning(now)
            letter = None if pays else NoticeKind.RETURN_APPROVED
            self._tell(EventKind.PARCEL_TURNED, by, now, letter, turned=True)
            if pays:
                self.settle_turned(by=RULE, now=now)

    def _settle_fee(self, now: datetime) -> None:
        """What the carrier asks is taken off if it turned the parcel; if it turned in another
        way, the buyer pays nothing for that."""
        change = self.recall_change
        if change is None or not change.fee:
            return
        change.refresh_from_db()
        if change.fee_owed_at:
            change.note_charged(by=RULE, now=now)  # with the refund
            return
        fee = max(self.estimated_fee - change.fee, ZERO)
        total = self.estimated_total + (self.estimated_fee - fee)
        type(self)._default_manager.filter(pk=self.pk).update(
            estimated_fee=fee, estimated_total=total
        )
        self.estimated_fee, self.estimated_total = fee, total

    def _pays_on_turning(self, now: datetime) -> bool:
        """The store decides such a sum by itself, or trusts the buyer."""
        limits = [row.line.rules.automatic_up_to for row in self.lines.select_related("line").all()]
        known = [limit for limit in limits if limit is not None]
        if len(known) == len(limits) and known and self.value <= min(known):
            return True
        return trust.of(self.order, now).is_trusted

    def settle_turned(
        self, *, by: Actor, disposition: str = "", now: datetime | None = None
    ) -> "Resolution":
        """The buyer gets what was asked for although the goods are not here; when they come,
        they are only booked. disposition: what becomes of goods that do not come to us."""
        from returns.models.resolution import Resolution
        from returns.models.settling import GRANTS, PROMISED, SENT_WITHIN

        now = now or timezone.now()
        with self._moving(
            Status.RESOLVED,
            only={Status.APPROVED},
            where=Q(kind=Kind.RETURN_TO_SENDER, received_at=None),
            resolved_at=now,
            decided_by=by.user,
        ):
            more = {"disposition": disposition} if disposition else {}
            self.lines.update(waived=F("approved"), resolved=F("approved"), **more)
            live = self.resolutions.live()
            goods = sum((row.amount for row in self.lines.all()), ZERO)
            postage, fee = self.estimated_postage, self.estimated_fee
            amount = max(min(goods + postage - fee, self._me.settlement().cap), ZERO)
            kind = GRANTS[self.wish]
            is_money = kind in MONEY_KINDS
            if (is_money and not amount) or live.filter(kind=kind).exists():
                kind, is_money = ResolutionKind.NONE, False
            done = kind == ResolutionKind.NONE
            row = Resolution.objects.create(
                authorization_id=self.pk,
                kind=kind,
                state=ResolutionState.SUCCEEDED if done else ResolutionState.PENDING,
                settled_at=now if done else None,
                amount=amount if is_money else ZERO,
                goods=goods if is_money else ZERO,
                postage=postage if is_money else ZERO,
                fee=fee if is_money else ZERO,
                difference=amount - (goods + postage - fee) if is_money else ZERO,
                decided_at=now,
                decided_by=by.user,
            )
            self._me._ask_shop(row, now)
            Promise.objects.release(self._me, now)
            for one in live:
                if not one.is_sent:
                    due = self.order.store.calendar.close_of_working_day(now, SENT_WITHIN)
                    self._promise(PROMISED[one.kind], due, by, now)
            self._tell(EventKind.RETURN_RESOLVED, by, now, NoticeKind.RETURN_RESOLVED)
            if all(one.is_sent for one in live.all()):
                self._me._close(now)
        return row

    def place_goods(
        self, disposition: str, *, by: Actor, words: str = "", now: datetime | None = None
    ) -> None:
        """The goods do not come back to us: they stay with a warehouse near by, are handed over
        there or given up, because the way back costs more than they are worth. What the buyer
        gets does not wait for them. words: for the desk, with the cost of each way."""
        now = now or timezone.now()
        if not self.may_place_goods:
            raise IllegalTransition(self.status, self.status)
        with self._changing(Q(kind=Kind.RETURN_TO_SENDER, received_at=None)):
            self._tell(EventKind.GOODS_PLACED, by, now, place=disposition, note=words[:500])
            if self.status == Status.APPROVED:
                self.settle_turned(by=by, disposition=disposition, now=now)
            else:
                self.lines.update(disposition=disposition)

    @property
    def may_place_goods(self) -> bool:
        """Turned, and nobody here has it."""
        open_ = self.status == Status.APPROVED or self.status in SETTLED
        return self.is_recall and open_ and self.received_at is None and self.has_turned

    def note_back(self, *, by: Actor, now: datetime | None = None) -> None:
        """The carrier says that it is here again: the warehouse opens it."""
        now = now or timezone.now()
        shipment = self.turning_shipment
        parcel = shipment.parcel if shipment else None
        if parcel is None or parcel.milestone != Milestone.RETURNED:
            raise IllegalTransition(self.status, self.status)
        with self._changing(
            WAITS & Q(arrived_at=None, turning__parcel=parcel), arrived_at=parcel.milestone_at
        ):
            Promise.objects.release(self._me, now)
            self._promise_inspection(now)
            self._tell(EventKind.RETURN_ARRIVED, by, now, NoticeKind.RETURN_ARRIVED)

    def fail_recall(self, *, by: Actor, now: datetime | None = None) -> None:
        """It was delivered all the same. The return ends, and its units can be sent back as
        usual; where the money has gone already, a person looks at it."""
        now = now or timezone.now()
        there = Q(kind=Kind.RETURN_TO_SENDER, turning__parcel__milestone=Milestone.DELIVERED)
        if self.status in SETTLED:
            with self._changing(there):
                if self.events.filter(kind=EventKind.RECALL_FAILED).exists():
                    raise IllegalTransition(self.status, self.status)
                self._tell(EventKind.RECALL_FAILED, by, now)
            return
        with self._moving(Status.CANCELLED, only={Status.APPROVED}, where=there, ended_at=now):
            self._me._drop_unsent(by, now)
            Promise.objects.release(self._me, now)
            letter = NoticeKind.RETURN_CANCELLED
            self._tell(EventKind.RECALL_FAILED, by, now, letter, recall=True)

    def _stop_recall(self, by: Actor, now: datetime) -> None:
        """Under lock, as it is cancelled: the carrier is asked to forget it. Raises
        IllegalTransition when the parcel has turned, or the carrier has said yes."""
        if self.has_turned:
            raise IllegalTransition(self.status, Status.CANCELLED)
        change = self.recall_change
        if change is None or not change.is_open:
            return
        if not change.can_be_withdrawn:
            raise IllegalTransition(self.status, Status.CANCELLED)
        change.withdraw(by=by, now=now)


def recall_key(pk: int) -> str:
    """The form of the change of address that belongs to the return."""
    return f"{RECALL}{pk}"
