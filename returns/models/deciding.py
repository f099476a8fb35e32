"""Deciding about a request: yes, no, a question; and the time to post it."""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.utils import timezone

from returns import states, variants
from returns.codes import Kind, ResolutionKind, Wish
from returns.models.appealing import Appealing
from returns.models.event import Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.sending_ahead import SOON
from returns.models.shipment import ON_ITS_WAY_FOR
from returns.states import IllegalTransition, Status
from returns.withdrawal_states import WithdrawalNews

if TYPE_CHECKING:
    from returns.models.photo import Photo

REMIND_BEFORE = timedelta(days=3)
REMIND_AT = time(10)  # a letter in the night looks like a machine, and frightens
# What we promise for goods that stay with the buyer, and within how many working days.
SETTLES: dict[str, str] = {
    Wish.REFUND: PromiseKind.REFUND,
    Wish.STORE_CREDIT: PromiseKind.CREDIT,
    Wish.EXCHANGE: PromiseKind.GOODS,
    Wish.REPLACEMENT: PromiseKind.GOODS,
    Wish.PART_REFUND: PromiseKind.REFUND,
    Wish.PIECE: PromiseKind.GOODS,
    Wish.REPAIR: PromiseKind.REFUND,
    Wish.VOUCHER: PromiseKind.CREDIT,
}
# Where nothing comes back these are decided with the yes; other returns by whoever puts it
# right.
GRANTED_AT_ONCE = frozenset({Kind.CLAIM, Kind.WITHDRAWAL})
PUT_RIGHT_WITHIN = 2


def remind_at(start: datetime, post_by: datetime, zone: str) -> datetime:
    """When we remind of `post_by` what was allowed at `start`: three days before, in the
    morning where the buyer lives; at short terms, when that is within a day, half-way."""
    place = ZoneInfo(zone)
    day = post_by.astimezone(place).date() - REMIND_BEFORE
    morning = datetime.combine(day, REMIND_AT, place)
    return morning if morning - start >= timedelta(days=1) else start + (post_by - start) / 2


class Deciding(Appealing):
    class Meta:
        abstract = True

    def approve(self, *, by: Actor, at_once: bool = True, now: datetime | None = None) -> None:
        """Gives the permission: the number counts, the time to post begins to run. at_once:
        False keeps new goods here until the old ones are back, whatever the rules say."""
        now = now or timezone.now()
        with self._moving(
            Status.APPROVED,
            only=states.UNDECIDED,
            where=self._as_appealed,
            approved_at=now,
            decided_by=by.user,
            **self._end_appeal(by, now),
            **({} if self.keeps_goods else self._term(now, self._post_by(now))),
        ):
            self.lines.update(
                approved=F("requested"), waived=F("requested") if self.keeps_goods else 0
            )
            self._keep(PromiseKind.ANSWER, now)
            if self.keeps_goods:
                due = self.order.store.calendar.close_of_working_day(now, PUT_RIGHT_WITHIN)
                self._promise(SETTLES[self.wish], self.money_by or due, by, now)
            else:
                self._promise(PromiseKind.REMINDER, self.remind_at, by, now)
            self._tell_approved(by, now)
            if at_once:
                self._me._send_ahead_by_rule(now)
            if self.keeps_goods and self.kind in GRANTED_AT_ONCE and not self.waits_for_stop:
                self._me.grant(by=by, now=now)
                self._give_difference(by, now)

    def _give_difference(self, by: Actor, now: datetime) -> None:
        """What is sent instead is cheaper than what stays with the buyer."""
        from returns.models.settling import Award

        if self.wish == Wish.EXCHANGE and (less := variants.given_back(self._me)):
            self._me.give_besides(Award(ResolutionKind.PART_REFUND, less), by=by, now=now)

    def _tell_approved(self, by: Actor, now: datetime) -> None:
        if self.kind == Kind.WITHDRAWAL and self.keeps_goods:
            letter, more = NoticeKind.WITHDRAWAL_NEWS, {"news": WithdrawalNews.STOPPING}
            self._tell(EventKind.RETURN_APPROVED, by, now, letter, **more)
        else:
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
        self,
        reason: str,
        words: str = "",
        *,
        by: Actor,
        photos: "Collection[Photo]" = (),
        now: datetime | None = None,
    ) -> None:
        """photos: of this return, which the buyer is shown with the answer; never such that
        show an address. ValueError for others."""
        now = now or timezone.now()
        if any(one.authorization_id != self.pk or one.shows_address for one in photos):
            raise ValueError("a photo that cannot be shown")
        with self._moving(
            Status.DECLINED,
            where=self._as_appealed,
            decline_reason=reason,
            decline_words=words,
            ended_at=now,
            decided_by=by.user,
            **self._end_appeal(by, now),
        ):
            self.shown_photos.set(photos)
            self._keep(PromiseKind.ANSWER, now)
            self._tell(
                EventKind.RETURN_DECLINED,
                by,
                now,
                NoticeKind.RETURN_DECLINED,
                reason=reason,
                words=words,
            )

    def cancel(self, *, by: Actor, now: datetime | None = None) -> None:
        """Takes the request back. A buyer may until the first scan, staff as the table says."""
        now = now or timezone.now()
        if by.is_buyer and not self.may_be_cancelled:
            raise IllegalTransition(self.status, Status.CANCELLED)
        with self._moving(
            Status.CANCELLED, where=self._as_appealed, ended_at=now, **self._end_appeal(by, now)
        ):
            # Another number afterwards does not make a scan undone.
            scanned = self.events.filter(kind=EventKind.RETURN_SCANNED)
            if by.is_buyer and scanned.exists():
                raise IllegalTransition(Status.IN_TRANSIT, Status.CANCELLED)
            if self.is_recall:
                self._me._stop_recall(by, now)
            self._me._drop_unsent(by, now)
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
            # Who has the new goods already does not keep the old ones by doing nothing.
            if self.ahead_at and self.sent_goods:
                letter, more = NoticeKind.ORIGINAL_REMINDER, {"about": SOON}
            else:
                letter, more = NoticeKind.RETURN_REMINDER, {}
            self._tell(EventKind.RETURN_REMINDED, by, now, letter, **more)

    def expire(self, *, by: Actor, now: datetime | None = None) -> None:
        """Approved, reminded and never posted: ended, and the quantity is free again. Where
        new goods were sent by then, nothing ends: a person decides about the old ones."""
        now = now or timezone.now()
        due = Q(post_by__lt=now, reminded_at__isnull=False, posted_at=None)
        if self.ahead_at and self.sent_goods:
            self._me._miss_original(due, by, now)
            return
        with self._moving(Status.EXPIRED, where=due, ended_at=now):
            self._me._drop_unsent(by, now)
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
