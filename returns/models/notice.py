"""Notice: one message to one person over one channel, written with the change it tells.

It is a leased row: written in the transaction of the change, delivered afterwards by
`returns.tasks.deliver_notices`, at least once, under one Message-ID.
"""

import hashlib
import logging
import traceback
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from returns import channels
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes

if TYPE_CHECKING:
    from returns.models.authorization import ReturnAuthorization
    from returns.models.order import Order

logger = logging.getLogger(__name__)


class NoticeKind(models.TextChoices):
    """Each has its templates: templates/notices/<kind>.{subject,text,html}."""

    RETURN_REQUESTED = "return_requested", "Request received"
    RETURN_APPROVED = "return_approved", "Approved, with the instructions"
    INFO_REQUESTED = "info_requested", "More needed"
    RETURN_DECLINED = "return_declined", "Declined"
    RETURN_CANCELLED = "return_cancelled", "Cancelled"
    RETURN_PUT_RIGHT = "return_put_right", "Put right without a parcel"
    RETURN_REMINDER = "return_reminder", "Reminder before the deadline"
    RETURN_EXPIRED = "return_expired", "Expired"
    RETURN_SCANNED = "return_scanned", "The carrier has the return"
    RETURN_UPDATE = "return_update", "Where the return is"
    RETURN_ARRIVED = "return_arrived", "The return is with us"
    RETURN_RECEIVED = "return_received", "The return was opened"
    RETURN_RESOLVED = "return_resolved", "Decided what the buyer gets"
    RETURN_SETTLED = "return_settled", "Money or goods are sent"
    ORDER_UPDATE = "order_update", "Where the parcel is"
    PROMISE_LATE = "promise_late", "We are late"
    CONTACT_CHANGED = "contact_changed", "Contact was changed"
    ACCESS_CODE = "access_code", "Code to open the order"


class Channel(models.TextChoices):
    EMAIL = "email", "Email"


# Never kept after sending: the text itself would open the order.
SECRET_KINDS = frozenset({NoticeKind.ACCESS_CODE})


class NoticeQuerySet(LeasedQuerySet["Notice"]):
    def send_again(self) -> int:
        """What was given up is tried anew; what arrived is never sent twice from here."""
        return self.filter(state=WorkState.DEAD).update(
            state=WorkState.DUE, due_at=timezone.now(), attempts=0, done_at=None
        )

    def urgent(self) -> "NoticeQuerySet":
        """What somebody sits waiting for, and what is worth nothing in ten minutes."""
        return self.filter(kind__in=SECRET_KINDS)

    def write(
        self,
        order: "Order",
        kind: str,
        *,
        event: str,
        authorization: "ReturnAuthorization | None" = None,
        recipient: str = "",
        **facts: Any,
    ) -> "Notice | None":
        """Writes a message to the buyer of `order`, once per `event`, kind and channel.

        event: names the change that it tells ("return-12-approved"). facts: plain JSON
        for the template. None when the order has no email address. The worker's bell
        rings after commit; if that is lost, the minute's sweep finds the row.
        """
        from returns import tasks

        recipient = recipient or order.email
        if not recipient:
            return None
        key = f"{event}:{kind}:{Channel.EMAIL}"
        notice, made = self.get_or_create(
            dedupe_key=key,
            defaults={
                "order": order,
                "authorization": authorization,
                "kind": kind,
                "channel": Channel.EMAIL,
                "recipient": recipient,
                "language": order.language or order.store.language,
                "facts": facts,
                "message_id": message_id(key),
            },
        )
        if made:
            transaction.on_commit(tasks.ring, robust=True)
        return notice


def message_id(key: str) -> str:
    """The same for every attempt, so that a mailbox that folds repeats shows one."""
    host = settings.MAIL_FROM.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{hashlib.sha256(f'{settings.BASE_URL} {key}'.encode()).hexdigest()[:40]}@{host}>"


class Notice(LeasedRow):
    order = models.ForeignKey("returns.Order", models.CASCADE, related_name="notices")
    authorization = models.ForeignKey(
        "returns.ReturnAuthorization",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="notices",
    )
    kind = models.CharField(max_length=30, choices=NoticeKind)
    channel = models.CharField(max_length=10, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    language = models.CharField(max_length=12)
    facts = models.JSONField(default=dict, blank=True)
    dedupe_key = models.CharField(max_length=120, unique=True)
    message_id = models.CharField(max_length=200)
    written_at = models.DateTimeField(default=timezone.now)
    subject = models.CharField(max_length=250, blank=True, help_text="As it was sent.")
    text = models.TextField(blank=True, help_text="As it was sent.")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-pk"]
        indexes = lease_indexes("notice")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.order_id}"

    def deliver(self, through: "channels.Channels") -> bool:
        """Renders, sends and settles this claimed notice; no transaction is open meanwhile.

        False when the channel itself is down, so that others need not be tried just now.
        Stale news is dropped. What fails is tried again later or given up; either way the
        outcome stands in the row, and nothing about the buyer goes into the log.
        """
        from returns import letters

        try:
            if not letters.is_still_true(self):
                self.drop("No longer news.")
                return True
            letter = letters.write(self)
            through[self.channel].send(letters.message(self, letter))
        except channels.Error as error:
            settle = self.dead if error.permanent else self.retry
            settle(str(error))
            return not error.down
        except Exception as error:
            logger.error("Notice %s (%s) cannot be written: %s", self.pk, self.kind, _where(error))
            self.retry(_where(error))
            return True
        secret = self.kind in SECRET_KINDS
        kept = {} if secret else {"subject": letter.subject, "text": letter.kept_text}
        if not self.done(**kept):
            logger.warning("Notice %s was sent after its lease had run out", self.pk)
        return True


def _where(error: Exception) -> str:
    """Kind and place of an error; its own words may hold what a buyer wrote."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}, line {last.lineno}"
