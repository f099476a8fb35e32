"""ReturnAuthorization (RMA): permission to send goods back, and its lines."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from returns import policy, states
from returns.codes import DeclineReason, Disposition, Kind, Payer, Reason, Reception, Wish
from returns.ledger import Obstacle, Problem, Refused
from returns.models.event import CLOCK, RULE, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.policy import Chosen
from returns.states import IllegalTransition, Status
from tracking.calendars import end_of_day

if TYPE_CHECKING:
    from returns.models.order import Order, Wanted

# No 0 O 1 I L U: what is read aloud or copied by hand must come back the same.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REMIND_BEFORE = timedelta(days=3)
MONEY: dict[str, Any] = {"max_digits": 14, "decimal_places": 3, "default": Decimal(0)}


def new_number() -> str:
    """HW-7F3K-9Q2M: 30⁸ numbers, so that none can be guessed from another."""
    part = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"HW-{part[:4]}-{part[4:]}"


def stamp(moment: datetime) -> str:
    """Tells one occurrence of an event from the next in a notice's key."""
    return str(int(moment.timestamp()))


class ReturnAuthorizationQuerySet(models.QuerySet["ReturnAuthorization"]):
    def open_for(
        self, order: "Order", wanted: Sequence["Wanted"], chosen: list[Chosen], *, wish: str,
        by: Actor, key: str, note: str, kind: str, now: datetime,
    ) -> "ReturnAuthorization":
        """Writes the request that `Order.request_return` has checked, under its lock."""
        postage = postage_due(order, chosen)
        outcome = policy.estimate(
            chosen, order.currency, postage=postage, cap=order.refundable()
        )
        value = sum(outcome.goods.values(), Decimal(0))
        keeps = policy.may_keep(chosen, value)
        pays_back = wish in (Wish.REFUND, Wish.STORE_CREDIT)
        rma = self.create(
            order=order, number=self.unused_number(), kind=kind, wish=wish, form_key=key,
            note=note, requested_at=now, requested_by=by.kind, payer=outcome.payer,
            value=value, estimated_fee=outcome.fee if pays_back else Decimal(0),
            estimated_postage=postage if pays_back else Decimal(0),
            estimated_total=outcome.total if pays_back else Decimal(0),
            keeps_goods=keeps, post_days=min(item.rules.post_days for item in chosen),
        )
        comments = {item.line_id: item.comment for item in wanted}
        ReturnLine.objects.bulk_create(
            ReturnLine(
                authorization=rma, line_id=item.line_id, requested=item.quantity,
                reason=item.reason, comment=comments.get(item.line_id, ""),
                amount=outcome.goods[item.line_id],
            )
            for item in chosen
        )
        Event.objects.note(order, EventKind.RETURN_REQUESTED, by=by, authorization=rma, at=now)
        if policy.approves(chosen, value, wish):
            rma.approve(by=RULE, now=now)
        else:
            rma._promise_answer(by=by, now=now)
            rma._write(NoticeKind.RETURN_REQUESTED, "requested")
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
        now = now or timezone.now()
        return self.filter(
            status=Status.APPROVED, keeps_goods=False, reminded_at=None,
            post_by__lte=now + REMIND_BEFORE, post_by__gt=now,
        )

    def overdue(self, now: datetime | None = None) -> "ReturnAuthorizationQuerySet":
        return self.filter(
            status=Status.APPROVED, keeps_goods=False, post_by__lt=now or timezone.now()
        )

    def remind(self, now: datetime | None = None) -> int:
        return self._each("remind", now)

    def expire(self, now: datetime | None = None) -> int:
        return self._each("expire", now)

    def _each(self, verb: str, now: datetime | None) -> int:
        """One transaction each; what somebody else moved meanwhile is left alone."""
        count = 0
        for rma in self.select_related("order__store__account").iterator(chunk_size=200):
            try:
                getattr(rma, verb)(by=CLOCK, now=now)
                count += 1
            except IllegalTransition:
                continue
        return count


def postage_due(order: "Order", chosen: list[Chosen]) -> Decimal:
    """The original postage, when with `chosen` the whole order comes back; once at most."""
    if not all(item.rules.returns_postage for item in chosen):
        return Decimal(0)
    if any(rma.estimated_postage and rma.holds_money for rma in order.returns.all()):
        return Decimal(0)
    now_back = {item.line_id: item.quantity for item in chosen}
    for line in order.lines.all():
        kept = line.quantity - line.cancelled
        if line.needs_shipping and line.held + now_back.get(line.pk, 0) < kept:
            return Decimal(0)
    return order.postage_total


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
                fields=["order"], name="original_postage_back_once",
                condition=Q(estimated_postage__gt=0)
                & ~Q(status__in=[Status.DECLINED, Status.CANCELLED, Status.EXPIRED]),
            ),
            models.CheckConstraint(
                condition=Q(estimated_total__gte=0), name="return_estimate_not_negative"
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.APPROVED) | Q(post_by__isnull=False) | Q(keeps_goods=True),
                name="approved_return_has_a_post_by_date",
            ),
        ]
        indexes = [
            models.Index(
                fields=["requested_at"], name="return_waiting", condition=Q(status="requested")
            ),
            models.Index(
                fields=["post_by"], name="return_to_post", condition=Q(status="approved")
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
    def waits_for_buyer(self) -> bool:
        return self.status == Status.INFO_REQUESTED

    @property
    def may_be_cancelled(self) -> bool:
        return self.status in states.CANCELLABLE_BY_BUYER

    @property
    def may_be_appealed(self) -> bool:
        return self.status == Status.DECLINED and self.appealed_at is None

    @property
    def remind_at(self) -> datetime | None:
        return self.post_by - REMIND_BEFORE if self.post_by else None

    # --- verbs --------------------------------------------------------------------------------

    def approve(self, *, by: Actor, now: datetime | None = None) -> None:
        """Gives the permission: the number counts, the time to post begins to run."""
        now = now or timezone.now()
        zone = self.order.where
        last_day = now.astimezone(ZoneInfo(zone)).date() + timedelta(days=self.post_days)
        with self._move(
            Status.APPROVED, approved_at=now, decided_by=by.user,
            post_by=None if self.keeps_goods else end_of_day(last_day, zone),
        ):
            self.lines.update(
                approved=F("requested"), waived=F("requested") if self.keeps_goods else 0
            )
            self._note(EventKind.RETURN_APPROVED, by, now)
            self._keep(PromiseKind.ANSWER, now)
            if self.keeps_goods:
                self._promise(
                    PromiseKind.REFUND, self.order.store.calendar.close_of_working_day(now, 2),
                    by, now,
                )
            else:
                self._promise(PromiseKind.REMINDER, self.first_reminder(now), by, now)
            self._write(NoticeKind.RETURN_APPROVED, "approved", stamp(now))

    def first_reminder(self, now: datetime) -> datetime:
        """When we remind; at short terms the deadline itself is the next word."""
        assert self.post_by is not None
        at = self.post_by - REMIND_BEFORE
        return at if at > now else self.post_by

    def ask(self, question: str, *, by: Actor, now: datetime | None = None) -> None:
        """Asks the buyer for more; the answer comes on the return's page."""
        now = now or timezone.now()
        with self._move(Status.INFO_REQUESTED, question=question, answer=""):
            self._note(EventKind.INFO_REQUESTED, by, now, question=question)
            self._keep(PromiseKind.ANSWER, now)
            self._write(NoticeKind.INFO_REQUESTED, "asked", stamp(now), question=question)

    def give_answer(self, answer: str, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer answered: back to the queue, and the desk's clock starts again."""
        now = now or timezone.now()
        with self._move(Status.REQUESTED, expected=Status.INFO_REQUESTED, answer=answer):
            self._note(EventKind.INFO_GIVEN, by, now, answer=answer)
            self._promise_answer(by=by, now=now)

    def decline(
        self, reason: str, words: str = "", *, by: Actor, now: datetime | None = None
    ) -> None:
        now = now or timezone.now()
        with self._move(
            Status.DECLINED, decline_reason=reason, decline_words=words, ended_at=now,
            decided_by=by.user,
        ):
            self._note(EventKind.RETURN_DECLINED, by, now, reason=reason, words=words)
            self._keep(PromiseKind.ANSWER, now)
            Promise.objects.release(self, now)
            self._write(NoticeKind.RETURN_DECLINED, "declined", stamp(now))

    def look_again(self, words: str, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer's one appeal. What was freed must still be there, so it is checked."""
        now = now or timezone.now()
        with self._move(
            Status.REQUESTED, expected=Status.DECLINED, appeal=words, appealed_at=now,
            ended_at=None, also=Q(appealed_at=None),
        ):
            self._note(EventKind.RETURN_APPEALED, by, now, words=words)
            self._promise_answer(by=by, now=now)
            self._write(NoticeKind.RETURN_REQUESTED, "appealed")

    def cancel(self, *, by: Actor, now: datetime | None = None) -> None:
        """Takes the request back. A buyer may until the first scan, staff as the table says."""
        now = now or timezone.now()
        if by.is_buyer and not self.may_be_cancelled:
            raise IllegalTransition(self.status, Status.CANCELLED)
        with self._move(Status.CANCELLED, ended_at=now):
            self._note(EventKind.RETURN_CANCELLED, by, now)
            Promise.objects.release(self, now)
            self._write(NoticeKind.RETURN_CANCELLED, "cancelled")

    def remind(self, *, by: Actor, now: datetime | None = None) -> None:
        """Reminds before the post-by date, once; the status stays."""
        now = now or timezone.now()
        with transaction.atomic():
            order = self.order.locked()
            mine = ReturnAuthorization.objects.filter(
                pk=self.pk, status=Status.APPROVED, reminded_at=None
            )
            if not mine.update(reminded_at=now):
                raise IllegalTransition(self.status, self.status)
            self.order, self.reminded_at = order, now
            self._note(EventKind.RETURN_REMINDED, by, now)
            self._keep(PromiseKind.REMINDER, now)
            assert self.post_by is not None
            self._promise(PromiseKind.DEADLINE, self.post_by, by, now)
            self._write(NoticeKind.RETURN_REMINDER, "reminder", stamp(self.post_by))

    def expire(self, *, by: Actor, now: datetime | None = None) -> None:
        """Approved but never posted: ended, and the quantity is free again."""
        now = now or timezone.now()
        with self._move(Status.EXPIRED, ended_at=now, also=Q(post_by__lt=now)):
            self._note(EventKind.RETURN_EXPIRED, by, now)
            self._keep(PromiseKind.DEADLINE, now)
            self._keep(PromiseKind.REMINDER, now)
            self._write(NoticeKind.RETURN_EXPIRED, "expired", stamp(now))

    def extend(self, post_by: datetime, *, by: Actor, now: datetime | None = None) -> None:
        """More time after it ran out, given by staff; what was freed is checked again."""
        now = now or timezone.now()
        with self._move(
            Status.APPROVED, expected=Status.EXPIRED, post_by=post_by, reminded_at=None,
            ended_at=None, decided_by=by.user,
        ):
            self._note(EventKind.RETURN_EXTENDED, by, now, post_by=post_by.isoformat())
            self._promise(PromiseKind.REMINDER, self.first_reminder(now), by, now)
            self._write(NoticeKind.RETURN_APPROVED, "extended", stamp(now))

    # --- how verbs are done ---------------------------------------------------------------------

    def _move(self, new: str, *, expected: str | None = None, also: Q | None = None, **values):
        """`with self._move(…):` one transaction: order locked, status moved, then the body.

        The first writer wins: when the return is no longer as it was read, or the table
        does not allow the move, IllegalTransition is raised and nothing is written.
        """
        return _Move(self, new, expected, also or Q(), values)

    def _take_again(self) -> dict[str, Any]:
        """What a freed return takes when it comes back to life, at today's numbers.

        Called under the order's lock while it still holds nothing. Raises Refused when
        something else took its units meanwhile; returns the new amounts.
        """
        problems, chosen = [], []
        rows = list(self.lines.select_related("line"))
        for row in rows:
            row.line.order = self.order
            if row.requested > row.line.returnable:
                problems.append(
                    Problem(Obstacle.TOO_MANY, row.line_id, limit=row.line.returnable)
                )
            chosen.append(row.line.choose(row.requested, row.reason))
        if problems:
            raise Refused(problems)
        postage = postage_due(self.order, chosen) if self.estimated_postage else Decimal(0)
        outcome = policy.estimate(
            chosen, self.order.currency, postage=postage, cap=self.order.refundable()
        )
        for row in rows:
            row.amount = outcome.goods[row.line_id]
        ReturnLine.objects.bulk_update(rows, ["amount"])
        pays_back = self.wish in (Wish.REFUND, Wish.STORE_CREDIT)
        return {
            "value": sum(outcome.goods.values(), Decimal(0)),
            "estimated_postage": postage if pays_back else Decimal(0),
            "estimated_fee": outcome.fee if pays_back else Decimal(0),
            "estimated_total": outcome.total if pays_back else Decimal(0),
        }

    def _note(self, kind: str, by: Actor, at: datetime, **data: Any) -> None:
        Event.objects.note(self.order, kind, by=by, authorization=self, at=at, **data)

    def _promise(self, kind: str, due_at: datetime, by: Actor, now: datetime) -> None:
        Promise.objects.make(self.order, kind, due_at, by=by, authorization=self, now=now)

    def _promise_answer(self, *, by: Actor, now: datetime) -> None:
        store = self.order.store
        self._promise(PromiseKind.ANSWER, store.calendar.due(now, store.answer_hours), by, now)

    def _keep(self, kind: str, now: datetime) -> None:
        Promise.objects.keep(self.order, kind, authorization=self, now=now)

    def _write(self, kind: str, what: str, which: str = "", **facts: Any) -> None:
        event = f"return-{self.pk}-{what}" + (f"-{which}" if which else "")
        Notice.objects.write(self.order, kind, event=event, authorization=self, **facts)


class _Move:
    """One change of status: see ReturnAuthorization._move."""

    def __init__(self, rma, new, expected, also, values):
        self.rma, self.new, self.expected, self.also, self.values = (
            rma, new, expected, also, values,
        )
        self.atomic = transaction.atomic()

    def __enter__(self) -> None:
        rma = self.rma
        if self.expected and rma.status != self.expected:
            raise IllegalTransition(rma.status, self.new)
        states.check(rma.status, self.new)
        self.atomic.__enter__()
        try:
            rma.order = rma.order.locked()
            if rma.status in states.FREED and self.new in states.OPEN:
                self.values |= rma._take_again()
            self.before = {name: getattr(rma, name) for name in ("status", *self.values)}
            moved = ReturnAuthorization.objects.filter(
                self.also, pk=rma.pk, status=rma.status
            ).update(status=self.new, **self.values)
            if not moved:
                raise IllegalTransition(rma.status, self.new)
        except BaseException as error:
            self.atomic.__exit__(type(error), error, error.__traceback__)
            raise
        rma.status = self.new
        for name, value in self.values.items():
            setattr(rma, name, value)

    def __exit__(self, kind, error, trace) -> None:
        if error is not None:
            # The row goes back to what it was; so must the object in memory.
            for name, value in self.before.items():
                setattr(self.rma, name, value)
        self.atomic.__exit__(kind, error, trace)


class ReturnLine(models.Model):
    authorization = models.ForeignKey(
        ReturnAuthorization, models.CASCADE, related_name="lines"
    )
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
    disposition = models.CharField(
        max_length=20, choices=Disposition, default=Disposition.PENDING
    )

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
