"""Money: every cent is given once, rounding included."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.codes import OUR_FAULT, Payer, Reason, Wish
from returns.policy import (
    Chosen,
    ReasonRule,
    Rules,
    allocate,
    approves,
    estimate,
    may_keep,
    share,
    unit,
)

CURRENCIES = st.sampled_from(["USD", "EUR", "CNY", "JPY", "KWD"])
RULES = Rules(
    fee=Decimal("6.50"),
    keep_below=Decimal(15),
    automatic_up_to=Decimal(100),
    reasons={
        Reason.FIT: ReasonRule(),
        Reason.CHANGED_MIND: ReasonRule(automatic=False),
        Reason.FAULTY: ReasonRule(photos=True, payer=Payer.STORE),
        Reason.LATE: ReasonRule(payer=Payer.STORE),
    },
)


def chosen(
    paid="30.00",
    quantity=1,
    ordered=1,
    *,
    reason=Reason.FIT,
    gone=0,
    promised="0",
    rules=RULES,
    line_id=1,
) -> Chosen:
    return Chosen(line_id, quantity, reason, ordered, Decimal(paid), gone, Decimal(promised), rules)


def money(currency: str, units: int) -> Decimal:
    return units * unit(currency)


@pytest.mark.parametrize(
    ("currency", "smallest"), [("USD", "0.01"), ("CNY", "0.01"), ("JPY", "1"), ("KWD", "0.001")]
)
def test_the_smallest_amount_is_the_currency_s_own(currency, smallest):
    assert unit(currency) == Decimal(smallest)


# --- share: what the next units of a line are worth ------------------------------------------


@pytest.mark.parametrize(
    ("paid", "currency", "shares"),
    [
        ("10.00", "USD", ["3.33", "3.33", "3.34"]),
        ("1000", "JPY", ["333", "333", "334"]),
        ("10.000", "KWD", ["3.333", "3.333", "3.334"]),
        ("0.02", "USD", ["0.00", "0.01", "0.01"]),
        ("0.00", "USD", ["0.00", "0.00", "0.00"]),
    ],
)
def test_one_unit_after_the_other_adds_up_to_what_was_paid(paid, currency, shares):
    given_back = [Decimal(0)]
    for gone in range(3):
        given_back.append(share(Decimal(paid), 3, gone, sum(given_back, Decimal(0)), 1, currency))
    assert given_back[1:] == [Decimal(value) for value in shares]


@given(
    CURRENCIES,
    st.one_of(st.integers(0, 12), st.integers(0, 100_000)),
    st.integers(1, 8),
    st.lists(st.tuples(st.integers(1, 3), st.none() | st.integers(0, 7)), max_size=16),
)
def test_units_in_any_portions_with_some_freed_again_never_exceed_what_was_paid(
    currency, amount, ordered, portions
):
    paid = money(currency, amount)
    held: list[tuple[int, Decimal]] = []
    for quantity, freed in portions:
        if freed is not None:
            if held:
                held.pop(freed % len(held))
            continue
        gone = sum(count for count, _ in held)
        if gone + quantity > ordered:
            continue
        promised = sum((value for _, value in held), Decimal(0))
        worth = share(paid, ordered, gone, promised, quantity, currency)
        assert worth >= 0 and worth % unit(currency) == 0
        held.append((quantity, worth))
        total = promised + worth
        assert total <= paid
        assert gone + quantity < ordered or total == paid  # the last gets what is left


def test_units_freed_between_dear_ones_do_not_make_the_next_too_dear():
    """Two cents for five units: the third and the fifth cost one each. With only those two
    held, the next is the third in number, and yet nothing is left to give."""
    assert share(Decimal("0.02"), 5, 2, Decimal("0.02"), 1, "USD") == 0


def test_the_last_unit_brings_what_freed_ones_left_over():
    """Two cents for five units: four are held for one cent, as a dear one was freed."""
    assert share(Decimal("0.02"), 5, 4, Decimal("0.00"), 1, "USD") == Decimal("0.02")


def test_nothing_is_left_when_more_was_promised_than_is_paid_now():
    """The shop lowered the line after a return of it was approved."""
    assert share(Decimal(5), 2, 1, Decimal(8), 1, "USD") == 0


# --- allocate: a total over lines -------------------------------------------------------------


@given(CURRENCIES, st.integers(0, 1_000_000), st.lists(st.integers(0, 99_999), max_size=15))
def test_case_49_what_is_shared_over_lines_adds_up_exactly(currency, amount, weights):
    total = money(currency, amount)
    shares = allocate(total, [Decimal(weight) for weight in weights], currency)
    assert len(shares) == len(weights)
    assert sum(shares, Decimal(0)) == (total if sum(weights) else 0)
    for value, weight in zip(shares, weights, strict=True):
        assert value % unit(currency) == 0
        assert abs(value - total * weight / (sum(weights) or 1)) < unit(currency)


def test_a_cent_left_over_goes_to_the_largest_remainder():
    assert allocate(Decimal("10.00"), [Decimal(1)] * 3, "USD") == [
        Decimal("3.34"),
        Decimal("3.33"),
        Decimal("3.33"),
    ]
    assert allocate(Decimal("0.05"), [Decimal(1), Decimal(2), Decimal(0)], "USD") == [
        Decimal("0.02"),
        Decimal("0.03"),
        Decimal(0),
    ]


# --- estimate: what the buyer can expect --------------------------------------------------------


def outcome(items, *, postage="0", cap="1000", currency="USD"):
    return estimate(items, currency, postage=Decimal(postage), cap=Decimal(cap))


@pytest.mark.parametrize(
    ("items", "postage", "cap", "expected"),
    [
        # (postage, fee, total)
        ([chosen()], "0", "1000", ("0", "6.50", "23.50")),
        ([chosen()], "6", "1000", ("6", "6.50", "29.50")),
        ([chosen(reason=Reason.FAULTY)], "0", "1000", ("0", "0", "30.00")),
        # One reason that is our fault: the whole parcel is on us.
        ([chosen(), chosen(reason=Reason.LATE, line_id=2)], "0", "1000", ("0", "0", "60.00")),
        # One parcel, one fee.
        ([chosen(), chosen(line_id=2)], "0", "1000", ("0", "6.50", "53.50")),
        # The fee takes all there is and nothing more.
        ([chosen("4.00")], "0", "1000", ("0", "4.00", "0.00")),
        ([chosen("0.00")], "0", "1000", ("0", "0.00", "0.00")),
        # Never above what was captured; postage gives way before goods.
        ([chosen(reason=Reason.LATE)], "6", "33", ("3", "0", "33")),
        ([chosen(reason=Reason.LATE)], "6", "12", ("0", "0", "12")),
        ([chosen()], "6", "12", ("0", "6.50", "5.50")),
        ([chosen()], "6", "-5", ("0", "0", "0")),
    ],
)
def test_the_estimate_is_goods_and_postage_less_the_fee_within_the_cap(
    items, postage, cap, expected
):
    found = outcome(items, postage=postage, cap=cap)
    assert (found.postage, found.fee, found.total) == tuple(Decimal(value) for value in expected)


@given(
    CURRENCIES,
    st.lists(st.tuples(st.integers(0, 9999), st.sampled_from(Reason)), min_size=1),
    st.integers(0, 9999),
    st.integers(-9999, 99_999),
)
def test_an_estimate_is_never_negative_and_never_above_the_cap(currency, items, postage, cap):
    found = estimate(
        [
            chosen(money(currency, amount), reason=reason, line_id=number)
            for number, (amount, reason) in enumerate(items)
        ],
        currency,
        postage=money(currency, postage),
        cap=money(currency, cap),
    )
    assert 0 <= found.total <= max(money(currency, cap), Decimal(0))
    assert 0 <= found.postage <= money(currency, postage)
    assert found.fee >= 0
    assert found.total <= sum(found.goods.values()) + found.postage
    assert found.payer == (
        Payer.STORE if any(reason in OUR_FAULT for _, reason in items) else Payer.BUYER
    )


@pytest.mark.parametrize("reason", Reason)
def test_case_51_where_the_fault_is_ours_so_is_the_postage_whatever_the_rules_say(reason):
    rules = Rules(reasons={code: ReasonRule(payer=Payer.BUYER) for code in Reason})
    assert (rules.payer(reason) == Payer.STORE) is (reason in OUR_FAULT)
    assert Rules(reasons={reason: ReasonRule(payer=Payer.STORE)}).payer(reason) == Payer.STORE


# --- decisions by rule ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("items", "value", "kept"),
    [
        ([chosen(reason=Reason.FAULTY)], "15", True),
        ([chosen(reason=Reason.FAULTY)], "15.01", False),
        ([chosen(reason=Reason.FIT)], "1", False),
        ([chosen(reason=Reason.FAULTY), chosen(reason=Reason.FIT)], "1", False),
        ([chosen(reason=Reason.FAULTY, rules=Rules())], "0.01", False),
        ([chosen(reason=Reason.FAULTY, rules=Rules())], "0", True),
        ([], "0", False),
    ],
)
def test_only_cheap_faulty_goods_may_stay(items, value, kept):
    assert may_keep(items, Decimal(value)) is kept


@pytest.mark.parametrize(
    ("items", "value", "wish", "approved"),
    [
        ([chosen()], "100", Wish.REFUND, True),
        ([chosen()], "100.01", Wish.REFUND, False),
        ([chosen()], "1", Wish.EXCHANGE, False),  # a person looks whether we have it
        ([chosen(reason=Reason.CHANGED_MIND)], "1", Wish.REFUND, False),
        ([chosen(reason=Reason.FAULTY)], "1", Wish.REFUND, False),  # photos are asked for
        ([chosen(reason=Reason.WRONG_ITEM)], "1", Wish.REFUND, False),  # not offered
        ([chosen(), chosen(reason=Reason.FAULTY)], "1", Wish.REFUND, False),
        ([chosen(rules=Rules(reasons=RULES.reasons))], "1", Wish.REFUND, False),  # never by rule
        ([], "0", Wish.REFUND, False),
    ],
)
def test_a_request_is_approved_at_once_only_when_every_line_allows_it(items, value, wish, approved):
    assert approves(items, Decimal(value), wish) is approved


def test_rules_survive_being_written_down():
    assert Rules.from_json(RULES.to_json()) == RULES
    assert Rules.from_json(Rules(window_days=None).to_json()) == Rules(window_days=None)


def test_rules_that_say_nothing_offer_nothing():
    assert Rules.from_json({}).reasons == {}
