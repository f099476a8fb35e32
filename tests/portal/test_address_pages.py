"""Where an order goes, and changing it, as a buyer does it: what each page offers and takes."""

import html
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import access
from portal.address_page import kept
from portal.address_page.standing import heading
from returns import addresses
from returns.address_policy import AGAIN
from returns.models import (
    BUYER,
    Actor,
    AddressChange,
    ChangeStatus,
    InterceptionRule,
    Order,
    Promise,
    PromiseKind,
    Throttle,
)
from returns.models.address_confirmation import AddressConfirmation
from returns.postal.address import PostalAddress
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import ago, hear, report, sent, the_parcel
from tracking.gateways import Aim, Failure
from tracking.milestones import Milestone
from tracking.models import Interception

pytestmark = pytest.mark.django_db

NEW_YORK = {
    "country": "US",
    "city": "New York",
    "region": "NY",
    "street": "120 Ludlow Street",
    "postcode": "10002",
    "phone": "+1 212 555 0123",
}
BROOKLYN = {
    "name": "Sarah Whitcombe",
    "company": "",
    "street": "45 Bergen Street",
    "street2": "",
    "city": "Brooklyn",
    "region": "NY",
    "postcode": "11201",
    "phone": "+1 212 555 0123",
    "country": "US",
}
BATH = {
    "name": "Sarah Whitcombe",
    "company": "",
    "street": "8 Chapel Row",
    "street2": "",
    "city": "Bath",
    "postcode": "BA1 1HN",
    "phone": "+44 7700 900123",
    "country": "GB",
}
# What a store with an interface for nothing asks at most; of that, little is about a parcel.
MOST_QUERIES = 16
HEAVIEST = 60 * 1024


def reader(order: Order, *, code: bool = True, language: str = "") -> Client:
    """A browser that came in by the link, and then entered a code or not."""
    client = CheckedClient()
    people.open_link(client, order)
    session = client.session
    session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp()) if code else 0}
    session.save()
    if language:
        client.get(addresses.order_page(order), {"lang": language})
    return client


def by_ups(store=None, *reports, **values) -> Order:
    """An order of Sarah's in New York, on its way with UPS; 16.40 USD for another address."""
    store = store or people.open_store(country="US")
    reports = reports or (report(Milestone.IN_TRANSIT, "Newark"),)
    values = {"carrier": "ups", "number": "1Z999AA10123456784", **NEW_YORK} | values
    return sent(store, *reports, dispatch={"origin": "US", "destination": "US"}, **values)


def unshipped(store=None, **values) -> Order:
    return people.place_order(store or people.open_store(), shipped=False, **values)


def parcel_of(order: Order):
    return order.shipments.get(is_return=False)


def change_page(order: Order, *, parcel: bool = True) -> str:
    more = {"shipment": parcel_of(order).pk} if parcel else {}
    return addresses.order_page(order, "address_change", **more)


def turn_page(order: Order, aim: str) -> str:
    pk = parcel_of(order).pk
    return addresses.order_page(order, "address_turn", aim=aim, shipment=pk)


def status_page(change: AddressChange) -> str:
    return addresses.order_page(change.order, "address_status", pk=change.pk)


def hidden(markup: str) -> dict[str, str]:
    """The hidden inputs of a form, as a browser sends them."""
    found = {}
    for tag in re.findall(r"<input[^>]*>", markup):
        if 'type="hidden"' in tag and (name := re.search(r'name="([^"]+)"', tag)):
            value = re.search(r'value="([^"]*)"', tag)
            found[name[1]] = html.unescape(value[1]) if value else ""
    found.pop("csrfmiddlewaretoken", None)
    return found


def send(client: Client, path: str, *, follow: bool = False, **fields):
    """Opens the page, fills it in as a buyer does, and sends it."""
    page = client.get(path)
    return client.post(path, hidden(page.text) | fields, follow=follow)


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def redirected(order: Order, **values) -> AddressChange:
    """Sarah has asked for it, as on the page."""
    free = {"agreed_fee": Decimal(0), "key": "form-1", "by": BUYER}
    shipment = parcel_of(order)
    after = PostalAddress.from_json(BROOKLYN if order.country == "US" else BATH)
    return order.change_address(
        Aim.REDIRECT, **({"after": after, "shipment": shipment} | free | values)
    )


def for_free(order: Order) -> Order:
    InterceptionRule.objects.create(store=order.store, payer="store")
    return order


# --- The page of the addresses ------------------------------------------------------------------


def test_it_shows_all_of_the_address_and_the_terms_before_anything_is_typed():
    order = by_ups()
    page = reader(order).get(addresses.order_page(order, "address"))
    words = text(page.text)
    for known in ("Sarah Whitcombe", "120 Ludlow Street", "10002", "sarah@example.com"):
        assert known in words
    assert "Send it to another address" in words
    assert "You pay 16.40 USD, only if it works" in words
    assert f'href="{change_page(order)}"' in page.text


def test_what_has_not_left_yet_and_each_parcel_have_places_of_their_own():
    store = people.open_store()
    order = unshipped(store, lines=(("Linen shirt", "68.00", 2), ("Candles", "12.00", 1)))
    first, second = order.lines.all()
    shipment = people.ship(order)
    shipment.lines.filter(line=second).delete()
    shipment.lines.filter(line=first).update(quantity=1)
    page = reader(order).get(addresses.order_page(order, "address"))
    assert [text(title) for title in re.findall(r"<h2[^>]*>(.*?)</h2>", page.text)][:2] == [
        "What has not left us yet",
        "Your parcel",
    ]
    assert change_page(order, parcel=False) in page.text
    words = text(page.text)
    assert "Linen shirt · Candles" in words


def test_too_late_says_why_and_what_instead_with_a_telephone_number():
    order = by_ups(None, report(Milestone.OUT_FOR_DELIVERY, "New York"))
    page = reader(order).get(addresses.order_page(order, "address"))
    words = text(page.text)
    assert "It is out for delivery, so it is too late for this." in words
    assert 'href="tel:' in page.text
    assert f'href="{turn_page(order, AGAIN)}"' in page.text
    assert f'href="{change_page(order)}"' not in page.text


def test_delivered_leads_to_whoever_looks_for_it(order):
    page = reader(order).get(addresses.order_page(order, "address"))
    assert "It was delivered, but I do not have it" in text(page.text)
    assert addresses.order_page(order, "messages") in page.text


def test_an_order_of_which_only_the_address_is_known_can_be_changed(store):
    order = unshipped(store, lines=())
    client = reader(order)
    assert (
        change_page(order, parcel=False) in client.get(addresses.order_page(order, "address")).text
    )
    send(client, change_page(order, parcel=False), **BATH)
    assert AddressChange.objects.exists()


# --- Another address ----------------------------------------------------------------------------


def test_the_form_shows_the_old_address_the_price_and_the_stages():
    order = by_ups()
    page = reader(order).get(change_page(order))
    words = text(page.text)
    assert "<h1>Is this still where we should send it?</h1>" in page.text
    assert "120 Ludlow Street" in words
    assert "You pay 16.40 USD, and only if it works." in words
    assert "I agree to pay 16.40 USD if it works" in words
    assert "First we tell s•••@example.com about it" in words
    assert re.search(r'<li aria-current="step"><span>On its way <b class="tag">now</b>', page.text)
    assert not AddressChange.objects.exists()


def test_before_it_leaves_it_is_changed_at_once_and_the_page_says_whom_we_asked():
    order = unshipped()
    page = send(reader(order), change_page(order, parcel=False), follow=True, **BATH)
    change = AddressChange.objects.get()
    assert page.redirect_chain == [(status_page(change), 302)]
    assert Order.objects.get().street == "8 Chapel Row"
    words = text(page.text)
    assert "You asked us to send it to another address." in words
    assert "8 Chapel Row" in words
    assert "warehouse" in words


def test_the_price_is_agreed_to_with_a_tick():
    order = by_ups()
    client = reader(order)
    page = send(client, change_page(order), **BROOKLYN)
    assert page.status_code == 422
    assert "Tick that you agree to pay 16.40 USD" in text(page.text)
    assert "45 Bergen Street" in page.text
    assert not AddressChange.objects.exists()
    send(client, change_page(order), agrees="on", **BROOKLYN)
    change = AddressChange.objects.get()
    assert (change.fee, change.agreed_at is not None) == (Decimal("16.40"), True)
    assert change.wanted.street == "45 Bergen Street"


def test_the_same_form_twice_is_one_change():
    order = for_free(by_ups())
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN
    first, second = (client.post(change_page(order), fields) for _ in range(2))
    assert first["Location"] == second["Location"] == status_page(AddressChange.objects.get())


def test_the_same_form_with_another_address_is_another_wish_and_says_what_is_under_way():
    order = for_free(by_ups())
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN
    client.post(change_page(order), fields)
    page = client.post(change_page(order), fields | {"street": "7 Other Street"})
    assert page.status_code == 409
    words = text(page.text)
    assert "Another change is under way." in words
    assert "7 Other Street" in words
    assert status_page(AddressChange.objects.get()) in page.text


def test_whoever_comes_back_to_the_form_is_led_to_the_change_under_way():
    order = for_free(by_ups())
    change = redirected(order)
    assert reader(order).get(change_page(order))["Location"] == status_page(change)


def test_out_for_delivery_between_page_and_click_keeps_what_was_typed():
    order = by_ups()
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN | {"agrees": "on"}
    hear(the_parcel(order), report(Milestone.OUT_FOR_DELIVERY, "New York", at=ago(minutes=5)))
    page = client.post(change_page(order), fields)
    assert page.status_code == 409
    words = text(page.text)
    assert "It is out for delivery, so it is too late for this." in words
    assert "45 Bergen Street" in words
    assert not AddressChange.objects.exists()
    form = client.get(turn_page(order, AGAIN)).text
    assert 'value="45 Bergen Street"' in form
    assert "What you typed is still here." in text(form)


def test_a_price_that_has_changed_is_told_and_agreed_to_anew():
    order = by_ups()
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN | {"agrees": "on"}
    InterceptionRule.objects.create(store=order.store, fee=Decimal("21.00"))
    page = client.post(change_page(order), fields)
    assert page.status_code == 409
    assert "it is now 21.00 USD" in text(page.text)
    assert 'value="45 Bergen Street"' in page.text
    assert hidden(page.text)["fee"] == "21.000"
    assert not re.search(r'name="agrees"[^>]*checked', page.text)
    assert not AddressChange.objects.exists()
    client.post(change_page(order), hidden(page.text) | BROOKLYN | {"agrees": "on"})
    assert AddressChange.objects.get().fee == Decimal(21)


def test_a_price_that_changes_under_the_click_is_told_as_well(monkeypatch):
    order = by_ups()
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN | {"agrees": "on"}
    real = Order.change_address

    def dearer(self, *args, **kwargs):
        InterceptionRule.objects.get_or_create(store=self.store, fee=Decimal("21.00"))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Order, "change_address", dearer)
    page = client.post(change_page(order), fields)
    assert page.status_code == 409
    assert "it is now 21.00 USD" in text(page.text)
    assert not AddressChange.objects.exists()


def test_delivered_under_the_click_says_so(monkeypatch):
    order = by_ups()
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN | {"agrees": "on"}
    real = Order.change_address

    def late(self, *args, **kwargs):
        hear(the_parcel(self), report(Milestone.DELIVERED, "New York", at=ago(minutes=1)))
        return real(self, *args, **kwargs)

    monkeypatch.setattr(Order, "change_address", late)
    page = client.post(change_page(order), fields)
    assert page.status_code == 409
    assert "It was delivered" in text(page.text)
    assert "45 Bergen Street" in text(page.text)


def test_shipped_between_page_and_click_says_so_and_changes_nothing():
    order = unshipped()
    client = reader(order)
    fields = hidden(client.get(change_page(order, parcel=False)).text) | BATH
    people.ship(order)
    page = client.post(change_page(order, parcel=False), fields)
    assert page.status_code == 409
    assert "8 Chapel Row" in text(page.text)
    assert Order.objects.get().street == "12 Harbour Lane"
    assert not AddressChange.objects.exists()


def test_whoever_asks_too_often_reads_so_and_loses_nothing():
    order = unshipped()
    client = reader(order)
    fields = hidden(client.get(change_page(order, parcel=False)).text)
    for number in range(3):
        order.change_address(
            Aim.REDIRECT,
            after=redirected_to(number),
            key=f"form-{number}",
            by=BUYER,
        ).withdraw(by=BUYER)
    page = client.post(change_page(order, parcel=False), fields | BATH)
    assert page.status_code == 429
    assert "You have asked for several changes lately" in text(page.text)
    assert "8 Chapel Row" in text(page.text)
    assert AddressChange.objects.count() == 3


def redirected_to(number: int):
    return PostalAddress.from_json(BATH | {"street": f"{number + 1} Chapel Row"})


def test_a_doubt_is_shown_once_and_the_same_again_is_taken():
    order = unshipped()
    client = reader(order)
    doubtful = BATH | {"street": "Chapel Row"}
    page = send(client, change_page(order, parcel=False), **doubtful)
    assert page.status_code == 200
    assert not AddressChange.objects.exists()
    top, _, rest = page.text.partition("<h1>")
    assert "Nothing was sent yet" in top and 'role="alert"' in top
    assert "Yes, send it here" not in rest and "Keep it as I typed it" in rest
    answer = client.post(change_page(order, parcel=False), hidden(page.text) | doubtful)
    assert answer["Location"] == status_page(AddressChange.objects.get())


def test_the_same_address_is_no_change():
    order = unshipped()
    same = {
        "name": order.name,
        "street": order.street,
        "city": order.city,
        "postcode": order.postcode,
        "phone": order.phone,
    }
    page = send(reader(order), change_page(order, parcel=False), **(BATH | same))
    assert page.status_code == 422
    assert "the address that we have already" in page.text
    assert not AddressChange.objects.exists()


def test_what_is_missing_is_said_beside_its_field():
    order = unshipped()
    page = send(reader(order), change_page(order, parcel=False), **(BATH | {"street": ""}))
    assert page.status_code == 422
    assert "<title>Problem:" in page.text
    assert 'role="alert"' in page.text


def test_an_area_that_is_not_served_is_refused_by_name():
    order = by_ups()
    InterceptionRule.objects.create(store=order.store, payer="store", not_served="112\nAK")
    client = reader(order)
    assert "112" in text(client.get(change_page(order)).text)
    page = send(client, change_page(order), **BROOKLYN)
    assert page.status_code == 422
    assert "We cannot have it brought to this area: 112." in text(page.text)
    assert not AddressChange.objects.exists()


def test_another_country_shows_its_fields_and_is_refused():
    order = unshipped()
    client = reader(order)
    path = change_page(order, parcel=False)
    page = send(client, path, switch="1", **(BATH | {"country": "FR"}))
    assert page.status_code == 200
    part = client.post(
        path, BATH | {"country": "FR", "switch": "1"}, headers={"HX-Request": "true"}
    )
    assert 'id="address-fields"' in part.text[:80]
    assert "<h1>" not in part.text
    assert send(client, path, **(BATH | {"country": "FR"})).status_code == 422
    assert not AddressChange.objects.exists()


def test_an_order_without_a_country_says_whom_to_write_to():
    order = unshipped(country="")
    page = reader(order).get(change_page(order, parcel=False))
    assert 'name="street"' not in page.text
    assert addresses.order_page(order, "messages") in page.text
    assert reader(order).post(change_page(order, parcel=False), BATH).status_code == 200
    assert not AddressChange.objects.exists()


def test_a_valuable_order_says_that_a_person_looks_first():
    store = people.open_store(address_desk_from=Decimal(50))
    order = unshipped(store)
    client = reader(order)
    assert "One of us looks at it first" in text(client.get(change_page(order, parcel=False)).text)
    page = send(client, change_page(order, parcel=False), follow=True, **BATH)
    assert AddressChange.objects.get().status == ChangeStatus.WAITING
    assert Order.objects.get().street == "12 Harbour Lane"
    assert "A person looks at it first" in text(page.text)


# --- Back, kept, another day, again -------------------------------------------------------------


def test_it_is_asked_back_with_a_reason():
    order = by_ups()
    client = reader(order)
    assert send(client, turn_page(order, Aim.RETURN), agrees="on").status_code == 422
    send(client, turn_page(order, Aim.RETURN), agrees="on", reason="changed_mind")
    change = AddressChange.objects.get()
    assert (change.aim, change.reason) == (Aim.RETURN, "changed_mind")


def test_a_reason_that_is_none_is_refused():
    order = for_free(by_ups())
    assert send(reader(order), turn_page(order, Aim.RETURN), reason="nonsense").status_code == 422
    assert not AddressChange.objects.exists()


def test_it_is_kept_at_a_counter_for_free():
    order = by_ups()
    client = reader(order)
    page = client.get(turn_page(order, Aim.HOLD))
    assert "We pay." in text(page.text)
    assert 'name="agrees"' not in page.text
    send(client, turn_page(order, Aim.HOLD))
    change = AddressChange.objects.get()
    assert (change.aim, change.fee) == (Aim.HOLD, 0)


def test_it_is_brought_on_one_of_the_next_seven_days():
    order = for_free(by_ups())
    client = reader(order)
    page = client.get(turn_page(order, Aim.RESCHEDULE))
    days = re.findall(r'name="on"[^>]*value="([^"]+)"', page.text)
    today = timezone.localdate()
    assert len(days) == 7 and days[0] > today.isoformat()
    late = (today + timedelta(days=9)).isoformat()
    assert send(client, turn_page(order, Aim.RESCHEDULE), on=late).status_code == 422
    assert send(client, turn_page(order, Aim.RESCHEDULE)).status_code == 422
    send(client, turn_page(order, Aim.RESCHEDULE), on=days[2])
    assert AddressChange.objects.get().on.isoformat() == days[2]


def test_it_is_sent_again_when_it_is_back():
    order = by_ups(None, report(Milestone.ATTEMPTED, "New York"))
    client = reader(order)
    page = send(client, turn_page(order, AGAIN), follow=True, **BROOKLYN)
    change = AddressChange.objects.get()
    assert (change.aim, change.status) == (AGAIN, ChangeStatus.WAITING)
    words = text(page.text)
    assert "When it is back with us, we send it again." in words
    assert "The parcel comes back to us." in words
    assert "45 Bergen Street" in words


# --- Page and server agree ----------------------------------------------------------------------

AIMS = (Aim.REDIRECT, Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE, AGAIN)
FIELDS = {"reason": "other", "agrees": "on"}


@pytest.mark.parametrize("carrier", ["ups", "royal-mail"])
@pytest.mark.parametrize("milestone", list(Milestone))
def test_the_page_offers_what_the_server_takes_and_nothing_else(milestone, carrier):
    order = by_ups(carrier=carrier)
    parcel = the_parcel(order)
    type(parcel).objects.filter(pk=parcel.pk).update(milestone=milestone)
    client = reader(order)
    page = client.get(addresses.order_page(order, "address")).text
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    for aim in AIMS:
        path = change_page(order) if aim == Aim.REDIRECT else turn_page(order, aim)
        shown = client.get(path)
        offered = f'href="{path}"' in page
        assert offered == ('name="key"' in shown.text), aim
        fields = FIELDS | BROOKLYN | {"on": tomorrow, "fee": hidden(shown.text).get("fee", "0")}
        answer = client.post(path, fields)
        assert (answer.status_code == 302) == offered, aim
        assert AddressChange.objects.exists() == offered, aim
        AddressChange.objects.all().delete()
        Interception.objects.all().delete()
        Throttle.objects.all().delete()


# --- How it stands ------------------------------------------------------------------------------

STATUSES = [status for status in ChangeStatus if status != ChangeStatus.WAITING]


def standing(change: AddressChange, status: str, **values) -> AddressChange:
    """As the worker has left it."""
    now = timezone.now()
    hours = {"sent_at": now, "accepted_at": now, "started_at": now}
    told = {name: at for name, at in hours.items() if status not in ("requested", "waiting")}
    ended = {} if status in ("requested", "waiting", "sent", "accepted") else {"ended_at": now}
    if status == ChangeStatus.SENT:
        told.pop("accepted_at")
    AddressChange.objects.filter(pk=change.pk).update(status=status, **told, **ended, **values)
    return AddressChange.objects.get(pk=change.pk)


@pytest.mark.parametrize("status", STATUSES)
def test_every_state_has_its_heading_its_steps_and_one_latest(status):
    order = for_free(by_ups())
    change = standing(redirected(order), status, failure="refused" if status == "failed" else "")
    page = reader(order).get(status_page(change))
    assert f"<h1>{heading(change)}</h1>" in page.text
    steps = re.findall(r'<li class="(done|latest|ahead)">', page.text)
    assert steps.count("latest") == 1
    assert steps == sorted(steps, key=["done", "latest", "ahead"].index)
    assert ("ahead" in steps) == change.is_open
    assert ('class="promise"' in page.text) == change.is_open
    stops = addresses.order_page(order, "address_withdraw", pk=change.pk) in page.text
    assert stops == (status in ("requested", "sent"))
    goes_to_new = change.is_open or status == ChangeStatus.SUCCEEDED
    assert ("45 Bergen Street" in page.text) == goes_to_new
    assert ("120 Ludlow Street" in page.text) != goes_to_new


def test_a_failure_says_why_and_what_instead():
    order = for_free(by_ups())
    hear(the_parcel(order), report(Milestone.OUT_FOR_DELIVERY, "New York", at=ago(minutes=5)))
    change = AddressChange.objects.create(
        order=order,
        shipment=parcel_of(order),
        was_shipped=True,
        form_key="k",
        aim=Aim.REDIRECT,
        status=ChangeStatus.FAILED,
        failure=Failure.TOO_LATE,
        before=redirected_to(0).to_json(),
        after=redirected_to(1).to_json(),
        stage="on_the_way",
        payer="store",
        ended_at=timezone.now(),
        requested_at=ago(hours=1),
        requested_by="buyer",
    )
    page = reader(order).get(status_page(change))
    words = text(page.text)
    assert "UPS says that it was too late." in words
    assert turn_page(order, AGAIN) in page.text
    assert 'href="tel:' in page.text


def test_an_answer_that_was_lost_is_told_as_what_it_is():
    order = for_free(by_ups())
    change = standing(redirected(order), ChangeStatus.SENT)
    request = Interception.objects.create(
        parcel=the_parcel(order), aim=Aim.REDIRECT, status="sent", is_uncertain=True
    )
    AddressChange.objects.filter(pk=change.pk).update(interception=request)
    words = text(reader(order).get(status_page(change)).text)
    assert "we do not know yet whether UPS has our request" in words
    assert "Now we wait for its answer" not in words


def test_what_the_desk_wrote_stands_there():
    store = people.open_store(address_desk_from=Decimal(1))
    order = unshipped(store)
    send(reader(order), change_page(order, parcel=False), **BATH)
    desk = Actor.staff(people.staff("ieva", first_name="Ieva"))
    change = AddressChange.objects.get()
    change.decline("We could not reach you by telephone.", by=desk)
    assert "We could not reach you by telephone." in reader(order).get(status_page(change)).text
    by_link = reader(order, code=False)
    assert "We could not reach you by telephone." in by_link.get(status_page(change)).text
    AddressChange.objects.update(words="8 Chapel Row is no house.")
    assert "Chapel" not in by_link.get(status_page(change)).text


def test_it_is_stopped_with_one_press_and_a_second_press_does_nothing_more():
    order = for_free(by_ups())
    change = redirected(order)
    client = reader(order)
    path = addresses.order_page(order, "address_withdraw", pk=change.pk)
    assert "Stop this change?" in client.get(path).text
    assert client.post(path)["Location"] == status_page(change)
    assert client.post(path)["Location"] == status_page(change)
    assert AddressChange.objects.get().status == ChangeStatus.WITHDRAWN
    assert client.get(path)["Location"] == status_page(change)


def test_what_the_carrier_has_agreed_to_cannot_be_stopped_and_the_page_says_so():
    order = for_free(by_ups())
    change = standing(redirected(order), ChangeStatus.ACCEPTED)
    client = reader(order)
    path = addresses.order_page(order, "address_withdraw", pk=change.pk)
    page = client.post(path)
    assert page.status_code == 409
    assert "It can no longer be stopped" in text(page.text)
    standing_page = client.get(status_page(change)).text
    assert "a person tries to stop it" in standing_page
    assert addresses.order_page(order, "messages") in standing_page
    assert AddressChange.objects.get().withdraw_wanted_at is None


def test_the_steps_refresh_alone_and_the_page_when_it_says_something_else():
    order = for_free(by_ups())
    change = redirected(order)
    client = reader(order)
    whole = client.get(status_page(change)).text
    url = html.unescape(re.search(r'hx-get="([^"]+)"', whole)[1])
    part = client.get(url, headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith("<section") and "<h1>" not in part.text
    assert "HX-Refresh" not in part
    standing(change, ChangeStatus.SENT)
    assert client.get(url, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    assert client.get(url).status_code == 200


# --- On the page of the order -------------------------------------------------------------------


def test_the_row_of_the_order_page_says_the_terms_and_that_a_code_comes_first():
    order = by_ups()
    words = text(reader(order, code=False).get(addresses.order_page(order)).text)
    assert "Change the address Goes to Sarah W•••, New York, United States." in words
    assert "You pay 16.40 USD, only if it works" in words
    assert "We email a code to s•••@example.com first" in words
    words = text(reader(order).get(addresses.order_page(order)).text)
    assert "We email a code" not in words


def test_where_it_is_too_late_the_row_says_why(order):
    words = text(reader(order, code=False).get(addresses.order_page(order)).text)
    assert "See the address" in words
    assert "It was delivered, so this is no longer possible." in words


def test_a_change_under_way_stands_in_the_letter_and_has_a_row():
    order = for_free(by_ups())
    change = redirected(order)
    page = reader(order, code=False).get(addresses.order_page(order))
    assert page.text.count(heading(change)) == 2
    assert f'href="{status_page(change)}"' in page.text
    change = standing(change, ChangeStatus.SUCCEEDED)
    page = reader(order, code=False).get(addresses.order_page(order))
    assert page.text.count(heading(change)) == 1
    AddressChange.objects.update(ended_at=ago(days=15))
    page = reader(order, code=False).get(addresses.order_page(order))
    assert status_page(change) not in page.text


def test_the_story_tells_the_steps_of_a_change():
    order = for_free(by_ups())
    redirected(order).withdraw(by=BUYER)
    page = reader(order, code=False).get(addresses.order_page(order, "story"))
    assert page.status_code == 200
    assert "Brooklyn" not in page.text


def test_the_promise_of_an_answer_is_on_both_pages():
    order = for_free(by_ups())
    change = redirected(order)
    assert Promise.objects.open().filter(kind=PromiseKind.ADDRESS).exists()
    for path in (addresses.order_page(order), status_page(change)):
        assert reader(order).get(path).text.count('class="promise"') == 1


# --- What it costs, and other tongues -----------------------------------------------------------


def pages_of(order: Order, change: AddressChange | None = None) -> list[str]:
    found = [addresses.order_page(order, "address"), change_page(order)]
    found += [turn_page(order, aim) for aim in (Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE, AGAIN)]
    found += [addresses.order_page(order, "address_confirm")]
    if change:
        found += [status_page(change)]
        found += [addresses.order_page(order, "address_withdraw", pk=change.pk)]
    return found


@pytest.mark.parametrize("under_way", [False, True])
def test_no_page_asks_the_database_often_or_weighs_much(under_way):
    order = for_free(by_ups())
    change = redirected(order) if under_way else None
    client = reader(order)
    for path in pages_of(order, change):
        with CaptureQueriesContext(connection) as caught:
            page = client.get(path)
        asked = [query["sql"][:150] for query in caught.captured_queries]
        assert len(asked) <= MOST_QUERIES, "\n".join([path, *asked])
        assert len(page.content) < HEAVIEST


def test_more_parcels_are_not_many_more_questions():
    order = by_ups()
    client = reader(order)
    page = addresses.order_page(order, "address")
    with CaptureQueriesContext(connection) as few:
        client.get(page)
    for number in range(4):
        sent(order.store, report(), order=order, number=f"RB12345678{number}GB")
    with CaptureQueriesContext(connection) as many:
        client.get(page)
    each = (len(many) - len(few)) / 4
    assert each <= 5, [query["sql"][:150] for query in many.captured_queries]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_speaks_both_languages(language):
    order = for_free(by_ups())
    client = reader(order, language=language)
    for path in pages_of(order):
        page = client.get(path)
        if page.status_code == 200:
            assert f'<html lang="{language}"' in page.text
    change = redirected(order)
    for path in pages_of(order, change)[-2:]:
        assert f'<html lang="{language}"' in client.get(path).text


# --- Is it right? -------------------------------------------------------------------------------


def test_without_a_question_there_is_nothing_to_confirm(order):
    page = reader(order, code=False).get(addresses.order_page(order, "address_confirm"))
    assert "There is nothing to confirm any more." in page.text


def test_one_button_confirms_and_a_second_press_does_nothing_more():
    order = asked(unshipped(days_ago=0))
    client = reader(order, code=False)
    path = addresses.order_page(order, "address_confirm")
    page = client.get(path)
    assert "12 Harbour Lane" not in page.text
    assert "Sarah W•••" in page.text
    assert change_page(order, parcel=False) in page.text
    for _ in range(2):
        assert "Thank you. We send it here." in client.post(path, follow=True).text
    order.refresh_from_db()
    assert order.asked_address.confirmed_at
    assert order.events.filter(kind="address_confirmed").count() == 1


def asked(order: Order) -> Order:
    """The store asks whether the address is right."""
    order.store.asks_address = "always"
    order.store.save()
    AddressConfirmation.objects.ask(order.store, [order], timezone.now())
    return Order.objects.get(pk=order.pk)


# --- What was typed -----------------------------------------------------------------------------


def test_what_was_typed_waits_for_the_code():
    order = by_ups()
    client = reader(order, code=False)
    answer = client.post(change_page(order), BROOKLYN | {"agrees": "on", "key": "x"})
    assert answer["Location"].startswith(addresses.order_page(order, "step_up"))
    session = client.session
    session[access.GRANTS] = {str(order.pk): int(timezone.now().timestamp())}
    session.save()
    page = client.get(change_page(order))
    assert 'value="45 Bergen Street"' in page.text
    assert "What you typed is still here." in text(page.text)
    assert 'role="alert"' not in page.text
    assert 'value="45 Bergen Street"' not in client.get(change_page(order)).text


def test_what_was_typed_is_kept_for_an_hour_and_on_its_own_page_only():
    order = by_ups()
    client = reader(order)
    session = client.session
    fields = {"path": change_page(order), "at": int(ago(hours=2).timestamp()), "fields": BROOKLYN}
    session[kept.KEPT] = fields
    session.save()
    assert "Bergen" not in client.get(turn_page(order, Aim.HOLD)).text
    assert "Bergen" not in client.get(change_page(order)).text
    assert kept.KEPT not in client.session
