"""Taking orders in: new, again, newer, older; what a change of each kind does."""

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.codes import Reason
from returns.models import (
    BUYER,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Order,
    OrderLine,
    Promise,
    PromiseKind,
    PromiseState,
    Shipment,
    ShipmentLine,
    Wanted,
)
from returns.models.intake import NoLines, NumberTaken, Outcome, _Intake
from returns.sources import FulfilmentData, LineData, OrderData, ScanData
from tests import people
from tests.returns import recordings
from tracking.milestones import Milestone
from tracking.models import Parcel, Scan

LATELY = timezone.now().replace(microsecond=0) - timedelta(days=2)


def told(**values) -> OrderData:
    """Sarah's order as a shop tells it: two shirts, sent lately in one parcel."""
    shirts = LineData(source_id="1", title="Linen shirt", quantity=2, unit_price=Decimal("68.00"))
    sent = FulfilmentData(
        source_id="f1", shipped_at=LATELY, lines=(("1", 2),), carrier="gls", numbers=("GLS1",)
    )
    defaults = {
        "source": "shopify",
        "source_id": "900",
        "version": LATELY,
        "number": "JP-1",
        "placed_at": LATELY - timedelta(days=1),
        "paid_at": LATELY - timedelta(days=1),
        "currency": "USD",
        "lines": (shirts,),
        "fulfilments": (sent,),
        "name": "Sarah Whitcombe",
        "email": "sarah@example.com",
        "phone": "+44 7700 900123",
        "postage": Decimal("6.00"),
        "paid": Decimal("142.00"),
        "language": "en",
    }
    return OrderData(**(defaults | values))


def newer(data: OrderData, **values) -> OrderData:
    assert data.version
    return replace(data, **({"version": data.version + timedelta(hours=1)} | values))


def everything() -> list:
    """Every row that an intake could touch, to compare before and after."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (
            Order,
            OrderLine,
            Shipment,
            ShipmentLine,
            Parcel,
            Scan,
            Event,
            Notice,
            Promise,
        )
    ]


def test_a_new_order_arrives_with_all_that_is_known(store):
    assert Order.objects.take_in(store, told()) == Outcome.NEW
    order = Order.objects.with_goods().get()
    assert (order.number, order.ref, order.email) == ("JP-1", "JP-1", "sarah@example.com")
    assert (order.goods_total, order.postage_total, order.paid_total) == (136, 6, 142)
    [line] = order.lines.all()
    assert (line.shipped, line.returnable, line.paid) == (2, 2, 136)
    assert order.outbound[0].parcel.number == "GLS1"


def test_the_same_again_writes_nothing(store):
    Order.objects.take_in(store, told())
    before = everything()
    with CaptureQueriesContext(connection) as queries:
        assert Order.objects.take_in(store, told()) == Outcome.UNCHANGED
        assert list(Order.objects.take_in_all(store, [told()])) == [Outcome.UNCHANGED]
    assert everything() == before
    assert not [query for query in queries if query["sql"].startswith(("INSERT", "UPDATE"))]


def test_an_older_version_is_ignored(store):
    Order.objects.take_in(store, told())
    before = everything()
    older = told(version=LATELY - timedelta(seconds=1), email="old@example.com")
    assert Order.objects.take_in(store, older) == Outcome.OLDER
    assert everything() == before


def test_a_late_older_version_cannot_win_after_a_newer_one_without_changes(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told()))
    between = told(version=LATELY + timedelta(minutes=1), city="Elsewhere")
    assert Order.objects.take_in(store, between) == Outcome.OLDER


def test_other_content_of_the_same_second_is_written(store):
    Order.objects.take_in(store, told())
    assert Order.objects.take_in(store, told(city="Bath")) == Outcome.UPDATED
    assert Order.objects.get().city == "Bath"


def test_a_source_without_versions_is_compared_by_content(store):
    Order.objects.take_in(store, told(version=None))
    assert Order.objects.take_in(store, told(version=None)) == Outcome.UNCHANGED
    assert Order.objects.take_in(store, told(version=None, city="Bath")) == Outcome.UPDATED


def test_the_rules_of_the_day_stay_with_the_line(store):
    Order.objects.take_in(store, told())
    store.policy.window_days = 3
    store.policy.save()
    more = (
        *told().lines,
        LineData(source_id="2", title="Socks", quantity=1, unit_price=Decimal(9)),
    )
    Order.objects.take_in(store, newer(told(), lines=more))
    shirts, socks = Order.objects.get().lines.all()
    assert (shirts.rules.window_days, socks.rules.window_days) == (30, 3)


def test_in_another_currency_the_stores_amounts_do_not_count(store):
    Order.objects.take_in(store, told(currency="KWD"))
    rules = Order.objects.get().lines.get().rules
    assert (rules.fee, rules.automatic_up_to, rules.window_days) == (0, None, 30)


def test_goods_on_their_way_get_a_promise_and_nobody_a_letter(store):
    Order.objects.take_in(store, told())
    [promise] = Promise.objects.all()
    assert (promise.kind, promise.state, promise.made_by) == (
        PromiseKind.UPDATE,
        PromiseState.OPEN,
        "shop",
    )
    assert not Notice.objects.exists()


def test_old_history_promises_nothing_and_writes_to_nobody(store):
    long_ago = timezone.now() - timedelta(days=200)
    [sent] = told().fulfilments
    Order.objects.take_in(
        store,
        told(
            placed_at=long_ago,
            version=long_ago,
            cancelled_at=None,
            fulfilments=(replace(sent, shipped_at=long_ago),),
        ),
    )
    assert not Promise.objects.exists()
    assert not Notice.objects.exists()


def test_a_promise_that_stands_is_not_put_off_by_the_next_version(store):
    Order.objects.take_in(store, told())
    due = Promise.objects.get().due_at
    Order.objects.take_in(store, newer(told(), tags="vip"), now=timezone.now() + timedelta(days=2))
    assert Promise.objects.get().due_at == due


def test_a_delivery_keeps_the_promise(store):
    Order.objects.take_in(store, told())
    [sent] = told().fulfilments
    scan = ScanData(
        at=LATELY + timedelta(days=1), milestone=Milestone.DELIVERED, code="shopify:delivered"
    )
    Order.objects.take_in(store, newer(told(), fulfilments=(replace(sent, scans=(scan,)),)))
    assert Promise.objects.get().state == PromiseState.KEPT
    assert Order.objects.get().delivered_at == LATELY + timedelta(days=1)


def test_an_order_that_arrives_delivered_owes_nothing_more(store):
    [sent] = told().fulfilments
    at = LATELY + timedelta(hours=9)
    scan = ScanData(at=at, milestone=Milestone.DELIVERED, code="shopify:delivered")
    Order.objects.take_in(store, told(fulfilments=(replace(sent, scans=(scan,)),)))
    parcel = Parcel.objects.get()
    assert (parcel.milestone, parcel.milestone_at) == (Milestone.DELIVERED, at)
    assert [scan.code for scan in parcel.scans.all()] == ["shopify:delivered"]
    assert Order.objects.get().delivered_at == at
    assert not Promise.objects.exists() and not Notice.objects.exists()


def test_news_of_a_parcel_that_another_order_brought_is_recorded(store):
    Order.objects.take_in(store, told())
    [sent] = told().fulfilments
    scan = ScanData(
        at=LATELY + timedelta(hours=9), milestone=Milestone.DELIVERED, code="shopify:delivered"
    )
    Order.objects.take_in(
        store, told(source_id="901", number="JP-2", fulfilments=(replace(sent, scans=(scan,)),))
    )
    assert Order.objects.get(number="JP-1").delivered_at == LATELY + timedelta(hours=9)
    assert Promise.objects.get().state == PromiseState.KEPT


def test_a_state_told_again_does_not_move_the_delivery(store):
    [sent] = told().fulfilments

    def delivered(at: datetime):
        scan = ScanData(at=at, milestone=Milestone.DELIVERED, code="shopify:delivered")
        return (replace(sent, scans=(scan,)),)

    Order.objects.take_in(store, told(fulfilments=delivered(LATELY + timedelta(hours=5))))
    Order.objects.take_in(store, newer(told(), fulfilments=delivered(LATELY + timedelta(hours=20))))
    assert Order.objects.get().delivered_at == LATELY + timedelta(hours=5)
    assert Scan.objects.count() == 1


def test_a_changed_contact_is_told_to_the_old_one(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told(), email="new@example.com", phone="+44 7700 900999"))
    order = Order.objects.get()
    assert (order.email, order.previous_email, order.previous_phone) == (
        "new@example.com",
        "sarah@example.com",
        "+44 7700 900123",
    )
    assert order.contact_changed_at
    assert order.contact(sensitive=True) == "sarah@example.com"
    event = Event.objects.get(kind=EventKind.CONTACT_CHANGED)
    assert (event.actor, event.data) == ("shop", {"changed": ["email", "phone"]})
    notice = Notice.objects.get()
    assert (notice.kind, notice.recipient) == (NoticeKind.CONTACT_CHANGED, "sarah@example.com")


def test_changing_twice_does_not_make_the_changer_trusted(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told(), email="thief@example.com"))
    Order.objects.take_in(store, newer(newer(told()), email="thief2@example.com", version=None))
    order = Order.objects.get()
    assert order.contact(sensitive=True) == "sarah@example.com"
    assert set(Notice.objects.values_list("recipient", flat=True)) == {
        "sarah@example.com",
        "thief@example.com",
    }
    assert Notice.objects.filter(recipient="sarah@example.com").count() == 2


def test_capitals_and_blanks_are_no_change_of_contact(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told(), email="Sarah@Example.com", phone="+44-7700-900123"))
    assert Order.objects.get().contact_changed_at is None
    assert not Event.objects.exists()


def test_a_first_phone_is_no_change(store):
    Order.objects.take_in(store, told(phone=""))
    Order.objects.take_in(store, newer(told()))
    assert Order.objects.get().contact_changed_at is None
    assert not Notice.objects.exists()


@pytest.mark.parametrize("phone", ["", "+44 7700 900777"])
def test_a_first_email_is_not_trusted_with_address_and_money_for_three_days(store, phone):
    Order.objects.take_in(store, told(email="", phone=phone))
    Order.objects.take_in(store, newer(told(), email="new@example.com"))
    order = Order.objects.get()
    assert order.contact() == "new@example.com"
    assert order.contact(sensitive=True) == ""
    later = timezone.now() + timedelta(hours=73)
    assert order.contact(sensitive=True, now=later) == "new@example.com"
    assert not Notice.objects.exists()  # there is nobody else to be told
    assert "email" in Event.objects.get(kind=EventKind.CONTACT_CHANGED).data["changed"]


def test_taking_the_email_away_and_giving_another_does_not_untrust_the_old_one(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told(), email=""))
    Order.objects.take_in(store, newer(newer(told()), email="thief@example.com"))
    assert Order.objects.get().contact(sensitive=True) == "sarah@example.com"


def test_a_shop_that_tells_no_person_does_not_erase_the_one_we_know(store):
    Order.objects.take_in(store, told(street="12 Harbour Lane"))
    Order.objects.take_in(store, newer(told(), name="", email="", phone="", tags="x"))
    order = Order.objects.get()
    assert (order.email, order.street, order.tags) == ("sarah@example.com", "12 Harbour Lane", "x")
    assert not Notice.objects.exists()


def test_a_cancellation_is_noted_once_and_ends_the_promise(store):
    Order.objects.take_in(store, told())
    at = LATELY + timedelta(hours=1)
    Order.objects.take_in(store, newer(told(), cancelled_at=at))
    Order.objects.take_in(
        store, newer(newer(told()), cancelled_at=at + timedelta(hours=1), tags="x")
    )
    assert Order.objects.get().cancelled_at == at
    event = Event.objects.get()
    assert (event.kind, event.at) == (EventKind.ORDER_CANCELLED, at)
    assert Promise.objects.get().state == PromiseState.SUPERSEDED


def test_an_order_that_arrives_cancelled_says_so(store):
    Order.objects.take_in(store, told(cancelled_at=LATELY))
    assert Event.objects.get().kind == EventKind.ORDER_CANCELLED
    assert not Promise.objects.exists()


def test_case_73_a_corrected_tracking_number_drops_the_wrong_parcel_from_the_order(store):
    Order.objects.take_in(store, told())
    [sent] = told().fulfilments
    Order.objects.take_in(store, newer(told(), fulfilments=(replace(sent, numbers=("GLS2",)),)))
    [shipment] = Shipment.objects.all()
    assert shipment.parcel.number == "GLS2"
    assert [part.quantity for part in shipment.lines.all()] == [2]


def test_a_number_that_comes_later_joins_its_shipment(store):
    [sent] = told().fulfilments
    Order.objects.take_in(store, told(fulfilments=(replace(sent, numbers=()),)))
    assert Shipment.objects.get().parcel is None
    Order.objects.take_in(store, newer(told()))
    assert Shipment.objects.get().parcel.number == "GLS1"


def test_a_carrier_that_was_corrected_stays_corrected_when_the_shop_tells_the_same(store):
    Order.objects.take_in(store, told())
    parcel = Parcel.objects.get()
    parcel.correct_carrier("ups")
    Order.objects.take_in(store, newer(told()))
    assert [(one.pk, one.carrier) for one in Parcel.objects.all()] == [(parcel.pk, "ups")]
    [sent] = told().fulfilments
    other = newer(newer(told(fulfilments=(replace(sent, carrier="usps"),))))
    Order.objects.take_in(store, other)
    assert Parcel.objects.get().carrier == "usps", "the shop has changed its mind"


def test_one_fulfilment_in_two_parcels_counts_its_goods_once(store):
    [sent] = told().fulfilments
    Order.objects.take_in(store, told(fulfilments=(replace(sent, numbers=("A", "B")),)))
    order = Order.objects.with_goods().get()
    assert [row.parcel.number for row in order.outbound] == ["A", "B"]
    assert order.lines.all()[0].shipped == 2
    Order.objects.take_in(store, newer(told(), fulfilments=(replace(sent, numbers=("B",)),)))
    order = Order.objects.with_goods().get()
    assert [row.parcel.number for row in order.outbound] == ["B"]
    assert order.lines.all()[0].shipped == 2


def test_a_fulfilment_that_is_told_no_more_has_not_left(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told(), fulfilments=()))
    assert not Shipment.objects.exists()


def test_a_version_that_says_nothing_of_parcels_and_lines_keeps_them(store):
    Order.objects.take_in(store, told())
    Order.objects.take_in(store, newer(told(), fulfilments=None, lines=None, tags="x"))
    order = Order.objects.with_goods().get()
    assert (order.tags, order.goods_total, order.lines.all()[0].shipped) == ("x", 136, 2)


def test_a_new_order_needs_lines(store):
    with pytest.raises(NoLines):
        Order.objects.take_in(store, told(lines=None))
    assert not Order.objects.exists()


def test_a_shop_that_counts_too_many_cannot_make_more_goods(store):
    [sent] = told().fulfilments
    twice = (sent, replace(sent, source_id="f2", numbers=("GLS2",)))
    Order.objects.take_in(store, told(fulfilments=twice))
    assert Order.objects.with_goods().get().lines.all()[0].shipped == 2


def test_a_line_taken_out_stays_when_a_return_tells_of_it(store):
    socks = LineData(source_id="2", title="Socks", quantity=1, unit_price=Decimal(9))
    [sent] = told().fulfilments
    Order.objects.take_in(store, told(lines=(*told().lines, socks)))
    order = Order.objects.get()
    order.request_return(
        [Wanted(order.lines.get(source_id="1").pk, 1, Reason.FIT)], by=BUYER, key="k"
    )
    hat = LineData(source_id="3", title="Hat", quantity=1, unit_price=Decimal(20))
    Order.objects.take_in(store, newer(told(), lines=(hat,), fulfilments=(sent,)))
    assert {line.source_id: line.cancelled for line in order.lines.all()} == {"1": 2, "3": 0}


def test_two_orders_with_one_number_are_a_problem(store):
    Order.objects.take_in(store, told())
    with pytest.raises(NumberTaken, match="came from shopify with the id 900"):
        Order.objects.take_in(store, told(source_id="901"))
    assert Order.objects.count() == 1
    results = list(
        Order.objects.take_in_all(
            store,
            [
                told(source_id="902"),
                told(source_id="903", number="JP-2"),
                told(source_id="904", number="JP-2"),
            ],
        )
    )
    assert [type(result) for result in results] == [NumberTaken, Outcome, NumberTaken]
    assert set(Order.objects.values_list("number", flat=True)) == {"JP-1", "JP-2"}


def test_a_number_may_not_be_changed_to_that_of_another_order(store):
    Order.objects.take_in(store, told())
    other = told(source_id="901", number="JP-2")
    Order.objects.take_in(store, other)
    with pytest.raises(NumberTaken):
        Order.objects.take_in(store, newer(other, number="JP-1"))
    assert Order.objects.get(source_id="901").number == "JP-2"


def test_the_same_number_in_another_store_is_another_order(store):
    other = people.open_store("second")
    Order.objects.take_in(store, told())
    assert Order.objects.take_in(other, told()) == Outcome.NEW


def test_the_same_order_twice_in_one_file_ends_at_its_newest(store):
    results = list(
        Order.objects.take_in_all(store, [told(), newer(told(), city="Bath"), told(city="Wells")])
    )
    assert results == [Outcome.NEW, Outcome.UPDATED, Outcome.OLDER]
    assert Order.objects.get().city == "Bath"


def test_two_orders_may_share_a_parcel(store):
    list(Order.objects.take_in_all(store, [told(), told(source_id="901", number="JP-2")]))
    assert Parcel.objects.count() == 1
    assert Shipment.objects.count() == 2


def test_many_new_orders_cost_few_queries(store):
    def many(first: int) -> list[OrderData]:
        long_ago = timezone.now() - timedelta(days=200)
        [sent] = told().fulfilments
        return [
            told(
                source_id=str(at),
                number=str(at),
                fulfilments=(replace(sent, numbers=(f"P{at}",), shipped_at=long_ago),),
            )
            for at in range(first, first + 50)
        ]

    Order.objects.take_in(store, told())
    with CaptureQueriesContext(connection) as queries:
        assert list(Order.objects.take_in_all(store, many(5000))) == [Outcome.NEW] * 50
    assert len(queries) < 30


@pytest.mark.parametrize(
    "name",
    [
        "shopify/order-partly-refunded.json",
        "shopify/order-china.json",
        "shopify/order-old-shape.json",
        "woocommerce/order-completed.json",
        "woocommerce/orders-kit.json",
        "table/orders.csv",
    ],
)
def test_every_recording_can_be_taken_in_twice(store, name):
    orders = [data for _, data in recordings.reading(name).orders]
    assert set(Order.objects.take_in_all(store, orders)) == {Outcome.NEW}
    assert set(Order.objects.take_in_all(store, orders)) == {Outcome.UNCHANGED}
    for order in Order.objects.with_goods():
        for line in order.lines.all():
            assert 0 <= line.shipped + line.to_ship <= line.quantity


def test_a_webhook_order_of_before_is_moved_on_by_the_next(store):
    body = json.loads(recordings.path("shopify/order-partly-refunded.json").read_text())
    from returns.management.commands.import_orders import shop_of
    from returns.sources import shopify

    first = body | {"fulfillments": [], "refunds": [], "updated_at": "2026-11-09T10:13:00+01:00"}
    shop = replace(shop_of(store), now=datetime(2026, 11, 21, tzinfo=UTC))
    Order.objects.take_in(store, shopify.parse(first, shop))
    Order.objects.take_in(store, shopify.parse(body, shop))
    order = Order.objects.with_goods().get()
    assert [line.shipped for line in order.lines.all()] == [2, 1]
    assert order.refunded_total == Decimal("18.24")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("in_bulk", [False, True])
def test_one_order_that_two_processes_take_in_at_once_is_one_order(in_bulk):
    store = people.open_store()
    together, results, errors = threading.Barrier(2), [], []

    def take() -> None:
        try:
            together.wait(timeout=10)
            data = [told(), told(source_id="901", number="JP-2")]
            if in_bulk:
                results.extend(Order.objects.take_in_all(store, data))
            else:
                results.extend(Order.objects.take_in(store, each) for each in data)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert not errors
    assert sorted(results) == [Outcome.NEW] * 2 + [Outcome.UNCHANGED] * 2
    assert Order.objects.count() == 2
    assert OrderLine.objects.count() == 2
    assert Parcel.objects.count() == 1
    assert Promise.objects.count() == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_imports_of_orders_in_one_parcel_do_not_wait_for_each_other_for_ever(monkeypatch):
    store = people.open_store()
    for number in ("A1", "B1"):
        Order.objects.take_in(store, told(source_id=number, number=number))
    together, errors = threading.Barrier(2), []
    record = _Intake._record

    def record_together(self, parcel, scans):
        together.wait(timeout=10)
        return record(self, parcel, scans)

    monkeypatch.setattr(_Intake, "_record", record_together)

    def deliver(number: str) -> None:
        try:
            at = LATELY + timedelta(hours=20)
            sent = told().fulfilments[0]
            scans = (ScanData(at=at, milestone=Milestone.DELIVERED, code="table:delivered"),)
            news = replace(sent, scans=scans)
            data = told(source_id=number, number=number, version=at, fulfilments=(news,))
            Order.objects.take_in(store, data)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=deliver, args=(number,)) for number in ("A1", "B1")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert Parcel.objects.get().milestone == Milestone.DELIVERED


def test_the_zone_follows_from_the_country_where_it_can(store):
    Order.objects.take_in(store, told(country="JP"))
    assert Order.objects.get().where == "Asia/Tokyo"
    Order.objects.take_in(store, told(source_id="2", number="JP-2", country="US"))
    assert Order.objects.get(source_id="2").where == store.zone
