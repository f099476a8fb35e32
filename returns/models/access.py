"""What lets a buyer in: short links of our own, mailed codes, and the counters behind them."""

import hashlib
import hmac
import logging
import re
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import phonenumbers
from django.conf import settings
from django.db import connections, models, router, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from returns import links
from returns.models.event import BUYER, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.models.store import Store

logger = logging.getLogger(__name__)
SHORT_LINK_LIVES = timedelta(days=60)
CODE_LIVES = timedelta(minutes=10)
TRIES_PER_CODE = 5


class ShortLinkQuerySet(models.QuerySet["ShortLink"]):
    def make(self, order: "Order", path: str = "", notice: "Notice | None" = None) -> str:
        """A new code that opens `order`; returns it, only its hash is kept.

        path: the page below the order's address where it leads ('' = the order page).
        notice: the message that it stands in.
        """
        code = links.new_short_code()
        self.create(
            order=order,
            path=path,
            notice=notice,
            code_hash=links.hash_code(code),
            expires_at=timezone.now() + SHORT_LINK_LIVES,
        )
        return code

    def of(self, code: str) -> "ShortLink | None":
        """The link of this code, live or not; None when there never was one."""
        return self.filter(code_hash=links.hash_code(code)).select_related("order__store").first()

    def live(self) -> "ShortLinkQuerySet":
        return self.filter(revoked_at=None)

    def revoke(self, now: datetime) -> int:
        return self.live().update(revoked_at=now)


class ShortLink(models.Model):
    """`/k/<code>` in our own messages: can be opened often, ends, and can be revoked."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="short_links")
    path = models.CharField(max_length=120, blank=True)
    notice = models.ForeignKey(
        "returns.Notice", models.SET_NULL, null=True, blank=True, related_name="links"
    )
    code_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ShortLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"link to {self.order_id} until {self.expires_at:%Y-%m-%d}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and timezone.now() < self.expires_at

    def note_opened(self) -> None:
        """The desk sees that a message was followed. Machines that look at mail follow
        links, too: it is a hint and no more."""
        if self.notice_id:
            Notice.objects.filter(pk=self.notice_id, opened_at=None).update(
                opened_at=timezone.now()
            )


# At most so many, in each period of so long.
type Limit = tuple[int, timedelta]


class TooOften(Exception):
    """Somebody did more often what costs us work than a buyer ever needs to."""


class ThrottleQuerySet(models.QuerySet["Throttle"]):
    def hit(self, key: str, period: timedelta, now: datetime | None = None) -> int:
        """Counts one more in the current period and returns how many it makes.

        One statement: the database adds, so that two processes never lose one, and the
        first of a period costs as much as the others.
        """
        using = router.db_for_write(self.model)
        quote = connections[using].ops.quote_name
        table, name, count, ends = map(
            quote, (self.model._meta.db_table, "key", "count", "ends_at")
        )
        sql = (
            f"INSERT INTO {table} ({name}, {count}, {ends}) VALUES (%s, 1, %s) "
            f"ON CONFLICT ({name}) DO UPDATE SET {count} = {table}.{count} + 1 "
            f"RETURNING {count}"
        )
        window, ends_at = _window(key, period, now)
        end = connections[using].ops.adapt_datetimefield_value(ends_at)
        with connections[using].cursor() as cursor:
            cursor.execute(sql, [window, end])
            return cursor.fetchall()[0][0]

    def admit(
        self, key: str, limits: Sequence[Limit], now: datetime | None = None
    ) -> datetime | None:
        """Counts one more under each limit. None when it is within all of them, else the
        end of the period that is used up; longer periods are not charged for it."""
        for most, period in limits:
            if self.hit(key, period, now) > most:
                return _window(key, period, now)[1]
        return None

    def used_up(self, key: str, limit: Limit, now: datetime | None = None) -> bool:
        """Whether one more would be too many; counts nothing."""
        most, period = limit
        name, _ = _window(key, period, now)
        return self.filter(key=name, count__gte=most).exists()

    def any_used_up(self, key: str, limits: Sequence[Limit], now: datetime | None = None) -> bool:
        """The same for several limits at once."""
        full = Q()
        for most, period in limits:
            full |= Q(key=_window(key, period, now)[0], count__gte=most)
        return self.filter(full).exists()

    def stale(self) -> "ThrottleQuerySet":
        return self.filter(ends_at__lt=timezone.now())


class Throttle(models.Model):
    """How often something was tried in one period; shared by every process."""

    key = models.CharField(max_length=160, unique=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)

    objects = ThrottleQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.key}: {self.count}"


def _window(key: str, period: timedelta, now: datetime | None) -> tuple[str, datetime]:
    """The name of the row that counts now, and when its period ends."""
    seconds = int(period.total_seconds())
    number = int((now or timezone.now()).timestamp()) // seconds
    ends_at = datetime.fromtimestamp((number + 1) * seconds, UTC)
    return f"{key}:{seconds}:{number}", ends_at


def secret_hash(purpose: str, text: str) -> str:
    """A name for `text` that tells nothing without our key."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:32]


# How many questions are judged, and codes sent. A buyer who is shut out here still has
# the emailed link. A new code never resets them.
PER_ORDER: Limit = (5, timedelta(days=1))
PER_NETWORK: tuple[Limit, ...] = ((10, timedelta(hours=1)), (30, timedelta(days=1)))
PER_NEIGHBOURHOOD: tuple[Limit, ...] = ((60, timedelta(hours=1)),)
OVERALL: Limit = (300, timedelta(minutes=10))  # in one store
# A question over that limit is judged later, as long as somebody may still wait for it.
WAITED_FOR = timedelta(minutes=30)
ATTEMPT_KEPT_FOR = timedelta(days=1)


class FindAttemptQuerySet(LeasedQuerySet["FindAttempt"]):
    def held(self, token: str, store: "Store") -> "FindAttempt | None":
        """The question that a session asked on the Find page of `store`."""
        return self.filter(token=token, store=store, sensitive=False).first() if token else None

    def held_step_up(self, token: str, order: "Order") -> "FindAttempt | None":
        return self.filter(token=token, order=order, sensitive=True).first() if token else None

    def stale(self) -> "FindAttemptQuerySet":
        return self.filter(made_at__lt=timezone.now() - ATTEMPT_KEPT_FOR)


class FindAttempt(LeasedRow):
    """Somebody asked to open an order. Only stored in the request; judged by a worker,
    so that neither the answer nor its time tells whether it matched."""

    MAX_ATTEMPTS = 3

    store = models.ForeignKey("returns.Store", models.CASCADE, related_name="+")
    token = models.CharField(max_length=64, unique=True, help_text="Held by the session.")
    number = models.CharField(max_length=120, blank=True, help_text="As typed; erased after.")
    proof = models.CharField(max_length=254, blank=True, help_text="As typed; erased after.")
    made_at = models.DateTimeField(default=timezone.now, db_index=True)
    order = models.ForeignKey("returns.Order", models.CASCADE, null=True, related_name="+")
    # Step-up: the session already holds the order, and money or address is at stake.
    sensitive = models.BooleanField(default=False)
    seed = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    objects = FindAttemptQuerySet.as_manager()

    class Meta:
        indexes = lease_indexes("find")

    def __str__(self) -> str:
        return f"attempt {self.pk}"

    @classmethod
    def note(cls, store: "Store", number: str, proof: str) -> "FindAttempt":
        """Stores the attempt and rings; this is all that the request does."""
        from returns import tasks

        attempt = cls.objects.create(
            store=store, token=secrets.token_urlsafe(32), number=number, proof=proof
        )
        transaction.on_commit(tasks.ring, robust=True)
        return attempt

    @classmethod
    def step_up(cls, order: "Order") -> "FindAttempt":
        """A fresh code for somebody whose session already holds the order."""
        from returns import tasks

        attempt = cls.objects.create(
            store=order.store, order=order, sensitive=True, token=secrets.token_urlsafe(32)
        )
        transaction.on_commit(tasks.ring, robust=True)
        return attempt

    def judge(self, now: datetime | None = None) -> None:
        """Matches the attempt; when it fits, a code goes to the contact on the order."""
        now = now or timezone.now()
        if not self.sensitive and self._put_off(now):
            return
        order = self.order if self.sensitive else self._match(now)
        with transaction.atomic():
            # What was typed is not needed any more, whether it fitted or not.
            values = {"number": "", "proof": "", "order": order}
            contact = order.contact(sensitive=self.sensitive, now=now) if order else ""
            if not order or not contact:
                self.done(**values)
                return
            key = code_throttle_key(order, sensitive=self.sensitive)
            if Throttle.objects.admit(key, [PER_ORDER], now):
                self.done(**values)
                return
            expires = now + CODE_LIVES
            if not self.done(seed=secrets.token_hex(16), expires_at=expires, **values):
                return
            Event.objects.note(order, EventKind.CODE_SENT, by=BUYER, at=now)
            Notice.objects.write(
                order,
                NoticeKind.ACCESS_CODE,
                event=f"find-{self.pk}",
                recipient=contact,
                attempt=self.pk,
            )

    def _put_off(self, now: datetime) -> bool:
        """Whether this store's questions of the moment are used up: then it waits for the
        next period, so that nobody silences the store by asking in everybody's stead."""
        key, (most, period) = f"find-all:{self.store_id}", OVERALL
        count = Throttle.objects.hit(key, period, now)
        if count <= most:
            return False
        if count == most + 1:
            logger.warning("Too many look for orders of store %s; they wait.", self.store_id)
        again_at = _window(key, period, now)[1]
        if again_at - self.made_at > WAITED_FOR:
            self.done(number="", proof="")
        else:
            # Nothing was tried yet, so it is no attempt.
            self.settle(WorkState.DUE, due_at=again_at, attempts=max(self.attempts - 1, 0))
        return True

    def _match(self, now: datetime) -> "Order | None":
        from returns.models.order import Order

        written = spellings(self.number)
        refs = {links.order_ref(spelling) for spelling in written}
        order = Order.objects.select_related("store").filter(store=self.store, ref__in=refs).first()
        # By the order itself, so that no spelling buys more guesses; orders that do not
        # exist are counted alike.
        ref = order.ref if order else written[0].casefold()
        key = f"find:{secret_hash('find', f'{self.store_id}:{ref}')}"
        if Throttle.objects.admit(key, [PER_ORDER], now):
            return None
        return order if order and proves(order, self.proof) else None

    @property
    def code(self) -> str:
        """Six digits, derived and never stored, so that a repeated mail says the same."""
        key = settings.SECRET_KEY.encode()
        digest = hmac.new(key, f"access-code:{self.seed}".encode(), hashlib.sha256).digest()
        return f"{int.from_bytes(digest[:8]) % 1_000_000:06d}"

    def enter(self, typed: str, now: datetime | None = None) -> "Order | None":
        """The order, when `typed` is the code, in time, for the first time; else None.

        Tries are counted on the attempt whether or not there is a code behind it.
        """
        now = now or timezone.now()
        mine = FindAttempt.objects.filter(pk=self.pk, tries__lt=TRIES_PER_CODE, used_at=None)
        if not mine.update(tries=F("tries") + 1):
            return None
        self.refresh_from_db()
        digits = _digits(typed)
        # Compared in either case, so that time does not tell whether a code was sent.
        same = constant_time_compare(digits, self.code)
        if not (same and self.seed and self.order and self.expires_at and now < self.expires_at):
            return None
        if not FindAttempt.objects.filter(pk=self.pk, used_at=None).update(used_at=now):
            return None
        return self.order

    @property
    def is_out_of_tries(self) -> bool:
        return self.tries >= TRIES_PER_CODE

    @property
    def is_spent(self) -> bool:
        return self.is_out_of_tries or self.used_at is not None

    @property
    def is_open(self) -> bool:
        """Whether its code may still be typed, as far as the one who asked may know."""
        in_time = timezone.now() < (self.expires_at or self.made_at + CODE_LIVES)
        return in_time and not self.is_spent


def code_throttle_key(order: "Order", *, sensitive: bool) -> str:
    """The key under which the codes sent for `order` are counted. Those of Find apart:
    whoever knows number and postcode must not use up what the owner needs."""
    return f"{'step-up' if sensitive else 'code'}:{order.pk}"


def spellings(typed: str) -> list[str]:
    """What a buyer may have meant: with or without #, blanks, full-width letters, and in
    capitals or not. Exact refs keep the look-up on its index."""
    plain = unicodedata.normalize("NFKC", typed).strip().removeprefix("#").strip()
    forms = [plain, "".join(plain.split()), typed.strip().removeprefix("#").strip()]
    cases = [case for form in forms for case in (form, form.upper(), form.lower())]
    return list(dict.fromkeys(cases))


def proves(order: "Order", typed: str) -> bool:
    """Whether `typed` is the order's email, postcode, phone or its last four digits."""
    typed = unicodedata.normalize("NFKC", typed).strip()
    found = False
    if order.email:
        found |= constant_time_compare(typed.casefold(), order.email.casefold())
    for postcode in filter(None, map(_plain, order.known_postcodes)):
        found |= constant_time_compare(_plain(typed), postcode)
    digits, phone = _digits(typed), _digits(order.phone)
    if len(phone) >= 4 and re.fullmatch(r"[\d\s()+./-]+", typed):
        found |= constant_time_compare(digits, phone[-4:])
        found |= constant_time_compare(digits, phone)
        whole = _e164(order.phone, order.country)
        found |= constant_time_compare(_e164(typed, order.country), whole)
    return found


def _digits(text: str) -> str:
    """The digits in `text`, in whatever script they were typed."""
    return "".join(str(unicodedata.digit(sign)) for sign in text if sign.isdecimal())


def _plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper())


def _e164(text: str, country: str) -> str:
    """The number in one form; what is no full number becomes something that fits nothing."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return secrets.token_hex(8)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
