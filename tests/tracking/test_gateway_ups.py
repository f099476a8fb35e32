"""UPS Delivery Intercept, asked of a real server that demands what UPS documents."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.tracking.gateway_server import TOKEN, UPS_KEYS, UPS_NUMBER, GatewayServer, hasty
from tests.tracking.loopback import Answer as Reply
from tests.tracking.loopback import Loopback, loopback
from tracking.gateways import (
    NEVER_ARRIVED,
    Access,
    Address,
    Aim,
    Answer,
    Error,
    Failure,
    NoAccess,
    NotReached,
    Outcome,
    Task,
    TooFast,
    ups,
    ups_line,
)

FOLDER = Path(__file__).parent.parent / "recordings" / "ups"
BASE = "/api/deliveryintercept/v2"
KEY = "0123456789abcdef0123456789abcdef"
OLD = Address("Sarah Miller", "", "", "12 Elm Street", "", "", "Austin", "TX", "78701", "US")
NEW = Address(
    "Sarah Ann Miller", "", "(512) 555-0142", "9 Oak Avenue", "Apt 4", "", "Dallas", "TX",
    "75201-1234", "US",
)  # fmt: skip
TASK = Task(
    KEY, UPS_NUMBER, "ups", Aim.REDIRECT, before=OLD, after=NEW,
    requester=("Juniper", "+1 512 555 0100"), reason="changed_mind",
)  # fmt: skip
# What must never stand in a message or in words for the desk.
SECRETS = (
    *UPS_KEYS.values(),
    TOKEN,
    "Sarah",
    "9 Oak Avenue",
    "(512) 555-0142",
    "5125550142",
)


@pytest.fixture
def server() -> Iterator[GatewayServer]:
    with GatewayServer() as played:
        yield played


@pytest.fixture
def access(server: GatewayServer) -> Access:
    return Access(UPS_KEYS, server.base)


@pytest.fixture
def quick(monkeypatch):
    hasty(monkeypatch)


@pytest.fixture
def scripted() -> Iterator[Loopback]:
    """A UPS that gives tokens, and says what a test tells it to."""
    with loopback() as played:
        token = {"access_token": TOKEN, "expires_in": "14399"}
        played.answers(ups_line.TOKEN, Reply(json=token))
        yield played


def recording(name: str) -> dict[str, Any]:
    return json.loads((FOLDER / f"{name}.json").read_text())


def asks(server: GatewayServer) -> list[str]:
    """The paths that were called, without the number."""
    return [path.removeprefix(BASE).removesuffix(f"/{UPS_NUMBER}") for path, _ in server.requests]


# --- asking -----------------------------------------------------------------------------------


def test_another_address_is_asked_for_once_and_the_cost_is_known(server, access):
    answer = ups.request(TASK, access)
    assert answer == Answer(
        Outcome.ACCEPTED, reference="ASR1212", cost=Decimal("16.40"), currency="USD"
    )
    assert asks(server) == [
        ups_line.TOKEN,
        "/eligibility/intercept",
        "/charges",
        "/redirect/address",
    ]
    ((_, wish),) = server.asked
    assert wish == {
        "requestType": "AA",
        "requesterContactInfo": {"name": "Juniper", "telephone": "+15125550100"},
        "specialInstructions": None,
        "newDeliveryAddress": {
            "addressNickName": "New address",
            "addressInfo": {
                "addressLine1": "9 Oak Avenue",
                "addressLine2": "Apt 4",
                "city": "Dallas",
                "state": "TX",
                "postalCode": "75201-1234",
                "countryCode": "US",
                "firstName": "Sarah Ann",
                "lastName": "Miller",
                "phoneNumber": "+15125550142",
            },
            "nameOrCompanyName": "Sarah Ann Miller",
            "contactName": "Sarah Ann Miller",
            "phoneNumber": "+15125550142",
        },
    }


@pytest.mark.parametrize(
    ("aim", "path", "more"),
    [
        (Aim.RETURN, "/return", {"requestType": "RS", "reasonForReturn": "AM"}),
        (Aim.HOLD, "/willcall", {"requestType": "WC"}),
        (Aim.RESCHEDULE, "/reschedule", {"requestType": "FD", "deliveryDate": "20300114"}),
    ],
)
def test_the_other_wishes_say_no_more_than_they_need(aim, path, more, server, access):
    task = replace(TASK, aim=aim, after=Address(), on=date(2030, 1, 14))
    assert ups.request(task, access).outcome == Outcome.ACCEPTED
    ((called, wish),) = server.asked
    assert called == f"{BASE}{path}/{UPS_NUMBER}"
    contact = {"name": "Juniper", "telephone": "+15125550100"}
    assert wish == {"requesterContactInfo": contact, "specialInstructions": None, **more}


@pytest.mark.parametrize(
    ("reason", "code"),
    [("changed_mind", "AM"), ("late", "KV"), ("refused", "KV"), ("nobody knows", "KV")],
)
def test_a_parcel_goes_back_for_a_reason_that_ups_offers(reason, code, server, access):
    """The server offers AM and KV only."""
    ups.request(replace(TASK, aim=Aim.RETURN, reason=reason), access)
    assert server.asked[0][1]["reasonForReturn"] == code


def test_a_repeat_carries_the_same_name_in_every_call(server, access):
    ups.request(TASK, access)
    server.made.clear()
    ups.request(TASK, access)
    names = [seen.headers["transId"] for seen in server.seen if seen.path.startswith(BASE)]
    assert names[:3] == names[3:] == [f"{mark}.0123456789ab" for mark in "epr"]


def test_puerto_rico_is_a_state_of_its_own(server, access):
    there = replace(NEW, country="PR", region="", city="San Juan", postcode="00901")
    assert ups.request(replace(TASK, after=there), access).outcome == Outcome.ACCEPTED
    info = server.asked[0][1]["newDeliveryAddress"]["addressInfo"]
    assert (info["state"], info["countryCode"]) == ("PR", "PR")


# --- what is not asked at all -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"number": "1Z999"}, Failure.REFUSED),
        ({"number": "1Z999AA1012345678/"}, Failure.REFUSED),
        ({"number": "1z999aa10123456784"}, Failure.REFUSED),
        ({"number": "1Z999AA10123456784\n"}, Failure.REFUSED),
        ({"aim": Aim.DEPOT}, Failure.REFUSED),
        ({"aim": Aim.RESCHEDULE, "on": None}, Failure.REFUSED),
        ({"before": replace(OLD, country="CA")}, Failure.NOT_SERVED),
        ({"after": replace(NEW, country="CN")}, Failure.NOT_SERVED),
        ({"aim": Aim.RETURN, "before": replace(OLD, country="PR")}, Failure.NOT_SERVED),
        ({"after": Address()}, Failure.ADDRESS),
        ({"after": replace(NEW, street="")}, Failure.ADDRESS),
        ({"after": replace(NEW, street="9" * 51)}, Failure.ADDRESS),
        ({"after": replace(NEW, street2="9" * 36)}, Failure.ADDRESS),
        ({"after": replace(NEW, region="Texas")}, Failure.ADDRESS),
        ({"after": replace(NEW, postcode="7520")}, Failure.ADDRESS),
        ({"after": replace(NEW, name=" ")}, Failure.ADDRESS),
    ],
)
def test_what_ups_cannot_do_is_not_asked_for(changed, failure, server, access):
    answer = ups.request(replace(TASK, **changed), access)
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, failure)
    assert answer.words and not any(secret in answer.words for secret in SECRETS)
    assert server.requests == []


@pytest.mark.parametrize("requester", [("", "+15125550100"), ("Juniper", ""), ("Juniper", "me")])
def test_who_asks_has_a_name_and_a_telephone(requester, server, access):
    with pytest.raises(NoAccess, match="telephone"):
        ups.request(replace(TASK, requester=requester), access)
    assert server.requests == []


def test_a_parcel_that_cannot_be_turned_any_more_is_not_asked_about(server, access):
    server.eligible[UPS_NUMBER] = ("WC",)
    answer = ups.request(TASK, access)
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, Failure.TOO_LATE)
    assert server.asked == []
    assert ups.request(replace(TASK, aim=Aim.HOLD), access).outcome == Outcome.ACCEPTED


def test_a_second_request_beside_one_that_ups_has_is_not_made(server, access):
    ups.request(TASK, access)
    answer = ups.request(TASK, access)
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, Failure.ONCE_ONLY)
    assert len(server.asked) == 1


def test_another_day_is_one_that_ups_offers(server, access):
    answer = ups.request(replace(TASK, aim=Aim.RESCHEDULE, on=date(2030, 1, 11)), access)
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, Failure.REFUSED)
    assert "20300110" in answer.words
    assert server.asked == []


def test_what_ups_does_not_know_is_asked_for_all_the_same(scripted):
    told = recording("eligibility")
    for row in told["response"]["commonEligibilityMap"]:
        row["eligibilityValue"]["createEligibility"] = "UNKNOWN"
    scripted.answers(f"{BASE}/eligibility/intercept/{UPS_NUMBER}", Reply(json=told))
    scripted.answers(f"{BASE}/redirect/address/{UPS_NUMBER}", Reply(json=recording("done")))
    assert ups.request(TASK, Access(UPS_KEYS, scripted.url)).outcome == Outcome.ACCEPTED


def test_which_feature_is_a_redirection_can_be_overruled(server):
    server.eligible[UPS_NUMBER] = ("FD",)
    access = Access({**UPS_KEYS, "features": {"redirect": "FD"}}, server.base)
    assert ups.request(TASK, access).outcome == Outcome.ACCEPTED


# --- the answer -------------------------------------------------------------------------------


def redirected(scripted: Loopback, reply: Reply, task: Task = TASK) -> Answer:
    """What becomes of a request that UPS answers like this."""
    scripted.answers(
        f"{BASE}/eligibility/intercept/{UPS_NUMBER}", Reply(json=recording("eligibility"))
    )
    path = ups.WAYS[task.aim].path
    scripted.answers(f"{BASE}{path}/{UPS_NUMBER}", reply)
    try:
        return ups.request(task, Access(UPS_KEYS, scripted.url))
    finally:
        called = [seen.path for seen in scripted.seen]
        assert called.count(f"{BASE}{path}/{UPS_NUMBER}") == 1


@pytest.mark.parametrize(
    ("aim", "name", "status", "failure"),
    [
        (Aim.REDIRECT, "error-validation", 400, Failure.ADDRESS),
        (Aim.HOLD, "error-validation", 400, Failure.REFUSED),
        (Aim.REDIRECT, "error-address-token", 401, Failure.ADDRESS),
        (Aim.HOLD, "error-address-token", 401, Failure.NOT_OURS),
    ],
)
def test_a_refusal_is_told_with_its_words(aim, name, status, failure, scripted):
    reply = Reply(status=status, json=recording(name))
    answer = redirected(scripted, reply, replace(TASK, aim=aim))
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, failure)
    assert recording(name)["response"]["errors"][0]["message"] in answer.words


def test_a_refusal_that_nobody_documents_is_one_with_words(scripted):
    told = {"success": False, "statusCode": "000", "statusMsg": "Success"}
    errors = [{"errorCode": "1201", "errorMessage": "Not today"}]
    answer = redirected(scripted, Reply(json={**told, "errors": errors}))
    assert (answer.failure, answer.words) == (Failure.REFUSED, "1201 Not today")


def test_words_hold_no_key_and_not_whom_it_is_about(scripted):
    said = f"{' '.join(UPS_KEYS.values())} {TOKEN} {NEW.name}, {NEW.street}, {NEW.phone}"
    told = {"success": False, "statusCode": "000", "errors": [{"errorMessage": said * 20}]}
    answer = redirected(scripted, Reply(json=told))
    assert "…" in answer.words and len(answer.words) <= 200
    assert not any(secret in answer.words for secret in SECRETS)


MAYBE_DONE = [
    Reply(json=recording("broken")),
    Reply(status=500, body=b"oops"),
    Reply(status=503, json=recording("done")),
    Reply(body=b""),
    Reply(body=b"<html>hello</html>"),
    Reply(json=[]),
    Reply(json={}),
    Reply(json={"success": True}),
    Reply(json={"success": "true", "statusCode": "000"}),
    Reply(json={"response": 7}),
    Reply(body=b"[" * 100_000),
    Reply(json=recording("done"), cut=20),
    Reply(raw=b"hello?\r\n\r\n"),
    Reply(status=302, headers={"Location": "/elsewhere"}),
    Reply(status=404, body=b"Nothing is here."),
]


@pytest.mark.parametrize("reply", MAYBE_DONE, ids=range(len(MAYBE_DONE)))
def test_an_answer_that_says_neither_may_mean_that_it_was_done(reply, scripted):
    with pytest.raises(Error) as raised:
        redirected(scripted, reply)
    assert not isinstance(raised.value, NEVER_ARRIVED)
    assert not any(secret in str(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "how", ["timeout", "timeout_after_acting", "error_after_acting", "cut_after_acting", "drip"]
)
def test_a_request_whose_answer_is_lost_may_have_arrived(how, server, access, quick):
    server.behave(how)
    with pytest.raises(Error) as raised:
        ups.request(TASK, access)
    assert not isinstance(raised.value, NEVER_ARRIVED)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("how", "error"), [("too_fast", TooFast), ("no_access", NoAccess), ("forbidden", NoAccess)]
)
@pytest.mark.parametrize("at", ["token", "eligibility", "ask"])
def test_who_is_turned_away_at_the_door_has_asked_for_nothing(at, how, error, server, access):
    server.behave(how, at=at)
    with pytest.raises(error):
        ups.request(TASK, access)
    assert server.made == {}


@pytest.mark.parametrize("how", ["timeout", "error", "rubbish_after_acting", "cut_after_acting"])
@pytest.mark.parametrize("at", ["token", "eligibility"])
def test_what_fails_before_the_request_asked_for_nothing(at, how, server, access, quick):
    server.behave(how, at=at)
    with pytest.raises(NotReached) as raised:
        ups.request(TASK, access)
    assert server.asked == []
    assert not any(secret in str(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "how", ["timeout", "error", "too_fast", "no_access", "rubbish_after_acting", "refuse"]
)
def test_without_a_price_it_is_asked_all_the_same(how, server, access, quick):
    server.behave(how, at="charges")
    answer = ups.request(TASK, access)
    assert (answer.outcome, answer.cost, answer.currency) == (Outcome.ACCEPTED, None, "")


def test_the_price_is_that_of_the_whole(scripted):
    scripted.answers(f"{BASE}/charges/{UPS_NUMBER}", Reply(json=recording("charges")))
    answer = redirected(scripted, Reply(json=recording("done")))
    assert (answer.cost, answer.currency) == (Decimal("40.00"), "USD")
    asked = next(seen for seen in scripted.seen if seen.path.startswith(f"{BASE}/charges"))
    (rating,) = asked.json["ratingRequest"]
    assert rating["trackInfo"] == {"interceptOption": "AA"}
    places = [rating[name]["city"] for name in ("fromAddress", "toAddress")]
    assert places == ["Austin", "Dallas"]
    assert rating["redirectAddress"]["addressInfo"]["city"] == "Dallas"


@pytest.mark.parametrize("charge", ["", "free", "1e9", "-1.00", "16", "9" * 20 + ".00", "NaN"])
def test_a_price_that_is_none_is_not_one(charge, server, access):
    server.charge = charge
    answer = ups.request(TASK, access)
    assert (answer.outcome, answer.cost) == (Outcome.ACCEPTED, None)


def test_nobody_there_is_nobody_asked(access):
    with GatewayServer() as gone:
        base = gone.base
    for act in (ups.request, ups.check, ups.withdraw):
        with pytest.raises(NotReached):
            act(TASK, Access(UPS_KEYS, base))


# --- the token --------------------------------------------------------------------------------


def test_a_token_is_kept_for_one_client_and_no_other(server, access):
    for _ in range(2):
        ups.check(TASK, access)
    assert server.tokens == 1
    stranger = Access({**UPS_KEYS, "client_secret": "a-guess"}, server.base)
    with pytest.raises(NoAccess):
        ups.check(TASK, stranger)
    other = Access(UPS_KEYS, f"{server.base}/")
    ups.check(TASK, other)
    assert server.tokens == 1, "it is the same address"


def test_a_token_that_ups_does_not_take_any_more_is_not_shown_again(server, access):
    ups.check(TASK, access)
    ups_line._tokens[ups_line._owner(access)] = ("an-old-token", float("inf"))
    with pytest.raises(NoAccess):
        ups.check(TASK, access)
    assert ups.check(TASK, access).outcome == Outcome.NOTHING
    assert server.tokens == 2


@pytest.mark.parametrize("life", ["60", "0", "", None, "soon", -5, [1]])
def test_a_token_that_ends_soon_is_not_kept(life, scripted):
    told = {"access_token": TOKEN, "expires_in": life}
    scripted.answers(ups_line.TOKEN, Reply(json=told))
    path = f"{BASE}/eligibility/intercept/{UPS_NUMBER}"
    scripted.answers(path, Reply(json=recording("eligibility")))
    for _ in range(2):
        ups.check(TASK, Access(UPS_KEYS, scripted.url))
    assert [seen.path for seen in scripted.seen] == [ups_line.TOKEN, path] * 2


@pytest.mark.parametrize(
    "told", [{}, [], {"access_token": 7}, {"access_token": ""}, {"access_token": "a\nb"}]
)
def test_no_token_is_nobody_reached(told, scripted):
    scripted.answers(ups_line.TOKEN, Reply(json=told))
    with pytest.raises(NotReached):
        ups.request(TASK, Access(UPS_KEYS, scripted.url))


def test_a_client_that_ups_does_not_know_is_for_somebody_to_mend(scripted):
    scripted.answers(ups_line.TOKEN, Reply(status=400, json={}))
    with pytest.raises(NoAccess):
        ups.request(TASK, Access(UPS_KEYS, scripted.url))
    with pytest.raises(NoAccess, match="client_secret"):
        ups.request(TASK, Access({"client_id": "x"}, scripted.url))


# --- finding out, and taking back -------------------------------------------------------------


def test_what_became_of_it_is_found_out_without_asking_again(server, access, quick):
    assert ups.check(TASK, access).outcome == Outcome.NOTHING
    server.behave("timeout_after_acting")
    with pytest.raises(Error):
        ups.request(TASK, access)
    assert ups.check(TASK, access) == Answer(Outcome.ACCEPTED)
    assert len(server.asked) == 1


def test_nothing_is_said_only_where_there_is_no_request_of_any_kind(server, access):
    """Which feature is ours is a guess; what else is there may be ours too."""
    ups.request(replace(TASK, aim=Aim.HOLD), access)
    assert ups.check(TASK, access).outcome == Outcome.NO_NEWS


def test_a_parcel_that_cannot_be_turned_tells_nothing(server, access):
    server.eligible[UPS_NUMBER] = ()
    assert ups.check(TASK, access).outcome == Outcome.NO_NEWS


@pytest.mark.parametrize("value", ["UNKNOWN", "", None, 7, [], "eligible"])
def test_what_ups_does_not_know_is_no_news(value, scripted):
    told = recording("eligibility")
    for row in told["response"]["commonEligibilityMap"]:
        row["eligibilityValue"]["cancelEligibility"] = value
    scripted.answers(f"{BASE}/eligibility/intercept/{UPS_NUMBER}", Reply(json=told))
    assert ups.check(TASK, Access(UPS_KEYS, scripted.url)).outcome == Outcome.NO_NEWS


@pytest.mark.parametrize(
    ("name", "status"), [("error-validation", 400), ("error-address-token", 401)]
)
def test_a_refusal_to_look_is_no_news_with_words(name, status, scripted):
    path = f"{BASE}/eligibility/intercept/{UPS_NUMBER}"
    scripted.answers(path, Reply(status=status, json=recording(name)))
    answer = ups.check(TASK, Access(UPS_KEYS, scripted.url))
    assert answer.outcome == Outcome.NO_NEWS and answer.words


ODD = [
    {"response": {"commonEligibilityMap": None}},
    {"response": {"commonEligibilityMap": []}},
    {"response": {"commonEligibilityMap": [7, "RD", None]}},
    {"response": {"commonEligibilityMap": {"interceptFeature": ["RD"]}}},
    {"response": []},
    [],
    recording("broken"),
]


@pytest.mark.parametrize("told", ODD, ids=range(len(ODD)))
def test_rubbish_tells_nothing_and_lets_nothing_be_asked(told, scripted):
    scripted.answers(f"{BASE}/eligibility/intercept/{UPS_NUMBER}", Reply(json=told))
    access = Access(UPS_KEYS, scripted.url)
    with pytest.raises(Error):
        ups.check(TASK, access)
    with pytest.raises(NotReached):
        ups.request(TASK, access)


def test_one_feature_alone_may_stand_without_a_list(scripted):
    value = {"createEligibility": "NOT_ELIGIBLE", "cancelEligibility": "ELIGIBLE"}
    told = {"commonEligibilityMap": {"interceptFeature": "RD", "eligibilityValue": value}}
    path = f"{BASE}/eligibility/intercept/{UPS_NUMBER}"
    scripted.answers(path, Reply(json={"response": told}))
    assert ups.check(TASK, Access(UPS_KEYS, scripted.url)).outcome == Outcome.ACCEPTED


def test_a_request_is_taken_back(server, access):
    ups.request(TASK, access)
    assert ups.withdraw(TASK, access).outcome == Outcome.WITHDRAWN
    assert server.cancelled == [UPS_NUMBER]
    assert ups.check(TASK, access).outcome == Outcome.NOTHING
    answer = ups.withdraw(TASK, access)
    assert (answer.outcome, answer.words) == (Outcome.NOTHING, "1201 There is nothing to cancel")


def test_what_ups_does_not_forget_may_go_on(server, access):
    ups.request(TASK, access)
    server.behave("refuse", at="cancel")
    answer = ups.withdraw(TASK, access)
    assert answer.outcome == Outcome.NO_NEWS and "710" in answer.words
    assert server.made


def test_a_withdrawal_whose_answer_is_lost_is_an_error(server, access, quick):
    ups.request(TASK, access)
    server.behave("timeout_after_acting", at="cancel")
    with pytest.raises(Error):
        ups.withdraw(TASK, access)
    assert ups.check(TASK, access).outcome == Outcome.NOTHING


# --- the rest ---------------------------------------------------------------------------------


def test_only_parcels_of_ups_and_only_with_keys():
    whole = Access(UPS_KEYS)
    assert ups.serves("ups", Aim.HOLD, whole)
    assert not ups.serves("ups", Aim.DEPOT, whole)
    assert not ups.serves("usps", Aim.HOLD, whole)
    assert not ups.serves("ups", Aim.HOLD, Access({"client_id": "x"}))


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({}, "client_id"),
        ({**UPS_KEYS, "client_secret": " "}, "client_secret"),
        ({**UPS_KEYS, "client_secret": 7}, "client_secret"),
        ({**UPS_KEYS, "features": []}, "features"),
        ({**UPS_KEYS, "features": {"redirect": "XX"}}, "features.redirect"),
        ({**UPS_KEYS, "features": {"upwards": "RD"}}, "features.upwards"),
    ],
)
def test_what_is_wrong_with_the_keys_is_named(keys, problem):
    found = ups.problems(Access(keys))
    assert any(problem in one for one in found)
    assert ups.problems(Access(UPS_KEYS)) == []


def test_ups_calls_nobody(access):
    assert not ups.is_genuine({}, b"{}", access)
    assert ups.acknowledge(b"{}", access) == {} and ups.delivery_id(b"{}") == ""
    with pytest.raises(Error) as raised:
        ups.parse(b"{}", access)
    assert raised.value.permanent
