"""What may be sent back, why not, and until when."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns.codes import RETURN_REASONS, Reason, Wish
from returns.ledger import Obstacle, Problem, Refused, availability
from returns.models import (
    BUYER,
    Actor,
    Order,
    OrderLine,
    ReturnAuthorization,
    Shipment,
    ShipmentLine,
    Wanted,
)
from returns.models.event import ActorKind
from returns.policy import ReasonRule, Rules
from tests.people import open_store, place_order, ship
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

DESK = Actor(ActorKind.STAFF)
DAY = timedelta(days=1)


def first(order: Order) -> OrderLine:
    return order.with_goods().lines.all()[0]


def can(order: Order, now: datetime | None = None):
    return availability(first(order), now or timezone.now())


def ask(order: Order, reason=Reason.FIT, *, by=BUYER, now=None, **values) -> ReturnAuthorization:
    wanted = [Wanted(order.lines.first().pk, 1, reason)]
    return order.request_return(wanted, by=by, key="form", now=now, **values)


def why_not(order: Order, *args, **values) -> list[str]:
    """The obstacles to a request; nothing may have been written."""
    with pytest.raises(Refused) as refused:
        ask(order, *args, **values)
    assert not ReturnAuthorization.objects.exists()
    return [problem.code for problem in refused.value.problems]


def set_rules(order: Order, rules: Rules) -> None:
    OrderLine.objects.filter(order=order).update(rules_json=rules.to_json())


def scan(shipment: Shipment, at: datetime, milestone=Milestone.DELIVERED) -> None:
    shipment.parcel.record([ScanReport(at=at, milestone=milestone)])


# --- where the window begins -----------------------------------------------------------------


def test_case_07_the_time_begins_with_the_delivery_not_with_the_order(store):
    order = place_order(store, shipped=False, days_ago=60)
    shipment = ship(order, days_ago=59)
    delivered = timezone.now() - 2 * DAY
    scan(shipment, delivered)
    assert first(order).window_start == delivered
    assert can(order).limit == 1


def test_while_it_travels_the_time_has_not_begun(store):
    order = place_order(store, delivered=False, days_ago=40)
    found = can(order)
    assert (found.limit, found.on_the_way, found.until) == (1, True, None)
    assert set(found.reasons) == set(RETURN_REASONS)


def test_without_news_of_a_delivery_the_last_dispatch_counts(store):
    order = place_order(store, delivered=False, days_ago=21)
    Shipment.objects.update(parcel=None)  # sent without a number
    assert first(order).window_start == Shipment.objects.get().shipped_at
    assert can(order).until is not None


def test_case_08_without_a_dispatch_the_order_s_own_date_counts(store):
    order = place_order(store, shipped=False)
    assert first(order).window_start == order.placed_at


def test_each_line_counts_from_its_own_parcels(store):
    order = place_order(
        store, lines=(("Shirt", "30.00", 2), ("Cap", "20.00", 1)), shipped=False, days_ago=30
    )
    shirt, cap = order.lines.all()
    days = {"a": (20, [(shirt, 1)]), "b": (9, [(shirt, 1), (cap, 1)])}
    delivered = {}
    for name, (days_ago, parts) in days.items():
        shipped = timezone.now() - days_ago * DAY
        parcel = Parcel.objects.announce(store.account, name, "ups", shipped)
        shipment = Shipment.objects.create(order=order, parcel=parcel, shipped_at=shipped)
        for line, quantity in parts:
            ShipmentLine.objects.create(shipment=shipment, line=line, quantity=quantity)
        delivered[name] = shipped + 2 * DAY
        scan(shipment, delivered[name])
    shirt, cap = order.with_goods().lines.all()
    assert (shirt.shipped, cap.shipped) == (2, 1)
    assert shirt.window_start == cap.window_start == delivered["b"]
    ShipmentLine.objects.filter(line=cap).delete()
    assert order.with_goods().delivered_at is None  # the cap is still to come


def test_a_parcel_that_came_back_from_the_buyer_is_no_dispatch(store):
    order = place_order(store)
    Shipment.objects.update(is_return=True)
    assert (first(order).shipped, why_not(order)) == (0, [Obstacle.NOT_SHIPPED])


# --- where it ends ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "last_second"),
    [
        # Delivered on 10 October at 12:00 UTC; thirty days later the clocks have changed.
        ("Europe/London", "2026-11-09T23:59:59+00:00"),
        ("America/New_York", "2026-11-10T04:59:59+00:00"),
        ("Asia/Shanghai", "2026-11-09T15:59:59+00:00"),
        # There it is the eleventh already.
        ("Pacific/Auckland", "2026-11-10T10:59:59+00:00"),
    ],
)
def test_the_window_ends_with_the_day_where_the_buyer_lives(store, zone, last_second):
    order = place_order(store, shipped=False, zone=zone)
    scan(ship(order, days_ago=90), datetime(2026, 10, 10, 12, tzinfo=UTC))
    end = datetime.fromisoformat(last_second)
    assert first(order).window_end() == end
    assert can(order, end).limit == 1
    late = can(order, end + timedelta(seconds=1))
    assert (late.limit, late.obstacle, late.until) == (0, Obstacle.WINDOW_CLOSED, end)


def test_an_order_without_a_zone_uses_the_store_s(store):
    assert place_order(store, zone="").where == store.zone


def test_case_09_without_a_limit_it_never_ends(db):
    store = open_store(policy={"window_days": None})
    order = place_order(store, days_ago=4000)
    assert (can(order).limit, can(order).until) == (1, None)


REASONS = Rules(
    window_days=14,
    reasons={
        Reason.FIT: ReasonRule(),
        Reason.FAULTY: ReasonRule(window_days=730),
        Reason.LATE: ReasonRule(window_days=3),
    },
)


@pytest.mark.parametrize(
    ("days", "offered"),
    [
        (1, [Reason.FIT, Reason.FAULTY, Reason.LATE]),
        (4, [Reason.FIT, Reason.FAULTY]),
        (15, [Reason.FAULTY]),
        (731, []),
    ],
)
def test_case_11_each_reason_has_its_own_time_and_only_open_ones_are_offered(store, days, offered):
    order = place_order(store)
    set_rules(order, REASONS)
    start = first(order).window_start
    assert list(can(order, start + days * DAY).reasons) == offered


def test_a_reason_that_is_over_is_refused_with_its_date(store):
    order = place_order(store)
    set_rules(order, REASONS)
    line = first(order)
    with pytest.raises(Refused) as refused:
        ask(order, Reason.FIT, now=line.window_start + 20 * DAY)
    assert refused.value.problems == [
        Problem(Obstacle.REASON_CLOSED, line.pk, until=line.window_end(Reason.FIT))
    ]
    assert ask(order, Reason.FAULTY, now=line.window_start + 20 * DAY).value == Decimal(68)


def test_when_all_reasons_are_over_the_longest_window_says_until_when(store):
    order = place_order(store)
    set_rules(order, REASONS)
    line = first(order)
    found = can(order, line.window_start + 800 * DAY)
    assert (found.obstacle, found.until) == (
        Obstacle.WINDOW_CLOSED,
        line.window_end(Reason.FAULTY),
    )


def test_case_16_a_store_that_offers_no_reason_takes_nothing_back(store):
    order = place_order(store)
    set_rules(order, Rules())
    assert why_not(order) == [Obstacle.WINDOW_CLOSED]


# --- why not ---------------------------------------------------------------------------------


def test_case_06_nothing_shipped_yet(store):
    assert why_not(place_order(store, shipped=False)) == [Obstacle.NOT_SHIPPED]


def test_case_04_a_cancelled_order(store):
    assert why_not(place_order(store, cancelled_at=timezone.now())) == [Obstacle.ORDER_CANCELLED]


def test_case_04_an_order_that_is_not_paid(store):
    assert why_not(place_order(store, paid_at=None)) == [Obstacle.UNPAID]


def test_a_final_sale(store):
    order = place_order(store, lines=(("Shirt", "30.00", 1, {"final_sale": True}),))
    assert why_not(order) == [Obstacle.FINAL_SALE]


def test_case_15_what_came_without_a_parcel(store):
    order = place_order(store, lines=(("Gift wrap", "3.00", 1, {"needs_shipping": False}),))
    assert why_not(order) == [Obstacle.NEEDS_NO_PARCEL]
    assert why_not(order, by=DESK) == [Obstacle.NEEDS_NO_PARCEL]


def test_case_05_a_line_of_another_order_is_unknown_to_staff_as_well(store):
    order, other = place_order(store), place_order(store, "JP-2")
    for by in (BUYER, DESK):
        with pytest.raises(Refused) as refused:
            order.request_return([Wanted(other.lines.get().pk, 1, "fit")], by=by, key="form")
        assert [problem.code for problem in refused.value.problems] == [Obstacle.UNKNOWN_LINE]


@pytest.mark.parametrize("reason", ["", "because", "x" * 300])
def test_a_reason_that_is_not_offered(store, reason):
    assert why_not(place_order(store), reason) == [Obstacle.UNKNOWN_REASON]
    assert why_not(place_order(store, "JP-2"), reason, by=DESK) == [Obstacle.UNKNOWN_REASON]


@pytest.mark.parametrize("wish", ["", "moon", Wish.STORE_CREDIT])
def test_a_wish_that_is_not_offered(store, wish):
    assert why_not(place_order(store), wish=wish) == [Obstacle.UNKNOWN_WISH]


def test_a_wish_must_be_offered_for_every_line(store):
    order = place_order(store, lines=(("Shirt", "30.00", 1), ("Cap", "20.00", 1)))
    shirt, cap = order.lines.all()
    OrderLine.objects.filter(pk=cap.pk).update(
        rules_json=Rules(reasons={Reason.FIT: ReasonRule()}).to_json()
    )
    wanted = [Wanted(shirt.pk, 1, Reason.FIT), Wanted(cap.pk, 1, Reason.FIT)]
    with pytest.raises(Refused) as refused:
        order.request_return(wanted, by=BUYER, key="a", wish=Wish.EXCHANGE)
    assert [problem.code for problem in refused.value.problems] == [Obstacle.UNKNOWN_WISH]
    assert order.request_return(wanted, by=BUYER, key="a", wish=Wish.REFUND).pk


def test_all_problems_are_told_at_once_line_by_line(store):
    order = place_order(store, lines=(("Shirt", "30.00", 1), ("Cap", "20.00", 1)))
    shirt, cap = order.lines.all()
    with pytest.raises(Refused) as refused:
        order.request_return(
            [Wanted(shirt.pk, 5, "fit"), Wanted(cap.pk, 1, "because"), Wanted(-1, 1, "fit")],
            by=BUYER,
            key="form",
            wish="moon",
        )
    assert [(problem.code, problem.line_id) for problem in refused.value.problems] == [
        (Obstacle.TOO_MANY, shirt.pk),
        (Obstacle.UNKNOWN_REASON, cap.pk),
        (Obstacle.UNKNOWN_LINE, -1),
        (Obstacle.UNKNOWN_WISH, None),
    ]


# --- what staff may ---------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["late", "final sale", "unpaid"])
def test_case_10_staff_may_do_what_the_buyer_may_not(store, case):
    order = place_order(
        store,
        lines=(("Shirt", "30.00", 1, {"final_sale": case == "final sale"}),),
        **({"paid_at": None} if case == "unpaid" else {}),
    )
    now = timezone.now() + (400 * DAY if case == "late" else DAY)
    assert len(why_not(order, now=now)) == 1
    assert ask(order, by=DESK, now=now).requested_by == ActorKind.STAFF


def test_staff_may_not_take_back_more_than_was_shipped_either(store):
    order = place_order(store, lines=(("Shirt", "30.00", 1, {"final_sale": True}),))
    ask(order, by=DESK)
    with pytest.raises(Refused) as refused:
        order.request_return([Wanted(order.lines.get().pk, 1, "fit")], by=DESK, key="two")
    assert [problem.code for problem in refused.value.problems] == [Obstacle.TOO_MANY]


def test_a_buyer_is_not_staff_because_the_order_is_old(store):
    order = place_order(store)
    late = timezone.now() + 400 * DAY
    assert why_not(order, now=late) == [Obstacle.WINDOW_CLOSED]


# --- many lines ---------------------------------------------------------------------------------


@pytest.mark.parametrize("lines", [1, 20])
def test_twenty_lines_ask_the_database_no_more_than_one(store, lines, django_assert_num_queries):
    order = place_order(store, lines=tuple((f"Thing {n}", "5.00", 2) for n in range(lines)))
    for number in range(2):
        wanted = [Wanted(line.pk, 1, "fit") for line in order.lines.all()]
        order.request_return(wanted, by=BUYER, key=f"form {number}")
    with django_assert_num_queries(7):
        loaded = order.with_goods()
        for line in loaded.lines.all():
            availability(line, timezone.now())
            line.held, line.returnable, line.window_end()
        loaded.refundable()


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Sarah Whitcombe", "Sarah"),
        ("  Sarah   Whitcombe ", "Sarah"),
        ("Sarah", "Sarah"),
        ("José García", "José"),
        ("Zoë Saldaña", "Zoë"),
        ("Иван Петров", "Иван"),
        ("Jean-Luc Picard", "Jean-Luc"),
        ("王小明", "王小明"),
        ("山田 太郎", "山田 太郎"),
        ("김 민수", "김 민수"),
        ("Whitcombe, Sarah", "Whitcombe, Sarah"),
        ("J. R. Smith", "J. R. Smith"),
        ("J Smith", "J Smith"),
        ("Dr. Smith", "Dr. Smith"),
        ("Mrs Whitcombe", "Mrs Whitcombe"),
        ("", ""),
    ],
)
def test_a_letter_greets_by_the_first_name_where_that_can_be_told(name, greeting):
    assert Order(name=name).first_name == greeting


@pytest.mark.parametrize("milestone", [Milestone.RETURNING, Milestone.RETURNED])
def test_what_is_coming_back_by_itself_cannot_be_sent_back(db, milestone):
    order = place_order(open_store(), delivered=False)
    scan(order.shipments.get(), timezone.now(), milestone)
    assert why_not(order) == [Obstacle.COMING_BACK]
