"""Following: one parcel at one provider, and what has to be asked about it there.

A leased row that is due while there is something to ask and rests otherwise: the parcel's
`next_check_at` decides when it is due again. Calls are made for many at once.
"""

import logging
import random
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tracking import providers
from tracking.models.connection import Connection, NotNow
from tracking.providers import Action, Answer, Ask, News, NoAccess, NoQuota, Outcome, TooFast
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

if TYPE_CHECKING:
    from datetime import datetime

logger = logging.getLogger(__name__)

# Providers lock a number that is asked for more often (apis.md 2.2; we keep to it everywhere).
LOCKED_FOR = timedelta(minutes=30)
# A provider that was given a number and has told nothing about it for so long is silent.
SILENT_AFTER = timedelta(hours=24)
FORGOTTEN_AFTER = timedelta(days=30)
# After a call that failed as a whole; spread, so that nobody comes back at once.
AGAIN_AFTER = timedelta(minutes=1)
# In this order: a number that nobody follows yet comes first.
ORDER = (Action.REGISTER, Action.CHANGE, Action.QUERY, Action.STOP)
# Answers that say that the provider has looked.
LOOKS = frozenset({(Action.QUERY, Outcome.DONE), (Action.QUERY, Outcome.NO_NEWS)})
# What the parcel cannot be asked for here any more, until somebody mends it.
REFUSALS = frozenset({Outcome.NEEDS_CARRIER, Outcome.NEEDS_PHONE, Outcome.REFUSED})


REFUSED = Q(state=WorkState.DEAD) | ~Q(refusal="")
# Carriers that show a parcel only to those who know a phone on its label; unknown ones may
# be one of them.
WANT_PHONE = frozenset({"sf", "sf-freight", "zto", ""})


class FollowingQuerySet(LeasedQuerySet["Following"]):
    def ask(self, wish: str, now: "datetime | None" = None) -> int:
        """Makes them due for it, unless they are in somebody's hands."""
        return self.exclude(state=WorkState.CLAIMED).update(
            wish=wish, state=WorkState.DUE, due_at=now or timezone.now(), attempts=0
        )

    def work(self, connection: Connection, calls: int) -> int:
        """Makes up to so many calls of what is due at one provider; returns how many."""
        made = 0
        for action in ORDER:
            limit = connection.adapter.LIMITS.get(action)
            mine = self.filter(connection=connection, wish=action)
            if limit is None:
                mine.filter(state=WorkState.DUE).do_without(action)
                continue
            if action == Action.STOP:
                mine.filter(state=WorkState.DUE).wanted_again(connection).delete()
            while made < calls:
                # A probe is made with one number.
                most = 1 if connection.paused_until else limit.batch
                rows = mine.claim(min(most, connection.room(timezone.now())))
                if not rows:
                    break
                models.prefetch_related_objects(rows, "parcel")
                try:
                    connection.take_turn(limit.interval, len(rows))
                except NotNow:
                    for row in rows:
                        row.postpone()
                    return made
                made += 1
                if not self._call(connection, action, rows):
                    return made
        return made

    def do_without(self, action: Action) -> None:
        """The provider knows no such thing. A changed carrier is registered anew there; a
        number that nobody needs any more is forgotten by us at least."""
        if action == Action.CHANGE:
            self.update(wish=Action.REGISTER, registered_at=None, carrier_key="")
            return
        self.filter(parcel=None).delete()
        self.update(state=WorkState.DONE, done_at=timezone.now())

    def wanted_again(self, connection: Connection) -> "FollowingQuerySet":
        """Of dropped ones, those whose number belongs to a parcel of ours once more."""
        others = Following.objects.filter(connection=connection, parcel__isnull=False)
        return self.filter(parcel=None, number__in=others.values("number"))

    def _call(self, connection: Connection, action: Action, rows: "list[Following]") -> bool:
        """One call, and what becomes of each number. Returns whether to go on."""
        asks = [row.as_ask() for row in rows]
        own_fault = ""
        try:
            answers = connection.adapter.call(action, asks, connection.calling)
        except TooFast as error:
            connection.slow_down(error.after)
        except (NoQuota, NoAccess) as error:
            connection.pause(str(error))
        except providers.Error as error:
            own_fault = str(error) if error.permanent else ""
            connection.note_failure(str(error))
        except Exception as error:
            # A flaw of ours in reading what came; its words may hold what was asked.
            logger.error("%s could not be asked: %s", connection.provider, place_of(error))
            own_fault = place_of(error)
            connection.note_failure(own_fault)
        else:
            connection.note_answer()
            self._take_all(connection, action, rows, answers)
            return True
        for row in rows:
            # Alone in a call that would fail again, it is its own fault: not for ever.
            if own_fault and len(rows) == 1:
                row.retry(own_fault)
            else:
                row.postpone()
        return False

    def _take_all(
        self,
        connection: Connection,
        action: Action,
        rows: "list[Following]",
        answers: list[Answer],
    ) -> None:
        """All in one transaction; when that fails, each by itself, so that what a provider
        says of one number costs no other."""
        try:
            self._take(connection, action, rows, answers)
        except Exception as error:
            if len(rows) == 1:
                logger.error("An answer cannot be recorded: %s", place_of(error))
                rows[0].retry(place_of(error))
                return
            for row, answer in zip(rows, answers, strict=True):
                self._take_all(connection, action, [row], [answer])

    def forgotten(self, now: "datetime | None" = None) -> "FollowingQuerySet":
        """Numbers that we no longer need and could not even stop, because nobody may be
        asked there any more."""
        return self.filter(parcel=None, due_at__lt=(now or timezone.now()) - FORGOTTEN_AFTER)

    def _take(
        self,
        connection: Connection,
        action: Action,
        rows: "list[Following]",
        answers: list[Answer],
    ) -> None:
        from tracking.models.parcel import Parcel, Told

        now = timezone.now()
        asked = [row.parcel for row in rows if row.parcel]
        known = Parcel.objects.filter(pk__in=[parcel.pk for parcel in asked])
        carriers = dict(known.values_list("pk", "carrier"))
        # Its carrier was corrected while we asked: this is another parcel's story.
        moved = {p.pk for p in asked if p.carrier and carriers.get(p.pk) != p.carrier}
        told = []
        for row, answer in zip(rows, answers, strict=True):
            # That nothing new is known is a look at the parcel as well.
            looked = answer.news or (action, answer.outcome) in LOOKS
            if row.parcel is None or row.parcel_id in moved or not looked:
                continue
            news = answer.news or News(row.number)
            if row.parcel.is_meant(news.carrier, *news.others):
                row.parcel.learn_carrier(news.carrier)
                told.append(Told(row.parcel, news, connection.provider))
        # Before they are settled: after a crash in between they are asked once more.
        Parcel.objects.record_all(told, now)
        for row, answer in zip(rows, answers, strict=True):
            row.take(action, answer, now)
        again = Following.objects.filter(connection=connection, parcel__in=moved)
        again.ask(Action.CHANGE, now)


class Following(LeasedRow):
    IS_PROMPT = False  # it goes at the provider's pace, and not at all while that is away

    parcel = models.ForeignKey(
        "tracking.Parcel", models.SET_NULL, null=True, related_name="followings"
    )
    connection = models.ForeignKey(Connection, models.CASCADE, related_name="followings")
    number = models.CharField(max_length=60)
    wish = models.CharField(max_length=8, choices=[(a.value, a.value) for a in Action])
    carrier_key = models.CharField(max_length=40, blank=True, help_text="The provider’s own.")
    registered_at = models.DateTimeField(null=True, blank=True)
    asked_at = models.DateTimeField("last asked", null=True, blank=True)
    heard_at = models.DateTimeField("last told us something", null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    locked_until = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=20, blank=True, help_text="Why it is not followed.")

    objects = FollowingQuerySet.as_manager()

    class Meta:
        ordering = ["connection__position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel", "connection"], name="parcel_followed_once_per_provider"
            )
        ]
        indexes = [
            models.Index(
                fields=["connection", "wish", "due_at"],
                name="following_asks",
                condition=Q(state=WorkState.DUE),
            ),
            models.Index(fields=["parcel"], name="following_refused", condition=REFUSED),
            *lease_indexes("following"),
        ]

    def __str__(self) -> str:
        return f"{self.number} at {providers.label_of(self.connection.provider)}"

    @property
    def is_refused(self) -> bool:
        return bool(self.refusal) or self.state == WorkState.DEAD

    def may_be_queried_at(self) -> "datetime | None":
        """None: at once."""
        asked = self.asked_at + LOCKED_FOR if self.asked_at else None
        return max((at for at in (asked, self.locked_until) if at), default=None)

    def is_silent(self, now: "datetime") -> bool:
        """Whether it was given the number long ago and tells nothing about it, whatever
        others tell: these are to be asked, then."""
        if self.is_refused:
            return True
        if self.registered_at is None:
            return False
        heard = max(at for at in (self.registered_at, self.heard_at) if at)
        return now - heard > SILENT_AFTER

    def as_ask(self) -> Ask:
        parcel = self.parcel
        if parcel is None:  # dropped: only to be stopped
            return Ask(self.number, key=self.carrier_key)
        return Ask(
            number=self.number,
            carrier=parcel.carrier,
            key=self.carrier_key,
            # Nobody is told more of it than he needs.
            phone_tail=parcel.phone_tail if parcel.carrier in WANT_PHONE else "",
            origin=parcel.origin,
            destination=parcel.destination,
            tag=str(parcel.pk),
        )

    def postpone(self) -> None:
        """It was no fault of this number's: due again soon, and no attempt of its own."""
        wait = AGAIN_AFTER * random.uniform(0.5, 1)
        self.settle(WorkState.DUE, due_at=timezone.now() + wait, attempts=0)

    def take(self, action: str, answer: Answer, now: "datetime") -> None:
        """Settles this claimed row with what the provider said about its number."""
        asked = {"asked_at": now} if action == Action.QUERY else {}
        match answer.outcome:
            case Outcome.DONE | Outcome.NO_NEWS:
                self._done(action, answer, now, asked)
            case Outcome.NOT_REGISTERED:
                self._register_first(action, now)
            case Outcome.LOCKED:
                self.done(locked_until=now + LOCKED_FOR, **asked)
            case outcome if outcome in REFUSALS:
                self.settle(
                    WorkState.DEAD,
                    done_at=now,
                    refusal=outcome,
                    last_error=answer.words[:2000],
                    **asked,
                )
                if self.parcel and not self.parcel.ended_at:
                    # Another provider takes over.
                    type(self.parcel).objects.filter(pk=self.parcel.pk).update(next_check_at=now)
            case _:
                self.retry(answer.words or "It could not say anything at this moment.")

    def _done(self, action: str, answer: Answer, now: "datetime", asked: dict) -> None:
        values = dict(asked)
        if answer.key:
            values["carrier_key"] = answer.key[:40]
        if action == Action.STOP:
            if self.parcel is None:
                self.delete()
                return
            values["stopped_at"] = now
        elif action == Action.REGISTER:
            values |= {"registered_at": self.registered_at or now, "stopped_at": None}
        elif self.registered_at is None:
            values["registered_at"] = now
        if answer.news and answer.news.reports:
            values["heard_at"] = now
        self.done(refusal="", **values)

    def _register_first(self, action: str, now: "datetime") -> None:
        if action == Action.STOP:
            self._done(action, Answer(self.number), now, {})
            return
        self.settle(WorkState.DUE, wish=Action.REGISTER, due_at=now, registered_at=None, attempts=0)


def grouped(rows: "list[Following]") -> "dict[int, list[Following]]":
    """parcel id → its followings, in the order of preference."""
    found: dict[int, list[Following]] = defaultdict(list)
    for row in rows:
        if row.parcel_id is not None:
            found[row.parcel_id].append(row)
    return found
