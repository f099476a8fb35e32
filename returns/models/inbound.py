"""Inbound: what a provider or a mailbox handed to us, as it came.

Stored raw and acknowledged; a worker reads it afterwards, and can read it again at any
time: a report never makes a notice fall back, and a message is one message.
"""

import hashlib
import logging
import math
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING, cast

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.functional import cached_property

from returns import channels
from returns.channels import HOOKS, Hook, Incoming, Report
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

if TYPE_CHECKING:
    from returns.models.channel_account import ChannelAccount
    from returns.models.thread import Message

logger = logging.getLogger(__name__)

MAIL = "mail"
TOO_MANY = "Too many messages of one order at once; it waits until there is room."
# Seconds after which no other file of one row is begun; one may take some thirty.
LONGEST_FETCHING = 15
# What buyers wrote stands in the thread; the raw form is kept no longer.
KEPT_FOR = timedelta(days=30)


class InboundQuerySet(LeasedQuerySet["Inbound"]):
    def keep(
        self,
        source: str,
        body: bytes,
        *,
        account: "ChannelAccount | None" = None,
        delivery: str = "",
    ) -> "Inbound":
        """What came, once: the same again is the row that is there.

        source: slug of the adapter, or `mail`. delivery: the sender's own id of it, where
        there is one; else what it says names it."""
        from returns import tasks

        name = delivery or hashlib.sha256(body).hexdigest()
        row = Inbound(source=source, account=account, delivery=name[:200], body=body)
        try:
            with transaction.atomic():
                row.save(force_insert=True)
                transaction.on_commit(tasks.ring, robust=True)
        except IntegrityError:
            return self.defer("body").get(
                source=source, account_key=row.account_key, delivery=row.delivery
            )
        return row

    def stale(self) -> "InboundQuerySet":
        return self.filter(received_at__lt=timezone.now() - KEPT_FOR)


class Inbound(LeasedRow):
    MAX_ATTEMPTS = 8

    source = models.CharField(max_length=12)
    account = models.ForeignKey(
        "returns.ChannelAccount", models.CASCADE, null=True, blank=True, related_name="+"
    )
    # NULLs are never the same to a constraint; 0 stands for no account.
    account_key = models.BigIntegerField(default=0, editable=False)
    delivery = models.CharField(max_length=200)
    body = models.BinaryField()
    received_at = models.DateTimeField(default=timezone.now)
    outcome = models.TextField(blank=True)

    _fetch_until = math.inf  # of time.monotonic

    objects = InboundQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "inbound"
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "account_key", "delivery"], name="inbound_once"
            )
        ]
        indexes = [
            *lease_indexes("inbound"),
            models.Index(fields=["received_at"], name="inbound_received"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.received_at:%Y-%m-%d %H:%M}"

    def save(self, *args, **kwargs) -> None:
        self.account_key = self.account_id or 0
        super().save(*args, **kwargs)

    def process(self) -> None:
        """Reads it and does what it says. Every part is a transaction of its own, is tried
        on its own, and does nothing the second time."""
        try:
            found = self.read()
        except ValueError as error:
            self.dead(f"It cannot be read ({place_of(error)}).")
            return
        except Exception as error:
            self._again([error])
            return
        self.late_files.clear()
        told, troubles = _each(self._take, found)
        # After all words: however long it takes, and whatever it breaks, they are there.
        self._fetch_until = time.monotonic() + LONGEST_FETCHING
        troubles += _each(self._show_files, self.late_files)[1]
        if troubles:
            self._again(troubles)
        else:
            self._settle(told)

    def read(self) -> list[Report | Incoming]:
        """What it says. Raises ValueError."""
        if self.source == MAIL:
            from returns import incoming_mail

            return incoming_mail.read(bytes(self.body))
        hook = cast(Hook, import_module(HOOKS[self.source]))
        assert self.account
        return hook.read(bytes(self.body), self.account.access)

    @cached_property
    def late_files(self) -> "list[tuple[Message, Incoming]]":
        """Messages whose files have to be fetched yet."""
        return []

    def fetch(self, files: Sequence[str]) -> list[bytes]:
        """What its provider keeps for us; no transaction is open meanwhile. One that is gone
        for good is left out. Raises channels.Error when a later attempt may have more."""
        assert self.account
        found: list[bytes] = []
        with channels.opened() as through:
            adapter = through.of(self.source, self.account.pk, self.account.access)
            for file in files:
                try:
                    if time.monotonic() > self._fetch_until:
                        raise channels.Error("The time for files is up.")
                    found.append(adapter.fetch(file))  # type: ignore[attr-defined]
                except channels.Error as error:
                    if not error.permanent and self.attempts < self.MAX_ATTEMPTS:
                        raise
        return found

    def _take(self, one: Report | Incoming) -> str:
        from returns.models.notice import Notice
        from returns.models.thread import Message

        if isinstance(one, Report):
            return Notice.objects.reported(one, account=self.account)
        return Message.objects.come_in(self, one)

    def _show_files(self, late: "tuple[Message, Incoming]") -> None:
        from returns import coming_in

        coming_in.show_files(self, *late)

    def _settle(self, told: Sequence[str]) -> None:
        from returns import coming_in

        outcome = "\n".join(told) or "It says nothing that concerns us."
        if outcome == coming_in.BY_A_MACHINE:
            self.settle(WorkState.DROPPED, done_at=timezone.now(), outcome=outcome, last_error="")
        else:
            self.done(outcome=outcome)

    def _again(self, errors: Sequence[Exception]) -> None:
        """Later once more: when there is room for more messages, where only that is missing."""
        from returns.models.writing import TooManyMessages

        full = [error for error in errors if isinstance(error, TooManyMessages)]
        others = [place_of(error) for error in errors if error not in full]
        for place in others:
            # Its own words may hold what a buyer wrote.
            logger.error("Inbound %s cannot be taken in: %s", self.pk, place)
        why = "\n".join([*others, *[TOO_MANY] * bool(full)])
        if others or self.attempts >= self.MAX_ATTEMPTS:
            self.retry(why)
        else:
            room = min(error.until for error in full)
            self.settle(WorkState.DUE, due_at=room, last_error=why)


def _each[One, Gives](
    act: Callable[[One], Gives], ones: Iterable[One]
) -> tuple[list[Gives], list[Exception]]:
    """(what each gave, what went wrong): one that fails holds up no other."""
    given: list[Gives] = []
    errors: list[Exception] = []
    for one in ones:
        try:
            given.append(act(one))
        except Exception as error:
            errors.append(error)
    return given, errors
