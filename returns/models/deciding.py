"""Deciding about a request: yes, no, a question; and the time to post it."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils import timezone

from returns import states
from returns.codes import Wish
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.return_base import ReturnBase
from returns.models.shipment import ON_ITS_WAY_FOR
from returns.states import IllegalTransition, Status

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


def remind_at(start: datetime, post_by: datetime, zone: str) -> datetime:
    """When we remind of `post_by` what was allowed at `start`: three days before, in the
    morning where the buyer lives; at short terms, when that is within a day, half-way."""
    place = ZoneInfo(zone)
    day = post_by.astimezone(place).date() - REMIND_BEFORE
    morning = datetime.combine(day, REMIND_AT, place)
    return morning if morning - start >= timedelta(days=1) else start + (post_by - start) / 2


class Deciding(ReturnBase):
    class Meta:
        abstract = True

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
            self._promise(PromiseKind.QUESTION, self.order.word_due(now), by, now)
            self._tell(
                EventKind.INFO_REQUESTED, by, now, NoticeKind.INFO_REQUESTED, question=question
            )

    def give_answer(self, answer: str, *, by: Actor, now: datetime | None = None) -> None:
        """The buyer answered: back to the queue, and the desk's clock starts again."""
        now = now or timezone.now()
        with self._moving(Status.REQUESTED, only={Status.INFO_REQUESTED}, answer=answer):
            Promise.objects.open().filter(authorization=self._me, kind=PromiseKind.QUESTION).let_go(
                now
            )
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
            # Another number afterwards does not make a scan undone.
            scanned = self.events.filter(kind=EventKind.RETURN_SCANNED)
            if by.is_buyer and scanned.exists():
                raise IllegalTransition(Status.IN_TRANSIT, Status.CANCELLED)
            Promise.objects.release(self._me, now)
            self._tell(EventKind.RETURN_CANCELLED, by, now, NoticeKind.RETURN_CANCELLED)

    def remind(self, *, by: Actor, now: datetime | None = None) -> None:
        """Reminds before the post-by date, once; the status stays.

        Nobody's time ends without a word: when we are so late that it is over already,
        it ends three days later.
        """
        now = now or timezone.now()
        said = self.reminded_at or self.posted_at
        if self.status != Status.APPROVED or self.keeps_goods or said:
            raise IllegalTransition(self.status, self.status)
        assert self.post_by is not None
        in_time = self.post_by > now
        post_by = self.post_by if in_time else self._last_second(now, REMIND_BEFORE.days)
        unreminded = Q(reminded_at=None, posted_at=None)
        with self._changing(unreminded, reminded_at=now, post_by=post_by):
            self._keep(PromiseKind.REMINDER, now)
            self._promise(PromiseKind.DEADLINE, post_by, by, now)
            self._tell(EventKind.RETURN_REMINDED, by, now, NoticeKind.RETURN_REMINDER)

    def expire(self, *, by: Actor, now: datetime | None = None) -> None:
        """Approved, reminded and never posted: ended, and the quantity is free again."""
        now = now or timezone.now()
        due = Q(post_by__lt=now, reminded_at__isnull=False, posted_at=None)
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
            self._keep(PromiseKind.ANSWER, now)
            if self.posted_at:  # told us only after the time had run out
                self._promise_news(now)
            else:
                self._promise(PromiseKind.REMINDER, self.remind_at, by, now)
            self._tell(
                EventKind.RETURN_EXTENDED,
                by,
                now,
                NoticeKind.RETURN_APPROVED,
                post_by=post_by.isoformat(),
            )

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
