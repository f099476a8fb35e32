"""Reads what the pages of "Something is wrong" need, in a fixed number of queries."""

from datetime import datetime

from django.db.models import Prefetch, prefetch_related_objects

from portal.access import OrderRequest
from portal.order_page.actions import Action
from portal.order_page.discretion import keep_to_yourself
from portal.problem_page.offered import told_rows
from returns.models import Order, Problem
from returns.models.event import EventKind


def read(order: Order) -> None:
    """What the buyer has told us of it, and what is being looked for. `order`: loaded
    `with_story`."""
    read_problems(order)
    prefetch_related_objects([order], "problem_reminders", "investigations")


def told_lately(order: Order, now: datetime) -> tuple[Action, ...]:
    """What somebody is at work on, for the order's own page: read only where the story, which is
    loaded, says that there is something."""
    if not any(event.kind == EventKind.PROBLEM_TOLD for event in order.events.all()):
        return ()
    read_problems(order)
    return told_rows(order, now)


def read_problems(order: Order) -> None:
    """What the buyer has told us of it, with what it led to."""
    rows = Problem.objects.select_related("authorization", "case")
    prefetch_related_objects([order], Prefetch("problems", rows))
    for problem in order.problems.all():
        problem.order = order


def read_for(request: OrderRequest) -> Order:
    """The same, without what a forwarded link must not tell."""
    order = request.order
    read(order)
    prefetch_related_objects([order], "address_changes")
    if not request.has_fresh_code:
        keep_to_yourself(order)
    return order
