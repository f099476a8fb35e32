"""Addresses at the desk: what waits, the page of a change, and a change for a caller."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.demo import staff as hiring
from returns import tasks
from returns.address_policy import AGAIN, Obstacle, Stage, Why
from returns.address_queues import WAITING
from returns.admin.address_acts import ACTS, QUICK_REASONS
from returns.admin.address_words import OBSTACLES, STAGES, WHY_DESK, obstacle
from returns.models import (
    BUYER,
    AddressChange,
    ChangeStatus,
    InterceptionRule,
    Notice,
    NoticeKind,
    Order,
    Promise,
    PromiseKind,
    Shipment,
)
from returns.postal.address import PostalAddress
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import at_desk
from tests.portal.test_desk_board import tiles
from tests.portal.test_desk_thread import counted
from tests.post_office import send_due
from tracking.admin.calling import WHY
from tracking.gateways import Aim, Failure, Outcome
from tracking.interceptions import InterceptionStatus
from tracking.milestones import Milestone
from tracking.models import GatewayAccount, Interception, Parcel, ScanReport
from tracking.tasks import intercept
from tracking.work import WorkState

pytestmark = pytest.mark.django_db

SEE, DECIDE = "view_addresschange", "decide_address"
LIST = "admin:returns_addresschange_changelist"
BATH = PostalAddress(
    name="Sarah Whitcombe",
    phone="+44 7700 900123",
    street="8 Chapel Row",
    city="Bath",
    postcode="BA1 1HN",
    country="GB",
)


@pytest.fixture
def ieva(db) -> CheckedClient:
    return at_desk("ieva", SEE, DECIDE)


@pytest.fixture
def order(store) -> Order:
    """On the road, and the store pays for what becomes of it."""
    InterceptionRule.objects.create(store=store, payer="store")
    order = people.place_order(store, shipped=False)
    people.ship(order)
    return order


@pytest.fixture
def unshipped(store) -> Order:
    return people.place_order(store, shipped=False)


def parcel_of(order: Order) -> Shipment:
    return order.shipments.select_related("parcel").get(is_return=False)


def asks(order: Order, aim: str = Aim.REDIRECT, *, key: str = "form", **more) -> AddressChange:
    """Sarah asks on her page, about her parcel where there is one."""
    shipment = order.shipments.filter(is_return=False).select_related("parcel").first()
    after = BATH if aim in (Aim.REDIRECT, AGAIN) else None
    values = {"after": after, "shipment": shipment, "by": BUYER} | more
    return order.change_address(aim, key=key, **values)


def work() -> None:
    """What the workers do, until nothing is left to do at once."""
    send_due(timezone.now())
    tasks.follow_addresses()
    intercept()
    tasks.follow_addresses()


def again(change: AddressChange) -> AddressChange:
    return AddressChange.objects.select_related("interception").get(pk=change.pk)


def page(change: AddressChange) -> str:
    return reverse("admin:returns_addresschange_change", args=[change.pk])


def url(change: AddressChange, act: str) -> str:
    return reverse(f"admin:returns_addresschange_{act}", args=[change.pk])


def ask_page(order: Order, query: str = "") -> str:
    return reverse("admin:returns_addresschange_ask", args=[order.pk]) + query


def read(client: CheckedClient, where: str) -> str:
    return words_of(client.get(where).text)


def read_of(answer: HttpResponse) -> str:
    return words_of(answer.text)


def words_of(text: str) -> str:
    """As it is read: its words, without tags and line breaks."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def filled_in(client: CheckedClient, order: Order, query: str = "", **changes) -> dict[str, str]:
    """What the form for a caller would send, with these changes."""
    form = client.get(ask_page(order, query)).context["form"]
    sent = {bound.name: bound.value() for bound in form if bound.value() not in (None, False)}
    return {**sent, "key": form.key, "shown": form.shown, "seen": form.seen} | {
        "verified_how": "called_back",
        "street": BATH.street,
        "city": BATH.city,
        "postcode": BATH.postcode,
        **changes,
    }


def calls(client: CheckedClient, order: Order, query: str = "", **changes) -> str:
    """Somebody calls, and the form is sent."""
    data = filled_in(client, order, query, **changes)
    return words_of(client.post(ask_page(order, query), data, follow=True).text)


def is_back(order: Order) -> None:
    parcel = parcel_of(order).parcel
    parcel.record([ScanReport(timezone.now(), Milestone.RETURNED, "back", "Vilnius")])


# --- The words ------------------------------------------------------------------------------------


def test_the_desk_has_words_for_every_code():
    assert set(WHY_DESK) == set(Why)
    assert set(STAGES) == set(Stage)
    assert set(WHY) == set(Failure)
    assert set(OBSTACLES) <= set(Obstacle)
    assert all(obstacle(code) for code in Obstacle)


# --- The list and the board -----------------------------------------------------------------------


def one_of_each(store) -> dict[str, AddressChange]:
    """A change in each queue."""
    InterceptionRule.objects.create(store=store, carrier="ups", payer="store", needs_desk=True)
    InterceptionRule.objects.create(store=store, carrier="dhl", payer="store")
    InterceptionRule.objects.create(store=store, carrier="usps", fee=Decimal("15.00"))

    def fresh(number: str, carrier: str = "", country: str = "GB") -> Order:
        order = people.place_order(store, number, shipped=False, country=country)
        if carrier:
            people.ship(order, carrier=carrier, number=f"RB1{order.pk:08d}GB")
            Parcel.objects.filter(pk=parcel_of(order).parcel_id).update(
                origin=country, destination=country
            )
        return order

    american = PostalAddress(
        name="S W", street="8 Row", city="Austin", region="TX", postcode="78701", country="US"
    )
    made = {"decide": asks(fresh("A-1", "ups", "US"), after=american)}
    made["tell"] = asks(fresh("A-2"))
    made["call"] = asks(fresh("A-3", "dhl"))
    work()
    waits = fresh("A-4", "dhl")
    parcel_of(waits).parcel.record(
        [ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, "out", "Bristol")]
    )
    made["again"] = asks(waits, AGAIN)
    is_back(waits)
    made["charge"] = asks(fresh("A-5", "usps", "US"), after=american, agreed_fee=Decimal("15.00"))
    work()
    again(made["charge"]).interception.note_call(Outcome.SUCCEEDED)
    tasks.follow_addresses()
    return {name: again(change) for name, change in made.items()}


def test_each_queue_has_its_tile_that_leads_to_its_rows(ieva, store):
    made = one_of_each(store)
    assert set(made) == set(WAITING)
    shown = tiles(ieva)
    for name, change in made.items():
        count, words, where = shown[WAITING[name].label]
        assert (count, WAITING[name].rows().get()) == (1, change), name
        assert words.startswith("Oldest: ")
        listed = ieva.get(where).text
        others = {other.order.number for key, other in made.items() if key != name}
        assert change.order.number in listed
        assert not any(f">{number}<" in listed for number in others)


def test_a_tile_says_what_is_later_than_promised(ieva, order):
    GatewayAccount.objects.create(account=order.store.account, gateway="phone")
    asks(order)
    work()
    assert "later" not in tiles(ieva)["Carriers to call"][1]
    Promise.objects.filter(order=order, kind=PromiseKind.ADDRESS).update(
        due_at=timezone.now() - timedelta(hours=1)
    )
    assert tiles(ieva)["Carriers to call"][1].endswith("one later than promised")
    assert "1 hour late" in ieva.get(reverse(LIST)).text.replace("\xa0", " ")


def test_without_the_permission_there_is_no_tile_no_list_and_no_address(order):
    change = asks(order)
    stranger = at_desk("stranger")
    assert not {waiting.label for waiting in WAITING.values()} & set(tiles(stranger))
    for where in (reverse(LIST), page(change), reverse("admin:returns_addresschange_figures")):
        answer = stranger.get(where)
        assert answer.status_code in (403, 404)
        assert "Chapel Row" not in answer.text
    shown = stranger.get(reverse("admin:returns_order_change", args=[order.pk])).text
    assert "Chapel Row" not in shown and ask_page(order) not in shown


def test_agents_decide_about_addresses_and_the_warehouse_does_not():
    agents, warehouse = hiring.groups()
    may = {"decide_address", "change_interception", "view_addresschange"}
    assert may <= set(agents.permissions.values_list("codename", flat=True))
    assert not may & set(warehouse.permissions.values_list("codename", flat=True))
    # Who may stop what a carrier was asked may do so on the page of the change as well.
    for group in Group.objects.filter(permissions__codename="change_interception"):
        assert group.permissions.filter(codename="decide_address").exists(), group


def test_who_may_only_look_sees_no_button_and_can_do_nothing(order):
    change, reader = asks(order), at_desk("reader", SEE)
    for _ in range(2):
        text = reader.get(page(change)).text + reader.get(reverse(LIST)).text
        assert "Sarah W•••, Bath" in text and "Sarah W•••, Bristol" in text
        for secret in ("Chapel Row", "Harbour Lane", "Whitcombe", "BA1 1HN", "900123"):
            assert secret not in text, secret
        work()
    change = again(change)
    for name in ACTS:
        assert url(change, name) not in text
        assert reader.post(url(change, name), {}).status_code == 404
    assert reader.get(ask_page(order)).status_code == 404
    assert reader.post(ask_page(order), {"verified_how": "code"}).status_code == 404
    assert again(change).status == change.status and not LogEntry.objects.exists()


def test_nothing_is_done_by_opening_an_address_or_without_the_token(ieva, order):
    order.store.address_desk_from = Decimal(1)
    order.store.save()
    change = asks(order)
    for name, act in ACTS.items():
        if act.fits(change):
            found = ieva.get(url(change, name)).status_code
            assert found == (405 if act.is_one_press(change) else 200)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.staff("strict", "view_order", SEE, DECIDE))
    assert strict.post(url(change, "approve")).status_code == 403
    assert strict.post(ask_page(order), {}).status_code == 403
    assert again(change).status == ChangeStatus.WAITING


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("?queue=open", True),
        ("?queue=ended", False),
        ("?carrier=royal-mail", True),
        ("?carrier=dhl", False),
        ("?stage=on_the_way", True),
        ("?aim__exact=return", False),
        ("?within=30", True),
        ("?fee=due", False),
        ("?store=juniper-pine", True),
        ("?q=JP-20418", True),
        ("?q=JP-9", False),
    ],
)
def test_the_list_is_narrowed(ieva, order, query, finds):
    asks(order)
    rows = ieva.get(reverse(LIST) + query).context["cl"].result_count
    assert rows == finds


def test_the_list_finds_a_tracking_number_in_any_spelling(ieva, order):
    asks(order)
    number = parcel_of(order).parcel.number
    typed = f"{number[:2].lower()} {number[2:6]} {number[6:]}"
    assert ieva.get(reverse(LIST), {"q": typed}).context["cl"].result_count == 1


@pytest.mark.parametrize(
    "lookup",
    ["order__email__startswith", "after__street", "words__contains", "user__password__startswith"],
)
def test_the_list_cannot_be_asked_what_no_page_shows(ieva, order, lookup):
    asks(order)
    assert ieva.get(reverse(LIST), {lookup: "s"}).status_code in (302, 400)


def test_list_and_page_cost_the_same_for_one_and_for_many(ieva, store):
    first = one_of_each(store)["call"]
    before = counted(ieva, reverse(LIST)), counted(ieva, page(first))
    for number in range(3):
        order = people.place_order(store, f"B-{number}", shipped=False)
        people.ship(order, carrier="dhl")
        asks(order)
    work()
    assert (counted(ieva, reverse(LIST)), counted(ieva, page(first))) == before


# --- The page of one ------------------------------------------------------------------------------


def test_the_page_shows_both_addresses_who_asked_the_request_and_what_the_buyer_reads(ieva, order):
    GatewayAccount.objects.create(account=order.store.account, gateway="demo")
    change = asks(order)
    work()
    text = read(ieva, page(change))
    for words in (
        "12 Harbour Lane",
        "8 Chapel Row",
        "The buyer, on the page of the order, with a fresh code",
        "Nothing is owed by the buyer",
        "Demo, says yes after a while",
        again(change).interception.reference,
        "We have asked Royal Mail to bring it to your new address.",
        "A change of address was asked for",
        "We write again by",
    ):
        assert words in text, words


def test_what_buyers_and_carriers_wrote_stays_words(ieva, order):
    evil = "<script>alert(1)</script>"
    change = asks(order, after=PostalAddress(**{**BATH.to_json(), "street": f"{evil} 8"}))
    work()
    Interception.objects.update(words=evil, reference=evil)
    for where in (page(change), url(change, "call"), reverse(LIST)):
        answer = ieva.get(where)
        assert answer.status_code == 200 and evil not in answer.text


def test_approving_is_one_press_and_logged(ieva, order):
    order.store.address_desk_from = Decimal(1)
    order.store.save()
    change = asks(order)
    assert "The order is worth so much that a person decides." in read(ieva, page(change))
    said = ieva.post(url(change, "approve"), follow=True).text
    assert "Approved. Now Royal Mail is asked." in said
    assert again(change).status == ChangeStatus.REQUESTED
    assert again(change).decided_by.username == "ieva"
    assert LogEntry.objects.get().change_message == "Approved."
    assert "no longer possible" in ieva.post(url(change, "approve"), follow=True).text


@pytest.fixture
def unknown_fee(store) -> AddressChange:
    """Nobody knows what the carrier charges, and the buyer would pay it."""
    order = people.place_order(store, shipped=False)
    people.ship(order)
    return asks(order)


def test_what_may_cost_us_anything_is_never_approved_by_one_press(ieva, unknown_fee):
    change, warning = unknown_fee, "If you go on, we pay it, whatever it is"
    assert (change.why_desk, change.fee) == (Why.FEE, 0)
    opened = ieva.get(page(change)).text
    assert f'href="{url(change, "approve")}"' in opened
    assert f'formaction="{url(change, "approve")}"' not in opened
    pressed = read_of(ieva.post(url(change, "approve"), follow=True))
    assert "Nothing was approved yet." in pressed and warning in pressed
    assert again(change).status == ChangeStatus.WAITING and not LogEntry.objects.exists()

    shown = ieva.get(url(change, "approve")).text
    assert warning in shown and "8 Chapel Row" in shown and 'name="read" value="1"' in shown
    ieva.post(url(change, "approve"), {"read": "1"})
    change = again(change)
    assert (change.status, change.payer) == (ChangeStatus.REQUESTED, "store")


def test_also_where_a_person_looks_for_another_reason(ieva, store):
    store.address_desk_from = Decimal(1)
    store.save()
    order = people.place_order(store, shipped=False)
    people.ship(order)
    change = asks(order)
    assert change.why_desk == Why.VALUE
    ieva.post(url(change, "approve"))
    assert again(change).status == ChangeStatus.WAITING


@pytest.mark.parametrize(("language", "begins"), [("en", "We could not make"), ("zh-hans", "")])
def test_declining_needs_words_and_the_buyer_reads_them_in_the_language_of_the_order(
    ieva, order, language, begins
):
    Order.objects.filter(pk=order.pk).update(language=language)
    order.store.address_desk_from = Decimal(1)
    order.store.save()
    change = asks(Order.objects.get(pk=order.pk))
    assert "the buyer reads it" in ieva.post(url(change, "decline"), {}).text
    data = {"reason": "unsure", "words": "Sorry."}
    assert (
        "Declined. The buyer is told." in ieva.post(url(change, "decline"), data, follow=True).text
    )
    change = again(change)
    assert change.status == ChangeStatus.DECLINED
    assert change.words.startswith(begins) and change.words.endswith("Sorry.")
    assert Notice.objects.filter(kind=NoticeKind.ADDRESS_NEWS, order=order).exists()


def test_what_is_too_long_to_be_told_is_said_at_the_form(ieva, order):
    order.store.address_desk_from = Decimal(1)
    order.store.save()
    change = asks(order)
    data = {"reason": "unsure", "words": "x" * 450}
    assert "at most 500 letters" in ieva.post(url(change, "decline"), data).text
    assert again(change).status == ChangeStatus.WAITING
    assert all(len(str(words)) < 250 for words in QUICK_REASONS.values())


def test_the_warehouse_is_told_by_a_person_and_the_buyer_reads_that_it_has_it(ieva, unshipped):
    change = asks(unshipped)
    work()
    assert "the warehouse has to be told" in read(ieva, page(change))
    assert "8 Chapel Row" in ieva.get(url(change, "in_shop")).text
    ieva.post(url(change, "in_shop"))
    assert (again(change).status, again(change).must_act) == (ChangeStatus.SUCCEEDED, False)
    assert LogEntry.objects.get().change_message == "Noted that the warehouse has it."


def test_the_warehouse_cannot_have_it_before_the_contact_was_told(ieva, unshipped):
    change = asks(unshipped)
    assert url(change, "in_shop") not in ieva.get(page(change)).text
    assert "no longer possible" in ieva.post(url(change, "in_shop"), follow=True).text
    assert again(change).status == ChangeStatus.REQUESTED
    # That it has left with the old address may be said at any time.
    assert url(change, "left") in ieva.get(page(change)).text


def test_it_left_before_the_warehouse_knew(ieva, unshipped):
    change = asks(unshipped)
    work()
    ieva.post(url(change, "left"))
    assert (again(change).status, again(change).failure) == (ChangeStatus.FAILED, "shipped")
    assert Order.objects.get(pk=unshipped.pk).street == "12 Harbour Lane"
    assert "it left before the warehouse knew" in read(ieva, page(change))


# --- The call -------------------------------------------------------------------------------------


def test_the_call_has_the_number_and_the_words_to_say(ieva, order):
    change = asks(order)
    work()
    text = read(ieva, url(change, "call"))
    number = parcel_of(order).parcel.number
    for words in (
        "Call Royal Mail",
        "+44 3457 740 740",
        f"Good day, this is Juniper & Pine. I call about parcel {number}",
        "Our number of the order is JP-20418.",
        "It is on its way to BS1 4QA Bristol, GB.",
        "Please bring it to another address: Sarah Whitcombe, 8 Chapel Row, BA1 1HN Bath, GB",
    ):
        assert words in text, words


def test_a_carrier_of_china_is_spoken_to_in_chinese_too(ieva, store):
    InterceptionRule.objects.create(store=store, payer="store")
    order = people.place_order(
        store,
        shipped=False,
        street="人民路1号",
        city="杭州市",
        region="浙江省",
        postcode="310000",
        country="CN",
    )
    people.ship(order, carrier="sf", number="SF1234567890123")
    Parcel.objects.update(origin="CN", destination="CN")
    place = PostalAddress(
        "小月", "", "13800138000", "中山路8号", "", "西湖区", "杭州市", "浙江省", "310000", "CN"
    )
    change = asks(order, after=place)
    work()
    text = read(ieva, url(change, "call"))
    assert "运单号 SF1234567890123" in text
    assert "请改派到新的地址：浙江省杭州市西湖区中山路8号，小月，13800138000。" in text


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ("accepted", ChangeStatus.ACCEPTED),
        ("sent", ChangeStatus.SENT),
        ("succeeded", ChangeStatus.SUCCEEDED),
    ],
)
def test_what_the_carrier_says_stands_on_the_page_at_once(ieva, order, answer, status):
    change = asks(order)
    work()
    assert change in WAITING["call"].rows()
    data = {"answer": answer, "words": "Mr Hale, ref 12", "cost": "9.5", "currency": "gbp"}
    assert "Noted." in ieva.post(url(change, "call"), data, follow=True).text
    row = again(change).interception
    assert again(change).status == status
    assert (row.words, row.cost, row.currency) == ("Mr Hale, ref 12", Decimal("9.5"), "GBP")
    assert change not in WAITING["call"].rows()
    assert LogEntry.objects.get().change_message == "Call to the carrier noted."


def test_a_no_needs_its_reason_and_the_buyer_is_told(ieva, order):
    change = asks(order)
    work()
    assert "Choose why they say no" in ieva.post(url(change, "call"), {"answer": "failed"}).text
    ieva.post(url(change, "call"), {"answer": "failed", "why": "not_served"})
    assert (again(change).status, again(change).failure) == (ChangeStatus.FAILED, "not_served")
    assert "Did not work: they do not go there" in read(ieva, page(change))


def test_when_nobody_answers_somebody_calls_again(ieva, order):
    change = asks(order)
    work()
    ieva.post(url(change, "call"), {"answer": "no_news"})
    assert change in WAITING["call"].rows()
    assert again(change).interception.called_at


def test_never_heard_of_it_is_asked_only_of_what_was_asked(ieva, order):
    change = asks(order)
    work()
    assert "never heard" not in ieva.get(url(change, "call")).text
    assert ieva.post(url(change, "call"), {"answer": "nothing"}).status_code == 200
    Interception.objects.update(
        asked_at=timezone.now(), status=InterceptionStatus.SENT, is_uncertain=True
    )
    text = read(ieva, url(change, "call"))
    assert "never heard" in text and "the answer was lost" in text
    assert "We asked you about it on" in text and "If you do not have it: please" in text


def test_withdrawing_asks_a_carrier_that_knows_of_it_to_forget_it(ieva, order):
    change = asks(order)
    work()
    ieva.post(url(change, "call"), {"answer": "sent"})
    said = ieva.post(url(change, "withdraw"), follow=True).text
    assert "Royal Mail is asked to forget it." in said
    assert change in WAITING["call"].rows()
    assert "not wanted any more" in read(ieva, url(change, "call"))
    ieva.post(url(change, "call"), {"answer": "withdrawn"})
    assert again(change).status == ChangeStatus.WITHDRAWN


def test_withdrawing_before_anybody_was_asked_ends_it_at_once(ieva, order):
    change = asks(order)
    work()
    assert "It is withdrawn." in ieva.post(url(change, "withdraw"), follow=True).text
    assert again(change).status == ChangeStatus.WITHDRAWN
    assert LogEntry.objects.get().change_message == "Withdrawn."


def test_a_parcel_that_is_back_is_sent_again_from_the_desk(ieva, order):
    parcel = parcel_of(order).parcel
    parcel.record([ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, "out", "Bristol")])
    change = asks(order, AGAIN)
    assert "no longer possible" in ieva.post(url(change, "again"), follow=True).text
    assert "Waits until it is back" in read(ieva, page(change))
    is_back(order)
    assert "Its contact has not been told yet." in read_of(
        ieva.post(url(change, "again"), follow=True)
    )
    assert again(change).status == ChangeStatus.WAITING
    work()
    assert "This order is worth" not in ieva.get(url(change, "again")).text
    assert "8 Chapel Row" in ieva.get(url(change, "again")).text
    assert "It is sent once more." in ieva.post(url(change, "again"), follow=True).text
    assert again(change).status == ChangeStatus.SUCCEEDED


@pytest.mark.parametrize(("limit", "warns"), [("74.00", True), ("74.01", False)])
def test_what_is_worth_much_is_sent_again_with_a_warning(ieva, order, limit, warns):
    order.store.address_desk_from = Decimal(limit)
    order.store.save()
    parcel = parcel_of(order).parcel
    parcel.record([ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, "out", "Bristol")])
    change = asks(order, AGAIN)
    is_back(order)
    work()
    assert ("This order is worth 74.00 USD" in read(ieva, url(change, "again"))) == warns


def test_whose_contact_cannot_be_told_is_approved_before_it_is_sent_again(ieva, order):
    parcel = parcel_of(order).parcel
    parcel.record([ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, "out", "Bristol")])
    change = asks(order, AGAIN)
    is_back(order)
    Notice.objects.filter(pk=change.told_id).update(state=WorkState.DEAD)
    tasks.follow_addresses()
    said = read_of(ieva.post(url(change, "again"), follow=True))
    assert "make sure who asks" in said
    said = ieva.post(url(change, "approve"), follow=True).text
    assert "It can be sent again once it is back." in said
    assert "It is sent once more." in ieva.post(url(change, "again"), follow=True).text


def test_a_fee_is_noted_as_charged_once(ieva, store):
    change = one_of_each(store)["charge"]
    assert "to be charged" in read(ieva, page(change))
    assert "Noted: 15.00 USD are charged." in ieva.post(url(change, "charged"), follow=True).text
    assert again(change).fee_charged_at
    assert "no longer possible" in ieva.post(url(change, "charged"), follow=True).text


# --- A caller on the telephone --------------------------------------------------------------------


def test_the_order_leads_to_it_and_it_begins_with_what_is_known(ieva, order):
    shown = ieva.get(reverse("admin:returns_order_change", args=[order.pk])).text
    assert ask_page(order) in shown
    text = read(ieva, ask_page(order))
    number = parcel_of(order).parcel.number
    for words in (
        f"{number}, Royal Mail: accepted",
        "12 Harbour Lane",
        "Call back: +44 7700 900123",
        "74.00 USD: 1 × Linen shirt",
        "The contact on the order is told first",
    ):
        assert words in text, words


def test_who_was_verified_and_how_is_kept_and_the_contact_is_told_first(ieva, order):
    said = calls(ieva, order, verified_note="Knew the colour")
    assert "Noted. The contact on the order is told first, then the carrier is asked." in said
    change = AddressChange.objects.get()
    assert (change.verified_how, change.verified_note) == ("called_back", "Knew the colour")
    assert (change.requested_by, change.user.username) == ("staff", "ieva")
    assert change.wanted.street == "8 Chapel Row" and change.was_before.street == "12 Harbour Lane"
    assert change.told.recipient == "sarah@example.com" and change.interception is None
    assert "Called back on the number on the order" in read(ieva, page(change))
    assert LogEntry.objects.get().change_message.startswith("Asked for by telephone. Called back")
    work()
    assert again(change).interception.after["city"] == "Bath"


def test_nothing_is_asked_without_saying_how_the_caller_was_verified(ieva, order):
    for how in ("", "trust me"):
        calls(ieva, order, verified_how=how)
    assert not AddressChange.objects.exists()


def test_the_same_form_sent_twice_is_one_change(ieva, order):
    data = filled_in(ieva, order)
    for _ in range(2):
        ieva.post(ask_page(order, f"?parcel={parcel_of(order).pk}"), data)
    assert AddressChange.objects.count() == 1


def test_going_back_and_writing_another_address_is_another_wish(ieva, order):
    data = filled_in(ieva, order)
    where = ask_page(order, f"?parcel={parcel_of(order).pk}")
    ieva.post(where, data)
    ieva.post(url(AddressChange.objects.get(), "withdraw"))
    ieva.post(where, data | {"street": "9 Chapel Row"})
    streets = AddressChange.objects.order_by("pk").values_list("after__street", flat=True)
    assert list(streets) == ["8 Chapel Row", "9 Chapel Row"]


def test_the_form_of_one_parcel_is_never_taken_for_that_of_another(ieva, order):
    people.ship(order, number="RB222222222GB")
    first, second = order.shipments.order_by("pk")
    data = filled_in(ieva, order, f"?parcel={first.pk}")
    for row in (first, second):
        ieva.post(ask_page(order, f"?parcel={row.pk}"), data)
    assert {change.shipment for change in AddressChange.objects.all()} == {first, second}


@pytest.mark.parametrize(
    "amount", ["NaN", "sNaN", "-NaN", "Infinity", "-Infinity", "1E999999", "1E-999999", "9" * 5000]
)
def test_a_fee_that_no_page_could_have_shown_is_no_agreement(ieva, order, amount):
    data = filled_in(ieva, order) | {"shown": f"redirect={amount}"}
    for more in ({}, {"agreed": "on"}):
        assert ieva.post(ask_page(order), data | more).status_code == 200
    assert not AddressChange.objects.exists()


def test_a_caller_is_told_that_we_pay_what_nobody_knows(ieva, store):
    order = people.place_order(store, shipped=False)
    people.ship(order)
    text = read(ieva, ask_page(order))
    assert "nobody knows what the carrier charges: we pay it, and the caller pays nothing" in text


def test_how_often_a_buyer_may_ask_is_no_matter_for_a_caller(ieva, order):
    for number in range(3):
        asks(order, key=f"form-{number}").withdraw(by=BUYER)
    calls(ieva, order)
    assert AddressChange.objects.filter(requested_by="staff").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"street": ""}, "It is needed for the label."),
        ({"street": "12 Harbour Lane", "city": "Bristol", "postcode": "BS1 4QA"}, "already"),
        ({"street": "x" * 301}, "at most 300"),
        ({"aim": "reschedule"}, "Select a valid choice"),
    ],
)
def test_what_no_label_could_bear_is_said_at_the_form(ieva, order, changes, says):
    assert says in calls(ieva, order, **changes)
    assert not AddressChange.objects.exists()


def test_a_doubt_is_shown_once_and_sent_all_the_same(ieva, order):
    said = calls(ieva, order, postcode="BA1")
    assert "does not look like a postcode there" in said and "Send all the same" in said
    assert not AddressChange.objects.exists()
    calls(ieva, order, postcode="BA1", seen="postcode")
    assert AddressChange.objects.get().wanted.postcode == "BA1"


def test_what_was_meant_is_filled_in_by_one_press(ieva, order):
    data = filled_in(ieva, order, postcode="BA1 IHN") | {"take": "postcode"}
    answer = ieva.post(ask_page(order), data)
    assert answer.context["form"]["postcode"].value() == "BA1 1HN"
    assert not AddressChange.objects.exists()


def test_the_country_cannot_be_changed(ieva, order):
    calls(ieva, order, country="FR")
    assert AddressChange.objects.get().wanted.country == "GB"


def test_a_fee_is_told_to_the_caller_and_agreed_to(ieva, order):
    InterceptionRule.objects.all().delete()
    InterceptionRule.objects.create(store=order.store, fee=Decimal("15.00"))
    assert "The caller agrees to pay 15.00 USD if it works" in read(ieva, ask_page(order))
    assert "Tell the caller what it costs" in calls(ieva, order)
    assert not AddressChange.objects.exists()
    calls(ieva, order, agreed="on")
    change = AddressChange.objects.get()
    assert (change.fee, change.payer) == (Decimal("15.00"), "buyer") and change.agreed_at


def test_a_fee_that_has_changed_meanwhile_is_read_to_the_caller_anew(ieva, order):
    InterceptionRule.objects.all().delete()
    rule = InterceptionRule.objects.create(store=order.store, fee=Decimal("15.00"))
    data = filled_in(ieva, order, agreed="on")
    rule.fee = Decimal("18.00")
    rule.save()
    answer = ieva.post(ask_page(order), data)
    text = words_of(answer.text)
    assert "The terms have changed" in text and "18.00 USD" in text
    assert not answer.context["form"]["agreed"].value()
    assert answer.context["form"]["street"].value() == "8 Chapel Row"
    data["shown"] = "redirect=not-a-number"
    assert ieva.post(ask_page(order), data).status_code == 200
    assert not AddressChange.objects.exists()


def test_what_is_too_late_by_now_is_said_in_words(ieva, order):
    data = filled_in(ieva, order)
    parcel_of(order).parcel.record(
        [ScanReport(timezone.now(), Milestone.OUT_FOR_DELIVERY, "out", "Bristol")]
    )
    where = ask_page(order, f"?parcel={parcel_of(order).pk}")
    text = words_of(ieva.post(where, data, follow=True).text)
    assert "out for delivery: too late" in text
    assert not AddressChange.objects.exists()


def test_while_a_change_is_open_there_is_no_form_for_another(ieva, order):
    asks(order)
    text = read(ieva, ask_page(order))
    assert "Another change of it is under way" in text and "The new address" not in text


def test_of_several_parcels_one_is_chosen(ieva, order):
    people.ship(order, number="RB222222222GB")
    first, second = order.shipments.order_by("pk")
    text = ieva.get(ask_page(order)).text
    assert "Which of them?" in text
    assert f"?parcel={first.pk}" in text and f"?parcel={second.pk}" in text
    calls(ieva, order, f"?parcel={second.pk}")
    assert AddressChange.objects.get().shipment == second
    assert ieva.get(ask_page(order, "?parcel=999999")).status_code == 200


def test_the_parcel_of_another_order_is_none_of_this_one(ieva, store, order):
    other = people.place_order(store, "JP-2", shipped=False)
    people.ship(other)
    where = ask_page(order, f"?parcel={parcel_of(other).pk}")
    assert ieva.get(where).context["form"] is None
    data = filled_in(ieva, order)
    ieva.post(where, data)
    assert not AddressChange.objects.exists()


def test_before_it_is_shipped_the_order_itself_is_changed(ieva, unshipped):
    assert "What was not shipped yet" in read(ieva, ask_page(unshipped))
    assert "then the warehouse is told" in calls(ieva, unshipped)
    assert Order.objects.get(pk=unshipped.pk).street == "8 Chapel Row"


def test_of_a_delivered_order_nothing_can_be_changed(ieva, store):
    order = people.place_order(store)
    text = read(ieva, ask_page(order))
    assert "It was delivered." in text and "The new address" not in text


@pytest.mark.parametrize("aim", [Aim.RETURN, Aim.HOLD])
def test_a_parcel_is_called_back_or_kept_from_the_same_form(ieva, store, aim):
    InterceptionRule.objects.create(store=store, payer="store")
    order = people.place_order(store, shipped=False)
    people.ship(order, carrier="dhl")
    calls(ieva, order, aim=aim, street="", city="", postcode="")
    change = AddressChange.objects.get()
    assert (change.aim, change.after) == (aim, {})


def test_another_day_is_asked_for_with_its_date(ieva, store):
    InterceptionRule.objects.create(store=store, payer="store")
    order = people.place_order(store, shipped=False)
    people.ship(order, carrier="dhl")
    assert "Choose a day" in calls(ieva, order, aim="reschedule", on=f"{timezone.localdate()}")
    day = timezone.localdate() + timedelta(days=3)
    calls(ieva, order, aim="reschedule", on=f"{day}")
    assert AddressChange.objects.get().on == day


def test_after_a_change_of_contact_the_number_before_is_called(ieva, order):
    Order.objects.filter(pk=order.pk).update(
        phone="+44 7700 900999",
        previous_phone="+44 7700 900123",
        previous_email="sarah@example.com",
        contact_changed_at=timezone.now(),
    )
    text = read(ieva, ask_page(order))
    assert "Call back: +44 7700 900123" in text and "900999" not in text.split("Send")[0][-600:]
    assert "The contact was changed lately" in text


# --- Figures and rules ----------------------------------------------------------------------------


def test_every_figure_leads_to_its_rows(ieva, store):
    one_of_each(store)
    user = people.staff("boss", SEE, is_superuser=True)
    boss = CheckedClient()
    boss.force_login(user)
    text = boss.get(reverse("admin:returns_addresschange_figures")).text
    found = re.findall(r'<td class="num"><a href="([^"]+)">(\d+)', text)
    assert found
    for where, count in found:
        assert boss.get(unescape(where)).context["cl"].result_count == int(count), where
    assert "15.00 USD" in text and "USPS" in text


def test_a_rule_is_checked_and_shown_as_the_buyer_reads_it(store):
    boss = CheckedClient()
    boss.force_login(people.staff("boss", is_superuser=True))
    add = reverse("admin:returns_interceptionrule_add")
    data = {"store": store.pk, "carrier": "ups", "payer": "buyer", "is_offered": "on", "fee": "12"}
    assert "Give both numbers of days" in boss.post(add, data | {"days_from": "2"}).text
    assert not InterceptionRule.objects.exists()
    boss.post(add, data)
    assert InterceptionRule.objects.get().fee == Decimal(12)
    query = {"store": store.slug, "carrier": "ups", "country": "US"}
    where = reverse("admin:returns_interceptionrule_preview")
    assert "Show it" in boss.get(where).text
    InterceptionRule.objects.update(carrier="dhl")
    text = words_of(boss.get(where, query | {"carrier": "dhl"}).text)
    assert "You pay 12.00 USD, and only if it works." in text
    assert "It is out for delivery, so it is too late for this." in text
    assert boss.get(where, query | {"carrier": "nobody"}).status_code == 200
