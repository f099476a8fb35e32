"""Receiving and inspecting: what came, how it is, whatever the state of the return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from returns import ledger, states
from returns.codes import Disposition, Reception
from returns.models.event import RULE, Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.posting import Posting
from returns.models.promise import Promise, PromiseKind
from returns.models.receipt import Receipt, ReceiptLine, Surplus
from returns.models.return_line import ReturnLine
from returns.models.weighing import Weighing
from returns.outlook import Outlook
from returns.states import IllegalTransition, Status
from tracking.models import Parcel

if TYPE_CHECKING:
    from returns.models.order import Order, Wanted

RECEIVABLE = frozenset({Status.APPROVED, Status.IN_TRANSIT, Status.RECEIVED, *states.ENDED})


@dataclass(frozen=True)
class Found:
    """What was in the parcel. counts: return line's id → units, however many. others:
    (title, units) of things that are no line of this return. grams: as weighed."""

    counts: Mapping[int, int]
    others: Sequence[tuple[str, int]] = ()
    grams: int | None = None
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values()) and not self.others


@dataclass(frozen=True)
class Finding:
    """How the units of one line are. accepted: those that we take; the disposition says
    what becomes of them, `rejected_to` what of the others."""

    condition: str
    accepted: int
    disposition: str = Disposition.RESTOCK
    rejected_to: str = Disposition.RETURN_TO_CUSTOMER
    words: str = ""


class Receiving(Posting):
    class Meta:
        abstract = True

    @property
    def may_be_received(self) -> bool:
        return self.status in RECEIVABLE and not self.keeps_goods

    def receive(self, found: Found, *, by: Actor, key: str, now: datetime | None = None) -> Receipt:
        """A parcel of this return was opened. More than one may come; the same form sent
        again (`key`) is one receipt.

        What is more than approved, or another thing, becomes surplus, for the desk to
        decide. A return that had ended takes back as much of its goods as is still free,
        the rest is surplus too. An unknown line or a negative count is a ValueError.
        """
        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked()
            if made := self.receipts.filter(form_key=key).first():
                if made.undone_at:
                    raise IllegalTransition(self.status, Status.RECEIVED)
                return made
            fresh = order.returns.get(pk=self.pk)
            fresh.order = order
            if not fresh.may_be_received:
                raise IllegalTransition(fresh.status, Status.RECEIVED)
            rows = {row.pk: row for row in fresh.lines.select_related("line")}
            if set(found.counts) - set(rows) or any(n < 0 for n in found.counts.values()):
                raise ValueError("a count for a line that is not of this return")
            receipt = fresh._book(found, rows, by, key, now)
        self.refresh_from_db()
        return receipt

    def _book(
        self, found: Found, rows: dict[int, ReturnLine], by: Actor, key: str, now: datetime
    ) -> Receipt:
        late = self.status in states.ENDED
        values: dict[str, Any] = {"received_at": self.received_at or now}
        if late:
            values |= self._take_back(rows, found, now) | {"came_after_end": True}
        again = self.status == Status.RECEIVED
        moving = (
            self._changing(Q(), **values)
            if again
            else self._moving(Status.RECEIVED, **values, ended_at=None)
        )
        with moving:
            receipt = Receipt.objects.create(
                authorization_id=self.pk,
                form_key=key,
                received_at=now,
                user=by.user,
                weight_grams=found.grams,
                expected_grams=_grams(rows.values()),
                was_empty=found.is_empty,
                note=found.note,
            )
            for row in rows.values():
                self._count(receipt, row, found.counts.get(row.pk, 0))
            for title, quantity in found.others:
                self._surplus(receipt, title, quantity)
            for parcel in Parcel.objects.filter(pk__in=self._parcels()):
                parcel.note_received(now, found.grams)
            if receipt.weight_differs or self._scales_disagree(found.grams):
                Weighing.objects.ask(receipt, by=RULE, now=now)
            if not self._keep_open(PromiseKind.INSPECTION):
                Promise.objects.release(self._me, now)
                self._promise_inspection(now)
            self._tell(
                EventKind.RETURN_RECEIVED,
                by,
                now,
                NoticeKind.RETURN_RECEIVED,
                receipt=receipt.pk,
                empty=receipt.was_empty,
            )
        return receipt

    def _scales_disagree(self, grams: int | None) -> bool:
        """The carrier weighed something else than we did: somebody looks once more."""
        tolerance = self.order.store.account.tolerance
        weighed = Parcel.objects.filter(pk__in=self._parcels(), carrier_weight__gt=0)
        return bool(grams) and any(
            not tolerance(parcel.carrier).allows(grams or 0, parcel.carrier_weight)
            for parcel in weighed
        )

    def _keep_open(self, kind: str) -> bool:
        """Whether a promise of this kind stands; its hour was said and stays."""
        return Promise.objects.open().filter(authorization_id=self.pk, kind=kind).exists()

    def _count(self, receipt: Receipt, row: ReturnLine, count: int) -> None:
        """Books what was approved, makes surplus of what is more."""
        booked = min(count, row.approved - row.received)
        if booked:
            ReceiptLine.objects.create(receipt=receipt, return_line=row, quantity=booked)
            row.received += booked
        if count > booked:
            self._surplus(receipt, row.line.title, count - booked, row.line_id)
        all_here = row.received >= row.approved and row.received > 0
        row.reception = Reception.RECEIVED if all_here else Reception.SHORT
        row.save(update_fields=["received", "reception"])

    def _surplus(
        self, receipt: Receipt, title: str, quantity: int, line_id: int | None = None
    ) -> None:
        Surplus.objects.create(
            authorization_id=self.pk,
            receipt=receipt,
            line_id=line_id,
            title=title[:300],
            quantity=quantity,
        )

    def _take_back(
        self, rows: dict[int, ReturnLine], found: Found, now: datetime
    ) -> dict[str, Any]:
        """What a return that had ended may book of what came: as much of its goods as no
        other return has taken meanwhile. Called while it still holds what its end left."""
        from returns.models.order import Wanted

        order = self.order.with_goods()
        lines = {line.pk: line for line in order.lines.all()}
        lost = self.status == Status.LOST
        short = any(found.counts.get(row.pk, 0) < row.approved for row in rows.values())
        wanted = []
        for row in rows.values():
            # A lost return still holds its goods: they are not free, and yet its own.
            free = row.approved if lost else lines[row.line_id].returnable
            units = min(found.counts.get(row.pk, 0), free, row.approved or row.requested)
            row.amount = row.worth(units, order.currency)
            row.approved, row.waived = units, min(row.waived, units)
            if units:
                wanted.append(Wanted(row.line_id, units, row.reason))
        values = (
            # What brought all of it out is given back for all of it only.
            {"estimated_postage": Decimal(0)}
            if short
            else {}
            if lost
            else self._worth_again(order, wanted, rows, now)
        )
        for row in rows.values():
            row.save(update_fields=["approved", "waived", "amount"])
        return values

    def _worth_again(
        self,
        order: "Order",
        wanted: "list[Wanted]",
        rows: dict[int, ReturnLine],
        now: datetime,
    ) -> dict[str, Any]:
        """At today's numbers: what was freed may have been promised to somebody else."""
        try:
            chosen = ledger.check(
                order, wanted, wish=self.wish, now=now, overruled=ledger.OVERRULED
            )
            outlook = Outlook.of(order, chosen, self.wish)
        except ledger.Refused:  # nothing of it may come back: all of it is surplus
            for row in rows.values():
                row.approved, row.waived, row.amount = 0, 0, Decimal(0)
            names = ("value", "estimated_fee", "estimated_postage", "estimated_total")
            return dict.fromkeys(names, Decimal(0))
        for row in rows.values():
            row.amount = outlook.goods.get(row.line_id, Decimal(0))
        return {
            "value": outlook.value,
            "estimated_fee": outlook.fee,
            "estimated_postage": outlook.postage,
            "estimated_total": outlook.total,
        }

    def undo_receipt(self, *, by: Actor, now: datetime | None = None) -> None:
        """Booked by mistake: what was counted is taken off again, the evidence stays. The
        return is on its way again (one that had ended, too: a person is at it now)."""
        now = now or timezone.now()
        with self._moving(Status.IN_TRANSIT, only={Status.RECEIVED}, received_at=None):
            self.receipts.filter(undone_at=None).update(undone_at=now)
            self.surplus.filter(decided_at=None).delete()
            self.lines.update(received=0, reception=Reception.AWAITING)
            for parcel in Parcel.objects.filter(pk__in=self._parcels()):
                parcel.note_received(None)
            if not self.arrived_at:
                Promise.objects.release(self._me, now)
                self._promise_news(now)
            self._tell(EventKind.RECEIPT_UNDONE, by, now)

    def inspect(
        self, findings: Mapping[int, Finding], *, by: Actor, now: datetime | None = None
    ) -> None:
        """How each received line is: return line's id → Finding, for every line of which
        something came. ValueError when one is missing or accepts more than came."""
        now = now or timezone.now()
        with self._moving(Status.INSPECTED, only={Status.RECEIVED}, inspected_at=now):
            for row in self.lines.all():
                if not row.received:
                    continue
                finding = findings.get(row.pk)
                if finding is None or not 0 <= finding.accepted <= row.received:
                    raise ValueError(f"no finding that fits line {row.pk}")
                row.condition = finding.condition
                row.accepted = finding.accepted
                row.disposition = finding.disposition
                row.rejected_to = finding.rejected_to if finding.accepted < row.received else ""
                row.finding = finding.words
                row.save(
                    update_fields=["condition", "accepted", "disposition", "rejected_to", "finding"]
                )
            self._tell(EventKind.RETURN_INSPECTED, by, now)

    def decide_surplus(
        self,
        surplus: Surplus,
        disposition: str,
        words: str = "",
        *,
        by: Actor,
        now: datetime | None = None,
    ) -> None:
        """What becomes of goods that nobody had approved; the buyer reads `words`."""
        now = now or timezone.now()
        with self._changing(Q()):
            decided = self.surplus.filter(pk=surplus.pk, decided_at=None).update(
                disposition=disposition, words=words, decided_at=now, decided_by=by.user
            )
            if not decided:
                raise IllegalTransition(surplus.disposition, disposition)
            self._tell(EventKind.SURPLUS_DECIDED, by, now, words=words)


def _grams(rows: Any) -> int | None:
    """What the goods of these lines weigh, None when one of them does not say."""
    weights = [row.line.weight_grams * row.approved for row in rows if row.approved]
    return sum(weights) if weights and all(weights) else None
