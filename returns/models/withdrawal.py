"""Withdrawal: what a buyer declared, word for word, when, and nothing else.

It is a record for a court: written once, never changed, never deleted alone, each chained to
the one before it by its hash. What became of it stands beside it (WithdrawalOutcome), and so
does the letter that acknowledges it (WithdrawalReceipt). After the time for which a store has
to keep it, all of it is erased as a whole.
"""

import hashlib
import json
import secrets
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from returns.models.store import Store
from returns.withdrawal_states import Verified

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order
    from returns.models.withdrawal_outcome import WithdrawalOutcome
    from returns.models.withdrawal_receipt import WithdrawalReceipt

# As those of returns: what is read aloud or copied by hand must come back the same.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LONGEST_NAME, LONGEST_CONTRACT, LONGEST_PARTS = 120, 120, 500


class Unchangeable(Exception):
    """A record of what was declared is neither changed nor deleted."""


class Way(models.TextChoices):
    SHOP = "shop", "The shop’s open page"
    ORDER = "order", "The page of the order"


class WithdrawalQuerySet(models.QuerySet["Withdrawal"]):
    def record(
        self,
        store: Store,
        *,
        key: str,
        name: str,
        contract: str,
        email: str,
        language: str,
        parts: str = "",
        order: "Order | None" = None,
        lines: Mapping[int, int] | None = None,
        goods: Sequence[Mapping[str, Any]] = (),
        now: datetime | None = None,
    ) -> "Withdrawal":
        """Writes down what was declared; a worker acknowledges it and finds its order.

        key: of the form; the same one gives the record that it made the first time. order: on
        whose page it was made, which proves who made it. lines: its line's id → units, what it
        is about (None: all); goods: the same in words. now: told to the second, in UTC.
        """
        from returns import tasks
        from returns.models.withdrawal_outcome import WithdrawalOutcome
        from returns.models.withdrawal_receipt import WithdrawalReceipt

        now = now or timezone.now()
        with transaction.atomic():
            # One at a time in a store: each names the one before it.
            Store.objects.select_for_update(of=("self",), no_key=True).get(pk=store.pk)
            if made := self.filter(store=store, key=key).first():
                return made
            last = self.filter(store=store).order_by("-pk").first()
            row = Withdrawal(
                store=store,
                number=self.unused_number(),
                key=key,
                way=Way.ORDER if order else Way.SHOP,
                name=name,
                contract=contract,
                parts=parts,
                goods=[dict(item) for item in goods],
                email=email,
                language=language,
                received_at=now.astimezone(UTC).replace(microsecond=0),
                previous=last.digest if last else "",
            )
            row.digest = row.fingerprint()
            row.save()
            WithdrawalOutcome.objects.create(
                withdrawal=row,
                order=order,
                lines={str(pk): count for pk, count in (lines or {}).items()},
                verified_how=Verified.PAGE if order else "",
                verified_at=now if order else None,
                due_at=now,
            )
            WithdrawalReceipt.objects.create(withdrawal=row, due_at=now)
            transaction.on_commit(tasks.ring, robust=True)
        return row

    def complete(self) -> "WithdrawalQuerySet":
        """With all that stands beside it, in a fixed number of queries."""
        known = ("store", "outcome__order__store", "outcome__decided_by", "receipt")
        return self.select_related(*known).prefetch_related("returns")

    def unused_number(self) -> str:
        while True:
            part = "".join(secrets.choice(ALPHABET) for _ in range(8))
            number = f"WD-{part[:4]}-{part[4:]}"
            if not self.filter(number=number).exists():
                return number

    def broken(self, store: Store) -> list[str]:
        """The numbers of records of this store that are not as they were written, or whose
        predecessor is missing. The oldest that is kept may follow one that was erased."""
        found, before = [], None
        for row in self.filter(store=store).order_by("pk").iterator():
            follows = before is None or row.previous == before.digest
            if not (row.is_intact and follows):
                found.append(row.number)
            before = row
        return found

    def erase_old(self, now: datetime | None = None) -> int:
        """All that is left of those which need not be kept any more. Returns how many."""
        now, count = now or timezone.now(), 0
        for store in Store.objects.all():
            before = months_before(now, store.withdrawals_kept_months)
            plain: models.QuerySet[Withdrawal] = models.QuerySet(self.model, using=self.db)
            rows = plain.filter(store=store, received_at__lt=before)
            erased = rows.count()
            if erased:
                rows.delete()
            count += erased
        return count

    # Nobody changes them in passing.

    def _refuse(self, *_args: Any, **_values: Any) -> NoReturn:
        raise Unchangeable("What was declared stays as it was written.")

    update = _refuse  # type: ignore[assignment]
    aupdate = _refuse  # type: ignore[assignment]
    delete = _refuse  # type: ignore[assignment]
    adelete = _refuse  # type: ignore[assignment]
    bulk_create = _refuse  # type: ignore[assignment]
    bulk_update = _refuse  # type: ignore[assignment]


class Withdrawal(models.Model):
    """contract: as it was typed, or the number of the order on whose page it was made. parts:
    which things, in the buyer's words, '' for all. goods: those chosen on the page of an order,
    [{"quantity", "what"}], [] for all. received_at: to the second. digest: SHA-256 over all of
    it and the digest before (`content`)."""

    store = models.ForeignKey(Store, models.PROTECT, related_name="withdrawals")
    number = models.CharField(max_length=12, unique=True)
    key = models.CharField(max_length=64, editable=False)
    way = models.CharField("made on", max_length=6, choices=Way)
    name = models.CharField(max_length=LONGEST_NAME)
    contract = models.CharField(max_length=LONGEST_CONTRACT)
    parts = models.TextField("only a part", max_length=LONGEST_PARTS, blank=True)
    goods = models.JSONField(default=list, blank=True)
    email = models.EmailField(max_length=254)
    language = models.CharField(max_length=12)
    received_at = models.DateTimeField()
    previous = models.CharField("hash of the one before", max_length=64, blank=True)
    digest = models.CharField("hash", max_length=64, unique=True)

    objects = WithdrawalQuerySet.as_manager()

    if TYPE_CHECKING:
        outcome: WithdrawalOutcome
        receipt: WithdrawalReceipt
        returns: RelatedManager[ReturnAuthorization]

    class Meta:
        ordering = ["-received_at", "-pk"]
        default_permissions = ("view",)
        permissions = [("decide_withdrawal", "Can verify and answer withdrawals")]
        constraints = [
            models.UniqueConstraint(fields=["store", "key"], name="withdrawal_once_per_form"),
            models.UniqueConstraint(fields=["store", "previous"], name="withdrawal_chain"),
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(contract="") & ~Q(email=""),
                name="withdrawal_says_who_and_what",
            ),
        ]
        indexes = [models.Index(fields=["store", "received_at"], name="withdrawal_age")]

    def __str__(self) -> str:
        return self.number

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise Unchangeable(f"{self.number} stays as it was written.")
        super().save(*args, **(kwargs | {"force_insert": True}))

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise Unchangeable(f"{self.number} is kept until all of it is erased.")

    @property
    def content(self) -> dict[str, Any]:
        """What was declared, as plain JSON: this is what is exported, and what is hashed."""
        return {
            "number": self.number,
            "store": self.store.slug,
            "made_on": self.way,
            "name": self.name,
            "contract": self.contract,
            "parts": self.parts,
            "goods": self.goods,
            "email": self.email,
            "language": self.language,
            "received_at": f"{self.received_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "previous": self.previous,
        }

    def fingerprint(self) -> str:
        """SHA-256 over `content` as JSON with sorted names, no blanks, in UTF-8."""
        text = json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def is_intact(self) -> bool:
        return self.digest == self.fingerprint()

    @property
    def is_whole(self) -> bool:
        return not (self.parts or self.goods)

    @property
    def message_id(self) -> str:
        """Of the letter that acknowledges it, the same at every attempt."""
        host = settings.MAIL_FROM.rpartition("@")[2].rstrip(">") or "localhost"
        return f"<{self.digest[:40]}@{host}>"


def months_before(now: datetime, months: int) -> datetime:
    """The same day so many months ago; the last one of a shorter month."""
    year, month = divmod(now.year * 12 + now.month - 1 - months, 12)
    day = min(now.day, monthrange(year, month + 1)[1])
    return now.replace(year=year, month=month + 1, day=day)
