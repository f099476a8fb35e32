"""Asking: one round of a worker with a claimed interception.

The scans are looked at, and then the gateway is asked for what is wanted, or what became of
it. A call is never made in a transaction. Before the request the row says that it is being
made (`asked_at`): whoever finds it so afterwards, because a worker was killed or the answer
never came, does not ask again but finds out.
"""

import logging
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import Case, F, When
from django.utils import timezone

from tracking.gateways import (
    NEVER_ARRIVED,
    Address,
    Answer,
    Error,
    Failure,
    NoAccess,
    Outcome,
    TooFast,
)
from tracking.interceptions import ENDED, proof
from tracking.interceptions import InterceptionStatus as Status
from tracking.milestones import FINAL
from tracking.models.gateway_account import GatewayAccount
from tracking.models.interception import GIVEN_UP_AFTER, TRY_FOR, Interception
from tracking.models.parcel import Parcel
from tracking.models.scan import Scan
from tracking.work import WorkState, place_of

logger = logging.getLogger(__name__)

# How soon it is looked at again, by how long ago it was asked.
LOOKS = ((timedelta(hours=2), timedelta(minutes=5)), (timedelta(days=2), timedelta(minutes=30)))
SELDOM = timedelta(hours=3)
# What has ended is looked at on this side only, and at once when the parcel moves.
AFTER_END = timedelta(hours=12)
# What never arrived is asked again after so long, or after what the gateway says.
AGAIN, LATEST_AGAIN = timedelta(seconds=20), timedelta(minutes=5)
# A gateway that does not answer when it is asked what became of something is left alone.
LEFT_ALONE = timedelta(minutes=2)
# It may still be at work on a request whose answer was lost: what it says before is no word.
QUIET = timedelta(minutes=5)
# Who said nothing for so long is called.
SILENT_FOR = timedelta(days=1)
# Scans of other providers may come so long after the parcel's road is over.
LINGER = timedelta(days=3)


class Asking:
    def __init__(self, row: Interception, now: datetime) -> None:
        self.row, self.began = row, now
        self.due_at = row.due_at  # as it was claimed
        self.wait: timedelta | None = None
        self.trouble = ""
        row.look_again()
        self._parcel()

    @property
    def now(self) -> datetime:
        """A call takes its time."""
        return max(self.began, timezone.now())

    @property
    def gateway(self) -> GatewayAccount | None:
        return self.row.gateway

    @property
    def is_out_there(self) -> bool:
        """The gateway was asked, and has something to say about it."""
        row = self.row
        unasking = row.withdraw_wanted_at and not row.withdraw_asked_at
        return bool(row.gateway and row.asked_at and (row.is_open or row.is_guess or unasking))

    def proceed(self) -> None:
        row = self.row
        # Before a guess of ours, whoever knows is asked.
        knows = self.gateway is not None and self.gateway.adapter.CAN_CHECK
        ask_first = self.is_out_there and knows
        self._look_at_scans(sure=ask_first)
        if row.is_open and row.asked_at is None and self._is_too_late():
            return self._rest()
        if row.status == Status.REQUESTED:
            self._ask()
        elif self.is_out_there:
            self._find_out()
        if ask_first:
            self._look_at_scans()
        self._rest()

    # --- the scans ------------------------------------------------------------------------

    @cached_property
    def scans(self) -> list:
        return list(Scan.objects.filter(parcel=self.row.parcel_id))

    def _parcel(self) -> Parcel:
        """As it is at this moment; also one that stands in for a parcel that was dropped."""
        mine = Parcel._base_manager.filter(interceptions=self.row.pk).first()
        if mine is None:
            raise Interception.DoesNotExist
        self.row.parcel = mine
        return mine

    def _look_at_scans(self, *, sure: bool = False) -> None:
        """sure: takes over only what leaves no doubt."""
        row = self.row
        found = proof(
            row.aim,
            row.status,
            Address.from_json(row.before),
            Address.from_json(row.after),
            row.on,
            row.requested_at,
            self.scans,
        )
        if found and (found.is_sure or not sure):
            row.take_proof(found, self.now)

    def _is_too_late(self) -> bool:
        """The parcel has gone on since somebody wanted it; then nobody is asked."""
        milestone = self._parcel().milestone
        if milestone in FINAL:
            return self.row.give_up(Failure.DELIVERED, now=self.now)
        if not self.row.may_be_asked_at(milestone):
            return self.row.give_up(Failure.TOO_LATE, now=self.now)
        return False

    # --- asking ---------------------------------------------------------------------------

    def _ask(self) -> None:
        row, gateway = self.row, self.gateway
        if row.asked_at is not None:
            self._note_lost("The worker that asked was lost.")
            return
        carrier = row.parcel.carrier
        if gateway is None or not gateway.is_active or not gateway.serves(carrier, row.aim):
            row.hand_to_desk("No interface asks this carrier: somebody has to call.", self.now)
            return
        mine = Interception.objects.unasked().filter(
            pk=row.pk, withdraw_wanted_at=None, lease_owner=row.lease_owner
        )
        if not mine.update(asked_at=self.now, carrier=carrier):
            return
        row.look_again()
        try:
            answer = gateway.adapter.request(row.task, gateway.access)
        except NEVER_ARRIVED as error:
            self._note_not_arrived(error)
        except Error as error:
            self._note_lost(str(error))
        except Exception as error:
            # A flaw of ours, after who knows what; its own words may hold an address.
            logger.error("interception %s: %s", row.pk, place_of(error))
            self._note_lost(place_of(error))
        else:
            self._take_answer(answer)

    def _take_answer(self, answer: Answer) -> None:
        row = self.row
        if row.was_lost and answer.failure == Failure.ONCE_ONLY:
            # What is there already is our own first request, which had arrived after all.
            self._note_lost(answer.words)
            row.hand_to_desk("The gateway has a request already: ours, it seems.", self.now)
            return
        row.take(answer, self.now)
        if row.status == Status.REQUESTED:
            self._note_lost(answer.words or "The gateway did not say whether it took it.")

    def _note_not_arrived(self, error: Error) -> None:
        row, now = self.row, self.now
        with row.changing(now):
            if row.status != Status.REQUESTED:
                return  # it was told meanwhile that it did arrive
            row.asked_at = None
        self.trouble = str(error)
        if row.withdraw_wanted_at:
            row.take(Answer(Outcome.WITHDRAWN), now)
        elif isinstance(error, NoAccess) or now - row.created_at > TRY_FOR:
            row.hand_to_desk(str(error), now)
        told = error.after if isinstance(error, TooFast) else None
        self.wait = min(max(AGAIN, timedelta(seconds=told or 0)), LATEST_AGAIN)
        self._leave_alone(self.wait)

    def _note_lost(self, why: str) -> None:
        """It may have arrived: it counts as asked, and somebody finds out."""
        row, now = self.row, self.now
        with row.changing(now):
            if row.status == Status.REQUESTED:
                row.status, row.sent_at = Status.SENT, now
                row.is_uncertain, row.words = True, why[:500]

    def _leave_alone(self, wait: timedelta) -> None:
        """Nobody asks this gateway for a while, so that others are not kept waiting by it."""
        until = self.now + wait
        others = Interception.objects.filter(gateway=self.gateway, state=WorkState.DUE)
        others.filter(due_at__lt=until).update(due_at=until)

    # --- finding out ----------------------------------------------------------------------

    def _find_out(self) -> None:
        """Asks the gateway what became of it, and to forget it where that is wanted."""
        row, gateway = self.row, self.gateway
        assert gateway and row.asked_at
        if row.is_uncertain and self.now < row.asked_at + QUIET:
            return
        if not gateway.is_active:
            row.hand_to_desk("Its gateway was switched off.", self.now)
            return
        try:
            unasking = row.withdraw_wanted_at and not row.withdraw_asked_at
            if unasking and gateway.adapter.CAN_WITHDRAW:
                self._ask_to_forget(gateway)
            elif gateway.adapter.CAN_CHECK:
                self._check(gateway)
        except Error as error:
            self.trouble = str(error)
            if isinstance(error, NoAccess):
                row.hand_to_desk(str(error), self.now)
            self._leave_alone(LEFT_ALONE)

    def _check(self, gateway: GatewayAccount) -> None:
        row = self.row
        answer = gateway.adapter.check(row.task, gateway.access)
        if answer.outcome != Outcome.NOTHING:
            row.take(answer, self.now)
        elif row.is_uncertain and not row.was_lost and gateway.adapter.ASKS_AGAIN:
            self._ask_once_more()
        else:
            row.hand_to_desk("The gateway knows of no such request.", self.now)

    def _ask_once_more(self) -> None:
        """It never arrived, and nobody was charged: it is as if it had not been asked."""
        row = self.row
        with row.changing(self.now):
            if row.status != Status.SENT or not row.is_uncertain:
                return  # it was told meanwhile that it did arrive
            row.asked_at = row.sent_at = None
            row.is_uncertain, row.was_lost = False, True
            row.status = Status.WITHDRAWN if row.withdraw_wanted_at else Status.REQUESTED
            row.ended_at = self.now if row.withdraw_wanted_at else None
        self.wait = timedelta()

    def _ask_to_forget(self, gateway: GatewayAccount) -> None:
        row = self.row
        mine = Interception.objects.filter(pk=row.pk, withdraw_asked_at=None)
        if not mine.update(withdraw_asked_at=self.now):
            return
        try:
            answer = gateway.adapter.withdraw(row.task, gateway.access)
        except NEVER_ARRIVED as error:
            Interception.objects.filter(pk=row.pk).update(withdraw_asked_at=None)
            if row.withdraw_wanted_at and self.now - row.withdraw_wanted_at > TRY_FOR:
                row.hand_to_desk(str(error), self.now)
            raise
        except Error as error:
            # Nobody knows whether it is forgotten.
            row.hand_to_desk(str(error), self.now)
            raise
        if answer.outcome == Outcome.NOTHING and row.is_uncertain and gateway.adapter.ASKS_AGAIN:
            answer = Answer(Outcome.WITHDRAWN, words=answer.words)
        row.take(answer, self.now)
        if answer.outcome in (Outcome.NO_NEWS, Outcome.ACCEPTED, Outcome.NOTHING):
            why = answer.words or "The gateway does not take it back."
            row.hand_to_desk(why, self.now)

    # --- and then -------------------------------------------------------------------------

    def _rest(self) -> None:
        """Due again later, as long as anything can still become of it."""
        row, now = self.row, self.now
        row.look_again()
        until = row.created_at + GIVEN_UP_AFTER
        if row.status in ENDED:
            if row.asked_at is None or (row.status == Status.SUCCEEDED and row.is_proven):
                until = now
            elif row.ended_at and (over := self._parcel().ended_at):
                until = min(until, max(row.ended_at, over) + LINGER)
        if now >= until:
            row.give_up(Failure.NO_ANSWER, now=now)
            row.done(watched_until=None)
            return
        self._notice_silence(now)
        # Whoever stirred it meanwhile has changed the hour at which it is due.
        due_at = Case(When(due_at=self.due_at, then=now + self._pause(now)), default=F("due_at"))
        row.settle(
            WorkState.DUE,
            due_at=due_at,
            attempts=0,
            watched_until=until,
            last_error=self.trouble[:2000],
        )

    def _notice_silence(self, now: datetime) -> None:
        row = self.row
        heard = max(filter(None, (row.sent_at, row.called_at)), default=now)
        if row.status == Status.SENT and now - heard > SILENT_FOR:
            row.hand_to_desk("The carrier has said nothing for a day.", now)

    def _pause(self, now: datetime) -> timedelta:
        row = self.row
        if self.wait is not None:
            return self.wait
        if row.status in ENDED:
            # What was called off is to be forgotten, and its gateway could not be reached.
            unasking = row.withdraw_wanted_at and not row.withdraw_asked_at
            again = self.trouble and unasking and not row.must_call
            return LEFT_ALONE if again else AFTER_END
        if row.status == Status.REQUESTED:
            return AGAIN
        quiet = row.asked_at + QUIET - now if row.is_uncertain and row.asked_at else timedelta()
        if quiet > timedelta():
            return quiet
        if row.withdraw_wanted_at and not row.withdraw_asked_at and not row.must_call:
            return AGAIN
        return next_look(now - (row.asked_at or row.created_at))


def next_look(age: timedelta) -> timedelta:
    return next((wait for limit, wait in LOOKS if age < limit), SELDOM)
