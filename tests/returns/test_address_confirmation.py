"""Is this where we should send it? Asked once, of new orders only; nothing waits for it."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from returns.models import (
    BUYER,
    Actor,
    AddressConfirmation,
    AsksAddress,
    ChannelAccount,
    ContactPoint,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    Order,
    Promise,
    Store,
)
from returns.models.address_confirmation import fingerprint
from returns.models.event import ActorKind
from returns.models.intake import CHUNK, Outcome
from returns.postal.address import PostalAddress
from returns.sources import LineData, OrderData
from tests.people import open_store, place_order, ship
from tests.post_office import send_due
from tests.returns.correspondence import BATH

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
SHIRT = LineData(source_id="1", title="Linen shirt", quantity=1, unit_price=Decimal(68))
GOOD = {"street": "12 Harbour Lane", "city": "Bristol", "postcode": "BS1 4QA", "country": "GB"}


@pytest.fixture
def store(db) -> Store:
    return open_store(asks_address=AsksAddress.ALWAYS)


def arrived(store: Store, number: str = "JP-1", **values) -> Order:
    """The shop tells of a new order."""
    now = timezone.now()
    lines = values.pop("lines", (SHIRT,))
    usual = {
        "name": "Sarah Whitcombe",
        "email": "sarah@example.com",
        "placed_at": now - timedelta(minutes=1),
        "paid_at": now,
        "version": now,
        "paid": Decimal(68),
        "language": "en",
        **GOOD,
    }
    data = OrderData(
        source="shopify",
        source_id=number,
        number=number,
        currency="USD",
        lines=lines,
        fulfilments=(),
        **(usual | values),
    )
    assert Order.objects.take_in(store, data) == Outcome.NEW
    return Order.objects.get(number=number)


def questions() -> list[Notice]:
    return list(Notice.objects.filter(kind=NoticeKind.ADDRESS_QUESTION))


# --- who is asked -------------------------------------------------------------------------------


def test_a_new_order_is_asked_about_once_and_everything_else_goes_on(store):
    order = arrived(store)
    asked = AddressConfirmation.objects.get()
    assert (asked.order, asked.doubts, asked.confirmed_at) == (order, [], None)
    assert questions() == [asked.notice]
    assert Promise.objects.filter(order=order, kind="dispatch").exists()
    later = OrderData(
        source="shopify",
        source_id="JP-1",
        number="JP-1",
        currency="USD",
        placed_at=order.placed_at,
        paid_at=order.paid_at,
        version=timezone.now() + DAY,
        name="Sarah Whitcombe",
        email="sarah@example.com",
        lines=None,
        fulfilments=None,
        **GOOD,
    )
    assert Order.objects.take_in(store, later) == Outcome.UPDATED
    assert len(questions()) == 1


def test_a_store_that_does_not_ask_asks_nobody(store):
    store.asks_address = AsksAddress.OFF
    store.save()
    arrived(store)
    assert not questions() and not AddressConfirmation.objects.exists()


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ({}, None),
        ({"street": "Harbour Lane"}, ["number"]),
        ({"country": "US", "region": "CA", "postcode": "10001", "city": "New York",
          "street": "5 Elm St"}, ["postcode_region"]),
        ({"phone": "+44 77"}, ["phone"]),
    ],
    ids=["good", "no house number", "another state's postcode", "short telephone"],
)  # fmt: skip
def test_where_only_doubts_are_asked_about_good_addresses_are_left_in_peace(store, values, codes):
    store.asks_address = AsksAddress.DOUBTFUL
    store.save()
    arrived(store, **values)
    found = AddressConfirmation.objects.first()
    assert (found.doubts if found else None) == codes
    assert len(questions()) == (codes is not None)


@pytest.mark.parametrize(("carrier", "asks"), [("dhl", True), ("royal-mail", False)])
def test_a_po_box_is_odd_only_for_a_store_whose_carriers_refuse_them(store, carrier, asks):
    store.asks_address = AsksAddress.DOUBTFUL
    store.save()
    ship(place_order(store, "JP-0", shipped=False), carrier=carrier)
    arrived(store, street="PO Box 12")
    found = AddressConfirmation.objects.first()
    assert (found.doubts if found else []) == ["po_box"] * asks


@pytest.mark.parametrize(
    "values",
    [
        {"placed_at": timezone.now() - 3 * DAY},
        {"paid_at": None},
        {"cancelled_at": timezone.now()},
        {"street": ""},
        {"email": ""},
        {"lines": (replace(SHIRT, title="A voucher", needs_shipping=False),)},
    ],
    ids=["history", "unpaid", "cancelled", "nowhere", "nobody", "nothing to send"],
)
def test_nobody_is_asked_where_there_is_nothing_to_ask(store, values):
    arrived(store, **values)
    assert not questions() and not AddressConfirmation.objects.exists()


def test_a_history_of_orders_is_no_news(store):
    old = timezone.now() - 3 * DAY
    data = [
        OrderData(
            source="table",
            source_id=f"H-{number}",
            number=f"H-{number}",
            currency="USD",
            placed_at=old,
            paid_at=old,
            version=old,
            email=f"{number}@example.com",
            lines=(SHIRT,),
            fulfilments=(),
            **GOOD,
        )
        for number in range(CHUNK // 20)
    ]
    list(Order.objects.take_in_all(store, data))
    assert not questions()


def test_it_goes_by_sms_where_the_buyer_agreed(store):
    ChannelAccount.objects.create(store=store, provider="demo")
    ContactPoint.objects.agree(store, "sms", "+447700900123", source="the form")
    arrived(store, phone="+44 7700 900123")
    [notice] = questions()
    assert (notice.channel, notice.recipient) == ("sms", "+447700900123")


# --- what is no question any more ---------------------------------------------------------------


def outcome(notice: Notice) -> str:
    send_due(timezone.now())
    notice.refresh_from_db()
    return notice.state


def test_it_is_sent(store):
    arrived(store)
    assert outcome(questions()[0]) == "done"


@pytest.mark.parametrize("since", ["shipped", "cancelled", "confirmed", "changed", "asked", "new"])
def test_a_question_that_makes_no_sense_any_more_is_not_sent(store, since):
    order = arrived(store)
    match since:
        case "shipped":
            ship(order)
        case "cancelled":
            Order.objects.update(cancelled_at=timezone.now())
        case "confirmed":
            assert order.confirm_address(by=BUYER)
        case "changed":
            Order.objects.update(street="8 Chapel Row")
        case "asked":
            store.address_desk_from = 1
            store.save()
            Order.objects.get().change_address("redirect", after=BATH, key="form", by=BUYER)
        case "new":
            Order.objects.update(contact_changed_at=timezone.now())
    assert outcome(questions()[0]) == "dropped"


def test_nobody_is_reminded(store):
    arrived(store)
    send_due(timezone.now())
    for days in range(1, 8):
        Promise.objects.come_due(timezone.now() + days * DAY)
    assert len(questions()) == 1


# --- the answer ---------------------------------------------------------------------------------


def test_it_is_confirmed_once_however_often_the_button_is_pressed(store):
    order = arrived(store)
    assert order.confirm_address(by=BUYER) and order.confirm_address(by=BUYER)
    asked = AddressConfirmation.objects.get()
    assert asked.confirmed_at and asked.how == "page"
    event = Event.objects.get(kind=EventKind.ADDRESS_CONFIRMED)
    assert (event.order, event.actor) == (order, ActorKind.BUYER)
    assert not order.waits_for_confirmation


def test_the_desk_may_note_that_it_was_confirmed_by_telephone(store):
    order = arrived(store)
    assert order.confirm_address(by=Actor(ActorKind.STAFF))
    assert AddressConfirmation.objects.get().how == "desk"


def test_an_address_that_nobody_has_seen_cannot_be_confirmed(store):
    order = arrived(store)
    Order.objects.update(street="8 Chapel Row")
    order = Order.objects.get()
    assert order.asked_address is None
    assert not order.confirm_address(by=BUYER)
    assert AddressConfirmation.objects.get().confirmed_at is None
    assert not Event.objects.filter(kind=EventKind.ADDRESS_CONFIRMED).exists()


def test_an_order_that_was_never_asked_about_is_not_confirmed(db):
    order = place_order(open_store(), shipped=False)
    assert not order.confirm_address(by=BUYER)


def test_what_has_left_is_not_confirmed_any_more(store):
    order = arrived(store)
    ship(order)
    assert not order.confirm_address(by=BUYER)


def test_shipping_does_not_wait_for_an_answer(store):
    order = arrived(store)
    ship(order)
    assert Order.objects.get().outbound
    assert Event.objects.filter(kind=EventKind.ADDRESS_CONFIRMED).count() == 0


def test_blanks_make_no_other_address_and_a_number_does():
    one = PostalAddress(name="Sarah", street="12 Harbour Lane", city="Bristol", country="GB")
    assert fingerprint(one) == fingerprint(replace(one, street=" 12 Harbour Lane "))
    for name, value in {"street": "2 Harbour Lane", "name": "Sara", "country": "IE"}.items():
        assert fingerprint(one) != fingerprint(replace(one, **{name: value}))


def test_many_new_orders_do_not_ask_many_questions_of_the_database(
    store, django_assert_max_num_queries
):
    store.asks_address = AsksAddress.DOUBTFUL
    store.save()
    orders = list(
        Order.objects.with_goods().filter(
            pk__in=[
                place_order(store, f"JP-{number}", shipped=False, days_ago=0).pk
                for number in range(12)
            ]
        )
    )
    with django_assert_max_num_queries(2):
        AddressConfirmation.objects.ask(store, orders, timezone.now())
