"""Promise: what we said we would do, and by when. A broken one is final."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from returns.models.event import CLOCK, Actor, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from returns.quiet import LEAD
from returns.rounds import in_time
from tracking.work import WorkState

logger = logging.getLogger(__name__)
# Rows that one sweep takes; the next comes in a minute.
AT_ONCE = 500

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order


class PromiseKind(models.TextChoices):
    """`returns/texts.py` has the sentence for each."""

    DISPATCH = "dispatch", "Send the order, or write"
    ANSWER = "answer", "Answer the request"
    REPLY = "reply", "Answer the message"
    UPDATE = "update", "Write again about the parcel"
    ADDRESS = "address", "Tell what became of the change of address"
    QUESTION = "question", "Ask once more"
    REMINDER = "reminder", "Remind before the deadline"
    DEADLINE = "deadline", "Write when the time to post is over"
    INSPECTION = "inspection", "Look inside and write"
    REFUND = "refund", "Send the money"
    CREDIT = "credit", "Give the credit"
    GOODS = "goods", "Send new goods"
    POSTAGE = "postage", "Look at the receipt for the postage"


class PromiseState(models.TextChoices):
    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    BROKEN = "broken", "Broken"
    SUPERSEDED = "superseded", "Replaced"


# What can only be kept by writing: not promised to a buyer whose address we do not have.
KEPT_BY_WRITING = frozenset(
    {
        PromiseKind.UPDATE,
        PromiseKind.ADDRESS,
        PromiseKind.QUESTION,
        PromiseKind.REMINDER,
        PromiseKind.DEADLINE,
    }
)
HAVE_A_SUBJECT = frozenset(
    {PromiseKind.UPDATE, PromiseKind.ADDRESS, PromiseKind.QUESTION, PromiseKind.DISPATCH}
)
# Of these the clock writes the letter that keeps them, some time before they fall due.
WRITTEN_BY_THE_CLOCK = frozenset({PromiseKind.UPDATE, PromiseKind.ADDRESS, PromiseKind.QUESTION})
# The clock ticks each minute and a sweep takes its time; that is not being late.
GRACE = timedelta(minutes=5)
# A question that nobody answers is asked so often, with so many working days between.
MOST_QUESTIONS, DAYS_BETWEEN_QUESTIONS = 4, 5
# A draft that keeps a promise leaves so long before it falls due, read or not.
MARGIN = timedelta(minutes=30)


class PromiseQuerySet(models.QuerySet["Promise"]):
    def open(self) -> "PromiseQuerySet":
        return self.filter(state=PromiseState.OPEN)

    def due(self, now: datetime | None = None) -> "PromiseQuerySet":
        return self.open().filter(due_at__lte=now or timezone.now())

    def to_write(self, now: datetime) -> "PromiseQuerySet":
        """Whose letter has to be written now, so that it is there in time."""
        return self.open().filter(kind__in=WRITTEN_BY_THE_CLOCK, due_at__lte=now + LEAD)

    def late(self, now: datetime | None = None) -> "PromiseQuerySet":
        """What the desk owes somebody: its hour has passed, or passed once before and was
        renewed with an apology. `late_since`: the hour that was not kept."""
        renewed = Q(follows__isnull=False) & ~Q(kind=PromiseKind.UPDATE)
        late = self.open().filter(Q(due_at__lte=now or timezone.now()) | renewed)
        since = Coalesce("follows__due_at", "due_at")
        return late.annotate(late_since=since).order_by("late_since", "pk")

    def make(
        self,
        order: "Order",
        kind: str,
        due_at: datetime,
        *,
        by: Actor,
        authorization: "ReturnAuthorization | None" = None,
        follows: "Promise | None" = None,
        now: datetime | None = None,
    ) -> "Promise | None":
        """Makes a promise, under the order's lock; an open one of the same kind is replaced
        by it. None when it could not be kept, because nobody can be written to."""
        now = now or timezone.now()
        if kind in KEPT_BY_WRITING and not order.email:
            return None
        self.open().filter(order=order, kind=kind, authorization=authorization).update(
            state=PromiseState.SUPERSEDED, settled_at=now
        )
        return self.create(
            order=order,
            kind=kind,
            authorization=authorization,
            due_at=order.quiet.clear_of(due_at),
            made_at=now,
            made_by=by.kind,
            follows=follows,
        )

    def of_update(
        self,
        order: "Order",
        *,
        by: Actor,
        due_at: datetime | None = None,
        follows: "Promise | None" = None,
        now: datetime | None = None,
    ) -> "Promise | None":
        """While goods are on their way, or something is wrong: we write again, even if
        nothing has changed. An open one stays as it is, whatever becomes of the other
        parcels: its time was said. Only an earlier one takes its place."""
        now = now or timezone.now()
        due = due_at or order.word_due(now)
        if not order.awaits_news(due):  # by then there is nothing left to tell
            return None
        return self.sooner(order, PromiseKind.UPDATE, due, by=by, follows=follows, now=now)

    def of_dispatch(
        self, order: "Order", *, by: Actor, now: datetime | None = None
    ) -> "Promise | None":
        """While something has yet to be sent: we send it, or write why not."""
        now = now or timezone.now()
        if not order.awaits_dispatch(now):
            return None
        began = max(order.paid_at or order.placed_at, order.placed_at)
        due = order.dispatch_due(began)
        if due < order.arrived_at:  # a backlog that came to us late: its hour was not ours
            return None
        due = due if due > now else order.dispatch_due(now)
        return self.sooner(order, PromiseKind.DISPATCH, due, by=by, now=now)

    def sooner(
        self,
        order: "Order",
        kind: str,
        due_at: datetime,
        *,
        by: Actor,
        authorization: "ReturnAuthorization | None" = None,
        follows: "Promise | None" = None,
        now: datetime | None = None,
    ) -> "Promise | None":
        """The open one of its kind when it is due no later, else a new one."""
        mine = self.open().filter(order=order, kind=kind, authorization=authorization)
        standing = mine.first()
        if standing and standing.due_at <= due_at:
            return standing
        return self.make(
            order, kind, due_at, by=by, authorization=authorization, follows=follows, now=now
        )

    def keep(
        self,
        order: "Order",
        kind: str,
        *,
        authorization: "ReturnAuthorization | None" = None,
        now: datetime | None = None,
    ) -> int:
        """What was promised happened: the open promise of this kind is kept, or broken when
        it happened too late."""
        mine = self.open().filter(order=order, kind=kind, authorization=authorization)
        return mine.settle(now)

    def settle(self, now: datetime | None = None) -> int:
        """These happened now: kept, or broken when it is too late."""
        now = now or timezone.now()
        in_time = When(due_at__gte=now - GRACE, then=Value(PromiseState.KEPT))
        state = Case(in_time, default=Value(PromiseState.BROKEN))
        return self.update(state=state, settled_at=now)

    def fulfil(self, notice: Notice, now: datetime) -> None:
        """The letter that keeps a promise has left: it is kept, and the next one that the
        letter named is made. Under the order's lock."""
        mine = self.open().filter(kept_by=notice)
        promise = mine.select_related("authorization").first()
        if promise is None:
            return
        self.filter(pk=promise.pk).settle(now)
        promise.refresh_from_db(fields=["state"])
        Event.objects.note(
            notice.order,
            EventKind.UPDATE_SENT,
            by=CLOCK,
            authorization=promise.authorization,
            at=now,
        )
        again_at = promise._due_again(notice, now)
        if again_at is None:
            return
        self.make(
            notice.order,
            promise.kind,
            again_at,
            by=CLOCK,
            authorization=promise.authorization,
            follows=promise if promise.state == PromiseState.BROKEN else None,
            now=now,
        )

    def release(self, authorization: "ReturnAuthorization", now: datetime | None = None) -> int:
        """Ends a return's open promises whose subject is gone (cancelled, declined). What was
        given besides, and is not sent yet, is owed all the same."""
        from returns.models.settling import PROMISED

        owed = {PROMISED[row.kind] for row in authorization.resolutions.live() if not row.is_sent}
        mine = self.open().filter(authorization=authorization).exclude(kind__in=owed)
        return mine.let_go(now)

    def let_go(self, now: datetime | None = None) -> int:
        """Nothing is left of what these were about."""
        return self.update(state=PromiseState.SUPERSEDED, settled_at=now or timezone.now())

    def come_due(self, now: datetime | None = None) -> None:
        """Letters that keep a promise first, then what was not kept. Each in a transaction
        of its own; one that fails does not hold up the rest."""
        now = now or timezone.now()
        to_write = self.to_write(now).without_letter().select_related("order")
        for promise in in_time(to_write[:AT_ONCE]):
            promise.do("write_letter", now)
        missed = self.due(now - GRACE).without_letter().select_related("order")
        for promise in in_time(missed[:AT_ONCE]):
            promise.do("come_due", now)

    def without_letter(self) -> "PromiseQuerySet":
        """No letter that keeps it is on its way out. One that is says itself that it is
        late; while no mail leaves, honest words could not leave either."""
        letter = Notice.objects.filter(
            keeps=OuterRef("pk"), state__in=[WorkState.DUE, WorkState.CLAIMED]
        )
        return self.exclude(Exists(letter))


class Promise(models.Model):
    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="promises")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="promises",
    )
    kind = models.CharField(max_length=12, choices=PromiseKind)
    state = models.CharField(max_length=10, choices=PromiseState, default=PromiseState.OPEN)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=8)
    due_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    follows = models.OneToOneField(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="successor",
        help_text="The broken promise that this one renews.",
    )

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "kind"],
                name="promise_open_once_per_order",
                condition=Q(state=PromiseState.OPEN, authorization=None),
            ),
            models.UniqueConstraint(
                fields=["authorization", "kind"],
                name="promise_open_once_per_return",
                condition=Q(state=PromiseState.OPEN, authorization__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="promise_due", condition=Q(state="open")),
            models.Index(
                fields=["due_at"],
                name="promise_counted",
                condition=Q(state__in=["kept", "broken"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.due_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.state == PromiseState.OPEN

    def is_late(self, now: datetime) -> bool:
        return self.due_at < now - GRACE

    def do(self, what: str, now: datetime) -> None:
        """One of the two below, and what goes wrong with it stays here."""
        try:
            getattr(self, what)(now)
        except Exception:
            logger.exception("promise %s: %s did not work", self.pk, what)

    def come_due(self, now: datetime | None = None) -> None:
        """Its hour has passed, and it was not kept."""
        now = now or timezone.now()
        with transaction.atomic():
            # The order first, like every verb on it, so that two locks are never crossed.
            order = self.order.locked()
            promise = self._still_open()
            if promise is None or not promise.is_late(now):
                return
            if promise.kind in HAVE_A_SUBJECT and not promise.has_subject(order):
                promise._end_well(order, now)
            else:
                promise._break(order, now)

    def write_letter(self, now: datetime) -> None:
        """Writes the letter that keeps it; it is kept when the letter has left."""
        with transaction.atomic():
            order = self.order.locked()
            promise = self._still_open()
            if promise is None:
                return
            if not promise.has_subject(order):
                promise._end_well(order, now)
            elif promise.kind == PromiseKind.QUESTION:
                promise._write(order, NoticeKind.QUESTION_REMINDER, now)
            elif promise.kind == PromiseKind.ADDRESS:
                promise._write(order, NoticeKind.ADDRESS_NEWS, now)
            elif promise.authorization:
                if not promise._tell(order, NoticeKind.RETURN_NEWS):
                    promise._write(order, NoticeKind.RETURN_UPDATE, now)
            elif not promise._tell(order, NoticeKind.ORDER_NEWS):
                promise._write(order, NoticeKind.ORDER_UPDATE, now)

    def _end_well(self, order: "Order", now: datetime) -> None:
        """Nothing is left to write about. That all has arrived was told when it did; where
        nobody came so far (two parcels at the same moment), it is told now."""
        self._settle(PromiseState.SUPERSEDED, now)
        is_about_order = self.kind == PromiseKind.UPDATE and self.authorization_id is None
        if is_about_order and order.delivered_at:
            from returns import news

            news.arrived(order, order.outbound[-1], now)

    def has_subject(self, order: "Order") -> bool:
        """Whether there is anything left to write about, or anybody to write to."""
        rma = self.authorization
        if self.kind == PromiseKind.DISPATCH:
            return order.awaits_dispatch(self.due_at)
        if not order.email:
            return False
        if self.kind == PromiseKind.ADDRESS:
            return order.address_changes.unanswered().exists()
        if self.kind == PromiseKind.QUESTION:
            return rma is not None and rma.waits_for_buyer
        if rma is not None:
            rma.order = order
            return rma.awaits_arrival
        return order.awaits_news(self.due_at)

    def _still_open(self) -> "Promise | None":
        mine = Promise.objects.open().filter(pk=self.pk)
        return mine.select_related("authorization").first()

    def _tell(self, order: "Order", kind: str) -> bool:
        """News about the same that waits to be sent keeps it, and leaves in time."""
        waiting = Notice.objects.filter(
            order=order,
            authorization=self.authorization,
            kind=kind,
            state=WorkState.DUE,
            attempts=0,
            keeps=None,
        ).first()
        if waiting is None:
            return False
        latest = self.due_at - MARGIN
        facts = waiting.facts | self._next(order)
        values = {"keeps": self, "facts": facts, "due_at": min(waiting.due_at, latest)}
        if waiting.held_until:
            values["held_until"] = min(waiting.held_until, latest)
        mine = Notice.objects.filter(pk=waiting.pk, state=WorkState.DUE, attempts=0)
        return bool(mine.update(**values))

    def _write(self, order: "Order", kind: str, now: datetime) -> None:
        held = now + timedelta(minutes=order.store.hold_minutes)
        latest = self.due_at - MARGIN
        is_news = kind != NoticeKind.ADDRESS_NEWS
        is_draft = is_news and order.has_trouble and order.store.hold_minutes and latest > now
        facts = self._next(order) | ({"late": True} if self.is_late(now) else {})
        Notice.objects.write(
            order,
            kind,
            event=f"promise-{self.pk}",
            authorization=self.authorization,
            keeps=self,
            held_until=min(held, latest) if is_draft else None,
            now=now,
            due_at=self.due_at.isoformat(),
            **facts,
        )

    def _next(self, order: "Order") -> dict[str, Any]:
        """What the letter says of the next one."""
        again_at = self._again_at(order)
        return {"again_at": again_at.isoformat()} if again_at else {}

    def _again_at(self, order: "Order") -> datetime | None:
        """When we write once more; of a question not for ever: then the desk decides."""
        if self.kind == PromiseKind.ADDRESS:
            return order.word_due(self.due_at, 1)
        if self.kind != PromiseKind.QUESTION:
            again_at = order.word_due(self.due_at)
            travels = self.authorization_id is not None
            return again_at if travels or order.awaits_news(again_at) else None
        asked = Promise.objects.filter(authorization=self.authorization, kind=self.kind)
        days = DAYS_BETWEEN_QUESTIONS
        return order.word_due(self.due_at, days) if asked.count() < MOST_QUESTIONS else None

    def _due_again(self, notice: Notice, now: datetime) -> datetime | None:
        """When we write again after this letter of ours, which has left."""
        if again_at := notice.facts.get("again_at"):
            return datetime.fromisoformat(again_at)
        # Another change was asked for while the answer to this one was on its way out.
        waits = self.kind == PromiseKind.ADDRESS and self.has_subject(notice.order)
        return notice.order.word_due(now, 1) if waits else None

    def _break(self, order: "Order", now: datetime) -> None:
        """Says honestly that we are late, with a new time; the old one counts as broken."""
        self._settle(PromiseState.BROKEN, now)
        due = self._new_time(order, now)
        Event.objects.note(
            order,
            EventKind.PROMISE_BROKEN,
            by=CLOCK,
            authorization=self.authorization,
            at=now,
            promise=self.kind,
        )
        Promise.objects.make(
            order,
            self.kind,
            due,
            by=CLOCK,
            authorization=self.authorization,
            follows=self,
            now=now,
        )
        Notice.objects.write(
            order,
            NoticeKind.PROMISE_LATE,
            authorization=self.authorization,
            event=f"promise-{self.pk}",
            now=now,
            promise=self.kind,
            due_at=due.isoformat(),
        )

    def _new_time(self, order: "Order", now: datetime) -> datetime:
        """What takes days takes days again; all else a person does at once."""
        if self.kind == PromiseKind.DISPATCH:  # each time twice as long as before
            days = order.store.dispatch_days * 2 ** min(self._times_broken(), 3)
            return order.quiet.clear_of(order.store.calendar.close_of_working_day(now, days))
        return order.quiet.clear_of(order.store.answer_by(now))

    def _times_broken(self) -> int:
        mine = Promise.objects.filter(order=self.order, authorization=self.authorization)
        return mine.filter(kind=self.kind, state=PromiseState.BROKEN).count() - 1

    def _settle(self, state: str, now: datetime) -> None:
        self.state, self.settled_at = state, now
        self.save(update_fields=["state", "settled_at"])
