"""ReturnAuthorization (RMA): permission to send goods back, and its lines."""

import logging
import secrets
from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from returns import ledger, states
from returns.codes import DeclineReason, Disposition, Kind, Payer, Reason, Reception, Wish
from returns.models.event import CLOCK, RULE, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import AT_ONCE, Promise, PromiseKind
from returns.models.shipment import ON_ITS_WAY_FOR
from returns.outlook import Outlook
from returns.states import IllegalTransition, Status
from tracking.calendars import end_of_day

if TYPE_CHECKING:
    from returns.models.order import Order, Wanted

# No 0 O 1 I L U: what is read aloud or copied by hand must come back the same.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REMIND_BEFORE = timedelta(days=3)
REMIND_AT = time(10)  # a letter in the night looks like a machine, and frightens
# What we promise for goods that stay with the buyer, and within how many working days.
SETTLES: dict[str, str] = {
    Wish.REFUND: PromiseKind.REFUND,
    Wish.STORE_CREDIT: PromiseKind.CREDIT,
    Wish.EXCHANGE: PromiseKind.GOODS,
    Wish.REPLACEMENT: PromiseKind.GOODS,
}
PUT_RIGHT_WITHIN = 2
logger = logging.getLogger(__name__)
MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3, "default": Decimal(0)}


def new_number() -> str:
    """HW-7F3K-9Q2M: 30⁸ numbers, so that none can be guessed from another."""
    part = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"HW-{part[:4]}-{part[4:]}"


def remind_at(start: datetime, post_by: datetime, zone: str) -> datetime:
    """When we remind of `post_by` what was allowed at `start`: three days before, in the
    morning where the buyer lives; at short terms, when that is within a day, half-way."""
    place = ZoneInfo(zone)
    day = post_by.astimezone(place).date() - REMIND_BEFORE
    morning = datetime.combine(day, REMIND_AT, place)
    return morning if morning - start >= timedelta(days=1) else start + (post_by - start) / 2


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
    ) -> "ReturnAuthorization":
        """Writes the request that `Order.request_return` has checked, under its lock."""
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
        )
        comments = {item.line_id: item.comment for item in wanted}
        ReturnLine.objects.bulk_create(
            ReturnLine(
                authorization=rma,
                line_id=item.line_id,
                requested=item.quantity,
                reason=item.reason,
                comment=comments.get(item.line_id, ""),
                amount=outlook.goods[item.line_id],
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

    def unused_number(self) -> str:
        """A number nobody has; the unique constraint stands behind it."""
        while True:
            number = new_number()
            if not self.filter(number=number).exists():
                return number

    def waiting(self) -> "ReturnAuthorizationQuerySet":
        """The queue of requests that the desk must answer."""
        return self.filter(status=Status.REQUESTED)

    def to_remind(self, now: datetime | None = None) -> "ReturnAuthorizationQuerySet":
        """Also those whose time ran out without a word from us: see `remind`."""
        return self.filter(
            status=Status.APPROVED, reminded_at=None, remind_at__lte=now or timezone.now()
        )

    def overdue(self, now: datetime | None = None) -> "ReturnAuthorizationQuerySet":
        """Approved, reminded, and still nothing posted."""
        return self.filter(
            status=Status.APPROVED, reminded_at__isnull=False, post_by__lt=now or timezone.now()
        )

    def remind(self, now: datetime | None = None) -> int:
        return self._each("remind", now)

    def expire(self, now: datetime | None = None) -> int:
        return self._each("expire", now)

    def _each(self, verb: str, now: datetime | None) -> int:
        """One transaction each; what somebody else moved meanwhile is left alone, and one
        that fails does not hold up the rest."""
        count = 0
        for rma in self.select_related("order__store__account")[:AT_ONCE]:
            try:
                getattr(rma, verb)(by=CLOCK, now=now)
                count += 1
            except IllegalTransition:
                continue
            except Exception:
                logger.exception("%s: %s failed", rma.number, verb)
        return count


class ReturnAuthorization(models.Model):
    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="returns")
    number = models.CharField("return number", max_length=12, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.RETURN)
    status = models.CharField(max_length=20, choices=Status, default=Status.REQUESTED)
    wish = models.CharField(max_length=20, choices=Wish, default=Wish.REFUND)
    note = models.TextField(blank=True, max_length=2000, help_text="In the buyer's words.")
    form_key = models.CharField(max_length=64, editable=False)
    requested_at = models.DateTimeField(default=timezone.now)
    requested_by = models.CharField(max_length=8)

    payer = models.CharField("postage", max_length=5, choices=Payer)
    value = models.DecimalField(help_text="Of the goods, as paid.", **MONEY)
    estimated_fee = models.DecimalField(**MONEY)
    estimated_postage = models.DecimalField(help_text="Original postage given back.", **MONEY)
    estimated_total = models.DecimalField("estimated refund", **MONEY)
    keeps_goods = models.BooleanField(default=False, help_text="Nothing has to be sent back.")
    post_days = models.PositiveSmallIntegerField(default=14)

    approved_at = models.DateTimeField(null=True, blank=True)
    post_by = models.DateTimeField(null=True, blank=True)
    remind_at = models.DateTimeField(null=True, blank=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    question = models.TextField(blank=True, max_length=2000)
    answer = models.TextField(blank=True, max_length=2000)
    decline_reason = models.CharField(max_length=20, choices=DeclineReason, blank=True)
    decline_words = models.TextField(blank=True, max_length=2000)
    appeal = models.TextField(blank=True, max_length=2000)
    appealed_at = models.DateTimeField(null=True, blank=True)

    objects = ReturnAuthorizationQuerySet.as_manager()

    class Meta:
        verbose_name = "return"
        ordering = ["-requested_at", "-pk"]
        permissions = [("decide_return", "Can approve, ask and decline")]
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
            models.Index(fields=["status", "-requested_at"], name="return_by_status"),
        ]

    def __str__(self) -> str:
        return self.number

    # --- what can be derived ----------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status in states.OPEN

    @property
    def holds_money(self) -> bool:
        return self.status not in states.FREED

    @property
    def promises_money(self) -> bool:
        """Its estimate is still to be paid; of a closed one the shop's own figure tells."""
        return self.holds_money and self.status != Status.CLOSED

    @property
    def waits_for_buyer(self) -> bool:
        return self.status == Status.INFO_REQUESTED

    @property
    def may_be_cancelled(self) -> bool:
        """By the buyer. What we owe without a parcel is not taken back by a slip."""
        owed = self.keeps_goods and self.status == Status.APPROVED
        return self.status in states.CANCELLABLE_BY_BUYER and not owed

    @property
    def may_be_appealed(self) -> bool:
        return self.status == Status.DECLINED and self.appealed_at is None

    # --- verbs --------------------------------------------------------------------------------

    def approve(self, *, by: Actor, now: datetime | None = None) -> None:
        """Gives the permission: the number counts, the time to post begins to run."""
        now = now or timezone.now()
        with self._moving(
            Status.APPROVED,
            only=states.UNDECIDED,
            approved_at=now,
            decided_by=by.user,
            **({} if self.keeps_goods else self._term(now, self._post_by(now))),
        ):
            self.lines.update(
                approved=F("requested"), waived=F("requested") if self.keeps_goods else 0
            )
            self._keep(PromiseKind.ANSWER, now)
            if self.keeps_goods:
                due = self.order.store.calendar.close_of_working_day(now, PUT_RIGHT_WITHIN)
                self._promise(SETTLES[self.wish], due, by, now)
            else:
                self._promise(PromiseKind.REMINDER, self.remind_at, by, now)
            self._tell(EventKind.RETURN_APPROVED, by, now, NoticeKind.RETURN_APPROVED)

    def ask(self, question: str, *, by: Actor, now: datetime | None = None) -> None:
        """Asks the buyer for more; the answer comes on the return's page."""
        now = now or timezone.now()
        with self._moving(Status.INFO_REQUESTED, question=question, answer=""):
            self._keep(PromiseKind.ANSWER, now)
            self._tell(
                EventKind.INFO_REQUESTED, by, now, NoticeKind.INFO_REQUESTED, question=question
            )

    def give_answer(self, answer: str, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer answered: back to the queue, and the desk's clock starts again."""
        now = now or timezone.now()
        with self._moving(Status.REQUESTED, only={Status.INFO_REQUESTED}, answer=answer):
            self._promise_answer(now)
            self._tell(EventKind.INFO_GIVEN, by, now, NoticeKind.RETURN_REQUESTED, answer=answer)

    def decline(
        self, reason: str, words: str = "", *, by: Actor, now: datetime | None = None
    ) -> None:
        now = now or timezone.now()
        with self._moving(
            Status.DECLINED,
            decline_reason=reason,
            decline_words=words,
            ended_at=now,
            decided_by=by.user,
        ):
            self._keep(PromiseKind.ANSWER, now)
            self._tell(
                EventKind.RETURN_DECLINED,
                by,
                now,
                NoticeKind.RETURN_DECLINED,
                reason=reason,
                words=words,
            )

    def look_again(self, words: str, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer's one appeal. What was freed must still be there: Refused if not."""
        now = now or timezone.now()
        if not self.may_be_appealed:
            raise IllegalTransition(self.status, Status.REQUESTED)
        with self._moving(
            Status.REQUESTED,
            where=Q(appealed_at=None),
            again=now,
            appeal=words,
            appealed_at=now,
            ended_at=None,
        ):
            self._promise_answer(now)
            self._tell(EventKind.RETURN_APPEALED, by, now, NoticeKind.RETURN_REQUESTED, words=words)

    def cancel(self, *, by: Actor, now: datetime | None = None) -> None:
        """Takes the request back. A buyer may until the first scan, staff as the table says."""
        now = now or timezone.now()
        if by.is_buyer and not self.may_be_cancelled:
            raise IllegalTransition(self.status, Status.CANCELLED)
        with self._moving(Status.CANCELLED, ended_at=now):
            Promise.objects.release(self, now)
            self._tell(EventKind.RETURN_CANCELLED, by, now, NoticeKind.RETURN_CANCELLED)

    def note_posted(self, *, by: Actor, now: datetime | None = None) -> None:
        """It is on its way to us: nothing is reminded of any more, and nothing expires."""
        now = now or timezone.now()
        with self._moving(Status.IN_TRANSIT, only={Status.APPROVED}, where=Q(keeps_goods=False)):
            Promise.objects.release(self, now)
            self._tell(EventKind.RETURN_POSTED, by, now)

    def remind(self, *, by: Actor, now: datetime | None = None) -> None:
        """Reminds before the post-by date, once; the status stays.

        Nobody's time ends without a word: when we are so late that it is over already,
        it ends three days later.
        """
        now = now or timezone.now()
        if self.status != Status.APPROVED or self.keeps_goods or self.reminded_at:
            raise IllegalTransition(self.status, self.status)
        assert self.post_by is not None
        in_time = self.post_by > now
        post_by = self.post_by if in_time else self._last_second(now, REMIND_BEFORE.days)
        with self._changing(Q(reminded_at=None), reminded_at=now, post_by=post_by):
            self._keep(PromiseKind.REMINDER, now)
            self._promise(PromiseKind.DEADLINE, post_by, by, now)
            self._tell(EventKind.RETURN_REMINDED, by, now, NoticeKind.RETURN_REMINDER)

    def expire(self, *, by: Actor, now: datetime | None = None) -> None:
        """Approved, reminded and never posted: ended, and the quantity is free again."""
        now = now or timezone.now()
        due = Q(post_by__lt=now, reminded_at__isnull=False)
        with self._moving(Status.EXPIRED, where=due, ended_at=now):
            self._keep(PromiseKind.DEADLINE, now)
            self._tell(EventKind.RETURN_EXPIRED, by, now, NoticeKind.RETURN_EXPIRED)

    def extend(self, post_by: datetime, *, by: Actor, now: datetime | None = None) -> None:
        """More time after it ran out, given by staff. What was freed must still be there:
        Refused if not. post_by: in the future, else ValueError."""
        now = now or timezone.now()
        if post_by <= now:
            raise ValueError("the new last day is over already")
        with self._moving(
            Status.APPROVED,
            only={Status.EXPIRED},
            again=now,
            reminded_at=None,
            ended_at=None,
            decided_by=by.user,
            **self._term(now, post_by),
        ):
            self._promise(PromiseKind.REMINDER, self.remind_at, by, now)
            self._tell(
                EventKind.RETURN_EXTENDED,
                by,
                now,
                NoticeKind.RETURN_APPROVED,
                post_by=post_by.isoformat(),
            )

    def put_right(self, *, by: Actor, now: datetime | None = None) -> None:
        """What we owed for goods that stay with the buyer has been sent or paid: decided
        and finished in one."""
        now = now or timezone.now()
        with transaction.atomic():
            with self._moving(
                Status.RESOLVED,
                only={Status.APPROVED},
                where=Q(keeps_goods=True),
                decided_by=by.user,
            ):
                self.lines.update(resolved=F("waived"))
                self._keep(SETTLES[self.wish], now)
                letter = NoticeKind.RETURN_PUT_RIGHT
                self._tell(EventKind.RETURN_PUT_RIGHT, by, now, letter)
            with self._moving(Status.CLOSED, ended_at=now):
                pass

    # --- how verbs are done ---------------------------------------------------------------------

    @contextmanager
    def _moving(
        self, new: str, *, only: Set[str] | None = None, where: Q | None = None, **values: Any
    ) -> Iterator[None]:
        """`with self._moving(…):` the change of status to `new`, with what follows from it.

        Raises IllegalTransition when the table does not allow it, or when this verb starts
        from `only` some of the states that it allows. The rest is as in `_changing`.
        """
        if only and self.status not in only:
            raise IllegalTransition(self.status, new)
        states.check(self.status, new)
        with self._changing(where or Q(), status=new, **values):
            yield

    @contextmanager
    def _changing(
        self, where: Q, *, again: datetime | None = None, **values: Any
    ) -> Iterator[None]:
        """One transaction: the order locked, `values` written, then the body.

        The first writer wins: when the return is no longer in the state in which it was
        read, or not `where`, IllegalTransition is raised. again: now, when it comes back to
        life and has to take its goods again. Whatever is raised, nothing has changed,
        neither in the database nor in this object.
        """
        old, before = self.status, {"order": self.order}
        try:
            with transaction.atomic():
                self.order = self.order.locked()
                mine = ReturnAuthorization.objects.filter(where, pk=self.pk, status=old)
                if again and mine.exists():
                    values |= self._take_again(again)
                if not mine.update(**values):
                    raise IllegalTransition(old, values.get("status", old))
                before |= {name: getattr(self, name) for name in values}
                for name, value in values.items():
                    setattr(self, name, value)
                yield
        except BaseException:
            for name, value in before.items():
                setattr(self, name, value)
            raise

    def _take_again(self, now: datetime) -> dict[str, Decimal]:
        """What a freed return takes as it comes back to life, at today's numbers.

        Called under the order's lock while it still holds nothing. Raises Refused when
        something else took its units meanwhile, or the order was cancelled; whether it is
        in time was judged when it was asked for. Returns the new amounts.
        """
        from returns.models.order import Wanted

        rows = {row.line_id: row for row in self.lines.all()}
        order = self.order.with_goods()
        chosen = ledger.check(
            order,
            [Wanted(row.line_id, row.requested, row.reason) for row in rows.values()],
            wish=self.wish,
            now=now,
            overruled=ledger.OVERRULED,
        )
        outlook = Outlook.of(order, chosen, self.wish)
        for line_id, row in rows.items():
            row.amount = outlook.goods[line_id]
        ReturnLine.objects.bulk_update(rows.values(), ["amount"])
        return {
            "value": outlook.value,
            "estimated_fee": outlook.fee,
            "estimated_postage": outlook.postage,
            "estimated_total": outlook.total,
        }

    def _last_second(self, now: datetime, days: int) -> datetime:
        """The end of the day, where the buyer lives, `days` after today."""
        zone = self.order.where
        return end_of_day(now.astimezone(ZoneInfo(zone)).date() + timedelta(days=days), zone)

    def _post_by(self, now: datetime) -> datetime:
        """The time to post begins today; for goods on the road when they must have arrived,
        because nobody may tell us of the day on which they do."""
        lines = [row.line for row in self.lines.select_related("line")]
        for line in lines:
            line.order = self.order
        roads = [road for line in lines for road in line.travelled_in if road.on_its_way(now)]
        begins = max((road.shipped_at + ON_ITS_WAY_FOR for road in roads), default=now)
        return self._last_second(begins, self.post_days)

    def _term(self, now: datetime, post_by: datetime) -> dict[str, Any]:
        return {"post_by": post_by, "remind_at": remind_at(now, post_by, self.order.where)}

    def _tell(
        self, kind: str, by: Actor, now: datetime, letter: str | None = None, **data: Any
    ) -> None:
        """One line of history, and the letter that tells it."""
        event = Event.objects.note(self.order, kind, by=by, authorization=self, at=now, **data)
        if letter:
            Notice.objects.write(
                self.order, letter, event=f"event-{event.pk}", authorization=self, **data
            )

    def _promise(self, kind: str, due_at: datetime | None, by: Actor, now: datetime) -> None:
        assert due_at is not None
        Promise.objects.make(self.order, kind, due_at, by=by, authorization=self, now=now)

    def _promise_answer(self, now: datetime) -> None:
        self._promise(PromiseKind.ANSWER, self.order.store.answer_by(now), RULE, now)

    def _keep(self, kind: str, now: datetime) -> None:
        Promise.objects.keep(self.order, kind, authorization=self, now=now)


class ReturnLine(models.Model):
    authorization = models.ForeignKey(ReturnAuthorization, models.CASCADE, related_name="lines")
    line = models.ForeignKey("returns.OrderLine", models.PROTECT, related_name="return_lines")
    reason = models.CharField(max_length=20, choices=Reason)
    comment = models.TextField(blank=True, max_length=1000)
    amount = models.DecimalField(help_text="Value of the requested units, as paid.", **MONEY)
    requested = models.PositiveIntegerField()
    approved = models.PositiveIntegerField(default=0)
    waived = models.PositiveIntegerField(default=0, help_text="Need not come back.")
    received = models.PositiveIntegerField(default=0)
    accepted = models.PositiveIntegerField(default=0)
    resolved = models.PositiveIntegerField(default=0)
    sent_back = models.PositiveIntegerField(default=0, help_text="Sent to the buyer again.")
    reception = models.CharField(max_length=12, choices=Reception, default=Reception.AWAITING)
    disposition = models.CharField(max_length=20, choices=Disposition, default=Disposition.PENDING)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["authorization", "line"], name="line_once_per_return"),
            models.CheckConstraint(condition=Q(requested__gt=0), name="requested_some"),
            models.CheckConstraint(
                condition=Q(approved__lte=F("requested")), name="approved_within_requested"
            ),
            models.CheckConstraint(
                condition=Q(accepted__lte=F("received")), name="accepted_within_received"
            ),
            models.CheckConstraint(
                condition=Q(waived__lte=F("approved")), name="waived_within_approved"
            ),
            models.CheckConstraint(
                condition=Q(resolved__lte=F("accepted") + F("waived")),
                name="resolved_within_accepted_and_waived",
            ),
            models.CheckConstraint(
                condition=Q(sent_back__lte=F("received")), name="sent_back_within_received"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="line_amount_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.requested} × {self.line_id}"
