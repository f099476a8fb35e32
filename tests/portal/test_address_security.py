"""Who may read a whole address, and who may change one: nobody by a forwarded link."""

import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from portal import access
from portal.address_page import kept
from returns import addresses, tasks
from returns.address_policy import AGAIN
from returns.models import (
    BUYER,
    AddressChange,
    Event,
    FindAttempt,
    Notice,
    Order,
    ShopUpdate,
)
from returns.models.access import Throttle
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.on_the_way import hear, report, the_parcel
from tests.portal.test_address_pages import (
    BATH,
    BROOKLYN,
    by_ups,
    change_page,
    for_free,
    hidden,
    parcel_of,
    reader,
    redirected,
    send,
    status_page,
    turn_page,
    unshipped,
)
from tracking.gateways import Aim
from tracking.milestones import Milestone
from tracking.models import Interception, Parcel

pytestmark = pytest.mark.django_db

SECRETS = [
    "Whitcombe",
    "120 Ludlow Street",
    "Ludlow",
    "10002",
    "212 555 0123",
    "sarah@example.com",
    "45 Bergen Street",
    "Bergen",
    "11201",
]
PAID = {"agrees": "on", "fee": "16.40", "reason": "late"}


def written() -> tuple[int, ...]:
    """What a change leaves behind."""
    models = (AddressChange, Interception, ShopUpdate, Event, Notice, Throttle)
    return tuple(model.objects.count() for model in models)


def all_pages(order: Order, change: AddressChange | None = None) -> list[str]:
    """Those that need a code."""
    found = [addresses.order_page(order, "address"), change_page(order)]
    found += [change_page(order, parcel=False)]
    found += [turn_page(order, aim) for aim in (Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE, AGAIN)]
    if change:
        found.append(addresses.order_page(order, "address_withdraw", pk=change.pk))
    return found


def goes_to_the_code(answer, order: Order) -> bool:
    step_up = addresses.order_page(order, "step_up")
    return answer.status_code == 302 and answer["Location"].startswith(step_up)


# --- A forwarded link ---------------------------------------------------------------------------


def test_a_stranger_with_a_forwarded_link_sees_no_full_address_on_any_page():
    order = for_free(by_ups())
    change = redirected(order)
    stranger = reader(order, code=False)
    for path in all_pages(order, change):
        assert goes_to_the_code(stranger.get(path), order), path
    open_pages = [status_page(change), addresses.order_page(order)]
    open_pages += [addresses.order_page(order, name) for name in ("story", "address_confirm")]
    for path in open_pages:
        for headers in ({}, {"HX-Request": "true"}):
            page = stranger.get(path, headers=headers)
            assert page.status_code == 200
            assert [secret for secret in SECRETS if secret in page.text] == [], path


def test_a_stranger_with_a_forwarded_link_changes_nothing():
    order = by_ups()
    change = redirected(order, agreed_fee=Decimal("16.40"))
    stranger, before = reader(order, code=False), written()
    for path in all_pages(order, change)[1:]:
        answer = stranger.post(path, BROOKLYN | PAID)
        assert goes_to_the_code(answer, order), path
    assert written() == before
    change.refresh_from_db()
    assert change.is_open and change.withdraw_wanted_at is None


def test_a_forwarded_link_is_not_told_of_the_new_address_by_the_carriers_words():
    order = for_free(by_ups())
    redirected(order)
    hear(the_parcel(order), report(place="45 Bergen Street", words="Now to 45 Bergen Street"))
    page = reader(order, code=False).get(addresses.order_page(order))
    assert "Bergen" not in page.text


def test_part_of_a_page_sends_htmx_to_the_code_as_a_whole():
    order = by_ups()
    answer = reader(order, code=False).post(
        change_page(order), BROOKLYN | {"switch": "1"}, headers={"HX-Request": "true"}
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"].startswith(addresses.order_page(order, "step_up"))


def test_what_a_stranger_typed_is_kept_in_no_session_but_the_strangers():
    order = by_ups()
    stranger = reader(order, code=False)
    stranger.post(change_page(order), BROOKLYN | {"street": "1 Thief Road"})
    assert kept.KEPT in stranger.session
    assert "Thief" not in reader(order).get(change_page(order)).text


def test_a_code_that_is_sixteen_minutes_old_is_none():
    order = by_ups()
    client = reader(order)
    fields = hidden(client.get(change_page(order)).text) | BROOKLYN | PAID
    session = client.session
    session[access.GRANTS][str(order.pk)] -= 16 * 60
    session.save()
    before = written()
    assert goes_to_the_code(client.post(change_page(order), fields), order)
    assert written() == before


# --- Find, and other orders ---------------------------------------------------------------------


def test_the_order_number_and_the_phone_tail_open_nothing_without_the_mail():
    order = by_ups()
    client = CheckedClient()
    client.post(
        addresses.store_page(order.store, "find"), {"number": order.number, "proof": "0123"}
    )
    tasks.judge_attempts()
    assert Notice.objects.get().recipient == "sarah@example.com"
    asked = [client.get(path) for path in all_pages(order)]
    asked += [client.post(path, BROOKLYN | PAID) for path in all_pages(order)[1:]]
    for answer in asked:
        assert answer["Location"] == addresses.store_page(order.store, "find")
    assert not AddressChange.objects.exists()


def test_another_orders_session_gets_the_page_of_something_that_does_not_exist():
    order = for_free(by_ups())
    change = redirected(order)
    other = unshipped(order.store, number="JP-20999", email="bob@example.com")
    bob, before = reader(other), written()
    paths = [*all_pages(order, change), status_page(change)]
    paths.append(addresses.order_page(order, "address_confirm"))
    for path in paths:
        assert bob.get(path).status_code == 404, path
        assert bob.post(path, BROOKLYN | PAID).status_code in (404, 405), path
    assert written() == before


def test_a_parcel_or_a_change_of_another_order_does_not_exist_in_this_one():
    order = for_free(by_ups())
    change = redirected(order)
    other = unshipped(order.store, number="JP-20999", email="bob@example.com")
    people.ship(other)
    bob, before = reader(other), written()
    pk = parcel_of(order).pk
    strange = [addresses.order_page(other, "address_change", shipment=pk)]
    for aim in (Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE, AGAIN):
        strange.append(addresses.order_page(other, "address_turn", aim=aim, shipment=pk))
    strange.append(addresses.order_page(other, "address_withdraw", pk=change.pk))
    for path in strange:
        assert bob.get(path).status_code == 404, path
        assert bob.post(path, BROOKLYN | PAID).status_code == 404, path
    status = addresses.order_page(other, "address_status", pk=change.pk)
    assert bob.get(status).status_code == 404
    assert written() == before


def test_the_form_of_one_parcel_is_never_taken_for_that_of_another():
    order = for_free(by_ups())
    first = parcel_of(order)
    second = people.ship(order, carrier="ups", number="1Z999AA10123456790")
    Parcel.objects.filter(pk=second.parcel_id).update(
        origin="US", destination="US", milestone=Milestone.IN_TRANSIT
    )
    client = reader(order)
    paths = [
        addresses.order_page(order, "address_change", shipment=row.pk) for row in (first, second)
    ]
    form = hidden(client.get(paths[0]).text) | BROOKLYN
    for path in (*paths, *paths):
        assert client.post(path, form).status_code == 302, path
    assert [change.shipment_id for change in order.address_changes.order_by("pk")] == [
        first.pk,
        second.pk,
    ]


def test_a_parcel_on_its_way_to_us_cannot_be_turned_by_the_buyer(order):
    rma = people.ask_to_return(order)
    rma.name_parcel("RB987654321GB", "royal-mail", by=BUYER)
    back = order.shipments.get(is_return=True)
    path = addresses.order_page(order, "address_change", shipment=back.pk)
    assert reader(order).get(path).status_code == 404


@pytest.mark.parametrize("pk", [0, 2**63, 10**40])
def test_numbers_that_no_parcel_has_do_not_exist(pk):
    order = by_ups()
    client = reader(order)
    page = addresses.order_page(order)
    assert client.get(f"{page}address/hold/{pk}/").status_code == 404
    assert client.get(f"{page}address/changes/{pk}/").status_code == 404


@pytest.mark.parametrize("aim", ["depot", "redirect", "nonsense", "RETURN"])
def test_what_buyers_may_not_ask_for_has_no_page(aim):
    order = by_ups()
    path = f"{addresses.order_page(order)}address/{aim}/{parcel_of(order).pk}/"
    client, before = reader(order), written()
    assert client.get(path).status_code == client.post(path, PAID).status_code == 404
    assert written() == before


# --- What was not offered -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"country": "FR", "postcode": "75001", "city": "Paris"},
        {"country": ""},
        {"country": "us "},
        {"fee": "0"},
        {"fee": ""},
        {"fee": "-16.40"},
        {"fee": "NaN"},
        {"fee": "16.40 USD"},
        {"fee": "1e400"},
        {"agrees": ""},
    ],
    ids=str,
)
def test_what_was_not_offered_is_refused_and_nothing_is_written(fields):
    order = by_ups()
    client = reader(order)
    shown = hidden(client.get(change_page(order)).text)
    before = written()
    answer = client.post(change_page(order), shown | BROOKLYN | PAID | fields)
    if fields == {"country": "us "}:  # the same country, written otherwise
        assert answer.status_code in (302, 422)
        return
    assert answer.status_code in (409, 422)
    assert written() == before


def test_an_aim_that_is_not_offered_for_this_parcel_is_refused():
    order = by_ups(carrier="royal-mail", number="RB123456785GB")
    client, before = reader(order), written()
    page = client.post(turn_page(order, Aim.HOLD), PAID)
    assert page.status_code == 409
    assert written() == before


def test_without_the_forms_own_token_nothing_is_taken():
    order = unshipped()
    client = reader(order)
    client.handler.enforce_csrf_checks = True
    assert client.post(change_page(order, parcel=False), BATH).status_code == 403
    assert not AddressChange.objects.exists()


# --- The contact --------------------------------------------------------------------------------


@pytest.fixture
def moved() -> Order:
    """Sarah's order, whose email somebody changed an hour ago."""
    order = unshipped()
    Order.objects.update(
        email="new@example.com",
        previous_email="sarah@example.com",
        contact_changed_at=timezone.now() - timedelta(hours=1),
    )
    return Order.objects.get(pk=order.pk)


def test_for_three_days_after_the_contact_was_changed_the_code_goes_to_the_old_one(moved):
    stranger = reader(moved, code=False)
    page = stranger.get(change_page(moved, parcel=False), follow=True)
    assert "s•••@example.com" in page.text
    assert "was changed a short time ago" in page.text
    step_up = addresses.order_page(moved, "step_up")
    stranger.post(step_up, {"action": "send", "next": change_page(moved, parcel=False)})
    tasks.judge_attempts()
    assert {row.recipient for row in Notice.objects.all()} == {"sarah@example.com"}


def test_there_is_no_other_way_round_for_the_new_contact(moved):
    client = CheckedClient()
    find = {"number": moved.number, "proof": "new@example.com"}
    client.post(addresses.store_page(moved.store, "find"), find)
    tasks.judge_attempts()
    attempt = FindAttempt.objects.get(pk=Notice.objects.get().facts["attempt"])
    client.post(addresses.store_page(moved.store, "code"), {"code": attempt.code})
    assert client.get(addresses.order_page(moved)).status_code == 200
    answer = client.post(change_page(moved, parcel=False), BATH)
    assert goes_to_the_code(answer, moved)
    assert goes_to_the_code(client.get(addresses.order_page(moved, "address")), moved)
    assert Order.objects.get().street == "12 Harbour Lane"


def test_the_contact_before_is_told_of_the_change_and_the_new_one_too(moved):
    send(reader(moved), change_page(moved, parcel=False), **BATH)
    told = Notice.objects.filter(kind="address_asked")
    assert {row.recipient for row in told} == {"sarah@example.com", "new@example.com"}
    assert AddressChange.objects.get().told.recipient == "sarah@example.com"


def test_an_order_without_a_contact_that_counts_asks_to_write():
    order = unshipped(email="")
    page = reader(order, code=False).get(change_page(order, parcel=False), follow=True)
    assert "mailto:hello@juniper.example" in page.text
    assert 'name="action"' not in page.text


# --- Where an address may not be left behind ----------------------------------------------------


def test_no_address_stands_in_a_title_an_url_or_a_log_and_no_page_is_kept(caplog):
    order = for_free(by_ups())
    client = reader(order)
    with caplog.at_level(logging.DEBUG):
        answer = send(client, change_page(order), **BROOKLYN)
        change = AddressChange.objects.get()
        pages = [client.get(path, follow=True) for path in all_pages(order, change)]
        pages.append(client.get(status_page(change)))
    found = [secret for secret in SECRETS if secret in caplog.text + answer["Location"]]
    assert found == []
    for page in pages:
        title = page.text.partition("<title>")[2].partition("</title>")[0]
        assert [secret for secret in SECRETS if secret in title] == []
        assert page["Cache-Control"] == "private, no-store"
        assert page["X-Robots-Tag"] == "noindex, nofollow"
        for hop, _status in page.redirect_chain if hasattr(page, "redirect_chain") else ():
            assert [secret for secret in SECRETS if secret in hop] == []


def test_what_a_form_says_of_who_asks_is_not_believed():
    order = unshipped()
    client = reader(order)
    send(
        client,
        change_page(order, parcel=False),
        by="staff",
        verified_how="code",
        status="succeeded",
        **BATH,
    )
    change = AddressChange.objects.get()
    assert (change.requested_by, change.verified_how) == ("buyer", "")
    assert change.status != "succeeded"
