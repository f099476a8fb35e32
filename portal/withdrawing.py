"""The way to the withdrawal: on every page of an order that may be withdrawn from, the whole
period through, and on the pages of its store."""

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from portal.order_page.actions import Action
from returns import addresses
from returns.models import WithdrawalOutcome
from returns.withdrawal_states import WhyNot
from returns.withdrawal_texts import STANDS

if TYPE_CHECKING:
    from returns.models import Order, OrderLine, Store

logger = logging.getLogger(__name__)


def link(store: "Store | None", order: "Order | None") -> str:
    """Where the page's own "Withdraw from contract here" leads, '' where there is none."""
    if store is None or not store.offers_withdrawal:
        return ""
    if order is None:
        return addresses.store_page(store, "withdraw")
    may = order.may_withdraw(timezone.now())
    return addresses.order_page(order, "order_withdraw") if may else ""


def lines_of(order: "Order") -> list[tuple["OrderLine", int]]:
    """What can be withdrawn from now, line by line, and how many of it. The order is loaded
    with its goods."""
    lines = [line for line in order.lines.all() if not order.is_exempt(line)]
    return [(line, line.withdrawable) for line in lines if line.withdrawable]


def rows(order: "Order") -> tuple[Action, ...]:
    """A row on the order's page for every withdrawal that is about it, newest first."""
    if not order.store.offers_withdrawal:
        return ()
    found = WithdrawalOutcome.objects.filter(order=order).select_related("withdrawal")
    return tuple(_row(order, outcome) for outcome in found.order_by("-pk"))


def _row(order: "Order", outcome: WithdrawalOutcome) -> Action:
    number = outcome.withdrawal.number
    url = addresses.order_page(order, "withdrawal", number=number)
    title = _("Withdrawal {number}").format(number=number)
    return Action(url, "mail", title, str(STANDS[outcome.status].line))


def why_not(order: "Order", now: datetime) -> str:
    """A code of WhyNot, '' when it can be withdrawn from."""
    return str(order.why_not_withdraw(now, now))


def may_declare(why: str) -> bool:
    """Whatever the law says, what somebody declares is recorded; where nothing is left, or the
    order is cancelled, there is nothing to declare."""
    return why not in (WhyNot.NOTHING_LEFT, WhyNot.CANCELLED)
