"""Withdrawals, brought where a test needs them by the verbs of the house."""

from datetime import datetime
from itertools import count

from django.utils import timezone

from returns import tasks
from returns.models import (
    Notice,
    NoticeKind,
    Order,
    ReturnAuthorization,
    Store,
    Withdrawal,
    WithdrawalOutcome,
)
from tests import people

forms = count()
SHIRT = (("Linen shirt", "68.00", 1),)


def eu_store(**values) -> Store:
    """A store that sells to consumers in the EU."""
    values.setdefault("policy", {"automatic_up_to": None})
    return people.open_store(**({"withdrawal": "eu", "country": "DE"} | values))


def eu_order(store: Store | None = None, number: str = "JP-20418", **values) -> Order:
    """Sarah lives in Vilnius here. Delivered a few days ago, when not said otherwise."""
    where = {"country": "LT", "zone": "Europe/Vilnius", "city": "Vilnius", "postcode": "01203"}
    return people.place_order(store or eu_store(), number, **(where | values))


def declared(order: Order, /, *, at: datetime | None = None, **values) -> Withdrawal:
    """On the open page, by somebody who knows the number; nobody has looked for its order."""
    typed = {"name": "Sarah Whitcombe", "contract": order.number, "email": "sarah@example.com"}
    typed |= {"key": f"form {next(forms)}", "language": "en"}
    return Withdrawal.objects.record(order.store, **(typed | values), now=at or timezone.now())


def on_its_page(order: Order, lines: dict[int, int] | None = None, **values) -> Withdrawal:
    """On the page of the order, so that it is known who made it; the worker has done its part."""
    made = declared(order, order=order, lines=lines, **values)
    work()
    return Withdrawal.objects.get(pk=made.pk)


def work() -> None:
    tasks.follow_withdrawals()


def outcome_of(withdrawal: Withdrawal) -> WithdrawalOutcome:
    return WithdrawalOutcome.objects.select_related("order__store").get(pk=withdrawal.pk)


def again(rma: ReturnAuthorization) -> ReturnAuthorization:
    return ReturnAuthorization.objects.get(pk=rma.pk)


def news() -> list[Notice]:
    return list(Notice.objects.filter(kind=NoticeKind.WITHDRAWAL_NEWS).order_by("pk"))
