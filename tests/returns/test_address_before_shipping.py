"""An address that is changed before the warehouse has sent the goods: what the shop tells
meanwhile, and which address each parcel went to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from returns.address_policy import Obstacle
from returns.address_states import WhyNot
from returns.models import (
    BUYER,
    Actor,
    AddressChange,
    ChangeStatus,
    Event,
    EventKind,
    Notice,
    NoticeKind,
    NotOffered,
    Order,
    ShopAccount,
    ShopUpdate,
    Store,
)
from returns.models.access import proves
from returns.models.intake import Outcome
from returns.models.shipment import Shipment
from returns.shops import Answer, demo
from returns.shops import Outcome as Told
from returns.shops.writing import flat
from tests.people import open_store, staff
from tests.returns.shop_server import SAN_FRANCISCO, SHENZHEN
from tests.returns.unshipped import (
    AUSTIN,
    again,
    make_due,
    move,
    sent,
    start,
    take_in,
    tell_anew,
    the_order,
    told,
    work,
)
from tracking.gateways import Aim

pytestmark = pytest.mark.django_db

CHICAGO = AUSTIN.changed(city="Chicago", region="Illinois", postcode="60601", street="1 Lake St")
# As Shopify's webhook has it: regions by name, no field for a district.
AS_SHOPIFY_SAYS = SAN_FRANCISCO.changed(region="California", city="SAN FRANCISCO")
S = ChangeStatus


@pytest.fixture
def store(db) -> Store:
    return open_store()


@pytest.fixture
def order(store) -> Order:
    take_in(store, told())
    return the_order()


@pytest.fixture
def asked(order) -> AddressChange:
    """The shop was asked, and takes it; the warehouse has yet to say yes."""
    return told_to_shop(order, Told.TOLD)


def told_to_shop(order: Order, outcome: Told, **values) -> AddressChange:
    with pytest.MonkeyPatch.context() as patch:
        version = values.pop("version", None)
        patch.setattr(demo, "tell", lambda *_: Answer(outcome, version=version))
        ShopAccount.objects.get_or_create(store=order.store, shop="demo")
        change = move(order, **values)
        work()
    return again(change)


def failures() -> list[str]:
    return list(AddressChange.objects.order_by("pk").values_list("failure", flat=True))


def letters(kind: str) -> int:
    return Notice.objects.filter(kind=kind).count()


# --- the order itself -------------------------------------------------------------------------


def test_the_order_goes_there_in_the_transaction_of_the_click(order):
    with CaptureQueriesContext(connection) as queries:
        move(order)
    row = the_order()
    assert (row.city, row.postcode, row.region) == ("San Francisco", "94105", "CA")
    assert not [one for one in queries if one["sql"].startswith("COMMIT")]


def test_what_is_not_written_whole_is_not_written_at_all(order, monkeypatch):
    def broken(*args, **more):
        raise RuntimeError

    monkeypatch.setattr(AddressChange, "tell_contacts", broken)
    with pytest.raises(RuntimeError):
        move(order)
    assert the_order().city == "Austin"
    assert not AddressChange.objects.exists()


def test_a_phone_for_the_label_is_nobodys_new_contact(order, store):
    other = SAN_FRANCISCO.changed(phone="+1 415 555 0100")
    told_to_shop(order, Told.CONFIRMED, after=other)
    assert the_order().phone == "+44 7700 900123"
    row = tell_anew(store, other.changed(phone="(415) 555-0100"))
    assert row.phone == "+44 7700 900123"
    assert row.contact_changed_at is None
    assert not letters(NoticeKind.CONTACT_CHANGED)


def test_another_phone_or_email_is_still_told_to_whoever_was_reached_so_far(asked, store):
    row = tell_anew(store, SAN_FRANCISCO.changed(phone="+1 212 555 0199"))
    assert row.contact_changed_at
    assert letters(NoticeKind.CONTACT_CHANGED)


def test_while_it_is_open_the_order_is_found_with_either_postcode(order):
    change = move(order)
    row = the_order()
    assert proves(row, "94105") and proves(row, "78701") and not proves(row, "60601")
    change.note_in_shop()
    assert proves(the_order(), "94105") and not proves(the_order(), "78701")


def test_once_it_is_taken_back_only_the_old_postcode_counts(order):
    move(order).withdraw(by=BUYER)
    assert proves(the_order(), "78701") and not proves(the_order(), "94105")


def test_what_waits_for_a_person_changes_no_order_before_it_is_decided(order, store):
    Store.objects.update(address_desk_from=10)
    change = move(the_order())
    assert change.status == S.WAITING
    assert the_order().city == "Austin"
    assert proves(the_order(), "78701") and not proves(the_order(), "94105")
    change.approve(by=Actor.staff(staff("lead")))
    assert the_order().city == "San Francisco"


def test_when_nobody_can_be_told_the_order_waits_with_its_old_address(order):
    change = move(order)
    Notice.objects.filter(kind=NoticeKind.ADDRESS_ASKED).update(state="dead")
    AddressChange.objects.follow()
    assert again(change).status == S.WAITING
    assert the_order().city == "Austin"
    assert again(change).decline("We could not reach you.", by=Actor.staff(staff("lead")))
    assert the_order().city == "Austin"


# --- the shop tells it anew -------------------------------------------------------------------


@pytest.mark.parametrize("address", [SAN_FRANCISCO, AS_SHOPIFY_SAYS])
def test_a_shop_that_tells_the_new_address_has_it(asked, store, address):
    row = tell_anew(store, address)
    assert again(asked).status == S.SUCCEEDED
    assert (row.city, row.region) == ("San Francisco", "CA"), "as its buyer wrote it"
    assert Event.objects.get(kind=EventKind.ADDRESS_DONE).actor == "shop"


def test_a_chinese_address_comes_back_without_its_district_and_is_the_same(store):
    beijing = SHENZHEN.changed(city="北京市", region="北京市", district="", street="朝阳门1号")
    take_in(store, told(flat(beijing)))
    change = told_to_shop(the_order(), Told.TOLD, after=SHENZHEN)
    tell_anew(store, flat(SHENZHEN).changed(region="Guangdong"))
    assert again(change).status == S.SUCCEEDED


def test_before_the_letter_has_left_the_shop_may_have_done_it_by_itself(order, store):
    change = move(order)
    tell_anew(store, SAN_FRANCISCO)
    assert again(change).status == S.SUCCEEDED
    work()
    assert not ShopUpdate.objects.exists()


def test_what_the_shop_did_by_itself_is_not_told_to_it_any_more(order, store):
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(order)
    start(change)
    tell_anew(store, SAN_FRANCISCO)
    assert ShopUpdate.objects.get().state == "dropped"
    assert again(change).status == S.SUCCEEDED


def test_a_shop_that_tells_the_old_address_has_not_got_the_new_one_yet(asked, store):
    row = tell_anew(store, AUSTIN, tags="gift")
    assert again(asked).status == S.SENT
    assert (row.city, row.tags) == ("San Francisco", "gift")


def test_a_shop_that_may_not_tell_who_it_is_takes_no_address_away(asked, store):
    row = tell_anew(store, AUSTIN.changed(street="", city="", region="", postcode=""))
    assert row.city == "San Francisco"
    assert again(asked).status == S.SENT


def test_a_third_address_is_the_shops_and_counts(order, store):
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(order)
    start(change)
    row = tell_anew(store, CHICAGO)
    change = again(change)
    assert (change.status, change.failure) == (S.FAILED, WhyNot.SHOP_CHANGED)
    assert row.city == "Chicago"
    assert ShopUpdate.objects.get().state == "dropped", "ours must not overwrite it"
    work()
    assert the_order().city == "Chicago"


def test_a_third_address_counts_while_a_person_has_to_decide(order, store):
    Store.objects.update(address_desk_from=10)
    change = move(the_order())
    assert tell_anew(store, CHICAGO).city == "Chicago"
    assert again(change).failure == WhyNot.SHOP_CHANGED


def test_what_the_shop_did_while_a_person_had_to_decide_is_done(order, store):
    Store.objects.update(address_desk_from=10)
    change = move(the_order())
    assert tell_anew(store, SAN_FRANCISCO).city == "San Francisco"
    assert again(change).status == S.SUCCEEDED


def test_news_of_the_time_before_the_shop_had_it_changes_nothing(order, store):
    """It was on its way when the shop was told; the clock is the shop's."""
    version = timezone.now()
    change = told_to_shop(order, Told.CONFIRMED, version=version)
    row = tell_anew(store, AUSTIN, version=version - timedelta(minutes=1), tags="gift")
    assert (row.city, row.tags) == ("San Francisco", "gift")
    assert again(change).status == S.SUCCEEDED
    assert take_in(store, told(version=version - timedelta(days=2))) == Outcome.OLDER


def test_a_shop_that_goes_back_to_the_old_address_has_it_so_and_everybody_knows(order, store):
    version = timezone.now() - timedelta(minutes=5)
    change = told_to_shop(order, Told.CONFIRMED, version=version)
    row = tell_anew(store, AUSTIN)
    change = again(change)
    assert row.city == "Austin"
    assert (change.status, change.failure) == (S.FAILED, WhyNot.SHOP_CHANGED)
    event = Event.objects.get(kind=EventKind.ADDRESS_FAILED)
    assert (event.actor, event.data["why"]) == ("shop", "shop_changed")
    assert letters(NoticeKind.ADDRESS_NEWS) == 2, "that it is done, and that it is not"


def test_a_third_address_after_the_end_is_taken_over_as_any_other(order, store):
    change = told_to_shop(order, Told.CONFIRMED)
    assert tell_anew(store, CHICAGO).city == "Chicago"
    assert again(change).status == S.SUCCEEDED
    assert tell_anew(store, AUSTIN).city == "Austin"
    assert again(change).status == S.SUCCEEDED


def test_a_shop_that_has_not_heard_that_it_was_taken_back_changes_nothing(asked, store):
    asked.withdraw(by=BUYER)
    row = tell_anew(store, SAN_FRANCISCO)
    assert row.city == "Austin"
    work()
    assert ShopUpdate.objects.filter(state="done").count() == 2
    assert tell_anew(store, SAN_FRANCISCO).city == "San Francisco", "it knows, and insists"
    assert again(asked).status == S.WITHDRAWN


def test_what_a_person_has_to_take_back_is_done_when_the_shop_tells_it(asked, store):
    asked.withdraw(by=BUYER)
    ShopAccount.objects.update(is_active=False)
    ShopUpdate.objects.work()
    assert again(asked).must_act
    tell_anew(store, AUSTIN)
    assert not again(asked).must_act


def test_orders_without_a_change_cost_one_question_more(store, order):
    def queries(tags: str) -> int:
        with CaptureQueriesContext(connection) as found:
            tell_anew(store, AUSTIN, tags=tags)
        asked = [one for one in found if "returns_addresschange" in one["sql"]]
        return len(asked)

    assert queries("a") == 1
    unchanged = told(version=None)
    list(Order.objects.take_in_all(store, [unchanged]))
    with CaptureQueriesContext(connection) as found:
        assert list(Order.objects.take_in_all(store, [unchanged] * 3)) == ["unchanged"] * 3
    assert not [one for one in found if "returns_addresschange" in one["sql"]]


# --- the race with shipping -------------------------------------------------------------------


def test_what_left_before_the_shop_said_yes_went_to_the_old_address(asked, store):
    row = tell_anew(store, AUSTIN, fulfilments=(sent(),))
    change = again(asked)
    assert (change.status, change.failure) == (S.FAILED, WhyNot.SHIPPED)
    assert row.city == "Austin"
    [shipment] = row.shipments.all()
    assert row.destination_of(shipment).city == "Austin"
    assert letters(NoticeKind.ADDRESS_NEWS) == 1
    assert row.address_offers(shipment).by_aim[Aim.REDIRECT].obstacle != Obstacle.UNDER_WAY
    work()
    assert ShopUpdate.objects.first().told.city == "Austin", "the shop is told the truth as well"


def test_what_leaves_after_the_shop_said_yes_goes_to_the_new_address(order, store):
    change = told_to_shop(order, Told.CONFIRMED)
    row = tell_anew(store, SAN_FRANCISCO, fulfilments=(sent(),))
    assert again(change).status == S.SUCCEEDED
    assert row.destination_of(row.shipments.get()).city == "San Francisco"


def test_a_shop_that_tells_both_at_once_is_believed(asked, store):
    row = tell_anew(store, SAN_FRANCISCO, fulfilments=(sent(),))
    assert again(asked).status == S.SUCCEEDED
    assert row.destination_of(row.shipments.get()).city == "San Francisco"


def test_what_left_before_the_shop_was_even_asked_did_not_go_there(asked, store):
    early = sent(at=timezone.now() - timedelta(hours=1))
    row = tell_anew(store, SAN_FRANCISCO, fulfilments=(early,))
    assert again(asked).failure == WhyNot.SHIPPED
    assert row.destination_of(row.shipments.get()).city == "Austin"
    assert row.city == "Austin"


def test_a_yes_that_came_after_the_parcel_had_left_is_taken_back(order, store):
    """Shops let an address be changed long after the parcel has left."""
    change = told_to_shop(order, Told.CONFIRMED, version=timezone.now())
    assert change.status == S.SUCCEEDED
    early = sent(at=timezone.now() - timedelta(minutes=10))
    row = tell_anew(store, SAN_FRANCISCO, fulfilments=(early,))
    assert again(change).failure == WhyNot.SHIPPED
    assert row.destination_of(row.shipments.get()).city == "Austin"
    assert letters(NoticeKind.ADDRESS_NEWS) == 2


def test_a_shop_that_went_back_and_sent_it_sent_it_to_the_old_address(order, store):
    version = timezone.now() - timedelta(minutes=5)
    change = told_to_shop(order, Told.CONFIRMED, version=version)
    row = tell_anew(store, AUSTIN, fulfilments=(sent(),))
    assert again(change).failure == WhyNot.SHOP_CHANGED
    assert row.destination_of(row.shipments.get()).city == row.city == "Austin"


def test_of_an_order_that_left_in_part_the_rest_goes_to_the_new_address(order, store):
    first = sent("UPS1", lines=("1",), at=timezone.now() - timedelta(hours=5))
    tell_anew(store, AUSTIN, fulfilments=(first,))
    change = told_to_shop(the_order(), Told.CONFIRMED)
    row = tell_anew(store, SAN_FRANCISCO, fulfilments=(first, sent("UPS2", lines=("2",))))
    assert again(change).status == S.SUCCEEDED
    went = {one.parcel.number: row.destination_of(one).city for one in row.shipments.all()}
    assert went == {"UPS1": "Austin", "UPS2": "San Francisco"}


def test_a_part_that_leaves_meanwhile_goes_to_the_old_address_and_the_rest_still_waits(
    asked, store
):
    first = sent("UPS1", lines=("1",))
    row = tell_anew(store, AUSTIN, fulfilments=(first,))
    assert again(asked).status == S.SENT
    assert row.destination_of(row.shipments.get()).city == "Austin"
    assert again(asked).note_in_shop(by=Actor.staff(staff("desk")))
    row = tell_anew(store, SAN_FRANCISCO, fulfilments=(first, sent("UPS2", lines=("2",))))
    went = {one.parcel.number: row.destination_of(one).city for one in row.shipments.all()}
    assert went == {"UPS1": "Austin", "UPS2": "San Francisco"}
    assert again(asked).status == S.SUCCEEDED


def test_a_change_that_a_person_has_yet_to_decide_is_overtaken_too(order, store):
    Store.objects.update(address_desk_from=10)
    change = move(the_order())
    tell_anew(store, AUSTIN, fulfilments=(sent(),))
    assert again(change).failure == WhyNot.SHIPPED
    assert not again(change).approve(by=Actor.staff(staff("lead")))


def test_when_all_of_it_has_left_only_its_parcels_can_be_turned(order, store):
    tell_anew(store, AUSTIN, fulfilments=(sent(),))
    with pytest.raises(NotOffered) as refused:
        move(the_order())
    assert refused.value.offer.obstacle == Obstacle.SHIPPED
    assert the_order().city == "Austin"


def test_a_parcel_that_did_not_leave_after_all_may_be_sent_elsewhere(order, store):
    tell_anew(store, AUSTIN, fulfilments=(sent(),))
    tell_anew(store, AUSTIN, fulfilments=())
    assert not Shipment.objects.exists()
    assert move(the_order()).status == S.REQUESTED


# --- the order ends ---------------------------------------------------------------------------


def test_a_cancelled_order_goes_nowhere_and_nobody_is_told(order, store):
    ShopAccount.objects.create(store=store, shop="demo")
    change = move(order)
    start(change)
    tell_anew(store, AUSTIN, cancelled_at=timezone.now())
    change = again(change)
    assert (change.status, change.failure) == (S.FAILED, WhyNot.CANCELLED)
    assert [row.state for row in ShopUpdate.objects.all()] == ["dropped"]
    make_due()
    work()
    assert ShopUpdate.objects.count() == 1


def test_a_cancelled_order_that_the_shop_has_heard_of_is_not_told_back(asked, store):
    tell_anew(store, AUSTIN, cancelled_at=timezone.now())
    assert failures() == [WhyNot.CANCELLED]
    assert ShopUpdate.objects.count() == 1
    assert the_order().city == "Austin"


def test_goods_that_were_all_taken_out_need_no_address(asked, store):
    gone = tuple(
        line.__class__(**{**vars(line), "cancelled": line.quantity}) for line in told().lines or ()
    )
    tell_anew(store, AUSTIN, lines=gone)
    assert failures() == [WhyNot.CANCELLED]
