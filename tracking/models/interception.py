"""Interception: one request to a carrier about a parcel on its way, and what became of it.

A leased row that stays due until the parcel's road is over: first the request is made, once;
then it is asked what became of it, and the scans are looked at (`tracking/models/asking.py`).
One open request per parcel.

Three kinds of word move it, the weaker never over the stronger: what we conclude ourselves
(`is_guess`), what the carrier, its gateway or a person says, and what the scans prove
(`is_proven`).
"""

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils import timezone

from tracking import gateways
from tracking.gateways import NOWHERE, Address, Aim, Answer, Failure, Outcome, Task
from tracking.interceptions import ENDED, OPEN, PROVEN_FROM, SOURCES, TELLING, Proof
from tracking.interceptions import InterceptionStatus as Status
from tracking.milestones import Milestone
from tracking.models.gateway_account import GatewayAccount
from tracking.signals import interception_changed
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

logger = logging.getLogger(__name__)

# What never reached the gateway is tried for so long; then a person calls the carrier.
TRY_FOR = timedelta(minutes=15)
# What is not asked by then stands still, whyever.
STUCK_AFTER = 2 * TRY_FOR
# A request about which nothing was heard for so long has been forgotten by everybody.
GIVEN_UP_AFTER = timedelta(days=45)
LONGEST_WORDS, LONGEST_REFERENCE = 500, 120
DEAREST = Decimal(10) ** 9
# Outcomes of a gateway → our state.
STATUS_OF: dict[str, str] = {
    Outcome.SENT: Status.SENT,
    Outcome.ACCEPTED: Status.ACCEPTED,
    Outcome.SUCCEEDED: Status.SUCCEEDED,
    Outcome.FAILED: Status.FAILED,
    Outcome.WITHDRAWN: Status.WITHDRAWN,
}
# What others are told of when it changes.
NEWS = frozenset({"status", "failure", "is_uncertain", "must_call", "withdraw_wanted_at"})


class AlreadyTurning(Exception):
    """The parcel has an open request already."""


class InterceptionQuerySet(LeasedQuerySet["Interception"]):
    def open(self) -> "InterceptionQuerySet":
        return self.filter(status__in=OPEN)

    def unasked(self) -> "InterceptionQuerySet":
        """Those that a worker has yet to ask for, at the gateway of their account."""
        return self.filter(status=Status.REQUESTED, asked_at=None)

    def to_call(self, now: datetime | None = None) -> "InterceptionQuerySet":
        """The desk's task: a person has to call the carrier, to ask or to find out."""
        late = (now or timezone.now()) - STUCK_AFTER
        stuck = Q(status=Status.REQUESTED, created_at__lt=late) | Q(state=WorkState.DEAD)
        asking = Q(status=Status.UNSUPPORTED) | Q(is_uncertain=True) | stuck
        return self.filter(Q(must_call=True) | asking & Q(status__in=OPEN))

    def to_forget(self) -> "InterceptionQuerySet":
        """Those that a carrier has yet to be asked to forget, by a worker or by a person, or
        is being asked to at this moment."""
        called = Q(called_at__isnull=False, called_at__gte=F("withdraw_wanted_at"))
        left = Q(withdraw_wanted_at__isnull=False, withdraw_asked_at=None, state=WorkState.DUE)
        return self.filter(
            Q(must_call=True)
            | Q(state=WorkState.CLAIMED, asked_at__isnull=False)
            | left & Q(gateway__isnull=False) & ~called
        )

    def stir(self, now: datetime | None = None) -> int:
        """These are looked at again at once: by whoever has one in hands as soon as he has
        done, so that what has changed meanwhile is not overlooked."""
        stirring = self.filter(state__in=[WorkState.DUE, WorkState.CLAIMED])
        return stirring.update(due_at=now or timezone.now())

    def watched(self) -> "InterceptionQuerySet":
        """Those about which the scans can still prove something."""
        return self.filter(watched_until__isnull=False)

    def work(self, limit: int = 20) -> int:
        """Proceeds with up to so many that are due, one at a time, and first with those that
        somebody waits for to be asked; returns how many."""
        done = 0
        while done < limit and self.due().exists():
            claimed = self.unasked().claim(1) or self.claim(1)
            for row in claimed:
                row.proceed()
            if not claimed:
                break
            done += 1
        return done


class Interception(LeasedRow):
    """carrier: whom it was asked of. while_at: the milestones in which it may be asked for;
    [] for any. parcel_milestone: where the parcel was when it was asked for. cost: what the
    gateway charges us. requested_at: when somebody wanted it. asked_at: when the call was
    begun; whoever finds it set and no answer does not ask again but finds out. sent_at: when
    the carrier (or its gateway) had it. watched_until: until the scans can still prove
    something."""

    IS_PROMPT = False  # it waits for carriers

    parcel = models.ForeignKey("tracking.Parcel", models.CASCADE, related_name="interceptions")
    gateway = models.ForeignKey(
        GatewayAccount,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="interceptions",
        help_text="Empty: a person calls.",
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    carrier = models.CharField(max_length=40, blank=True)
    aim = models.CharField(max_length=12, choices=[(a.value, a.name.capitalize()) for a in Aim])
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    on = models.DateField("day of delivery", null=True, blank=True)
    reason = models.CharField(max_length=20, default="other")
    order_number = models.CharField(max_length=120, blank=True)
    while_at = models.JSONField(default=list, blank=True)

    status = models.CharField(max_length=12, choices=Status, default=Status.REQUESTED)
    failure = models.CharField(
        max_length=12, choices=[(f.value, f.name) for f in Failure], blank=True
    )
    words = models.CharField(
        max_length=LONGEST_WORDS, blank=True, help_text="The gateway’s own, or ours."
    )
    reference = models.CharField("name at the gateway", max_length=LONGEST_REFERENCE, blank=True)
    is_uncertain = models.BooleanField(
        "answer lost", default=False, help_text="Asked, and nobody knows whether it arrived."
    )
    must_call = models.BooleanField(
        "to be called", default=False, help_text="A person has to call about it."
    )
    is_guess = models.BooleanField(
        "concluded by us", default=False, help_text="Nobody said so: the carrier’s word counts."
    )
    is_proven = models.BooleanField("shown by the scans", default=False)
    was_lost = models.BooleanField(
        "asked once more", default=False, help_text="The gateway had never heard of it."
    )
    parcel_milestone = models.CharField(max_length=20, choices=Milestone, blank=True)
    cost = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)

    created_at = models.DateTimeField(default=timezone.now, editable=False)
    requested_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField("last call", null=True, blank=True)
    withdraw_wanted_at = models.DateTimeField(null=True, blank=True)
    withdraw_asked_at = models.DateTimeField(null=True, blank=True)
    watched_until = models.DateTimeField(null=True, blank=True)

    objects = InterceptionQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["parcel"],
                name="interception_open_once",
                condition=Q(status__in=[str(status) for status in sorted(OPEN)]),
            )
        ]
        indexes = [
            models.Index(
                fields=["reference"], name="interception_reference", condition=~Q(reference="")
            ),
            models.Index(
                fields=["parcel"],
                name="interception_watched",
                condition=Q(watched_until__isnull=False),
            ),
            models.Index(
                fields=["requested_at"],
                name="interception_open",
                condition=Q(status__in=[str(status) for status in sorted(OPEN)])
                | Q(must_call=True),
            ),
            *lease_indexes("interception"),
        ]

    def __str__(self) -> str:
        return f"{self.get_aim_display()} of {self.parcel_id}: {self.get_status_display()}"

    # --- what is known about it -----------------------------------------------------------

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_by_phone(self) -> bool:
        return self.gateway_id is None

    @property
    def task(self) -> Task:
        assert self.gateway
        return Task(
            key=self.key.hex,
            number=self.parcel.number,
            carrier=self.carrier,
            aim=self.aim,
            before=Address.from_json(self.before),
            after=Address.from_json(self.after),
            on=self.on,
            reason=self.reason,
            requester=self.gateway.requester,
            reference=self.reference,
            order=self.order_number,
        )

    def may_be_asked_at(self, milestone: str) -> bool:
        return not self.while_at or milestone in self.while_at

    # --- verbs ----------------------------------------------------------------------------

    def proceed(self, now: datetime | None = None) -> None:
        """Does what comes next with this claimed row, and settles it."""
        from tracking.models.asking import Asking

        try:
            Asking(self, now or timezone.now()).proceed()
        except Interception.DoesNotExist:
            return  # it went with its parcel, which was dropped meanwhile
        except Exception as error:
            # A flaw of ours; its own words may hold an address.
            logger.error("interception %s: %s", self.pk, place_of(error))
            self.retry(place_of(error))

    def withdraw(self, now: datetime | None = None) -> bool:
        """It is not wanted any more. Whether that ended it at once, because nobody was asked
        yet; else the gateway is asked to forget it, or a person calls."""
        now = now or timezone.now()
        with self.changing(now):
            if not self.is_open or self.withdraw_wanted_at:
                return False
            self.withdraw_wanted_at = now
            if self.asked_at is None:
                self._become(Status.WITHDRAWN, now)
                return True
            self._unask(now)
        return False

    def take(self, answer: Answer, now: datetime | None = None) -> bool:
        """What the carrier or its gateway told of it. Told twice, late or out of turn, it moves
        once and never back. Whether it moved."""
        now = now or timezone.now()
        try:
            with self.changing(now):
                return self._take(answer, now)
        except IntegrityError:
            # We had concluded that it had ended, and since then another one was begun.
            self.refresh_from_db()
            return False

    def take_proof(self, found: Proof, now: datetime | None = None) -> bool:
        """What the scans say of it. Whether it moved."""
        with self.changing(now or timezone.now()):
            if found.status == Status.ACCEPTED:
                # Before it was asked for, it was somebody else's wish that was taken up.
                unanswered = self.asked_at and self.status in SOURCES[Status.ACCEPTED]
                return bool(unanswered) and self._become(found.status, found.at)
            if not found.is_sure:
                return self.is_open and self._become(
                    found.status, found.at, failure=found.failure, is_guess=True
                )
            if self.is_proven and found.status == Status.FAILED:
                return False
            if self.status == found.status and not self.is_guess:
                self.is_proven = True
                return False
            may = self.status in PROVEN_FROM[found.status] or self.is_guess
            return may and self._become(
                found.status, found.at, failure=found.failure, is_proven=True
            )

    def hand_to_desk(self, why: str, now: datetime | None = None) -> bool:
        """A person has to call: the gateway cannot be reached, or does not say. Whether that
        is new."""
        with self.changing(now or timezone.now()):
            if self.must_call or not (self.is_open or self.withdraw_wanted_at):
                return False
            if self.status == Status.REQUESTED and self.asked_at is None:
                self.status, self.gateway = Status.UNSUPPORTED, None
            elif self.status == Status.UNSUPPORTED:
                return False
            else:
                self.must_call = True
            self.words = clean(why, LONGEST_WORDS)
        return True

    def note_call(
        self,
        outcome: str,
        words: str = "",
        *,
        failure: str = "",
        cost: Decimal | None = None,
        currency: str = "",
        now: datetime | None = None,
    ) -> bool:
        """A person called the carrier. outcome: of Outcome; SENT: it was asked, the answer
        comes later; NOTHING: the carrier has never heard of it; NO_NEWS: nobody answered, and
        somebody has to call again. Whether it moved."""
        now = now or timezone.now()
        if outcome == Outcome.NOTHING:
            outcome, failure = Outcome.FAILED, Failure.NO_ANSWER
        answer = Answer(Outcome(outcome), "", failure, words, cost, currency)
        try:
            with self.changing(now):
                self.called_at = now
                if outcome != Outcome.NO_NEWS:
                    self.must_call = False
                    if self.is_open or self.is_guess:
                        self.asked_at = self.asked_at or now
                return self._take(answer, now)
        except IntegrityError:
            self.refresh_from_db()
            return False

    def give_up(self, failure: str, words: str = "", now: datetime | None = None) -> bool:
        """It is over by our own conclusion, as long as nobody says otherwise."""
        now = now or timezone.now()
        with self.changing(now):
            if self.is_open:
                self._become(Status.FAILED, now, failure=failure, is_guess=True)
                self.words = clean(words, LONGEST_WORDS) or self.words
                return True
        return False

    def call_off(self, words: str, now: datetime | None = None) -> bool:
        """The parcel is not what we took it for: it is over, and whoever was asked already is
        asked to forget it."""
        now = now or timezone.now()
        with self.changing(now):
            if not self.is_open:
                return False
            self._become(Status.FAILED, now, failure=Failure.NO_ANSWER)
            self.words = clean(words, LONGEST_WORDS)
            if self.asked_at:
                self.withdraw_wanted_at = self.withdraw_wanted_at or now
                self._unask(now)
        return True

    # --- step by step ---------------------------------------------------------------------

    @contextmanager
    def changing(self, now: datetime) -> Iterator[None]:
        """Locked, and read anew; what is changed inside is written, and told to others."""
        with transaction.atomic():
            rows = Interception.objects.select_for_update(of=("self",), no_key=True)
            self.look_again(rows)
            before = {name: getattr(self, name) for name in WRITTEN}
            yield
            changed = {name for name in WRITTEN if getattr(self, name) != before[name]}
            if changed:
                self.save(update_fields=changed)
            if "status" in changed:
                self._rouse(now)
            if changed & NEWS:
                interception_changed.send(sender=Interception, interception=self)

    def look_again(self, rows: "models.QuerySet[Interception] | None" = None) -> None:
        """As it is now, but for the lease, which is the caller's own or nobody's."""
        self.refresh_from_db(fields=FACTS, from_queryset=rows)

    def _rouse(self, now: datetime) -> None:
        """Nothing can come of what was never asked for; else somebody looks at it."""
        mine = Interception.objects.filter(pk=self.pk).exclude(state=WorkState.CLAIMED)
        if self.asked_at is None and self.status in ENDED:
            mine.update(state=WorkState.DONE, done_at=now, watched_until=None)
            self.watched_until = None
        else:
            mine.update(state=WorkState.DUE, due_at=now, done_at=None, attempts=0)

    def _unask(self, now: datetime) -> None:
        gateway = self.gateway
        if gateway is None or not (gateway.is_active and gateway.adapter.CAN_WITHDRAW):
            self.must_call = True
        Interception.objects.filter(pk=self.pk).stir(now)

    def _take(self, answer: Answer, now: datetime) -> bool:
        new = STATUS_OF.get(answer.outcome, "")
        words = clean(answer.words, LONGEST_WORDS)
        self.reference = self.reference or clean(answer.reference, LONGEST_REFERENCE)
        if answer.cost is not None and answer.cost.is_finite() and abs(answer.cost) < DEAREST:
            self.cost, self.currency = round(answer.cost, 3), clean(answer.currency, 3)
        if new:
            self.is_uncertain = False
        # What nobody was asked for yet may be asked for after we had given it up.
        yields = self.is_guess and (new in TELLING or self.sent_at is None)
        if not new or not (self.status in SOURCES[new] or yields):
            if self.is_open and new in ("", self.status):
                self.words = words or self.words
            return False
        failure = answer.failure if answer.failure in set(Failure) else Failure.REFUSED
        self.words = words or self.words
        return self._become(new, now, failure=failure if new == Status.FAILED else "")

    def _become(
        self,
        new: str,
        at: datetime,
        *,
        failure: str = "",
        is_guess: bool = False,
        is_proven: bool = False,
    ) -> bool:
        at = max(at, self.requested_at)
        if new in ENDED:
            self.ended_at = self.ended_at if new == self.status and self.ended_at else at
        else:
            self.ended_at = None
        if new == Status.ACCEPTED:
            self.accepted_at = self.accepted_at or at
        if self.asked_at is not None:
            # What the carrier answers, it has.
            self.sent_at = self.sent_at or at
        if new in ENDED or (new == Status.ACCEPTED and not self.withdraw_wanted_at):
            self.must_call = False
        self.status, self.failure = new, failure
        self.is_guess, self.is_proven, self.is_uncertain = is_guess, is_proven, False
        return True


_LEASE = {field.name for field in LeasedRow._meta.local_fields}
FACTS = [
    field.name
    for field in Interception._meta.concrete_fields
    if field.name not in _LEASE | {"id", "parcel", "gateway"}
]
WRITTEN = [*FACTS, "gateway_id"]


def clean(text: str, limit: int) -> str:
    """Without what no database keeps; cut."""
    return text.encode("utf-8", "replace").decode().replace("\0", "")[:limit].strip()


def start(
    parcel: Any,
    aim: str,
    *,
    before: Address,
    after: Address = NOWHERE,
    on: date | None = None,
    reason: str = "other",
    order_number: str = "",
    while_at: frozenset[str] = frozenset(),
    requested_at: datetime | None = None,
    now: datetime | None = None,
) -> Interception:
    """Writes the request and rings for a worker; see `Parcel.intercept`."""
    from tracking import tasks

    now = now or timezone.now()
    with transaction.atomic():
        if Interception.objects.open().filter(parcel=parcel).exists():
            raise AlreadyTurning
        gateway = GatewayAccount.objects.for_parcel(parcel.account_id, parcel.carrier, aim)
        by_phone = gateway is None or gateway.gateway == gateways.PHONE
        row = Interception(
            parcel=parcel,
            gateway=None if by_phone else gateway,
            carrier=parcel.carrier,
            aim=aim,
            before=before.to_json(),
            after=after.to_json() if after != NOWHERE else {},
            on=on,
            reason=reason,
            order_number=order_number[:120],
            while_at=sorted(while_at),
            status=Status.UNSUPPORTED if by_phone else Status.REQUESTED,
            parcel_milestone=parcel.milestone,
            created_at=now,
            requested_at=requested_at or now,
            due_at=now,
            watched_until=now + GIVEN_UP_AFTER,
        )
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:  # somebody else asked at this moment
            raise AlreadyTurning from None
        transaction.on_commit(tasks.ring_interceptions, robust=True)
    return row
