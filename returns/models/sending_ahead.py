"""Sending ahead: new goods leave before the old ones are back, and what follows when those do
not come.

A store does it for trusted buyers who agreed, or a member of staff decides it. The old goods
are to be posted by the usual last day; when new ones were sent by then and the old ones were
not, nothing expires: a person gives more time, or the agreed consequence follows, and the buyer
keeps both (`keep_both`).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from returns import trust, variants
from returns.codes import BESIDES_PAID, GOODS_KINDS, Wish
from returns.models.event import RULE, Actor, EventKind
from returns.models.notice import NoticeKind
from returns.models.promise import Promise, PromiseKind
from returns.models.return_base import ReturnBase
from returns.states import SETTLED, IllegalTransition, ResolutionState, Status

if TYPE_CHECKING:
    from returns.models.resolution import Resolution

AHEAD_FROM = frozenset({Status.APPROVED, Status.IN_TRANSIT})
UNSENT = frozenset({ResolutionState.PENDING, ResolutionState.FAILED})
# What a letter about the old goods says.
SOON, OVER, KEPT = "soon", "over", "kept"


class SendingAhead(ReturnBase):
    class Meta:
        abstract = True

    @cached_property
    def order_trust(self) -> trust.Trust:
        """Of the buyer, as things stand now; for the desk."""
        return trust.of(self.order, timezone.now())

    @property
    def may_send_ahead(self) -> bool:
        """Whether staff may send the new goods now, without waiting for the old ones."""
        return (
            self.status in AHEAD_FROM
            and self.wish in (Wish.EXCHANGE, Wish.REPLACEMENT)
            and not self.keeps_goods
            and self.ahead_at is None
            and self.variant_gone_at is None
        )

    @property
    def goes_ahead_by_rule(self) -> bool:
        """Whether the new goods go at once with the approval: the buyer agreed and is trusted,
        and nobody has to read in words what is wanted."""
        if self.ahead_agreed_at is None or self.keeps_goods:
            return False
        if self.wish == Wish.EXCHANGE and not all(row.variant for row in self.lines.all()):
            return False
        return self.order.may_have_ahead(self.wish, timezone.now()) is not None

    def send_ahead(
        self,
        *,
        by: Actor,
        agreed: bool = False,
        now: datetime | None = None,
        letter: str | None = NoticeKind.RETURN_APPROVED,
    ) -> "Resolution":
        """Decides that the new goods go at once. agreed: the buyer told the desk that we may
        charge for them when the old ones do not come. Raises variants.Gone when there is
        nothing to send."""
        from returns.models.resolution import Resolution
        from returns.models.settling import GRANTS, SENT_WITHIN

        now = now or timezone.now()
        values: dict[str, Any] = {
            "ahead_at": now,
            "ahead_by": by.user,
            "trust": trust.of(self.order, now).to_json(),
        }
        if agreed:
            values["ahead_agreed_at"] = self.ahead_agreed_at or now
        if not self.may_send_ahead:
            raise IllegalTransition(self.status, self.status)
        with self._changing(Q(ahead_at=None, variant_gone_at=None, keeps_goods=False), **values):
            sends = self.resolutions.live().filter(kind__in=GOODS_KINDS)
            if self.order.is_cancelled or sends.exists():
                raise IllegalTransition(self.status, self.status)
            if gone := variants.gone(self._me):
                raise variants.Gone(gone)
            row = Resolution.objects.create(
                authorization_id=self.pk,
                kind=GRANTS[self.wish],
                decided_at=now,
                decided_by=by.user,
            )
            due = self.order.store.calendar.close_of_working_day(now, SENT_WITHIN)
            self._promise(PromiseKind.GOODS, due, by, now)
            told = letter if self.status == Status.APPROVED else None
            self._tell(EventKind.SENT_AHEAD, by, now, told, ahead=True)
        return row

    def _send_ahead_by_rule(self, now: datetime) -> None:
        """With the approval; where it is not possible after all, the old goods are waited for
        as usual."""
        if not self.goes_ahead_by_rule:
            return
        try:
            self.send_ahead(by=RULE, now=now, letter=None)
        except variants.Gone:
            return

    def _drop_unsent(self, by: Actor, now: datetime) -> None:
        """Under lock, as the return ends: what was not sent is not sent any more. Raises
        IllegalTransition when new goods have left, or anything is leaving."""
        rows = list(self.resolutions.live())
        leaving = any(row.state == ResolutionState.PROCESSING for row in rows)
        if leaving or any(row.kind in GOODS_KINDS and row.is_sent for row in rows):
            raise IllegalTransition(self.status, Status.CANCELLED)
        for row in rows:
            # What was given besides, for the trouble, stays the buyer's.
            if row.state in UNSENT and row.kind not in BESIDES_PAID:
                row.drop(by=by, now=now)

    def told_of_sending(self, resolution: "Resolution") -> tuple[str, str]:
        """The line of history and the letter: of new goods their own, where we know the parcel
        that brings them, or where the old ones are not here yet."""
        if resolution.kind in GOODS_KINDS and (
            self.status not in SETTLED or resolution.shipments.exists()
        ):
            return EventKind.REPLACEMENT_SENT, NoticeKind.REPLACEMENT_SENT
        return EventKind.RESOLUTION_DONE, NoticeKind.RETURN_SETTLED

    # --- the old goods do not come ------------------------------------------------------------

    def _miss_original(self, due: Q, by: Actor, now: datetime) -> None:
        """Their time is over, and new ones were sent: nothing is freed, a person decides."""
        with self._changing(due & Q(original_missing_at=None), original_missing_at=now):
            self._keep(PromiseKind.DEADLINE, now)
            self._promise_answer(now)
            letter = NoticeKind.ORIGINAL_REMINDER
            self._tell(EventKind.ORIGINAL_MISSING, by, now, letter, about=OVER)

    @property
    def misses_original(self) -> bool:
        waits = self.status == Status.APPROVED and not (self.posted_at or self.arrived_at)
        return waits and self.original_missing_at is not None

    def give_more_time(self, post_by: datetime, *, by: Actor, now: datetime | None = None) -> None:
        """A new last day for the old goods, given by staff. post_by: in the future, else
        ValueError."""
        now = now or timezone.now()
        if post_by <= now:
            raise ValueError("the new last day is over already")
        if not self.misses_original:
            raise IllegalTransition(self.status, self.status)
        with self._changing(
            Q(original_missing_at__isnull=False, posted_at=None, arrived_at=None),
            original_missing_at=None,
            reminded_at=None,
            decided_by=by.user,
            **self._me._term(now, post_by),
        ):
            self._keep(PromiseKind.ANSWER, now)
            self._promise(PromiseKind.REMINDER, self.remind_at, by, now)
            self._tell(
                EventKind.RETURN_EXTENDED,
                by,
                now,
                NoticeKind.RETURN_APPROVED,
                post_by=post_by.isoformat(),
            )

    @property
    def may_keep_both(self) -> bool:
        """The old goods are with the buyer as far as we know, and the new ones, too."""
        with_buyer = self.status == Status.APPROVED and self.arrived_at is None
        return with_buyer and self.ahead_at is not None and self.sent_goods

    def keep_both(
        self, *, charged: bool, words: str = "", by: Actor, now: datetime | None = None
    ) -> None:
        """The agreed consequence: the buyer keeps the old goods and the new. charged: the shop
        asks for what the new ones cost, which nobody does without having agreed (ValueError);
        else we write it off. words: for the buyer."""
        now = now or timezone.now()
        if charged and self.ahead_agreed_at is None:
            raise ValueError("the buyer did not agree to be charged")
        if not self.may_keep_both:
            raise IllegalTransition(self.status, Status.RESOLVED)
        with self._moving(
            Status.RESOLVED,
            only={Status.APPROVED},
            where=Q(ahead_at__isnull=False, arrived_at=None),
            resolved_at=now,
            decided_by=by.user,
            original_missing_at=self.original_missing_at or now,
        ):
            self.lines.update(waived=F("approved"), resolved=F("approved"))
            Promise.objects.release(self._me, now)
            self._tell(
                EventKind.ORIGINAL_KEPT,
                by,
                now,
                NoticeKind.ORIGINAL_REMINDER,
                about=KEPT,
                charged=charged,
                words=words,
            )
            if all(row.is_sent for row in self.resolutions.live()):
                self._me._close(now)
