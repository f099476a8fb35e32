"""What lets a buyer in: short links of our own, mailed codes, and the counters behind them."""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import phonenumbers
from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from returns import links
from returns.models.event import BUYER, Event, EventKind
from returns.models.notice import Notice, NoticeKind
from tracking.work import LeasedQuerySet, LeasedRow, lease_indexes

if TYPE_CHECKING:
    from returns.models.order import Order
    from returns.models.store import Store

SHORT_LINK_LIVES = timedelta(days=60)
CODE_LIVES = timedelta(minutes=10)
TRIES_PER_CODE = 5


class ShortLinkQuerySet(models.QuerySet["ShortLink"]):
    def make(self, order: "Order", path: str = "") -> str:
        """A new code that opens `order`; returns it, only its hash is kept.

        path: the page below the order's address where it leads ('' = the order page).
        """
        code = links.new_short_code()
        self.create(
            order=order, path=path, code_hash=links.hash_code(code),
            expires_at=timezone.now() + SHORT_LINK_LIVES,
        )
        return code

    def find(self, code: str, now: datetime | None = None) -> "ShortLink | None":
        """The live link of this code, or None (unknown, expired, revoked: all the same)."""
        return (
            self.filter(
                code_hash=links.hash_code(code), revoked_at=None,
                expires_at__gt=now or timezone.now(),
            )
            .select_related("order__store")
            .first()
        )


class ShortLink(models.Model):
    """`/k/<code>` in our own messages: can be opened often, ends, and can be revoked."""

    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="short_links")
    path = models.CharField(max_length=120, blank=True)
    code_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ShortLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"link to {self.order_id} until {self.expires_at:%Y-%m-%d}"


class ThrottleQuerySet(models.QuerySet["Throttle"]):
    def hit(self, key: str, period: timedelta, now: datetime | None = None) -> int:
        """Counts one more in the current period and returns how many it makes.

        The addition is done by the database, so that two processes never lose one.
        """
        seconds = int(period.total_seconds())
        window = int((now or timezone.now()).timestamp()) // seconds
        name = f"{key}:{seconds}:{window}"
        row, made = self.get_or_create(
            key=name, defaults={"count": 1, "ends_at": (now or timezone.now()) + period}
        )
        if made:
            return 1
        self.filter(pk=row.pk).update(count=F("count") + 1)
        row.refresh_from_db(fields=["count"])
        return row.count

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


def secret_hash(purpose: str, text: str) -> str:
    """A name for `text` that tells nothing without our key."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:32]


# How many guesses are judged. A buyer who is shut out here still has the emailed link.
PER_ORDER = (5, timedelta(days=1))
PER_NETWORK = ((10, timedelta(hours=1)), (30, timedelta(days=1)))
OVERALL = (300, timedelta(minutes=10))


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

    objects = LeasedQuerySet.as_manager()

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
        order = self.order if self.sensitive else self._match(now)
        with transaction.atomic():
            # What was typed is not needed any more, whether it fitted or not.
            values = {"number": "", "proof": "", "order": order}
            if order is None or not order.contact(sensitive=self.sensitive):
                self.done(**values)
                return
            if Throttle.objects.hit(f"code:{order.pk}", PER_ORDER[1], now) > PER_ORDER[0]:
                self.done(**values)
                return
            expires = now + CODE_LIVES
            if not self.done(seed=secrets.token_hex(16), expires_at=expires, **values):
                return
            Event.objects.note(order, EventKind.CODE_SENT, by=BUYER, at=now)
            Notice.objects.write(
                order, NoticeKind.ACCESS_CODE, event=f"find-{self.pk}",
                recipient=order.contact(sensitive=self.sensitive), attempt=self.pk,
            )

    def _match(self, now: datetime) -> "Order | None":
        from returns.models.order import Order

        number = self.number.strip().removeprefix("#").strip()
        key = secret_hash("find", f"{self.store_id}:{number.casefold()}")
        if Throttle.objects.hit("find:all", OVERALL[1], now) > OVERALL[0]:
            return None
        # Orders that do not exist are counted alike.
        if Throttle.objects.hit(f"find:{key}", PER_ORDER[1], now) > PER_ORDER[0]:
            return None
        # Buyers type capitals as they please; exact refs keep the look-up on its index.
        refs = {links.order_ref(spelt) for spelt in (number, number.upper(), number.lower())}
        order = (
            Order.objects.select_related("store").filter(store=self.store, ref__in=refs).first()
        )
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
        digits = re.sub(r"\D", "", typed)
        # Compared in either case, so that time does not tell whether a code was sent.
        same = constant_time_compare(digits, self.code)
        if not (same and self.seed and self.order and self.expires_at and now < self.expires_at):
            return None
        if not FindAttempt.objects.filter(pk=self.pk, used_at=None).update(used_at=now):
            return None
        return self.order

    @property
    def is_spent(self) -> bool:
        return self.tries >= TRIES_PER_CODE or self.used_at is not None


def proves(order: "Order", typed: str) -> bool:
    """Whether `typed` is the order's email, postcode, phone or its last four digits."""
    typed = typed.strip()
    found = False
    if order.email:
        found |= constant_time_compare(typed.casefold(), order.email.casefold())
    if order.postcode:
        found |= constant_time_compare(_plain(typed), _plain(order.postcode))
    digits, phone = re.sub(r"\D", "", typed), re.sub(r"\D", "", order.phone)
    if len(phone) >= 4 and digits and not re.search(r"[^\d\s()+./-]", typed):
        found |= constant_time_compare(digits, phone[-4:])
        found |= constant_time_compare(_e164(typed, order.country), _e164(order.phone, order.country))
    return found


def _plain(text: str) -> str:
    return re.sub(r"[^0-9A-Z]", "", text.upper()) or "-"


def _e164(text: str, country: str) -> str:
    """The number in one form; what is no full number becomes something that fits nothing."""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException:
        return secrets.token_hex(8)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
