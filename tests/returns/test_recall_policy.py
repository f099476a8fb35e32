"""What follows when a parcel on its way is not wanted: one pure rule, said beforehand."""

from dataclasses import replace
from decimal import Decimal

import pytest

from returns.address_policy import Offer, Stage
from returns.recall_policy import Facts, Obstacle, Rule, preview

INTERCEPT = Offer("return", payer="buyer", fee=Decimal("16.40"), currency="USD", chance=70)
FACTS = Facts(
    Stage.ON_THE_WAY,
    intercept=INTERCEPT,
    goods=Decimal(68),
    postage=Decimal(6),
    cap=Decimal(74),
    currency="USD",
    store_currency="USD",
)


def test_it_can_be_called_back_or_refused():
    found = preview(FACTS, Rule())
    assert found.ways == ("intercept", "refuse")
    assert (found.goods, found.postage, found.fee, found.total) == (68, 0, 0, 68)
    assert found.total_by("refuse") == 68
    assert found.total_by("intercept") == Decimal("51.60")
    assert found.chance == 70


@pytest.mark.parametrize("stage", [Stage.ON_THE_WAY, Stage.LAST_LEG, Stage.ATTEMPTED, Stage.PICKUP])
def test_refusing_is_possible_until_it_is_delivered_whatever_the_carrier_says(stage):
    no = Offer("return", "carrier_says_no")
    assert preview(replace(FACTS, road=stage, intercept=no), Rule()).ways == ("refuse",)


def test_one_that_has_turned_needs_no_asking():
    found = preview(replace(FACTS, road=Stage.TURNED, intercept=None), Rule(offer_percent=10))
    assert (found.ways, found.has_turned, found.keep_for) == (("itself",), True, 0)


def test_what_is_not_possible_says_why_and_nothing_else():
    found = preview(replace(FACTS, obstacle=Obstacle.DELIVERED), Rule())
    assert (found.is_possible, found.obstacle, found.total) == (False, "delivered", 0)


def test_who_changed_their_mind_bears_what_the_store_says():
    found = preview(FACTS, Rule(payer="buyer", fee=Decimal(5)))
    assert (found.fee, found.total) == (5, 63)
    assert preview(FACTS, Rule(payer="store", fee=Decimal(5))).fee == 0


def test_where_the_cause_is_ours_nothing_is_taken_off_and_the_postage_goes_back():
    found = preview(replace(FACTS, is_ours=True), Rule(payer="buyer", fee=Decimal(5)))
    assert (found.fee, found.postage, found.total) == (0, 6, 74)
    assert found.carrier_fee == 0
    assert found.intercept and found.intercept.payer == "store"


def test_a_fee_that_nobody_knows_is_asked_first_and_taken_from_nobody_whose_fault_it_is_not():
    unknown = Offer("return", payer="buyer", why_desk="fee")
    assert preview(replace(FACTS, intercept=unknown), Rule()).is_fee_open
    ours = preview(replace(FACTS, intercept=unknown, is_ours=True), Rule())
    assert not ours.is_fee_open
    assert ours.intercept and ours.intercept.why_desk == ""


def test_the_postage_goes_back_where_the_rules_say_so():
    assert preview(FACTS, Rule(returns_postage=True)).total == 74
    assert preview(replace(FACTS, returns_postage=True), Rule()).total == 74


def test_no_more_goes_back_than_is_left_and_goods_come_before_postage():
    found = preview(replace(FACTS, cap=Decimal(70)), Rule(returns_postage=True))
    assert (found.goods, found.postage, found.total) == (68, 2, 70)
    found = preview(replace(FACTS, cap=Decimal(3)), Rule(payer="buyer", fee=Decimal(5)))
    assert (found.goods, found.fee, found.total) == (3, 3, 0)


def test_the_stores_fee_says_nothing_in_another_currency():
    found = preview(replace(FACTS, currency="EUR"), Rule(payer="buyer", fee=Decimal(5)))
    assert found.fee == 0


@pytest.mark.parametrize(
    ("more", "at_once"),
    [
        ({}, False),
        ({"is_trusted": True}, True),
        ({"at_once": Decimal(68)}, True),
        ({"at_once": Decimal(67)}, False),
    ],
)
def test_the_money_goes_when_it_turns_by_rule_or_by_trust(more, at_once):
    assert preview(replace(FACTS, **more), Rule()).at_once is at_once


def test_an_offer_to_keep_it_is_a_part_of_the_goods_in_whole_cents():
    rule = Rule(offer_percent=15)
    assert preview(FACTS, rule).keep_for == Decimal("10.20")
    assert preview(replace(FACTS, goods=Decimal("0.99")), rule).keep_for == Decimal("0.14")
    assert preview(replace(FACTS, was_offered=True), rule).keep_for == 0
    assert preview(replace(FACTS, is_ours=True), rule).keep_for == 0
