"""Connection: an account's access to one provider, its pace, and whether it answers.

The breaker: after FAILURES calls in a row that failed as a whole, nobody calls for a
while; then one call is a probe. What keeps us out for longer (a wrong key, no quota)
opens it at once. While it is open, another provider takes over.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.urls import reverse
from django.utils import timezone

from tracking import providers
from tracking.providers import Access, Action, Provider
from tracking.work import WorkState

if TYPE_CHECKING:
    from tracking.models.push import Push

# Strangers who try signatures cost us no more than one write in so long.
FORGED_PAUSE = timedelta(seconds=1)
LONGEST_DELIVERY_ID = 100
FOR_PUSHES = ("account", "provider", "key", "customer", "salt", "last_forged_at")
# So many calls may fail in a row.
FAILURES = 5
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
# Whoever holds the probe has so long for its call.
PROBE = timedelta(minutes=1)
# No worker waits longer for its turn; what is left is asked in the next round.
LONGEST_WAIT = timedelta(seconds=5)
HOUR = timedelta(hours=1)
# Without a word from the provider when to come again.
SLOW_DOWN = timedelta(seconds=60)
# With such a word; beyond, it is a mistake of theirs.
LONGEST_AFTER = timedelta(days=1)

# The one place where a worker waits for its turn.
sleep = time.sleep


class Forged(Exception):
    """The signature does not fit: not from the provider, or another key than ours."""


class NotNow(Exception):
    """No call may be made at this moment."""


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def live(self) -> "ConnectionQuerySet":
        return self.filter(is_active=True)

    def asked(self) -> "ConnectionQuerySet":
        """Those at which we register numbers and ask for them."""
        return self.live().filter(is_asked=True)

    def at(self, provider: str, slug: str) -> "Connection | None":
        """Where `POST /hooks/<provider>/<slug>/` leads; None when it leads nowhere."""
        if provider not in providers.PROVIDERS:
            return None
        # With what a push needs, and no more: this is asked for every one of them.
        found = self.live().filter(provider=provider, account__slug=slug).order_by()
        return next(iter(found.only(*FOR_PUSHES)), None)


class Connection(models.Model):
    account = models.ForeignKey("tracking.Account", models.CASCADE, related_name="connections")
    provider = models.CharField(max_length=20, choices=providers.choices)
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Order of preference: 0 is asked first, others when it is silent."
    )
    key = models.CharField(max_length=200, help_text="The provider’s API key. Shown to nobody.")
    customer = models.CharField(
        max_length=60, blank=True, help_text="Kuaidi100: customer. Kdniao: EBusinessID."
    )
    salt = models.CharField(
        max_length=100, blank=True, help_text="Kuaidi100: what its pushes are signed with."
    )
    base = models.URLField(
        "address",
        blank=True,
        help_text="Where it is called, when not at its usual address. 17TRACK: ends with its "
        "version, …/track/v2.4/ or …/track/v2.2/.",
    )
    query_type = models.CharField(
        max_length=8, blank=True, help_text="Kdniao: RequestType of queries. Empty: 8001."
    )
    subscribe_type = models.CharField(
        max_length=8, blank=True, help_text="Kdniao: RequestType of subscriptions. Empty: 8008."
    )
    daily_quota = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(10_000_000)],
        help_text="Numbers that may be asked or registered in a day (UTC). Empty: no limit.",
    )
    is_active = models.BooleanField(default=True)
    is_asked = models.BooleanField(
        default=True,
        help_text="Off: it only pushes at us; nothing is registered or asked there.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    forged_count = models.PositiveIntegerField("forged pushes", default=0, editable=False)
    last_forged_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_push_at = models.DateTimeField(null=True, editable=False)
    quota_day = models.DateField(null=True, editable=False)
    quota_used = models.PositiveIntegerField(default=0, editable=False)
    next_call_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField("failures in a row", default=0, editable=False)
    paused_until = models.DateTimeField(null=True, editable=False)
    last_answer_at = models.DateTimeField(null=True, editable=False)
    last_failure_at = models.DateTimeField(null=True, editable=False)
    last_failure = models.CharField(max_length=300, blank=True, editable=False)

    objects = ConnectionQuerySet.as_manager()

    class Meta:
        ordering = ["account__name", "position", "provider"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "provider"], name="account_is_connected_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} at {providers.label_of(self.provider)}"

    @property
    def adapter(self) -> Provider:
        return providers.load(self.provider)

    @property
    def callback(self) -> str:
        """Where the provider shall push to."""
        return settings.BASE_URL + reverse("tracking:push", args=[self.provider, self.account.slug])

    @property
    def access(self) -> Access:
        """As it is needed to read what comes."""
        return Access(key=self.key, customer=self.customer, salt=self.salt)

    @property
    def calling(self) -> Access:
        """As it is needed to call."""
        return replace(
            self.access,
            base=self.base,
            query_type=self.query_type,
            subscribe_type=self.subscribe_type,
            callback=self.callback,
        )

    # --- what it pushes at us -----------------------------------------------------------------

    def receive(
        self, headers: Mapping[str, str], body: bytes, *, ring: bool = True
    ) -> "tuple[Push, bool]":
        """Stores what came, once however often it comes, and rings for a worker.

        headers: known in any case. ring: whether a worker shall look after it; else the
        caller does. Returns the push, and whether it is new. Raises Forged, after
        counting it; nothing of a forged push is kept.
        """
        from tracking.models.push import Push

        if not (self.key and self.adapter.is_genuine(headers, body, self.access)):
            self.note_forged()
            raise Forged
        delivery = self.adapter.delivery_id(headers, body)[:LONGEST_DELIVERY_ID]
        return Push.objects.keep(self, delivery, body, ring=ring)

    def acknowledge(self, body: bytes) -> dict[str, Any]:
        """What the provider wants to read before it counts the push as taken."""
        return self.adapter.acknowledge(body, self.access)

    def note_forged(self) -> None:
        """Counts at most one in a second, so that a flood of them costs next to nothing."""
        now = timezone.now()
        if self.last_forged_at and now - self.last_forged_at < FORGED_PAUSE:
            return
        known = Q(last_forged_at=None) | Q(last_forged_at__lte=now - FORGED_PAUSE)
        self._me.filter(known).update(forged_count=F("forged_count") + 1, last_forged_at=now)

    # --- whether it may be called, and when -----------------------------------------------------

    @property
    def _me(self) -> ConnectionQuerySet:
        return Connection.objects.filter(pk=self.pk)

    def is_paused(self, now: datetime) -> bool:
        return self.paused_until is not None and self.paused_until > now

    def is_spent(self, now: datetime) -> bool:
        """Whether today's quota is used up."""
        return not self.room(now)

    def room(self, now: datetime) -> int:
        """How many numbers may still be asked today."""
        if self.daily_quota is None:
            return sys.maxsize
        used = self.quota_used if self.quota_day == now.date() else 0
        return max(0, self.daily_quota - used)

    def can_be_asked(self, now: datetime) -> bool:
        willing = self.is_active and self.is_asked
        return willing and not self.is_paused(now) and not self.is_spent(now)

    def take_turn(self, interval: float, numbers: int) -> None:
        """Waits until the next call for so many numbers may start, and takes the place in
        the row, shared by all workers. interval: seconds to the call after it. Raises
        NotNow."""
        now = timezone.now()
        self.refresh_from_db()
        if not self.can_be_asked(now) or numbers > self.room(now):
            raise NotNow
        if self.paused_until is not None:
            free = self._me.filter(paused_until=self.paused_until)
            if not free.update(paused_until=now + PROBE):
                raise NotNow  # somebody else holds the probe
        start = max(now, self.next_call_at or now)
        if start - now > LONGEST_WAIT:
            raise NotNow
        mine = self._me.filter(next_call_at=self.next_call_at)
        today = Q(quota_day=now.date())
        taken = mine.update(
            next_call_at=start + timedelta(seconds=interval),
            quota_used=Case(When(today, F("quota_used") + numbers), default=Value(numbers)),
            quota_day=now.date(),
        )
        if not taken:  # another worker was faster
            raise NotNow
        if numbers == self.room(now):
            self._hand_over(now, states=(WorkState.DUE,))
        if start > now:
            sleep((start - now).total_seconds())

    def note_answer(self) -> None:
        """It works: the breaker is closed."""
        self._me.update(last_answer_at=timezone.now(), failures=0, paused_until=None)

    def note_failure(self, words: str) -> None:
        """A call failed as a whole; after FAILURES in a row nobody calls for a while."""
        now = timezone.now()
        self._me.update(failures=F("failures") + 1, last_failure_at=now, last_failure=words[:300])
        self.refresh_from_db()
        if self.failures >= FAILURES:
            doublings = min(self.failures - FAILURES, 16)
            self._me.update(paused_until=now + min(LONGEST_PAUSE, FIRST_PAUSE * 2**doublings))
            self._hand_over(now)

    def pause(self, words: str) -> None:
        """Nobody needs to try again soon: the key is wrong, or what was paid for is used."""
        now = timezone.now()
        self._me.update(
            failures=F("failures") + 1,
            last_failure_at=now,
            last_failure=words[:300],
            paused_until=now + LONGEST_PAUSE,
        )
        self._hand_over(now)

    def _hand_over(
        self, now: datetime, states: Sequence[str] = (WorkState.DUE, WorkState.CLAIMED)
    ) -> None:
        """Nobody is asked here for a while: what waits for it is looked at once more, so
        that another provider takes over, where there is one."""
        from tracking.models.following import Following
        from tracking.models.parcel import Parcel

        others = Connection.objects.asked().filter(account=self.account_id).exclude(pk=self.pk)
        if others.exists():
            waiting = Following.objects.filter(connection=self, registered_at=None) | (
                Following.objects.filter(connection=self, wish=Action.QUERY)
            )
            rows = waiting.filter(state__in=states)
            parcels = Parcel.objects.filter(ended_at=None, pk__in=rows.values("parcel"))
            parcels.update(next_check_at=now)

    def slow_down(self, after: float | None) -> None:
        """We were too fast. after: seconds to wait, as it said, or None."""
        now = timezone.now()
        seconds = SLOW_DOWN.total_seconds() if after is None else max(after, 1.0)
        wait = timedelta(seconds=min(seconds, LONGEST_AFTER.total_seconds()))
        # Neither a failure nor a sign that it is well: some say so when they are in trouble.
        self._me.update(next_call_at=now + wait, last_answer_at=now)
        if wait > LONGEST_PAUSE:  # parcels cannot wait for so long: somebody else is asked
            self._me.update(
                paused_until=now + wait,
                last_failure_at=now,
                last_failure=f"It wants to be asked again after {round(wait / HOUR)} hours.",
            )
            self._hand_over(now)

    def try_again(self) -> None:
        """Somebody mended it: the breaker is closed by hand."""
        self._me.update(failures=0, paused_until=None, next_call_at=None)
