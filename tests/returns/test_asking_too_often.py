"""Asking and cancelling again and again ends: each request writes letters."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns.ledger import Refused
from returns.models import BUYER, Actor, Notice, ReturnAuthorization, Wanted
from returns.models.access import TooOften
from tests import people

pytestmark = pytest.mark.django_db


def ask(order, key, by=BUYER, now=None):
    line = order.lines.get()
    return order.request_return([Wanted(line.pk, 1, "changed_mind")], by=by, key=key, now=now)


def ask_and_cancel(order, times, by=BUYER, now=None):
    for n in range(times):
        key = f"form-{n}-{now and now.timestamp()}"
        ask(order, key, by, now).cancel(by=by, now=now)


def test_case_67_a_buyer_asks_five_times_a_day_for_one_order(order):
    ask_and_cancel(order, 5)
    letters = Notice.objects.count()
    with pytest.raises(TooOften):
        ask(order, "sixth")
    assert ReturnAuthorization.objects.count() == 5
    assert Notice.objects.count() == letters
    # Another order of hers is not meant, nor the next day.
    assert ask(people.place_order(order.store, "JP-20419"), "other")
    assert ask(order, "tomorrow", now=timezone.now() + timedelta(days=1))


def test_twenty_times_in_thirty_days_is_the_end_of_it(store):
    order = people.place_order(store, days_ago=1)
    # From the first day of a period of thirty, so that all of it lies within one.
    now, period = timezone.now(), timedelta(days=30)
    into = timedelta(seconds=now.timestamp() % period.total_seconds())
    start = now - into + period + timedelta(hours=1)
    order.lines.update(rules_json=order.lines.get().rules_json | {"window_days": 90})
    for day in range(4):
        ask_and_cancel(order, 5, now=start + timedelta(days=day))
    with pytest.raises(TooOften):
        ask(order, "21st", now=start + timedelta(days=5))


def test_the_form_sent_again_still_answers_with_its_return(order):
    ask_and_cancel(order, 4)
    made = ask(order, "fifth")
    assert ask(order, "fifth") == made


def test_what_is_refused_is_not_counted(order):
    ask(order, "first")
    for n in range(9):
        with pytest.raises(Refused):
            ask(order, f"again-{n}")
    ReturnAuthorization.objects.get().cancel(by=BUYER)
    ask_and_cancel(order, 4)


def test_staff_are_not_limited(order):
    ask_and_cancel(order, 9, by=Actor.staff(people.staff()))
    assert ReturnAuthorization.objects.count() == 9
