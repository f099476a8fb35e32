"""Requests to carriers on the desk, and the accounts at gateways whose keys stay in."""

import json

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.tracking.desk import account, member, permit, shown
from tests.tracking.turning import DAY, asked, at_ups, fresh, on_the_road, wanted
from tracking.admin.calling import AIMS, ANSWERS, WHY, answers_about, call
from tracking.admin.interception_acts import ACTS
from tracking.gateways import Aim, Failure, Outcome
from tracking.interceptions import InterceptionStatus
from tracking.models import GatewayAccount, Interception, InterceptionReport

pytestmark = pytest.mark.django_db

LIST = "/desk/tracking/interception/"
ADD = "/desk/tracking/gatewayaccount/add/"
SECRET = "a-secret-nobody-reads"
KEYS = {"client_id": "an-id-nobody-reads", "client_secret": SECRET}


@pytest.fixture
def agent():
    return member("agent", "view_interception", "change_interception", "view_parcel")


@pytest.fixture
def reader():
    return member("reader", "view_interception", "view_parcel")


@pytest.fixture
def owner():
    return member("owner", *(f"{may}_gatewayaccount" for may in ("add", "change", "view")))


@pytest.fixture
def by_phone():
    return wanted(on_the_road(), order_number="JP-1")


def page(row: Interception) -> str:
    return reverse("admin:tracking_interception_change", args=[row.pk])


def url(row: Interception, act: str) -> str:
    return reverse(f"admin:tracking_interception_{act}", args=[row.pk])


def press(client: Client, row: Interception, act: str, **values: str) -> str:
    return shown(client.post(url(row, act), values, follow=True))


# --- requests ---------------------------------------------------------------------------------


def test_there_are_words_for_every_aim_failure_and_outcome():
    assert (set(AIMS), set(WHY), set(ANSWERS)) == (set(Aim), set(Failure), set(Outcome))


def test_the_list_and_the_page_show_how_it_stands(agent, by_phone):
    text = shown(agent.get(LIST))
    assert "To another address" in text and by_phone.parcel.number in text
    assert "To be asked by telephone" in text and "Telephone" in text
    text = shown(agent.get(page(by_phone)))
    assert "4 Congress Avenue" in text and "12 Harbour Lane" in text and "JP-1" in text


def test_who_may_only_look_sees_towns_and_no_buttons(reader, by_phone):
    text = reader.get(page(by_phone)).text
    assert "Austin" in text and "Congress Avenue" not in text and "Harbour Lane" not in text
    for name in ACTS:
        assert url(by_phone, name) not in text
        assert reader.post(url(by_phone, name), {}).status_code in (404, 405)
    assert fresh(by_phone).status == InterceptionStatus.UNSUPPORTED
    assert not LogEntry.objects.exists()


def test_without_any_permission_there_is_nothing(by_phone):
    stranger = member("stranger", "view_parcel")
    assert stranger.get(LIST).status_code == stranger.get(page(by_phone)).status_code == 403
    parcel = stranger.get(f"/desk/tracking/parcel/{by_phone.parcel_id}/change/").text
    assert "What its carrier was asked for" not in parcel


def test_the_page_of_a_parcel_shows_its_requests(reader, by_phone):
    text = reader.get(f"/desk/tracking/parcel/{by_phone.parcel_id}/change/").text
    assert "What its carrier was asked for" in text and page(by_phone) in text


def test_a_call_is_noted_with_what_was_said(agent, by_phone):
    text = shown(agent.get(url(by_phone, "call")))
    assert "+1 800 742 5877" in text and "its line for people in US" in text
    assert "Please bring it to another address: Sarah Whitcombe, 4 Congress Avenue" in text
    assert "Noted." in press(agent, by_phone, "call", answer="accepted", words="Ms Ray")
    row = fresh(by_phone)
    assert (row.status, row.words) == (InterceptionStatus.ACCEPTED, "Ms Ray")
    assert LogEntry.objects.get().change_message == "Call to the carrier noted."


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"answer": "failed"}, "Choose why they say no"),
        ({"answer": "accepted", "cost": "5"}, "Three letters"),
        ({"answer": "accepted", "cost": "-5", "currency": "USD"}, "greater than or equal to 0"),
        ({"answer": "nothing"}, "Select a valid choice"),
        ({"answer": "withdrawn"}, "Select a valid choice"),
        ({}, "This field is required"),
    ],
)
def test_half_an_answer_is_asked_for(agent, by_phone, values, says):
    assert says in press(agent, by_phone, "call", **values)
    assert fresh(by_phone).status == InterceptionStatus.UNSUPPORTED


def test_it_is_asked_now_in_one_press(agent):
    at_ups(parcel := on_the_road())
    row = asked(parcel)
    Interception.objects.filter(pk=row.pk).update(due_at=timezone.now() + DAY)
    assert agent.get(url(row, "ask_now")).status_code == 405
    assert "asked within the next seconds" in press(agent, row, "ask_now")
    assert fresh(row).due_at <= timezone.now()


def test_what_was_given_up_is_asked_again(agent):
    at_ups(parcel := on_the_road())
    row = asked(parcel, state="dead")
    press(agent, row, "ask_now")
    assert fresh(row).state == "due"


def test_a_request_is_left_to_a_person_with_the_reason(agent):
    at_ups(parcel := on_the_road())
    row = wanted(parcel)
    assert "This field is required" in press(agent, row, "leave")
    assert "It stands on the list" in press(agent, row, "leave", why="They asked for a call")
    row = fresh(row)
    assert (row.status, row.words) == (InterceptionStatus.UNSUPPORTED, "They asked for a call")
    assert row in Interception.objects.to_call()
    assert "no longer possible" in press(agent, row, "leave", why="Again")


def test_withdrawing_says_whether_it_ended(agent, by_phone):
    said = shown(agent.get(url(by_phone, "withdraw")))
    assert "Nobody was asked yet" in said
    assert "Where a buyer has asked for it, their page says that the change was stopped." in said
    assert "It is withdrawn." in press(agent, by_phone, "withdraw")
    at_ups(parcel := on_the_road("1Z0000000000000002"))
    row = asked(parcel)
    assert "What the carrier says of it counts." in press(agent, row, "withdraw")
    assert fresh(row).withdraw_wanted_at


def test_nothing_is_done_without_the_token(by_phone):
    strict = Client(enforce_csrf_checks=True)
    clerk = member("clerk", "view_interception", "change_interception")
    strict.cookies = clerk.cookies
    assert strict.post(url(by_phone, "withdraw")).status_code == 403
    assert fresh(by_phone).is_open


def test_the_words_to_say_fit_what_is_wanted(by_phone):
    for aim in Aim:
        by_phone.aim = aim
        said = call(by_phone).says
        assert len(said) >= 4 and all(said)
    by_phone.withdraw_wanted_at = by_phone.asked_at = timezone.now()
    assert any("not wanted any more" in sentence for sentence in call(by_phone).says)
    assert set(answers_about(by_phone)) == set(Outcome)


@pytest.mark.parametrize(
    ("query", "finds"),
    [("work=call", 1), ("work=ended", 0), ("over=phone", 1), ("over=ups", 0), ("asked=no", 1)],
)
def test_the_list_is_narrowed(agent, by_phone, query, finds):
    assert agent.get(f"{LIST}?{query}").context["cl"].result_count == finds


def test_the_list_costs_the_same_for_one_and_for_many(
    agent, by_phone, django_assert_max_num_queries
):
    agent.get(LIST)
    with django_assert_max_num_queries(12) as few:
        agent.get(LIST)
    for number in range(3):
        wanted(on_the_road(f"1Z000000000000000{number}"))
    with django_assert_max_num_queries(12) as many:
        agent.get(LIST)
    assert len(many) == len(few)


# --- accounts at gateways -----------------------------------------------------------------------


def add(client: Client, gateway: str, keys: object = KEYS, **values: str):
    typed = keys if isinstance(keys, str) else json.dumps(keys)
    data = {"account": str(account().pk), "gateway": gateway, "is_active": "on", "keys": typed}
    return client.post(ADD, data | values, follow=True)


def change(client: Client, row: GatewayAccount, **values: str):
    """Sends the form as it was shown, with these changes."""
    known = {
        "position": row.position,
        "carriers": row.carriers,
        "base": row.base,
        "requester_name": row.requester_name,
        "requester_phone": row.requester_phone,
        "is_active": "on",
        "keys": "",
    }
    return client.post(where(row), known | values, follow=True)


def where(row: GatewayAccount) -> str:
    return reverse("admin:tracking_gatewayaccount_change", args=[row.pk])


@pytest.fixture
def ups(owner):
    add(owner, "ups", base="https://api.example.com/order")
    return GatewayAccount.objects.get()


def test_keys_go_in_and_never_come_out(owner, ups):
    assert ups.keys == KEYS
    for answer in (owner.get(where(ups)), owner.get("/desk/tracking/gatewayaccount/")):
        assert SECRET not in answer.text and KEYS["client_id"] not in answer.text
    text = shown(owner.get(where(ups)))
    assert "client_id, client_secret" in text and ups.callback in text


def test_who_may_only_look_sees_neither_keys_nor_the_address_for_calls(ups):
    text = member("reader", "view_gatewayaccount").get(where(ups)).text
    assert SECRET not in text and ups.hook_key not in text
    assert member("nobody").get(where(ups)).status_code == 403


def test_a_key_that_is_not_named_stays_and_null_takes_one_away(owner, ups):
    change(owner, ups, keys='{"features": {}}')
    ups.refresh_from_db()
    assert ups.keys == KEYS | {"features": {}}
    change(owner, ups, keys='{"features": null}', requester_name="Juniper")
    ups.refresh_from_db()
    assert (ups.keys, ups.requester_name) == (KEYS, "Juniper")


@pytest.mark.parametrize(
    ("gateway", "keys", "values", "says"),
    [
        ("ups", "no json", {}, "This is no JSON"),
        ("ups", "[" * 9999, {}, "This is no JSON"),
        ("ups", ["client_id"], {}, "Names and what they are"),
        ("ups", {"client_id": "k"}, {}, "client_secret"),
        ("ups", KEYS | {"colour": "red"}, {}, "no such thing: colour"),
        ("ups", KEYS, {"base": "http://api.example.com"}, "must begin with https"),
        ("ups", KEYS, {"carriers": "ups pigeons"}, "No carrier of ours: pigeons"),
        ("kdniao", {"customer": "1", "key": "k"}, {}, "Kdniao tells it to its customers only"),
        ("demo", {"position": "x"}, {"position": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_cannot_work_is_refused_in_words(owner, gateway, keys, values, says):
    answer = add(owner, gateway, keys, **values)
    assert says in shown(answer)
    assert SECRET not in answer.text
    assert not GatewayAccount.objects.exists()


def test_keys_are_typed_anew_before_they_go_to_another_address(owner, ups):
    answer = change(owner, ups, base="https://other.example.com")
    assert "type them in once more (client_id, client_secret)" in shown(answer)
    change(owner, ups, base="https://other.example.com", keys=json.dumps(KEYS))
    ups.refresh_from_db()
    assert ups.base == "https://other.example.com"


def test_what_is_missing_and_forged_and_told_is_said_on_its_page(owner, ups):
    GatewayAccount.objects.update(keys={"client_id": "k"}, forged_count=7)
    InterceptionReport.objects.create(
        gateway=ups, delivery="1", body=b"an address", outcome="1Z: now “Done”."
    )
    answer = owner.get(where(ups))
    text = shown(answer)
    assert "cannot be asked for anything yet" in text and "client_secret" in text
    assert "7" in text and "1Z: now “Done”." in text and "an address" not in text
    assert "Cannot ask" in shown(owner.get("/desk/tracking/gatewayaccount/"))


def test_saving_does_not_undo_what_was_counted_meanwhile(owner, ups):
    GatewayAccount.objects.update(forged_count=3)
    change(owner, ups, requester_phone="+86 10 1234")
    ups.refresh_from_db()
    assert (ups.forged_count, ups.requester_phone) == (3, "+86 10 1234")


def test_the_account_leads_to_its_gateways(ups):
    boss = member("boss", "view_account", "view_gatewayaccount")
    permit(boss, "tracking", "change_account")
    page = boss.get(f"/desk/tracking/account/{ups.account_id}/change/").text
    assert f"/desk/tracking/gatewayaccount/?account__id__exact={ups.account_id}" in page
