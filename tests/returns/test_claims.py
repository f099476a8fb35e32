"""Claims on things: told once, put right by rule or by a person, on the one ledger, and never
above what was paid."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns.codes import CLAIM_REASONS, Kind, ProblemKind, Reason, Wish
from returns.ledger import Obstacle, Refused
from returns.models import (
    BUYER,
    Award,
    ClaimPolicy,
    Draft,
    Event,
    Notice,
    Order,
    OrderLine,
    Problem,
    Promise,
    Resolution,
    ReturnAuthorization,
    ShipmentLine,
    Throttle,
    TooMuch,
    Wanted,
)
from returns.models.access import TooOften
from returns.models.event import RULE
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order, ship
from tests.returns.returning import DESK, forms, inspected, opened, returned
from tests.returns.test_quantities import at_once

pytestmark = pytest.mark.django_db
AT_ONCE = {"photos": False, "automatic_up_to": Decimal(500)}


def shop(slug: str = "juniper-pine", *, policy=None, **rule):
    """A store that has the same rule for every claim."""
    store = open_store(slug, policy=policy or {})
    for reason in CLAIM_REASONS:
        ClaimPolicy.objects.create(
            policy=store.policy, reason=reason, remedies=" ".join(Wish), **rule
        )
    return store


@pytest.fixture
def store():
    """A person decides."""
    return shop(voucher_percent=0)


@pytest.fixture
def order(store):
    return place_order(store, lines=(("Cup", "10.00", 3), ("Jug", "20.00", 1)))


def wanted(order: Order, *quantities: int, reason: str = Reason.DAMAGED) -> list[Wanted]:
    rows = zip(order.lines.all(), quantities or (1,), strict=False)
    return [Wanted(line.pk, count, reason) for line, count in rows if count]


def claim(order: Order, *quantities: int, wish=Wish.PART_REFUND, **values) -> ReturnAuthorization:
    reason = values.pop("reason", Reason.DAMAGED)
    key = values.pop("key", f"form {next(forms)}")
    by = values.pop("by", BUYER)
    rma = order.claim(
        wanted(order, *quantities, reason=reason), wish=wish, by=by, key=key, **values
    )
    return ReturnAuthorization.objects.get(pk=rma.pk)


def codes_of(error) -> list[str]:
    return [problem.code for problem in error.value.problems]


def free(order: Order) -> list[int]:
    return [line.returnable for line in order.with_goods().lines.all()]


def left(order: Order) -> Decimal:
    return order.with_goods().refundable()


def kinds(rma) -> list[tuple[str, Decimal]]:
    return [(row.kind, row.amount) for row in rma.resolutions.all()]


def promised(rma) -> list[str]:
    return sorted(Promise.objects.open().filter(authorization=rma).values_list("kind", flat=True))


def told(rma) -> list[str]:
    return list(
        Notice.objects.filter(authorization=rma).order_by("pk").values_list("kind", flat=True)
    )


# --- Asking ---------------------------------------------------------------------------------------


def test_a_claim_is_a_request_with_its_problem_and_waits_for_a_person(order):
    rma = claim(order, 2, note="Both are cracked.", answers={"box": "dented"}, key="form")
    problem = Problem.objects.get()
    assert (rma.kind, rma.status, rma.payer) == (Kind.CLAIM, Status.REQUESTED, "store")
    assert (rma.estimated_total, rma.estimated_fee, rma.keeps_goods) == (4, 0, True)
    assert [row.amount for row in rma.lines.all()] == [4]
    assert (problem.kind, problem.form_key, problem.authorization) == ("damaged", "form", rma)
    assert (problem.words, problem.answers) == ("Both are cracked.", {"box": "dented"})
    assert (promised(rma), told(rma)) == (["answer"], ["return_requested"])
    assert left(order) == 56 - 4


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (Reason.DAMAGED, ProblemKind.DAMAGED),
        (Reason.MISSING, ProblemKind.MISSING),
        (Reason.WRONG_ITEM, ProblemKind.WRONG_ITEM),
        (Reason.FAULTY, ProblemKind.QUALITY),
        (Reason.FAULT_LATER, ProblemKind.QUALITY),
        (Reason.DIFFERENT, ProblemKind.QUALITY),
    ],
)
def test_the_problem_is_that_which_has_this_reason(order, reason, kind):
    claim(order, 1, reason=reason)
    assert Problem.objects.get().kind == kind


def test_the_same_form_once_more_is_the_same_claim_and_takes_its_draft_with_it(order):
    draft = Draft.objects.of(order, "problem")
    draft.keep(step="check")
    first = claim(order, 1, key=draft.key)
    assert claim(order, 3, key=draft.key) == first
    assert (Problem.objects.count(), Draft.objects.count()) == (1, 0)


def test_what_is_offered_is_what_can_be_claimed_and_nothing_else(db):
    store = open_store()
    order = place_order(store, lines=(("Cup", "10.00", 1),))
    offered = [one.wish for one in order.with_goods().claim_remedies(wanted(order))]
    assert offered == [Wish.REPLACEMENT, Wish.REFUND, Wish.PART_REFUND]
    for wish in (Wish.VOUCHER, Wish.REPAIR, "a pony"):
        with pytest.raises(Refused) as refused:
            claim(order, wish=wish)
        assert codes_of(refused) == [Obstacle.UNKNOWN_WISH]
    # Staff may put it right in another way.
    assert claim(order, wish=Wish.REPAIR, by=DESK).estimated_total == 2


def test_a_claim_is_about_one_problem(order):
    cup, jug = order.lines.all()
    both = [Wanted(cup.pk, 1, Reason.MISSING), Wanted(jug.pk, 1, Reason.DAMAGED)]
    with pytest.raises(Refused) as refused:
        order.claim(both, wish=Wish.REFUND, by=BUYER, key="form")
    assert codes_of(refused) == [Obstacle.SEVERAL_PROBLEMS]
    assert not Problem.objects.exists() and not ReturnAuthorization.objects.exists()


@pytest.mark.parametrize("reason", ["changed_mind", "never_came", "withdrawn", "nonsense"])
def test_what_is_no_fault_is_no_claim(order, reason):
    with pytest.raises(Refused) as refused:
        claim(order, 1, reason=reason)
    assert codes_of(refused) == [Obstacle.UNKNOWN_REASON]


def test_a_fault_of_a_final_sale_is_a_fault(store):
    order = place_order(store, lines=(("Cup", "10.00", 1, {"final_sale": True}),))
    assert claim(order).status == Status.REQUESTED


def test_each_reason_has_its_own_time(db):
    order = place_order(open_store(), lines=(("Cup", "10.00", 1),), days_ago=40)
    with pytest.raises(Refused) as refused:
        claim(order, reason=Reason.DAMAGED, wish=Wish.REFUND)
    assert codes_of(refused) == [Obstacle.REASON_CLOSED]
    assert refused.value.problems[0].until is not None
    assert claim(order, reason=Reason.FAULT_LATER, wish=Wish.REPAIR).pk


def test_claims_cannot_be_made_without_end(store):
    order = place_order(store, lines=(("Cup", "10.00", 9),))
    for _ in range(5):
        claim(order, 1)
    with pytest.raises(TooOften):
        claim(order, 1)
    assert Throttle.objects.exists() and Problem.objects.count() == 5


# --- What stays with the buyer --------------------------------------------------------------------


def test_a_part_of_the_money_is_granted_with_the_yes_and_the_goods_may_still_come_back(order):
    rma = claim(order, 2)
    assert free(order) == [1, 1]  # undecided, it holds what it is about
    rma.approve(by=DESK)
    assert (rma.status, kinds(rma)) == (Status.RESOLVED, [("part_refund", Decimal(4))])
    assert (promised(rma), told(rma)) == (["refund"], ["return_requested", "return_approved"])
    assert free(order) == [3, 1]
    assert left(order) == 56 - 4
    rma.resolutions.get().record_sent(by=DESK)
    rma.refresh_from_db()
    assert (rma.status, promised(rma)) == (Status.CLOSED, [])


def test_what_is_sent_back_after_a_part_was_refunded_gives_the_rest(order):
    claim(order, 3).approve(by=DESK)
    back = returned(order, 3)
    assert (back.value, back.estimated_total) == (24, 24)
    inspected(opened(back)).resolve([Award("refund", Decimal(24))], by=DESK)
    assert (left(order), free(order)) == (56 - 30, [0, 1])


@pytest.mark.parametrize("reason", [Reason.DAMAGED, Reason.WRONG_ITEM])
def test_what_is_worth_little_need_not_come_back_and_is_gone_from_the_ledger(reason):
    order = place_order(shop(keep_below=Decimal(15)), lines=(("Cup", "10.00", 3),))
    rma = claim(order, 1, wish=Wish.REFUND, reason=reason)
    assert rma.keeps_goods
    rma.approve(by=DESK)
    assert (kinds(rma), free(order), left(order)) == ([("refund", Decimal(10))], [2], 26)
    # In small pieces it adds up.
    assert not claim(order, 1, wish=Wish.REFUND).keeps_goods


def test_what_was_missing_is_never_asked_back(order):
    rma = claim(order, 0, 1, wish=Wish.REFUND, reason=Reason.MISSING)
    rma.approve(by=DESK)
    assert (rma.keeps_goods, kinds(rma)) == (True, [("refund", Decimal(20))])
    assert free(order) == [3, 0]


def test_a_missing_piece_is_sent_and_costs_nobody_anything(order):
    rma = claim(order, 1, wish=Wish.PIECE, reason=Reason.MISSING)
    rma.approve(by=DESK)
    assert (kinds(rma), promised(rma)) == ([("piece", Decimal(0))], ["goods"])
    assert [row.amount for row in rma.lines.all()] == [0]
    assert (free(order), left(order)) == ([3, 1], 56)


def test_a_new_one_holds_the_units_until_it_is_sent_and_may_come_back_in_its_turn(order):
    rma = claim(order, 0, 1, wish=Wish.REPLACEMENT, reason=Reason.MISSING)
    rma.approve(by=DESK)
    assert (kinds(rma), free(order)) == ([("replacement", Decimal(0))], [3, 0])
    rma.resolutions.get().record_sent(by=DESK)
    assert free(order) == [3, 1]
    back = returned(order, 0, 1)
    assert back.estimated_total == 20


def test_a_voucher_takes_nothing_from_what_was_paid(db):
    order = place_order(shop(voucher_percent=50), lines=(("Cup", "10.00", 1),))
    rma = claim(order, 1, wish=Wish.VOUCHER)
    assert (rma.estimated_total, left(order)) == (5, 16)
    rma.approve(by=DESK)
    assert (kinds(rma), promised(rma)) == ([("voucher", Decimal(5))], ["credit"])
    assert (left(order), free(order)) == (16, [1])


def test_an_apology_goes_with_what_was_asked_for_once_for_an_order(db):
    order = place_order(shop(voucher_percent=10), lines=(("Cup", "10.00", 3),))
    rma = claim(order, 2)
    assert rma.voucher == 2
    rma.approve(by=DESK)
    assert kinds(rma) == [("part_refund", Decimal(4)), ("voucher", Decimal(2))]
    assert promised(rma) == ["credit", "refund"]
    money, voucher = rma.resolutions.all()
    money.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.RESOLVED
    voucher.record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED
    assert claim(order, 1).voucher == 0


def test_what_was_free_is_put_right_without_money(store):
    order = place_order(store, lines=(("Sample", "0.00", 1),))
    assert [one.wish for one in order.with_goods().claim_remedies(wanted(order))] == [
        Wish.EXCHANGE,
        Wish.REPLACEMENT,
        Wish.PIECE,
    ]


# --- What has to come back ----------------------------------------------------------------------


def test_what_has_to_come_back_goes_the_usual_way_at_our_cost(order):
    rma = claim(order, 0, 1, wish=Wish.REFUND)
    assert (rma.keeps_goods, rma.payer, rma.estimated_total) == (False, "store", 20)
    rma.approve(by=DESK)
    assert (rma.status, promised(rma)) == (Status.APPROVED, ["reminder"])
    assert not rma.resolutions.exists()
    inspected(opened(rma))
    assert rma.settlement().total == 20
    rma.resolve([Award("refund", Decimal(20))], by=DESK)
    assert (free(order), left(order)) == ([3, 0], 36)


def test_case_51_return_postage_is_never_the_buyers_where_the_fault_is_ours(db):
    order = place_order(shop(policy={"fee": 5}), lines=(("Cup", "10.00", 1),))
    for wish in (Wish.REFUND, Wish.EXCHANGE, Wish.REPLACEMENT):
        [found] = [
            one for one in order.with_goods().claim_remedies(wanted(order)) if one.wish == wish
        ]
        assert found.sends_back and found.amount in (0, 10)
    rma = claim(order, wish=Wish.EXCHANGE)
    assert (rma.payer, rma.estimated_fee) == ("store", 0)


# --- By rule ------------------------------------------------------------------------------------


def test_small_claims_are_granted_at_once_with_one_letter(db):
    order = place_order(shop(**AT_ONCE), lines=(("Cup", "10.00", 1),))
    rma = claim(order, 1)
    assert (rma.status, kinds(rma)) == (Status.RESOLVED, [("part_refund", Decimal(2))])
    assert told(rma) == ["return_approved"]
    assert rma.decided_by is None
    actors = dict(Event.objects.filter(authorization=rma).values_list("kind", "actor"))
    assert actors["return_requested"] == "buyer" and actors["return_approved"] == "rule"


def test_who_claims_often_or_misused_something_is_decided_about_by_a_person(db):
    store = shop(**AT_ONCE)
    orders = [
        place_order(store, f"JP-{n}", lines=(("Cup", "10.00", 1),), days_ago=6) for n in range(4)
    ]
    found = [claim(order).status for order in orders]
    assert found == [Status.RESOLVED] * 3 + [Status.REQUESTED]
    other = place_order(store, "JP-7", email="bob@example.com", lines=(("Cup", "10.00", 2),))
    first = claim(other, 1)
    assert first.status == Status.RESOLVED
    ReturnAuthorization.objects.filter(pk=first.pk).update(
        status=Status.DECLINED, decline_reason="misuse", resolved_at=None
    )
    assert claim(other, 1).status == Status.REQUESTED


def test_claims_of_another_person_or_another_year_do_not_count(db):
    store = shop(**AT_ONCE)
    for n in range(4):
        claim(place_order(store, f"JP-{n}", email=f"{n}@example.com"), 1)
    order = place_order(store, "JP-9", lines=(("Cup", "10.00", 5),))
    history = order.claim_history(timezone.now())
    assert (history.orders, history.claims) == (1, 0)
    claim(order, 1)
    assert order.claim_history(timezone.now()).claims == 1
    assert order.claim_history(timezone.now() + timedelta(days=366)).claims == 0


# --- Money --------------------------------------------------------------------------------------


def test_case_49_a_claim_is_about_what_was_paid_after_discounts(store):
    line = ("Cup", "10.00", 2, {"discount": Decimal("5.01"), "tax": Decimal("1.00")})
    order = place_order(store, lines=(line,), goods_total=Decimal("15.99"))
    remedies = {one.wish: one for one in order.with_goods().claim_remedies(wanted(order, 2))}
    assert remedies[Wish.REFUND].amount == Decimal("15.99")
    assert remedies[Wish.PART_REFUND].amount == Decimal("3.20")


def test_case_50_the_original_postage_goes_back_with_the_whole_order_and_once(db):
    store = shop(policy={"returns_postage": True}, keep_below=Decimal(500))
    order = place_order(store, lines=(("Cup", "10.00", 2),))
    first = claim(order, 2, wish=Wish.REFUND)
    assert (first.estimated_postage, first.estimated_total) == (6, 26)
    first.cancel(by=BUYER)
    one = claim(order, 1, wish=Wish.REFUND)
    rest = claim(order, 1, wish=Wish.REFUND)
    assert [one.estimated_postage, rest.estimated_postage] == [0, 6]
    rest.approve(by=DESK)
    one.approve(by=DESK)
    assert sum(row.postage for row in Resolution.objects.all()) == 6
    assert left(order) == 0


def test_case_54_a_claim_gives_no_more_than_what_was_captured(store):
    order = place_order(store, lines=(("Cup", "10.00", 3),), paid_total=Decimal("12.00"))
    rma = claim(order, 3, wish=Wish.REFUND, reason=Reason.MISSING)
    assert rma.estimated_total == 12
    rma.approve(by=DESK)
    assert left(order) == 0


def test_a_yes_that_came_too_late_for_the_money_changes_nothing(order):
    rma = claim(order, 0, 1, wish=Wish.REFUND, reason=Reason.MISSING)
    Order.objects.filter(pk=order.pk).update(refunded_total=Decimal(50))
    with pytest.raises(TooMuch) as refused:
        ReturnAuthorization.objects.get(pk=rma.pk).approve(by=DESK)
    assert refused.value.most == 6
    rma.refresh_from_db()
    assert rma.status == Status.REQUESTED and not rma.resolutions.exists()


# --- No, and once more --------------------------------------------------------------------------


def test_a_claim_that_was_declined_is_looked_at_once_more_with_todays_numbers(order):
    rma = claim(order, 2)
    rma.decline("misuse", "There are marks of a hammer.", by=DESK)
    assert free(order) == [3, 1]
    rma.look_again("There are not.", by=BUYER)
    assert (rma.status, rma.estimated_total, rma.keeps_goods) == (Status.REQUESTED, 4, True)
    rma.approve(by=RULE)
    assert kinds(rma) == [("part_refund", Decimal(4))]


def test_an_appeal_finds_its_units_taken(order):
    rma = claim(order, 3, wish=Wish.REFUND)
    rma.decline("misuse", "Hm.", by=DESK)
    returned(order, 3)
    with pytest.raises(Refused):
        rma.look_again("Please.", by=BUYER)
    rma.refresh_from_db()
    assert rma.status == Status.DECLINED


def test_a_buyer_takes_back_a_claim_until_it_is_decided(order):
    rma = claim(order, 1)
    rma.cancel(by=BUYER)
    assert (free(order), left(order)) == ([3, 1], 56)
    other = claim(order, 1)
    other.approve(by=DESK)
    with pytest.raises(IllegalTransition):
        other.cancel(by=BUYER)


# --- What never came ------------------------------------------------------------------------------


@pytest.fixture
def lost(store):
    """Three cups and a jug in a parcel that nobody has seen since."""
    return place_order(
        store, "JP-3", lines=(("Cup", "10.00", 3), ("Jug", "20.00", 1)), delivered=False
    )


def never_came(order: Order, wish: str = Wish.REFUND, **values):
    shipment = values.pop("shipment", None) or order.shipments.first()
    return order.claim_never_came(shipment, wish, by=DESK, key=f"form {next(forms)}", **values)


def test_a_parcel_that_never_came_is_paid_back_whole_with_its_postage(lost):
    rma = never_came(lost)
    assert (rma.kind, rma.status, rma.turning) == (
        Kind.CLAIM,
        Status.RESOLVED,
        lost.shipments.get(),
    )
    assert kinds(rma) == [("refund", Decimal(56))]
    assert rma.resolutions.get().postage == 6
    assert {row.reason for row in rma.lines.all()} == {"never_came"}
    assert (free(lost), left(lost)) == ([0, 0], 0)
    assert told(rma) == ["return_approved"]


def test_case_50_the_postage_of_a_lost_parcel_is_given_back_once(lost):
    returned(lost, 1, reason="late")
    rma = never_came(lost)
    assert (rma.estimated_postage, rma.estimated_total) == (6, 46)
    assert never_came(lost) is None
    assert sum(row.postage for row in Resolution.objects.all()) == 6


def test_a_new_one_for_a_lost_parcel_is_owed_and_its_units_come_free_when_it_is_sent(lost):
    rma = never_came(lost, Wish.REPLACEMENT)
    assert (kinds(rma), promised(rma)) == ([("replacement", Decimal(0))], ["goods"])
    assert free(lost) == [0, 0]
    rma.resolutions.get().record_sent(by=DESK)
    assert free(lost) == [3, 1]


def test_of_a_lost_parcel_what_other_returns_hold_is_left_out(lost):
    other = returned(lost, 2, reason="late")
    rma = never_came(lost)
    assert [(row.line.title, row.approved) for row in rma.lines.all()] == [("Cup", 1), ("Jug", 1)]
    assert other.estimated_total + rma.estimated_total == 56
    assert left(lost) == 0


def test_the_other_parcel_of_an_order_is_not_lost_with_it(store):
    order = place_order(store, "JP-3", lines=(("Cup", "10.00", 4),), shipped=False)
    first, second = (ship(order, number=f"RB00000000{n}GB") for n in (1, 2))
    ShipmentLine.objects.update(quantity=2)
    rma = never_came(Order.objects.get(pk=order.pk), shipment=first)
    assert (rma.lines.get().approved, rma.estimated_total) == (2, 20)  # the postage brought two
    rest = never_came(Order.objects.get(pk=order.pk), shipment=second)
    assert (rest.lines.get().approved, rest.estimated_total) == (2, 26)


def test_what_never_came_does_not_count_as_kept(db):
    order = place_order(shop(keep_below=Decimal(15)), lines=(("Cup", "10.00", 2),), shipped=False)
    lost = ship(order, number="RB000000001GB")
    ShipmentLine.objects.update(quantity=1)
    ship(order, number="RB000000002GB", delivered=True)
    order = Order.objects.get(pk=order.pk)
    assert never_came(order, shipment=lost).value == 10
    assert claim(order, 1, wish=Wish.REFUND).keeps_goods


def test_the_same_form_about_a_lost_parcel_makes_one_claim(lost):
    shipment = lost.shipments.get()
    made = [lost.claim_never_came(shipment, Wish.REFUND, by=DESK, key="one form") for _ in range(2)]
    assert made[0] == made[1] and ReturnAuthorization.objects.count() == 1


def test_a_lost_parcel_is_put_right_with_money_or_new_goods_and_not_of_a_cancelled_order(lost):
    with pytest.raises(Refused):
        never_came(lost, Wish.PART_REFUND)
    with pytest.raises(ValueError):
        never_came(lost, shipment=place_order(lost.store, "JP-4").shipments.get())
    Order.objects.filter(pk=lost.pk).update(cancelled_at=timezone.now())
    assert never_came(Order.objects.get(pk=lost.pk)) is None
    assert not ReturnAuthorization.objects.exists()


# --- For the trouble ------------------------------------------------------------------------------


def test_something_for_the_wait_is_decided_told_and_owed_without_any_goods(order):
    rma = order.compensate(Award("part_refund", Decimal(5)), "It takes long.", by=DESK)
    assert (rma.kind, rma.status, rma.lines.count()) == (Kind.CLAIM, Status.RESOLVED, 0)
    assert kinds(rma) == [("part_refund", Decimal(5))]
    assert rma.resolutions.get().words == "It takes long."
    assert (promised(rma), told(rma)) == (["refund"], ["return_resolved"])
    assert (left(order), free(order)) == (51, [3, 1])
    rma.resolutions.get().record_sent(by=DESK)
    rma.refresh_from_db()
    assert rma.status == Status.CLOSED


def test_a_voucher_for_the_wait_is_not_bounded_by_what_was_paid_and_money_is(order):
    assert kinds(order.compensate(Award("voucher", Decimal(500)), "Sorry.", by=DESK))
    with pytest.raises(TooMuch):
        order.compensate(Award("part_refund", Decimal(57)), "Sorry.", by=DESK)
    assert ReturnAuthorization.objects.count() == 1


@pytest.mark.parametrize(
    "award",
    [Award("exchange"), Award("postage", Decimal(1)), Award("none"), Award("refund", Decimal(0))],
)
def test_for_the_trouble_something_is_given(order, award):
    with pytest.raises(ValueError):
        order.compensate(award, "Sorry.", by=DESK)
    assert not ReturnAuthorization.objects.exists()


def test_the_same_form_compensates_once(order):
    made = {
        order.compensate(Award("voucher", Decimal(5)), "Sorry.", by=DESK, key="form").pk
        for _ in range(2)
    }
    assert len(made) == 1 and Resolution.objects.count() == 1


def test_other_orders_keep_the_rules_of_their_day(db):
    store = open_store()
    order = place_order(store, lines=(("Cup", "10.00", 1),))
    ClaimPolicy.objects.create(
        policy=store.policy, reason=Reason.DAMAGED, remedies="voucher", voucher_percent=10
    )
    new = place_order(store, "JP-2", lines=(("Cup", "10.00", 1),))
    found = [[one.wish for one in o.with_goods().claim_remedies(wanted(o))] for o in (order, new)]
    assert found == [[Wish.REPLACEMENT, Wish.REFUND, Wish.PART_REFUND], [Wish.VOUCHER]]
    # Orders from before there were such rules have the usual ones.
    rules = dict(order.lines.get().rules_json)
    OrderLine.objects.filter(order=order).update(
        rules_json={name: value for name, value in rules.items() if name != "claims"}
    )
    assert order.with_goods().claim_remedies(wanted(order))[0].wish == Wish.REPLACEMENT


def test_what_is_offered_is_read_in_a_fixed_number_of_queries(order, django_assert_num_queries):
    goods = Order.objects.with_goods().get(pk=order.pk)
    with django_assert_num_queries(2):
        goods.claim_remedies([Wanted(line.pk, 1, Reason.DAMAGED) for line in goods.lines.all()])


# --- The same moment, two connections -------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_claim_and_a_return_of_the_last_unit_do_not_both_win():
    order = place_order(shop(), lines=(("Cup", "10.00", 1),))
    results = at_once(
        lambda: claim(Order.objects.get(pk=order.pk), 1, wish=Wish.REFUND),
        lambda: returned(Order.objects.get(pk=order.pk), 1),
    )
    assert [type(result) for result in results].count(Refused) == 1, results
    assert ReturnAuthorization.objects.count() == 1
    assert Problem.objects.count() == (ReturnAuthorization.objects.get().kind == Kind.CLAIM)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ten_posts_of_one_claim_make_one_and_give_it_once():
    order = place_order(shop(**AT_ONCE), lines=(("Cup", "10.00", 1),))
    results = at_once(*[lambda: claim(Order.objects.get(pk=order.pk), 1, key="one form").pk] * 10)
    assert set(results) == {ReturnAuthorization.objects.get().pk}
    assert Resolution.objects.count() == Problem.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_a_yes_and_a_buyer_who_takes_it_back_one_counts():
    rma = claim(place_order(shop(), lines=(("Cup", "10.00", 1),)), 1)
    results = at_once(
        lambda: ReturnAuthorization.objects.get(pk=rma.pk).approve(by=DESK),
        lambda: ReturnAuthorization.objects.get(pk=rma.pk).cancel(by=BUYER),
    )
    assert [type(result) for result in results].count(IllegalTransition) == 1, results
    rma.refresh_from_db()
    assert Resolution.objects.count() == (rma.status == Status.RESOLVED)
