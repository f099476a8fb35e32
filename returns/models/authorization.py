"""ReturnAuthorization (RMA): permission to send goods back, and its lines."""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from returns import policy, variants
from returns.codes import Disposition, Kind, Payer, Reason, Reception, ResolutionKind, Wish
from returns.models.agreeing import Agreeing
from returns.models.appealing import WAITING
from returns.models.choosing_again import ChoosingAgain
from returns.models.deciding import Deciding
from returns.models.event import CARRIER, CLOCK, RULE, Actor, Event, EventKind
from returns.models.losing import Losing
from returns.models.notice import NoticeKind
from returns.models.posting import POSTED_BEFORE
from returns.models.promise import AT_ONCE, PromiseKind
from returns.models.receiving import Receiving
from returns.models.resolution import Resolution
from returns.models.return_line import ReturnLine
from returns.models.sending_ahead import SendingAhead
from returns.models.settling import SENT_WITHIN
from returns.models.stopping import Stopping, proved
from returns.models.turning import WAITS, Turning
from returns.outlook import Outlook
from returns.states import ENDED, SETTLED, IllegalTransition, Status
from tracking.milestones import MOVING, TURNED, Milestone

if TYPE_CHECKING:
    from returns.models.order import Order, Wanted
    from returns.models.shipment import Shipment

# No 0 O 1 I L U: what is read aloud or copied by hand must come back the same.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
logger = logging.getLogger(__name__)


def new_number() -> str:
    """HW-7F3K-9Q2M: 30⁸ numbers, so that none can be guessed from another."""
    part = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"HW-{part[:4]}-{part[4:]}"


def _told(kind: str) -> "models.QuerySet[Event]":
    """Of a return: whether its history tells this."""
    return Event.objects.filter(authorization=OuterRef("pk"), kind=kind)


class ReturnAuthorizationQuerySet(models.QuerySet["ReturnAuthorization"]):
    def open_for(
        self,
        order: "Order",
        wanted: Sequence["Wanted"],
        outlook: "Outlook",
        *,
        wish: str,
        by: Actor,
        key: str,
        note: str,
        kind: str,
        now: datetime,
        **more: Any,
    ) -> "ReturnAuthorization":
        """Writes the request that `Order.request_return` has checked, under its lock. more:
        further fields."""
        chosen = outlook.chosen
        rma = self.create(
            order=order,
            number=self.unused_number(),
            kind=kind,
            wish=wish,
            form_key=key,
            note=note,
            requested_at=now,
            requested_by=by.kind,
            payer=outlook.payer,
            value=outlook.value,
            estimated_fee=outlook.fee,
            estimated_postage=outlook.postage,
            estimated_total=outlook.total,
            keeps_goods=outlook.keeps_goods,
            post_days=min(item.rules.post_days for item in chosen),
            **more,
        )
        comments = {item.line_id: item.comment for item in wanted}
        instead = variants.snapshots(order, wanted, wish)
        ReturnLine.objects.bulk_create(
            ReturnLine(
                authorization=rma,
                line_id=item.line_id,
                requested=item.quantity,
                reason=item.reason,
                comment=comments.get(item.line_id, ""),
                amount=outlook.goods[item.line_id],
                variant=instead.get(item.line_id, {}),
            )
            for item in chosen
        )
        # One letter, not two, when the answer is given at once.
        letter = None if outlook.automatic else NoticeKind.RETURN_REQUESTED
        rma._tell(EventKind.RETURN_REQUESTED, by, now, letter)
        if outlook.automatic:
            rma.approve(by=RULE, now=now)
        else:
            rma._promise_answer(now)
        return rma

    def of_parcel_that_came_back(
        self, order: "Order", shipment: "Shipment", *, by: Actor, now: datetime
    ) -> "ReturnAuthorization | None":
        """Its carrier brought it back to us, and its buyer wants it sent once more: what was in
        it is received and taken, and new goods are owed. Under the order's lock. None when
        other returns hold all of it."""
        free = {line.pk: line for line in order.with_goods().lines.all() if line.returnable}
        inside = {
            part.line_id: min(part.quantity, free[part.line_id].returnable)
            for part in shipment.lines.all()
            if part.line_id in free
        }
        if not inside:
            return None
        none = Decimal(0)
        worth = {
            pk: policy.share(
                line.paid_for_kept, line.kept, 0, Decimal(0), inside[pk], order.currency
            )
            for pk, line in free.items()
            if pk in inside
        }
        moments = ("requested_at", "approved_at", "received_at", "inspected_at", "resolved_at")
        rma = self.create(
            order=order,
            number=self.unused_number(),
            kind=Kind.RETURN_TO_SENDER,
            status=Status.RESOLVED,
            wish=Wish.REPLACEMENT,
            form_key=f"back-{shipment.pk}",
            requested_by=by.kind,
            decided_by=by.user,
            payer=Payer.STORE,
            value=sum(worth.values(), none),
            **dict.fromkeys(moments, now),
        )
        ReturnLine.objects.bulk_create(
            ReturnLine(
                authorization=rma,
                line_id=pk,
                reason=Reason.CHANGED_MIND,
                amount=worth[pk],
                **dict.fromkeys(("requested", "approved", "received", "accepted", "resolved"), n),
                reception=Reception.RECEIVED,
                disposition=Disposition.RETURN_TO_CUSTOMER,
            )
            for pk, n in inside.items()
        )
        rma.order = order
        Resolution.objects.create(
            authorization=rma,
            kind=ResolutionKind.REPLACEMENT,
            decided_at=now,
            decided_by=by.user,
        )
        due = order.store.calendar.close_of_working_day(now, SENT_WITHIN)
        rma._promise(PromiseKind.GOODS, due, by, now)
        rma._tell(EventKind.RETURN_RESOLVED, by, now)
        return rma

    def unused_number(self) -> str:
        """A number nobody has; the unique constraint stands behind it."""
        while True:
            number = new_number()
            if not self.filter(number=number).exists():
                return number

    def with_given(self) -> "ReturnAuthorizationQuerySet":
        """With `given`, in the same query."""
        mine = Resolution.objects.of_what_was_paid().filter(
            authorization=OuterRef("pk"), in_shop=False
        )
        total = mine.order_by().values("authorization").annotate(total=Sum("amount"))
        none = Value(Decimal(0), models.DecimalField(max_digits=14, decimal_places=3))
        return self.annotate(given=Coalesce(Subquery(total.values("total")), none))

    def waiting(self) -> "ReturnAuthorizationQuerySet":
        """The queue of requests that the desk must answer; appeals have one of their own."""
        asked = self.filter(status=Status.REQUESTED, appealed_at=None)
        return asked.exclude(offers__state="open")  # then we wait for the buyer

    def appealed(self) -> "ReturnAuthorizationQuerySet":
        """The queue of what a second person has to look at: declined, or given less than was
        asked for, and the buyer asked to look again."""
        return self.filter(WAITING)

    def to_remind(self, now: datetime | None = None) -> "ReturnAuthorizationQuerySet":
        """Also those whose time ran out without a word from us: see `remind`."""
        return self.unposted().filter(reminded_at=None, remind_at__lte=now or timezone.now())

    def overdue(self, now: datetime | None = None) -> "ReturnAuthorizationQuerySet":
        """Approved, reminded, and still nothing posted."""
        late = self.unposted().filter(reminded_at__isnull=False, original_missing_at=None)
        return late.filter(post_by__lt=now or timezone.now())

    def unposted(self) -> "ReturnAuthorizationQuerySet":
        """Approved, and nobody has told us yet that it was posted."""
        return self.filter(status=Status.APPROVED, posted_at=None).exclude(
            kind=Kind.RETURN_TO_SENDER
        )

    def scanned(self) -> "ReturnAuthorizationQuerySet":
        """Approved, and the carrier has the parcel by now: see `note_scan`. What was
        scanned long before the return was asked for is another parcel's story."""
        return self.filter(
            status=Status.APPROVED,
            shipments__is_return=True,
            shipments__parcel__milestone__in=MOVING,
            shipments__parcel__milestone_at__gte=F("requested_at") - POSTED_BEFORE,
        )

    def delivered(self) -> "ReturnAuthorizationQuerySet":
        """The carrier reports that the parcel reached us, and we have not said so yet."""
        return self.filter(
            status__in={Status.APPROVED, Status.IN_TRANSIT, *ENDED},
            arrived_at=None,
            shipments__is_return=True,
            shipments__parcel__milestone=Milestone.DELIVERED,
            shipments__parcel__milestone_at__gte=F("requested_at") - POSTED_BEFORE,
        )

    def to_receive(self) -> "ReturnAuthorizationQuerySet":
        """The queue of parcels that are here by what the carrier says, and not opened."""
        return self.filter(
            status__in={Status.APPROVED, Status.IN_TRANSIT, *ENDED}, arrived_at__isnull=False
        )

    def to_inspect(self) -> "ReturnAuthorizationQuerySet":
        return self.filter(status=Status.RECEIVED)

    def to_settle(self) -> "ReturnAuthorizationQuerySet":
        """Inspected and not decided yet."""
        return self.filter(status=Status.INSPECTED)

    def turned(self) -> "ReturnAuthorizationQuerySet":
        """The parcel that was not wanted is on its way back, and that was not taken up."""
        return self.filter(WAITS, turning__parcel__milestone__in=TURNED).exclude(
            Exists(_told(EventKind.PARCEL_TURNED))
        )

    def back(self) -> "ReturnAuthorizationQuerySet":
        """It is here again, by what the carrier says."""
        return self.filter(WAITS, turning__parcel__milestone=Milestone.RETURNED, arrived_at=None)

    def delivered_all_the_same(self) -> "ReturnAuthorizationQuerySet":
        """The parcel that was not wanted reached the buyer."""
        return self.filter(
            kind=Kind.RETURN_TO_SENDER,
            status__in={Status.APPROVED, *SETTLED},
            turning__parcel__milestone=Milestone.DELIVERED,
        ).exclude(Exists(_told(EventKind.RECALL_FAILED)))

    def follow(self, now: datetime | None = None) -> int:
        """Takes over what the scans say: on its way, arrived; turned, or not after all."""
        noted = self.scanned()._each("note_scan", now, by=CARRIER)
        noted += self.delivered()._each("note_arrival", now, by=CARRIER)
        noted += self.turned()._each("note_turned", now, by=CARRIER)
        noted += self.back()._each("note_back", now, by=CARRIER)
        return noted + self.delivered_all_the_same()._each("fail_recall", now, by=CARRIER)

    def promise_money(self, now: datetime | None = None) -> int:
        """Of withdrawals whose goods are proved to come: says when the money does."""
        proved_now = self.filter(pk__in=proved(promised=False).values("pk"))
        return proved_now._each("promise_money", now)

    def remind(self, now: datetime | None = None) -> int:
        return self._each("remind", now)

    def expire(self, now: datetime | None = None) -> int:
        return self._each("expire", now)

    def _each(self, verb: str, now: datetime | None, by: Actor = CLOCK) -> int:
        """One transaction each; what somebody else moved meanwhile is left alone, and one
        that fails does not hold up the rest."""
        count = 0
        for rma in self.select_related("order__store__account")[:AT_ONCE]:
            try:
                getattr(rma, verb)(by=by, now=now)
                count += 1
            except IllegalTransition:
                continue
            except Exception:
                logger.exception("%s: %s failed", rma.number, verb)
        return count


class ReturnAuthorization(
    Agreeing, ChoosingAgain, Deciding, Receiving, SendingAhead, Stopping, Turning, Losing
):
    objects = ReturnAuthorizationQuerySet.as_manager()

    class Meta:
        verbose_name = "return"
        ordering = ["-requested_at", "-pk"]
        permissions = [
            ("decide_return", "Can approve, ask and decline"),
            ("receive_return", "Can receive and inspect"),
            ("settle_return", "Can decide about the money and record it"),
            ("decide_appeal", "Can decide when a buyer asks to look again"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["order", "form_key"], name="return_once_per_form"),
            models.UniqueConstraint(
                fields=["order"],
                name="original_postage_back_once",
                condition=Q(estimated_postage__gt=0)
                & ~Q(status__in=[Status.DECLINED, Status.CANCELLED, Status.EXPIRED]),
            ),
            models.CheckConstraint(
                condition=Q(estimated_total__gte=0), name="return_estimate_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.APPROVED)
                | Q(keeps_goods=True)
                | Q(kind=Kind.RETURN_TO_SENDER)
                | Q(post_by__isnull=False, remind_at__isnull=False),
                name="approved_return_has_a_post_by_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], name="return_waiting", condition=Q(status="requested")
            ),
            models.Index(
                fields=["remind_at"], name="return_to_post", condition=Q(status="approved")
            ),
            models.Index(
                fields=["appealed_at"],
                name="return_appealed",
                condition=Q(appealed_at__isnull=False, appeal_ended_at=None),
            ),
            models.Index(fields=["status", "-requested_at"], name="return_by_status"),
            models.Index(
                fields=["stop_wanted_at"],
                name="return_to_stop",
                condition=Q(stop_wanted_at__isnull=False, stopped_at=None),
            ),
            models.Index(
                fields=["money_by"],
                name="return_paid_by_law",
                condition=Q(money_by__isnull=False, keeps_goods=False),
            ),
            models.Index(
                fields=["arrived_at"],
                name="return_arrived",
                condition=Q(arrived_at__isnull=False, received_at=None),
            ),
        ]

    def __str__(self) -> str:
        return self.number
