"""What is offered where something is wrong: a table of rules, and money that never exceeds
what was paid."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.claim_policy import Facts, History, Remedy, is_one_problem, remedies, remedy
from returns.codes import CLAIM_REASONS, LEAVES_UNITS, PAYS_BACK, Reason, Wish
from returns.policy import Chosen, ClaimRule, Rules, share, unit

ALL = tuple(Wish)
USUAL = Facts("USD", cap=Decimal(1000))


def chosen(
    paid="50.00", quantity=1, ordered=1, *, reason=Reason.DAMAGED, gone=0, promised="0", **rule
) -> Chosen:
    rules = Rules(claims={code: ClaimRule(remedies=ALL, **rule) for code in CLAIM_REASONS})
    return Chosen(1, quantity, reason, ordered, Decimal(paid), gone, Decimal(promised), rules)


def one(wish: str, *items: Chosen, facts: Facts = USUAL) -> Remedy:
    return remedy(wish, items or (chosen(),), facts)


# --- What is offered --------------------------------------------------------------------------


@pytest.mark.parametrize("reason", CLAIM_REASONS)
def test_a_store_without_rules_of_its_own_offers_the_usual_for_each_reason(reason):
    item = Chosen(1, 1, reason, 1, Decimal(50), 0, Decimal(0), Rules())
    offered = [found.wish for found in remedies([item], USUAL)]
    assert offered == list(ClaimRule.usual(reason).remedies)
    assert not any(found.automatic for found in remedies([item], USUAL))


def test_the_order_is_that_of_the_rules_and_what_is_worth_nothing_is_not_offered():
    rule = ClaimRule(remedies=(Wish.VOUCHER, Wish.PART_REFUND, Wish.REPLACEMENT, Wish.REFUND))
    item = Chosen(
        1, 1, Reason.DAMAGED, 1, Decimal(50), 0, Decimal(0), Rules(claims={Reason.DAMAGED: rule})
    )
    offered = [found.wish for found in remedies([item], USUAL)]
    assert offered == [Wish.PART_REFUND, Wish.REPLACEMENT, Wish.REFUND]
    spent = Facts("USD", cap=Decimal(0))
    assert [found.wish for found in remedies([item], spent)] == [Wish.REPLACEMENT]


def test_several_things_are_offered_what_all_of_them_may_have():
    one_ = chosen()
    other = Chosen(
        2,
        1,
        Reason.DAMAGED,
        1,
        Decimal(20),
        0,
        Decimal(0),
        Rules(claims={Reason.DAMAGED: ClaimRule(remedies=(Wish.REFUND, Wish.PIECE))}),
    )
    assert [found.wish for found in remedies([one_, other], USUAL)] == [Wish.REFUND, Wish.PIECE]


def test_where_they_have_nothing_in_common_there_is_the_money():
    rules = [Rules(claims={Reason.DAMAGED: ClaimRule(remedies=(wish,))}) for wish in ("piece", "x")]
    items = [
        Chosen(pk, 1, Reason.DAMAGED, 1, Decimal(20), 0, Decimal(0), one_)
        for pk, one_ in enumerate(rules)
    ]
    [found] = remedies(items, USUAL)
    assert (found.wish, found.amount) == (Wish.REFUND, 40)


@pytest.mark.parametrize(
    ("reasons", "together"),
    [
        (("damaged", "damaged"), True),
        (("faulty", "fault_later", "different"), True),
        (("missing", "damaged"), False),
        (("wrong_item", "missing"), False),
        (("never_came",), False),
        (("changed_mind",), False),
    ],
)
def test_one_claim_is_about_one_problem(reasons, together):
    assert is_one_problem(reasons) is together


# --- Money --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paid", "percent", "part"),
    [
        ("50.00", 20, "10.00"),
        ("9.99", 25, "2.50"),  # 2.4975
        ("0.10", 25, "0.03"),  # half a cent is rounded up, as people do
        ("0.01", 20, "0.00"),
        ("50.00", 100, "50.00"),
        ("50.00", 0, "0.00"),
    ],
)
@pytest.mark.parametrize("wish", [Wish.PART_REFUND, Wish.REPAIR])
def test_a_part_is_so_many_percent_of_what_was_paid(wish, paid, percent, part):
    found = one(wish, chosen(paid, part_percent=percent))
    assert (found.amount, found.goods) == (Decimal(part), {1: Decimal(part)})


def test_case_49_a_part_is_of_what_was_paid_after_discounts_and_of_nothing_where_it_was_free():
    """`paid` is after discounts and never negative (OrderLine.paid)."""
    assert one(Wish.PART_REFUND, chosen("0.00")).is_worth_it is False
    assert one(Wish.REFUND, chosen("0.00")).is_worth_it is False
    assert one(Wish.REPLACEMENT, chosen("0.00")).is_worth_it is True


def test_a_second_part_is_as_much_as_the_first_while_so_much_is_left():
    assert one(Wish.PART_REFUND, chosen(promised="10.00")).amount == 10
    assert one(Wish.PART_REFUND, chosen(promised="45.00")).amount == 5
    assert one(Wish.REFUND, chosen(promised="10.00")).amount == 40


def test_case_54_nothing_is_offered_above_what_is_captured():
    tight = Facts("USD", cap=Decimal("7.00"), postage=Decimal(6))
    assert one(Wish.PART_REFUND, facts=tight).amount == 7
    assert one(Wish.PART_REFUND, facts=tight).goods == {1: Decimal(7)}
    assert one(Wish.REFUND, facts=tight).amount == 7
    assert one(Wish.REFUND, facts=tight).postage == 0  # gives way before the goods
    assert one(Wish.REFUND, facts=Facts("USD", Decimal(53), postage=Decimal(6))).postage == 3


def test_the_postage_goes_back_with_the_whole_money_alone():
    facts = Facts("USD", cap=Decimal(100), postage=Decimal(6))
    assert one(Wish.REFUND, facts=facts).amount == 56
    assert one(Wish.STORE_CREDIT, facts=facts).amount == 56
    for wish in (Wish.PART_REFUND, Wish.REPAIR, Wish.REPLACEMENT, Wish.PIECE, Wish.VOUCHER):
        assert one(wish, facts=facts).postage == 0


@pytest.mark.parametrize("wish", [Wish.REPLACEMENT, Wish.EXCHANGE])
def test_new_goods_hold_the_worth_of_the_old_and_give_no_money(wish):
    found = one(wish)
    assert (found.amount, found.goods) == (0, {1: Decimal(50)})


@pytest.mark.parametrize("wish", [Wish.PIECE, Wish.VOUCHER])
def test_a_piece_and_a_voucher_take_nothing_from_what_the_goods_are_worth(wish):
    assert one(wish).goods == {1: Decimal(0)}


def test_an_apology_is_given_once_and_not_on_top_of_a_voucher():
    item = chosen(voucher_percent=10)
    assert one(Wish.REPLACEMENT, item).voucher == 5
    assert one(Wish.VOUCHER, item).amount == 5
    assert one(Wish.VOUCHER, item).voucher == 0
    again = Facts("USD", cap=Decimal(1000), was_apologised=True)
    assert one(Wish.REPLACEMENT, item, facts=again).voucher == 0


# --- What has to come back ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "reason", "paid", "kept", "comes_back"),
    [
        (Wish.REPLACEMENT, Reason.DAMAGED, "15.01", "0", True),
        (Wish.REPLACEMENT, Reason.DAMAGED, "15.00", "0", False),
        (Wish.REFUND, Reason.WRONG_ITEM, "15.00", "0", False),
        (Wish.REFUND, Reason.DAMAGED, "10.00", "5.01", True),  # in small pieces
        (Wish.REFUND, Reason.DAMAGED, "10.00", "5.00", False),
        (Wish.EXCHANGE, Reason.FAULTY, "500.00", "0", True),
        (Wish.STORE_CREDIT, Reason.FAULTY, "500.00", "0", True),
        (Wish.REFUND, Reason.MISSING, "500.00", "0", False),  # who does not have it keeps nothing
        (Wish.REPLACEMENT, Reason.MISSING, "500.00", "0", False),
        (Wish.PART_REFUND, Reason.DAMAGED, "500.00", "0", False),
        (Wish.REPAIR, Reason.FAULT_LATER, "500.00", "0", False),
        (Wish.PIECE, Reason.DAMAGED, "500.00", "0", False),
        (Wish.VOUCHER, Reason.DAMAGED, "500.00", "0", False),
    ],
)
def test_cheap_things_are_not_asked_back(wish, reason, paid, kept, comes_back):
    facts = Facts("USD", cap=Decimal(1000), kept=Decimal(kept))
    item = chosen(paid, reason=reason, keep_below=Decimal(15))
    assert one(wish, item, facts=facts).sends_back is comes_back


# --- Who decides ----------------------------------------------------------------------------------

AUTOMATIC = {"photos": False, "automatic_up_to": Decimal(10)}


@pytest.mark.parametrize(
    ("wish", "rule", "at_once"),
    [
        (Wish.PART_REFUND, AUTOMATIC, True),  # 10.00 of 50.00
        (Wish.PART_REFUND, {**AUTOMATIC, "part_percent": 21}, False),
        (Wish.REFUND, AUTOMATIC, False),
        (Wish.REFUND, {**AUTOMATIC, "automatic_up_to": Decimal(50)}, True),
        (Wish.REPLACEMENT, AUTOMATIC, False),
        (Wish.REPLACEMENT, {**AUTOMATIC, "automatic_up_to": Decimal(50)}, True),
        (Wish.PIECE, {**AUTOMATIC, "automatic_up_to": Decimal(50)}, True),
        (Wish.EXCHANGE, {**AUTOMATIC, "automatic_up_to": Decimal(500)}, False),
        (Wish.PART_REFUND, {**AUTOMATIC, "photos": True}, False),
        (Wish.PART_REFUND, {**AUTOMATIC, "automatic_up_to": None}, False),
    ],
)
def test_what_is_given_up_to_a_value_is_given_at_once(wish, rule, at_once):
    assert one(wish, chosen(**rule)).automatic is at_once


@pytest.mark.parametrize(
    ("history", "usual"),
    [
        (History(orders=1, claims=2), True),
        (History(orders=1, claims=3), False),
        (History(orders=20, claims=4), True),
        (History(orders=20, claims=5), False),
        (History(orders=20, misused=1), False),
    ],
)
def test_who_claims_often_is_decided_about_by_a_person(history, usual):
    facts = Facts("USD", cap=Decimal(1000), history=history)
    assert one(Wish.PART_REFUND, chosen(**AUTOMATIC), facts=facts).automatic is usual


# --- Whatever the rules and the numbers -----------------------------------------------------------


@st.composite
def items(draw) -> tuple[list[Chosen], str]:
    currency = draw(st.sampled_from(["USD", "JPY", "KWD"]))
    step, found = unit(currency), []
    for pk in range(draw(st.integers(1, 3))):
        ordered = draw(st.integers(1, 5))
        gone = draw(st.integers(0, ordered - 1))
        paid = draw(st.integers(0, 10_000)) * step
        before = share(paid, ordered, 0, Decimal(0), gone, currency) if gone else Decimal(0)
        left = int((paid - before) / step)
        promised = before + draw(st.integers(0, left)) * step
        rule = ClaimRule(
            remedies=ALL,
            part_percent=draw(st.integers(0, 100)),
            voucher_percent=draw(st.integers(0, 100)),
            keep_below=Decimal(draw(st.integers(0, 100))),
        )
        quantity = draw(st.integers(1, ordered - gone))
        found.append(
            Chosen(
                pk,
                quantity,
                Reason.DAMAGED,
                ordered,
                paid,
                gone,
                promised,
                Rules(claims={Reason.DAMAGED: rule}),
            )
        )
    return found, currency


@given(items(), st.integers(0, 20_000), st.integers(0, 2_000))
def test_no_remedy_gives_more_than_is_left_nor_an_amount_that_cannot_be_paid(goods, cap, postage):
    chosen_, currency = goods
    step = unit(currency)
    facts = Facts(currency, cap=cap * step, postage=postage * step)
    for wish in Wish:
        found = remedy(wish, chosen_, facts)
        for amount in (found.amount, found.voucher, *found.goods.values()):
            assert amount >= 0 and amount == amount.quantize(step)
        if wish in PAYS_BACK - {Wish.VOUCHER}:
            assert found.amount <= facts.cap
            assert found.amount <= sum(found.goods.values()) + found.postage
        for item in chosen_:
            left = item.paid - item.promised
            assert found.goods[item.line_id] <= left
        assert not (found.sends_back and wish in LEAVES_UNITS)


@given(items(), st.integers(1, 6))
def test_parts_given_again_and_again_never_exceed_what_was_paid(goods, times):
    [first, *_], currency = goods
    given_back = first.promised
    for _ in range(times):
        again = Chosen(
            first.line_id,
            first.quantity,
            first.reason,
            first.ordered,
            first.paid,
            first.gone,
            given_back,
            first.rules,
        )
        given_back += remedy(Wish.PART_REFUND, [again], Facts(currency, first.paid)).amount
    assert given_back <= first.paid
