"""What waits for the desk about withdrawals: the board of the day counts it, the list of them
shows it (`?queue=<name>`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from returns.models import Promise, PromiseKind, Withdrawal
from returns.withdrawal_states import WithdrawalStatus
from tracking.work import WorkState

S = WithdrawalStatus


@dataclass(frozen=True)
class Waiting:
    """rows: what waits; how long, `received_at` says."""

    label: str
    rows: Callable[[], QuerySet[Withdrawal]]


def _of(*statuses: str) -> QuerySet[Withdrawal]:
    return Withdrawal.objects.filter(outcome__status__in=statuses)


def unacknowledged() -> QuerySet[Withdrawal]:
    """Whose letter could not be sent: the law wants it on paper or by mail."""
    return Withdrawal.objects.filter(receipt__state=WorkState.DEAD)


def stuck() -> QuerySet[Withdrawal]:
    """Nobody could even look for its order."""
    return _of(S.NEW).filter(outcome__state=WorkState.DEAD)


WAITING: dict[str, Waiting] = {
    "answer": Waiting("Withdrawals to answer", lambda: _of(S.OUTSIDE)),
    "unknown": Waiting("Withdrawals without an order", lambda: _of(S.UNKNOWN) | stuck()),
    "unverified": Waiting("Withdrawals not confirmed yet", lambda: _of(S.UNVERIFIED)),
    "letter": Waiting("Withdrawals whose letter did not leave", unacknowledged),
}


def is_late(now: datetime | None = None) -> Exists:
    """Whether it waits longer than was promised: a condition for withdrawals."""
    late = Promise.objects.late(now or timezone.now()).filter(kind=PromiseKind.ANSWER)
    return Exists(late.filter(order=OuterRef("outcome__order"), authorization=None))
