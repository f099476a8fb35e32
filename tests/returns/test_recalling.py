"""A parcel that is not wanted: called back or refused, paid for when it turns, never twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns.codes import Payer
from returns.models import (
    BUYER,
    AddressChange,
    CannotRecall,
    Case,
    InterceptionRule,
    Notice,
    Order,
    OrderLine,
    Promise,
    RecallRule,
    ReturnAuthorization,
    ReturnPolicy,
    Shipment,
    Wanted,
)
from returns.models.access import TooOften
from returns.states import IllegalTransition, Status
from tests.people import open_store, place_order
from tests.returns.exchanges import regular, same, turned
from tests.returns.returning import DESK, inspected, opened
from tracking.gateways import Aim
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import ScanReport


@pytest.fixture
def order(db) -> Order:
    """Two cups and a jug on their way; the store decides nothing by itself."""
    store = open_store(policy={"automatic_up_to": None})
    goods = (("Cup", "10.00", 2), ("Jug", "20.00", 1))
    return place_order(store, lines=goods, delivered=False, days_ago=3)


@pytest.fixture
def generous(order) -> Order:
    """The same, of a store that decides up to 200 by itself."""
    return automatic(order)


def automatic(order: Order) -> Order:
    ReturnPolicy.objects.update(automatic_up_to=200)
    rules = ReturnPolicy.objects.get(store=order.store).rules().to_json()
    OrderLine.objects.update(rules_json=rules)
    return order


def parcel_of(order: Order) -> Shipment:
    return order.shipments.filter(is_return=False).first()


def refused(order: Order, how: str = "refuse", **values) -> ReturnAuthorization:
    values = {"by": BUYER, "key": "form"} | values
    rma = order.recall(parcel_of(order), how, **values)
    return same(rma)


def held(order: Order) -> list[int]:
    return [line.held for line in order.with_goods().lines.all()]


def told(rma, kind: str) -> int:
    return Notice.objects.filter(authorization=rma, kind=kind).count()


def events(rma) -> list[str]:
    return list(rma.events.order_by("pk").values_list("kind", flat=True))


def preview(order: Order):
    fresh = order.with_goods()
    return fresh.recall_preview(fresh.outbound[0], timezone.now())


# --- Before -----------------------------------------------------------------------------------


def test_what_would_come_of_it_is_said_without_doing_anything(order):
    found = preview(order)
    assert found.ways == ("intercept", "refuse")
    assert (found.goods, found.total, found.at_once) == (40, 40, False)
    assert not ReturnAuthorization.objects.exists()
    assert not AddressChange.objects.exists()


def test_all_of_the_order_brings_its_postage_back_where_the_store_gives_it(order):
    RecallRule.objects.create(store=order.store, returns_postage=True)
    assert preview(order).total == 46
    line = order.lines.first()
    Shipment.objects.get().lines.filter(line=line).update(quantity=1)
    assert preview(order).total == 30


def test_late_is_our_fault(order):
    RecallRule.objects.create(store=order.store, payer=Payer.BUYER, fee=5)
    assert (preview(order).fee, preview(order).total) == (5, 35)
    parcel = parcel_of(order).parcel
    parcel.incidents.create(
        kind=IncidentKind.OVERDUE, since=timezone.now(), opened_at=timezone.now()
    )
    found = preview(order)
    assert (found.is_ours, found.fee, found.postage, found.total) == (True, 0, 6, 46)


def test_the_carriers_fee_is_shown_and_taken_off(order):
    InterceptionRule.objects.create(store=order.store, aim=Aim.RETURN, fee=Decimal(8))
    found = preview(order)
    assert (found.carrier_fee, found.total_by("intercept"), found.total_by("refuse")) == (8, 32, 40)


@pytest.mark.parametrize(
    ("milestone", "obstacle"), [(Milestone.DELIVERED, "delivered"), (Milestone.RETURNING, "")]
)
def test_where_it_stands_says_what_is_possible(order, milestone, obstacle):
    turned(order, milestone)
    found = preview(order)
    assert found.obstacle == obstacle
    assert found.has_turned is (not obstacle)


def test_what_left_long_ago_is_looked_for_instead(order):
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=46))
    assert preview(order).obstacle == "not_on_its_way"


def test_what_other_returns_hold_is_left_out(order):
    line = order.lines.first()
    order.request_return([Wanted(line.pk, 2, "fit")], by=BUYER, key="other")
    found = preview(order)
    assert found.goods == 20
    rma = refused(order)
    assert [(row.line.title, row.approved) for row in rma.lines.all()] == [("Jug", 1)]


def test_where_nothing_is_left_it_says_so(order):
    wanted = [Wanted(line.pk, line.quantity, "fit") for line in order.lines.all()]
    order.request_return(wanted, by=BUYER, key="other")
    assert preview(order).obstacle == "nothing_left"
    with pytest.raises(CannotRecall):
        refused(order)


# --- Asked ------------------------------------------------------------------------------------


def test_refusing_it_holds_all_that_is_in_it_until_it_turns(order):
    rma = refused(order)
    assert (rma.status, rma.kind, rma.turns_by) == (Status.APPROVED, "return_to_sender", "refuse")
    assert rma.turning == parcel_of(order)
    assert (rma.value, rma.estimated_total) == (40, 40)
    assert {row.reason for row in rma.lines.all()} == {"unwanted"}
    assert held(order) == [2, 1]
    assert order.with_goods().refundable() == 6
    assert (told(rma, "return_approved"), events(rma)) == (1, ["recall_asked"])
    # Nobody posts anything, so nothing is reminded of, and nothing expires.
    later = timezone.now() + timedelta(days=90)
    assert not ReturnAuthorization.objects.to_remind(later).exists()
    assert not ReturnAuthorization.objects.overdue(later).exists()
    assert not rma.takes_number


def test_the_same_form_makes_one(order):
    assert refused(order).pk == refused(order).pk
    with pytest.raises(CannotRecall) as why:
        refused(order, key="another form")
    assert why.value.preview.obstacle == "already"


def test_other_terms_than_were_shown_are_not_agreed_to(order):
    seen = preview(order)
    RecallRule.objects.create(store=order.store, payer=Payer.BUYER, fee=5)
    with pytest.raises(CannotRecall):
        refused(order, seen=seen)
    assert refused(order, seen=preview(order)).estimated_total == 35


@pytest.mark.parametrize("how", ["itself", "keep", ""])
def test_no_other_way_is_taken(order, how):
    with pytest.raises(CannotRecall):
        refused(order, how)


def test_a_new_parcel_is_nothing_for_one_that_can_just_come(order):
    with pytest.raises(CannotRecall):
        refused(order, wish="replacement")


def test_nobody_asks_without_end(order):
    for number in range(3):
        rma = refused(order, key=f"form {number}")
        rma.cancel(by=BUYER)
    with pytest.raises(TooOften):
        refused(order, key="form 4")


def test_the_carrier_is_asked_the_way_a_buyer_does_it(order):
    InterceptionRule.objects.create(store=order.store, aim=Aim.RETURN, fee=Decimal(8))
    rma = refused(order, "intercept")
    change = AddressChange.objects.get()
    assert (change.aim, change.fee, change.is_recall) == ("return", 8, True)
    assert (rma.estimated_fee, rma.estimated_total) == (8, 32)
    assert rma.payer == Payer.BUYER
    assert Notice.objects.filter(order=order, kind="address_asked").count() == 1


def test_where_the_cause_is_ours_the_carrier_costs_the_buyer_nothing(order):
    InterceptionRule.objects.create(store=order.store, aim=Aim.RETURN, fee=Decimal(8))
    parcel_of(order).parcel.incidents.create(
        kind=IncidentKind.STALLED, since=timezone.now(), opened_at=timezone.now()
    )
    rma = refused(order, "intercept")
    assert AddressChange.objects.get().fee == 0
    assert (rma.estimated_fee, rma.estimated_total) == (0, 46)


def test_what_was_asked_is_taken_back_with_the_return(order):
    rma = refused(order, "intercept")
    assert rma.may_be_cancelled
    rma.cancel(by=BUYER)
    assert AddressChange.objects.get().status == "withdrawn"
    assert held(order) == [0, 0]


def test_what_the_carrier_agreed_to_is_not_taken_back_by_a_slip(order):
    rma = refused(order, "intercept")
    AddressChange.objects.update(status="accepted")
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)
    assert same(rma).status == Status.APPROVED


# --- It turns -----------------------------------------------------------------------------------


def test_when_it_turns_the_money_goes_by_rule(generous):
    rma = refused(generous)
    turned(generous)
    rma = same(rma)
    [row] = rma.resolutions.all()
    assert (rma.status, row.kind, row.amount, row.goods) == (Status.RESOLVED, "refund", 40, 40)
    assert events(rma)[-2:] == ["parcel_turned", "return_resolved"]
    assert (told(rma, "return_resolved"), told(rma, "return_approved")) == (1, 1)
    assert Promise.objects.open().filter(authorization=rma, kind="refund").exists()
    row.record_sent(by=DESK)
    assert same(rma).status == Status.CLOSED
    assert held(generous) == [2, 1]


def test_a_trusted_buyer_does_not_wait_either(order):
    regular(order.store)
    rma = refused(order)
    turned(order)
    assert same(rma).status == Status.RESOLVED


def test_else_it_is_told_and_the_money_waits_until_it_is_here(order):
    rma = refused(order)
    turned(order)
    rma = same(rma)
    assert (rma.status, rma.has_turned) == (Status.APPROVED, True)
    assert told(rma, "return_approved") == 2
    assert not rma.may_be_cancelled
    with pytest.raises(IllegalTransition):
        rma.cancel(by=BUYER)
    turned(order, Milestone.RETURNED, hours=1)
    rma = same(rma)
    assert rma.arrived_at
    assert told(rma, "return_arrived") == 1
    assert rma in ReturnAuthorization.objects.to_receive()
    rma = inspected(opened(rma))
    assert rma.settlement().total == 40


def test_each_step_is_taken_up_once(order):
    rma = refused(order)
    turned(order)
    for _ in range(2):
        ReturnAuthorization.objects.follow()
    turned(order, Milestone.RETURNED, hours=1)
    for _ in range(2):
        ReturnAuthorization.objects.follow()
    assert events(rma) == ["recall_asked", "parcel_turned", "return_arrived"]


def test_that_it_turned_is_told_by_its_return_and_not_as_a_trouble(order):
    refused(order)
    turned(order)
    Case.objects.follow()
    assert Case.objects.filter(kind="came_back").exists()
    assert not Notice.objects.filter(kind="order_news").exists()


def test_case_48_what_was_paid_for_is_only_booked_when_it_is_back(generous):
    rma = refused(generous)
    turned(generous)
    turned(generous, Milestone.RETURNED, hours=1)
    rma = same(rma)
    counts = {row.pk: row.waived for row in rma.lines.all()}
    assert list(counts.values()) == [2, 1]
    rma.note_goods(counts, "restock", by=DESK)
    assert rma.resolutions.count() == 1
    assert held(generous) == [2, 1]
    assert generous.with_goods().refundable() == 6
    with pytest.raises(ValueError):
        rma.note_goods(counts, "restock", by=DESK)


def test_the_carriers_fee_is_taken_off_when_it_turned_the_parcel(generous):
    InterceptionRule.objects.create(store=generous.store, aim=Aim.RETURN, fee=Decimal(8))
    rma = refused(generous, "intercept")
    AddressChange.objects.update(status="succeeded", fee_owed_at=timezone.now())
    turned(generous)
    row = rma.resolutions.get()
    assert (row.amount, row.fee) == (32, 8)
    assert AddressChange.objects.get().fee_charged_at


def test_who_refused_it_at_the_door_pays_nothing_for_what_the_carrier_did_not_do(generous):
    InterceptionRule.objects.create(store=generous.store, aim=Aim.RETURN, fee=Decimal(8))
    rma = refused(generous, "intercept")
    AddressChange.objects.update(status="failed", ended_at=timezone.now())
    turned(generous)
    assert rma.resolutions.get().amount == 40


def test_credit_may_be_wished_for(generous):
    rma = refused(generous, wish="store_credit")
    turned(generous)
    assert rma.resolutions.get().kind == "store_credit"


def test_no_more_is_paid_than_is_left(generous):
    rma = refused(generous)
    Order.objects.update(refunded_total=20)
    turned(generous)
    row = rma.resolutions.get()
    assert (row.amount, row.goods, row.difference) == (26, 40, -14)


# --- It is delivered all the same -----------------------------------------------------------------


def test_delivered_all_the_same_it_ends_and_can_be_sent_back_as_usual(order):
    rma = refused(order)
    turned(order, Milestone.DELIVERED)
    rma = same(rma)
    assert (rma.status, events(rma)[-1]) == (Status.CANCELLED, "recall_failed")
    assert told(rma, "return_cancelled") == 1
    assert held(order) == [0, 0]
    assert [line.returnable for line in order.with_goods().lines.all()] == [2, 1]


def test_delivered_after_it_was_paid_for_a_person_looks_at_it(generous):
    rma = refused(generous)
    turned(generous)
    turned(generous, Milestone.DELIVERED, hours=1)
    for _ in range(2):
        ReturnAuthorization.objects.follow()
    rma = same(rma)
    assert rma.status == Status.RESOLVED
    assert events(rma).count("recall_failed") == 1
    assert held(generous) == [2, 1]


# --- It turned by itself --------------------------------------------------------------------------


def test_of_one_that_turned_by_itself_the_money_goes_by_the_same_rule(generous):
    turned(generous)
    rma = refused(generous, "itself")
    assert (rma.status, rma.turns_by) == (Status.RESOLVED, "itself")
    assert rma.resolutions.get().amount == 40
    assert events(rma) == ["recall_asked", "parcel_turned", "return_resolved"]


def test_a_new_parcel_is_owed_when_it_is_back_and_looked_at(order):
    turned(order)
    rma = refused(order, "itself", wish="replacement")
    assert (rma.status, rma.estimated_total) == (Status.APPROVED, 0)
    turned(order, Milestone.RETURNED, hours=1)
    assert same(rma).arrived_at


def test_a_new_parcel_goes_at_once_where_a_rule_says_so(generous):
    turned(generous)
    rma = refused(generous, "itself", wish="replacement")
    [row] = rma.resolutions.all()
    assert (rma.status, row.kind, row.amount) == (Status.RESOLVED, "replacement", 0)
    row.ship("RB987654326GB", "royal-mail", by=DESK)
    assert [line.returnable for line in generous.with_goods().lines.all()] == [2, 1]


def test_one_that_is_here_already_is_to_be_received(order):
    turned(order)
    turned(order, Milestone.RETURNED, hours=1)
    rma = refused(order, "itself")
    assert rma.arrived_at
    assert rma in ReturnAuthorization.objects.to_receive()


# --- Where the goods stay -------------------------------------------------------------------------


def test_goods_that_are_given_up_do_not_keep_the_money_waiting(order):
    rma = refused(order)
    turned(order)
    rma = same(rma)
    rma.place_goods("abandon", words="The way back costs 55 USD.", by=DESK)
    rma = same(rma)
    assert rma.status == Status.RESOLVED
    assert {row.disposition for row in rma.lines.all()} == {"abandon"}
    assert rma.resolutions.get().amount == 40
    assert rma.events.get(kind="goods_placed").data["place"] == "abandon"


def test_where_goods_stay_can_be_said_after_the_money_went(generous):
    rma = refused(generous)
    turned(generous)
    rma = same(rma)
    rma.place_goods("transfer", by=DESK)
    assert {row.disposition for row in rma.lines.all()} == {"transfer"}
    assert rma.resolutions.count() == 1


def test_before_it_has_turned_nothing_is_given_up(order):
    rma = refused(order)
    with pytest.raises(IllegalTransition):
        rma.place_goods("abandon", by=DESK)


# --- Kept for less --------------------------------------------------------------------------------


def test_who_keeps_it_gets_the_part_that_was_offered_once(order):
    RecallRule.objects.create(store=order.store, offer_percent=10)
    assert preview(order).keep_for == 4
    for _ in range(2):
        order.keep_for_less(parcel_of(order), Decimal(4), by=BUYER, key="form")
    given = ReturnAuthorization.objects.get().resolutions.get()
    assert (given.kind, given.amount) == ("part_refund", 4)
    assert preview(order).keep_for == 0
    with pytest.raises(CannotRecall):
        order.keep_for_less(parcel_of(order), Decimal(4), by=BUYER, key="again")
    assert order.with_goods().refundable() == 42


def test_another_amount_than_was_shown_is_not_given(order):
    RecallRule.objects.create(store=order.store, offer_percent=10)
    with pytest.raises(CannotRecall):
        order.keep_for_less(parcel_of(order), Decimal(20), by=BUYER, key="form")


def test_reports_at_the_same_hour_are_enough(order):
    """Turned and back in one go, as carriers tell who report rarely."""
    rma = refused(order)
    now = timezone.now()
    parcel = parcel_of(order).parcel
    parcel.record(
        [
            ScanReport(at=now, milestone=Milestone.RETURNING),
            ScanReport(at=now + timedelta(minutes=1), milestone=Milestone.RETURNED),
        ]
    )
    ReturnAuthorization.objects.follow()
    assert events(rma) == ["recall_asked", "parcel_turned", "return_arrived"]
