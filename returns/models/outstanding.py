"""What is still owed to the buyer of an order: the verbs and questions about its promises."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from django.db import models, transaction

from returns.models.event import Actor
from returns.quiet import Quiet
from tracking.calendars import clock_of, days_of

if TYPE_CHECKING:
    from returns.models.investigation import Investigation
    from returns.models.order import Order
    from returns.models.promise import Promise

ANSWERS = frozenset({"answer", "reply"})  # of PromiseKind
# A parcel without a number can tell nothing; after so long it is taken as arrived.
UNNUMBERED_FOR = timedelta(days=21)
# An order that was never sent is waited for so long; then it is something else.
SENT_WITHIN = timedelta(days=60)


class Outstanding(models.Model):
    class Meta:
        abstract = True

    @property
    def _me(self) -> "Order":
        """There is no other kind."""
        return cast("Order", self)

    @property
    def quiet(self) -> Quiet:
        """When nothing is sent to this buyer that can wait."""
        me, store = self._me, self._me.store
        abroad = me.country not in ("", store.country)
        # A country with several clocks: better by the middle one than by ours.
        zone = me.zone or (clock_of(me.country) if abroad else me.where)
        return Quiet(store.quiet_from, store.quiet_until, zone)

    def word_due(self, now: datetime, days: int = 0) -> datetime:
        """When we have written again: at the close of the `days`-th day (0: as the store
        does) on which the store works and it is no holiday where the buyer lives, but not
        so late that a long holiday there becomes a long silence; never at the buyer's night."""
        days = days or self._me.store.update_days
        calendar = self._me.store.calendar
        there = days_of(self._me.country, calendar.notices) if self._me.country else None
        due = calendar.close_of_working_day(now, days, there)
        latest = calendar.close_of_working_day(now, 2 * days)
        return self._me.quiet.clear_of(min(due, latest))

    def dispatch_due(self, start: datetime) -> datetime:
        """When it has been handed over, or we have written why not."""
        due = self._me.store.calendar.close_of_working_day(start, self._me.store.dispatch_days)
        return self._me.quiet.clear_of(due)

    def awaits_dispatch(self, now: datetime) -> bool:
        """Paid, and some of it has yet to be sent."""
        if self._me.is_cancelled or not self._me.paid_at or self._me.placed_at < now - SENT_WITHIN:
            return False
        return any(line.to_ship for line in self._me.lines.all())

    def awaits_news(self, now: datetime) -> bool:
        """Some of it is on the road, or something is wrong that we look after."""
        if self._me.is_cancelled:
            return False
        return self._me.on_its_way(now) or self._travels_unseen(now) or self.has_trouble

    def _travels_unseen(self, now: datetime) -> bool:
        return any(
            row.parcel is None and row.shipped_at > now - UNNUMBERED_FOR
            for row in self._me.outbound
        )

    @property
    def has_trouble(self) -> bool:
        """With a parcel on its way to the buyer."""
        return any(case.is_open and case.authorization_id is None for case in self._me.cases.all())

    @property
    def searches(self) -> "list[Investigation]":
        """What was and is searched for, the oldest first. By way of the cases, so that an order
        with which all is well costs no question more."""
        if "cases" in getattr(self._me, "_prefetched_objects_cache", {}):
            found = [row for case in self._me.cases.all() for row in case.investigations.all()]
        else:  # for a letter
            found = list(self._me.investigations.prefetch_related("steps"))
        parcels = {row.parcel_id: row.parcel for row in self._me.shipments.all() if row.parcel}
        for row in found:
            row.order = self._me
            row.parcel = parcels.get(row.parcel_id, row.parcel)
        return sorted(found, key=lambda row: row.pk)

    @property
    def nearest_promise(self) -> "Promise | None":
        """The one thing we say we will do next, or None when nothing is owed."""
        open_ones = [row for row in self._me.promises.all() if row.is_open]
        return min(open_ones, key=_when, default=None)

    def promise_update(self, *, by: Actor, now: datetime | None = None) -> "Promise | None":
        """Says when we write again while goods are on their way; see Promise."""
        from returns.models.promise import Promise

        with transaction.atomic():
            return Promise.objects.of_update(self._me.locked(), by=by, now=now)

    def let_go_of_update(self, now: datetime) -> None:
        """Under lock: when nothing is left to write about, nothing is promised either."""
        from returns.models.promise import Promise, PromiseKind

        if not self._me.awaits_news(now):
            mine = Promise.objects.open().filter(order=self._me, authorization=None)
            mine.filter(kind=PromiseKind.UPDATE).let_go(now)


def _when(promise: "Promise") -> tuple[datetime, bool, int]:
    """Of two at one hour the answer to what the buyer asked comes first."""
    return promise.due_at, promise.kind not in ANSWERS, promise.pk
