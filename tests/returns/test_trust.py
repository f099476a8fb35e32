"""Whom a store trusts, and why: a rule over what is known of a buyer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from returns import trust
from returns.models import CLOCK, Order, ReturnAuthorization, TrustRule
from returns.trust import Facts, Limits, judge
from tests.people import ask_to_return, open_store, place_order
from tests.returns.returning import inspected, opened, returned

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
GOOD = Facts(orders=5, first_at=NOW - timedelta(days=300))


def test_a_regular_buyer_is_trusted_with_every_figure_as_a_reason():
    found = judge(GOOD, Limits(), NOW)
    assert found.is_trusted
    assert "Paid orders: 5 (at least 3)." in found.reasons
    assert found.against == 0


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"orders": 2}, "Paid orders: 2 (at least 3)."),
        ({"first_at": NOW - timedelta(days=89)}, "Days since the first order: 89 (at least 90)."),
        ({"first_at": None}, "Days since the first order: 0 (at least 90)."),
        ({"with_return": 3}, "Orders with a return: 60 percent (at most 40)."),
        ({"claims": 3}, "Claims within a year: 3 (at most 2)."),
        ({"never_posted": 1}, "Said to be posted and never came: 1 (at most 0)."),
        ({"owes": 1}, "New goods sent, old ones not back: 1 (at most 0)."),
        ({"is_new_contact": True}, "The contact of the order was changed lately."),
        ({"is_known": False}, "The order has no email address to know the buyer by."),
    ],
)
def test_each_figure_alone_can_speak_against_it_and_then_stands_first(facts, reason):
    found = judge(replace(GOOD, **facts), Limits(), NOW)
    assert not found.is_trusted
    assert (found.reasons[0], found.against) == (reason, 1)


@pytest.mark.parametrize(
    "facts",
    [{"orders": 3}, {"first_at": NOW - timedelta(days=90)}, {"with_return": 2}, {"claims": 2}],
)
def test_at_the_limit_a_buyer_is_trusted(facts):
    assert judge(replace(GOOD, **facts), Limits(), NOW).is_trusted


def test_it_can_be_written_down_and_read_again():
    assert judge(GOOD, Limits(), NOW).to_json()["is_trusted"] is True


# --- What is known ------------------------------------------------------------------------------


@pytest.fixture
def regular(store):
    for number, days_ago in (("JP-1", 400), ("JP-2", 200)):
        place_order(store, number, days_ago=days_ago)
    return place_order(store)


def facts(order: Order) -> Facts:
    return trust.facts_of(order, timezone.now())


def test_orders_are_counted_by_email_within_the_store(regular):
    other = open_store("another")
    place_order(other, "X-1")
    place_order(regular.store, "JP-3", email="bob@example.com")
    place_order(regular.store, "JP-4", cancelled_at=timezone.now())
    place_order(regular.store, "JP-5", paid_at=None)
    found = facts(regular)
    assert found.orders == 3
    assert found.first_at and (timezone.now() - found.first_at).days == 400
    assert trust.of(regular, timezone.now()).is_trusted


def test_the_store_says_by_when_its_buyers_are_trusted(regular):
    TrustRule.objects.create(store=regular.store, orders=4)
    assert not trust.of(regular, timezone.now()).is_trusted


def test_without_an_email_nobody_is_a_regular(regular):
    Order.objects.filter(pk=regular.pk).update(email="")
    regular.refresh_from_db()
    found = trust.of(regular, timezone.now())
    assert not found.is_trusted
    assert found.reasons[0].startswith("The order has no email")


def test_returns_count_once_for_an_order_and_not_when_they_were_taken_back(regular):
    assert facts(regular).with_return == 0
    rma = ask_to_return(regular)
    assert facts(regular).with_return == 1
    rma.cancel(by=CLOCK)
    assert facts(regular).with_return == 0


def test_claims_are_no_returns_and_old_ones_do_not_count(regular):
    rma = ask_to_return(regular)
    ReturnAuthorization.objects.update(kind="claim")
    assert (facts(regular).with_return, facts(regular).claims) == (0, 1)
    ReturnAuthorization.objects.update(requested_at=timezone.now() - timedelta(days=366))
    assert facts(regular).claims == 0
    assert rma.pk


def test_said_to_be_posted_and_never_came(regular):
    rma = returned(regular)
    long_ago = timezone.now() - timedelta(days=31)
    ReturnAuthorization.objects.update(posted_at=timezone.now())
    assert facts(regular).never_posted == 0
    ReturnAuthorization.objects.update(posted_at=long_ago)
    assert facts(regular).never_posted == 1
    opened(ReturnAuthorization.objects.get(pk=rma.pk))
    assert facts(regular).never_posted == 0


def test_new_goods_that_were_sent_for_old_ones_that_are_not_back(regular):
    rma = returned(regular)
    ReturnAuthorization.objects.update(ahead_at=timezone.now())
    assert facts(regular).owes == 1
    inspected(opened(ReturnAuthorization.objects.get(pk=rma.pk)))
    assert facts(regular).owes == 0
    ReturnAuthorization.objects.update(received_at=None, original_missing_at=timezone.now())
    assert facts(regular).never_posted == 1


def test_it_costs_two_questions_and_one_for_the_rule(regular, django_assert_num_queries):
    assert regular.store
    with django_assert_num_queries(3):
        trust.of(regular, timezone.now())
