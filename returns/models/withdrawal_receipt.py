"""WithdrawalReceipt: the letter that acknowledges a withdrawal.

It goes to the address that was typed, at once, and says what was typed, and when; nothing of
any order, because whoever typed it may be anybody. A row of its own, since a Notice speaks to
the buyer of an order. So that nobody can be flooded with it, one address gets so many in a day;
the rest waits, and after some days is given up.
"""

import logging
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from returns import channels
from returns.models.access import OVERALL, Limit, Throttle, secret_hash
from tracking.work import LeasedQuerySet, LeasedRow, WorkState, lease_indexes, place_of

logger = logging.getLogger(__name__)
# To one address, whatever stands behind a plus in it.
PER_ADDRESS: tuple[Limit, ...] = ((3, timedelta(hours=1)), (6, timedelta(days=1)))
GIVEN_UP_AFTER = timedelta(days=3)


class WithdrawalReceiptQuerySet(LeasedQuerySet["WithdrawalReceipt"]):
    def deliver(self, through: "channels.Channels") -> None:
        """Sends what is due, one at a time. While no mail leaves, the rest waits."""
        while rows := self.claim(1):
            if not rows[0].deliver(through):
                return


class WithdrawalReceipt(LeasedRow):
    """subject, text: as it was sent. admitted_at: it had its turn among those to its address."""

    withdrawal = models.OneToOneField(
        "returns.Withdrawal", models.CASCADE, related_name="receipt", primary_key=True
    )
    admitted_at = models.DateTimeField(null=True, blank=True)
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    provider_id = models.CharField(max_length=200, blank=True)

    objects = WithdrawalReceiptQuerySet.as_manager()

    class Meta:
        indexes = lease_indexes("withdrawal_receipt")

    def __str__(self) -> str:
        return f"{self.withdrawal}: {self.get_state_display()}"

    def deliver(self, through: "channels.Channels", now: datetime | None = None) -> bool:
        """Sends and settles this claimed row; no transaction is open meanwhile. False when mail
        itself is down."""
        from returns.letters import withdrawal as letters

        now = now or timezone.now()
        if not self._admit(now):
            return True
        try:
            letter = letters.receipt(self.withdrawal)
            outgoing = letters.message(self.withdrawal, letter)
            provider_id = through.of("email").send(outgoing)
        except channels.Error as error:
            settle = self.dead if error.permanent else self.retry
            settle(str(error))
            return not error.down
        except Exception as error:
            logger.error("receipt %s cannot be written: %s", self.pk, place_of(error))
            self.retry(place_of(error))
            return True
        self.done(subject=letter.subject, text=letter.text, provider_id=provider_id[:200])
        return True

    def _admit(self, now: datetime) -> bool:
        """Whether it may leave now. What was put off was no attempt."""
        if self.admitted_at:
            return True
        withdrawal = self.withdrawal
        to = secret_hash("withdrawal", one_inbox(withdrawal.email))
        again_at = Throttle.objects.admit(f"withdrawal-to:{to}", PER_ADDRESS, now)
        overall = f"withdrawals:{withdrawal.store_id}"
        again_at = again_at or Throttle.objects.admit(overall, [OVERALL], now)
        if again_at is None:
            type(self).objects.filter(pk=self.pk).update(admitted_at=now)
            self.admitted_at = now
            return True
        if again_at - withdrawal.received_at > GIVEN_UP_AFTER:
            self.dead("Too many to this address.")
        else:
            self.settle(WorkState.DUE, due_at=again_at, attempts=max(self.attempts - 1, 0))
        return False


def one_inbox(email: str) -> str:
    """`Ann+shop@example.com` and `ann@example.com` are read by the same person."""
    name, _, host = email.casefold().rpartition("@")
    return f"{name.partition('+')[0]}@{host}"
