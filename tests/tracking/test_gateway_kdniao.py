"""Kdniao's envelope around names that are made up: nothing of its interception is public."""

import base64
import copy
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.gateway_server import (
    CHINESE_NUMBER,
    KDNIAO_KEYS,
    GatewayServer,
    hasty,
    kdniao_result,
)
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
    NoQuota,
    NotReached,
    Outcome,
    Task,
    TooFast,
    kdniao,
)

FOLDER = Path(__file__).parent.parent / "recordings" / "kdniao"
KEY = "0123456789abcdef0123456789abcdef"
NEW = Address(
    name="李小梅", phone="13800138000", street="科技南十二路2号", district="南山区",
    city="深圳市", region="广东省", country="CN",
)  # fmt: skip
TASK = Task(KEY, CHINESE_NUMBER, "sf", Aim.REDIRECT, after=NEW, order="J-1042")
ACCESS = Access(KDNIAO_KEYS)
PATH = KDNIAO_KEYS["interception"]["path"]
SECRETS = (KDNIAO_KEYS["key"], "李小梅", "13800138000", "科技南十二路2号")


@pytest.fixture
def server() -> Iterator[GatewayServer]:
    with GatewayServer() as played:
        yield played


@pytest.fixture
def access(server: GatewayServer) -> Access:
    return replace(ACCESS, base=server.base)


@pytest.fixture
def scripted() -> Iterator[Loopback]:
    with loopback() as played:
        yield played


def recorded(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def written(**parts: Any) -> Access:
    """The keys with these parts of the contract otherwise; None leaves one out."""
    contract = {**copy.deepcopy(KDNIAO_KEYS["interception"]), **parts}
    filled = {name: part for name, part in contract.items() if part is not None}
    return Access({**KDNIAO_KEYS, "interception": filled})


# --- nothing is invented ----------------------------------------------------------------------


@pytest.mark.parametrize("contract", [None, {}, [], "yes", 7])
def test_as_long_as_nothing_is_written_down_nobody_is_served(contract, server):
    access = Access({"customer": "1", "key": "k", "interception": contract}, server.base)
    found = " ".join(kdniao.problems(access))
    for name in ("path", "command", "fields.number", "aims"):
        assert f"“interception.{name}” is empty" in found
    assert not any(kdniao.serves("sf", aim, access) for aim in Aim)
    with pytest.raises(NoAccess):
        kdniao.request(TASK, access)
    assert server.requests == []
    assert kdniao.parse(kdniao_result(), access) == []


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"path": None}, "“interception.path” is empty"),
        ({"path": " "}, "“interception.path” is empty"),
        ({"command": 7}, "“interception.command” is empty"),
        ({"fields": {"carrier": "X"}}, "“interception.fields.number” is empty"),
        ({"fields": {"number": 7}}, "“interception.fields”"),
        ({"fields": {"number": "X", "colour": "Y"}}, "“interception.fields”"),
        ({"aims": {"upwards": {}}}, "“interception.aims.upwards”"),
        ({"aims": {"return": "home"}}, "“interception.aims.return”"),
        ({"aims": []}, "“interception.aims” is empty"),
        ({"address": None}, "“interception.address” is empty"),
        ({"address": {"planet": "X"}}, "“interception.address”"),
        ({"carriers": {"sf": 7}}, "“interception.carriers”"),
        ({"carriers": ["sf"]}, "“interception.carriers”"),
        ({"result": None}, "“interception.result”"),
        ({"result": {"number": "X"}}, "“interception.result.status”"),
    ],
)
def test_what_is_missing_is_named_and_nobody_is_served(parts, problem):
    access = written(**parts)
    assert any(problem in one for one in kdniao.problems(access))
    assert not kdniao.serves("sf", Aim.RETURN, access)


@pytest.mark.parametrize("name", ["customer", "key"])
def test_it_needs_its_keys(name):
    access = Access({**KDNIAO_KEYS, name: ""})
    assert kdniao.problems(access) == [f"“{name}” is missing."]


def test_a_contract_serves_what_it_names():
    assert kdniao.problems(ACCESS) == []
    assert kdniao.serves("sf", Aim.REDIRECT, ACCESS)
    assert not kdniao.serves("sf", Aim.HOLD, ACCESS)
    assert not kdniao.serves("royal-mail", Aim.REDIRECT, ACCESS)
    only_zto = written(carriers={"zto": {"TheAccount": "7"}})
    assert kdniao.serves("zto", Aim.RETURN, only_zto)
    assert not kdniao.serves("sf", Aim.RETURN, only_zto)


def test_a_contract_without_a_call_to_us_is_enough_to_ask():
    access = written(push=None, result=None)
    assert kdniao.problems(access) == []
    assert kdniao.parse(kdniao_result(), access) == []


# --- asking -----------------------------------------------------------------------------------


def test_a_request_goes_once_in_the_envelope_under_the_names_of_the_contract(server, access):
    assert kdniao.request(TASK, access) == Answer(Outcome.SENT)
    ((path, form),) = server.requests
    assert path == PATH
    assert (form["EBusinessID"], form["RequestType"], form["DataType"]) == (
        "1000042",
        "made-up-7",
        "2",
    )
    assert json.loads(form["RequestData"]) == {
        "TheCarrier": "SF",
        "TheNumber": CHINESE_NUMBER,
        "TheKey": KEY,
        "NewName": "李小梅",
        "NewPhone": "13800138000",
        "NewPlace": "广东省深圳市南山区科技南十二路2号",
        "TheWish": "elsewhere",
    }


def test_the_signature_is_that_of_the_vector(scripted):
    """Over the JSON before any encoding; encoded once on its way."""
    scripted.answers("/x", Reply(json={"Success": True}))
    access = replace(
        Access(
            {
                "customer": "1",
                "key": "test-api-key",
                "interception": {
                    "path": "x",
                    "command": "c",
                    "fields": {"carrier": "ShipperCode", "number": "LogisticCode"},
                    "aims": {"return": {}},
                },
            }
        ),
        base=f"{scripted.url}/",
    )
    kdniao.request(Task(KEY, "YT1234567890123", "yto", Aim.RETURN), access)
    sent = parse_qs(scripted.last.body.decode())
    assert sent["RequestData"] == ['{"ShipperCode":"YTO","LogisticCode":"YT1234567890123"}']
    assert sent["DataSign"] == ["YjQzODg4YjY5ZThjZjNiNTNhZDA3M2ZhOTE5Nzg4NTE="]
    assert b"NTE%3D" in scripted.last.body


def test_a_way_back_tells_no_address(server, access):
    kdniao.request(replace(TASK, aim=Aim.RETURN), access)
    data = json.loads(server.asked[0][1]["RequestData"])
    assert data["TheWish"] == "home"
    assert not {"NewName", "NewPhone", "NewPlace"} & set(data)


def test_a_day_an_order_and_our_account_at_the_carrier_are_told_where_they_have_names(server):
    access = replace(
        written(
            fields={"number": "TheNumber", "order": "Order", "day": "Day", "reason": "Why"},
            aims={"reschedule": {}},
            carriers={"sf": {"Account": "755"}},
        ),
        base=server.base,
    )
    kdniao.request(replace(TASK, aim=Aim.RESCHEDULE, on=date(2026, 10, 14)), access)
    assert json.loads(server.asked[0][1]["RequestData"]) == {
        "TheNumber": CHINESE_NUMBER,
        "Order": "J-1042",
        "Day": "2026-10-14",
        "Why": "other",
        "Account": "755",
    }


@pytest.mark.parametrize("after", [Address(), replace(NEW, name=""), replace(NEW, street=" ")])
def test_a_redirection_needs_an_address(after, server, access):
    answer = kdniao.request(replace(TASK, after=after), access)
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, Failure.ADDRESS)
    assert server.requests == []


def asked(scripted: Loopback, reply: Reply, access: Access = ACCESS) -> Answer:
    scripted.answers(PATH, reply)
    try:
        return kdniao.request(TASK, replace(access, base=scripted.url))
    finally:
        assert len(scripted.seen) == 1


def test_the_answers_of_the_recordings_are_read(scripted):
    assert asked(scripted, Reply(body=recorded("answer-wish"))) == Answer(Outcome.SENT)
    scripted.seen.clear()
    with pytest.raises(NoQuota):
        asked(scripted, Reply(body=recorded("answer-wish-refused")))


def test_its_answer_may_name_the_request(scripted):
    reply = Reply(json={"Success": "true", "Data": {"Id": 42}})
    assert asked(scripted, reply, written(reference="Data.Id")).reference == "42"


@pytest.mark.parametrize(
    ("reason", "error"),
    [("非法参数[请检查ID和key]", NoAccess), ("业务错误[没有可用套餐]", NoQuota)],
)
def test_what_is_wrong_with_us_is_for_somebody_to_mend(reason, error, scripted):
    with pytest.raises(error, match=reason[:4]):
        asked(scripted, Reply(json={"Success": False, "Reason": reason}))


def test_any_other_no_is_a_refusal_with_its_words(scripted):
    answer = asked(scripted, Reply(json={"Success": False, "Reason": "该单号不支持拦截"}))
    assert answer == Answer(Outcome.FAILED, failure=Failure.REFUSED, words="该单号不支持拦截")


def test_words_hold_no_key_and_not_whom_it_is_about(scripted):
    answer = asked(scripted, Reply(json={"Success": False, "Reason": " ".join(SECRETS)}))
    assert not any(secret in answer.words for secret in SECRETS)


def test_a_wrong_key_or_a_command_that_was_not_bought_asks_for_nothing(server, access):
    with pytest.raises(NoAccess):
        kdniao.request(TASK, replace(access, keys={**KDNIAO_KEYS, "key": "another"}))
    with pytest.raises(NoQuota):
        kdniao.request(TASK, replace(written(command="made-up-9"), base=server.base))
    assert server.made == {}


MAYBE_DONE = [
    Reply(body=b""),
    Reply(body=b"<html>hello</html>"),
    Reply(json=[]),
    Reply(json={}),
    Reply(json={"Reason": "成功"}),
    Reply(body=b"[" * 100_000),
    Reply(json={"Success": True}, cut=5),
    Reply(status=302, headers={"Location": "/elsewhere"}),
    Reply(status=500, json={"Success": True}),
]


@pytest.mark.parametrize("reply", MAYBE_DONE, ids=range(len(MAYBE_DONE)))
def test_an_answer_that_says_neither_may_mean_that_it_was_taken(reply, scripted):
    with pytest.raises(Error) as raised:
        asked(scripted, reply)
    assert type(raised.value) is Error
    assert not any(secret in str(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "how", ["timeout", "timeout_after_acting", "error_after_acting", "cut_after_acting", "drip"]
)
def test_a_request_whose_answer_is_lost_may_have_arrived(how, server, access, monkeypatch):
    hasty(monkeypatch)
    server.behave(how)
    with pytest.raises(Error) as raised:
        kdniao.request(TASK, access)
    assert not isinstance(raised.value, NEVER_ARRIVED)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("how", "error"), [("too_fast", TooFast), ("no_access", NoAccess), ("forbidden", NoAccess)]
)
def test_who_is_turned_away_at_the_door_has_asked_for_nothing(how, error, server, access):
    server.behave(how)
    with pytest.raises(error):
        kdniao.request(TASK, access)
    assert server.made == {}


def test_nobody_there_is_nobody_asked(access):
    with GatewayServer() as gone:
        base = gone.base
    with pytest.raises(NotReached):
        kdniao.request(TASK, replace(access, base=base))


def test_it_can_be_asked_nothing_afterwards(server, access):
    for act in (kdniao.check, kdniao.withdraw):
        assert act(TASK, access) == Answer(Outcome.NO_NEWS)
    assert server.requests == []


# --- what it tells ----------------------------------------------------------------------------


def test_only_what_is_signed_with_our_key_is_believed():
    body = kdniao_result()
    assert kdniao.is_genuine({}, body, ACCESS)
    assert kdniao.is_genuine({}, body.replace(b"%3D", b"%253D"), ACCESS)
    assert not kdniao.is_genuine({}, body.replace(b"taken", b"token"), ACCESS)
    assert not kdniao.is_genuine({}, kdniao_result(key="another"), ACCESS)
    assert not kdniao.is_genuine({}, kdniao_result(key=""), Access({"key": ""}))
    assert not kdniao.is_genuine({}, b"RequestData={}", ACCESS)


def test_the_signature_of_a_call_is_that_of_the_vector():
    data = '{"ShipperCode":"YTO","LogisticCode":"YT1234567890123"}'
    sign = "YjQzODg4YjY5ZThjZjNiNTNhZDA3M2ZhOTE5Nzg4NTE="
    body = urlencode({"RequestData": data, "DataSign": sign}).encode()
    assert kdniao.is_genuine({}, body, Access({"key": "test-api-key"}))


def test_the_answer_is_the_one_that_it_wants_to_read():
    told = kdniao.acknowledge(kdniao_result(), ACCESS)
    datetime.strptime(told.pop("UpdateTime"), "%Y-%m-%d %H:%M:%S")
    assert told == {"EBusinessID": "1000042", "Success": True, "Reason": ""}


def test_a_repeat_is_known_by_what_is_signed():
    body = kdniao_result()
    name = kdniao.delivery_id(body)
    assert len(name) == 64
    assert kdniao.delivery_id(kdniao_result(kind="other")) == name
    assert kdniao.delivery_id(kdniao_result(status="done")) != name
    assert kdniao.delivery_id(b"hello") == ""


@pytest.mark.parametrize(
    ("status", "outcome", "failure"),
    [
        ("taken", Outcome.ACCEPTED, ""),
        ("done", Outcome.SUCCEEDED, ""),
        ("late", Outcome.FAILED, Failure.TOO_LATE),
    ],
)
def test_a_result_is_read_as_the_contract_says(status, outcome, failure):
    (told,) = kdniao.parse(kdniao_result(status=status, words="如是说"), ACCESS)
    assert told.number == CHINESE_NUMBER
    assert told.answer == Answer(outcome, failure=failure, words="如是说")


@pytest.mark.parametrize("status", ["413", "3", "success", "", None, True])
def test_success_is_never_guessed(status):
    (told,) = kdniao.parse(kdniao_result(status=status), ACCESS)
    assert told.answer.outcome == Outcome.NO_NEWS


def test_calls_about_traces_say_nothing_about_requests():
    for kind in ("101", "102", ""):
        assert kdniao.parse(kdniao_result(kind=kind), ACCESS) == []


def test_one_result_may_stand_without_a_list():
    data = json.dumps({"TheNumber": "SF1", "TheState": "taken"})
    body = urlencode({"RequestData": data, "RequestType": "made-up-8"}).encode()
    (told,) = kdniao.parse(body, ACCESS)
    assert (told.number, told.answer.outcome) == ("SF1", Outcome.ACCEPTED)


def call(content: object) -> bytes:
    data = content if isinstance(content, (str, bytes)) else json.dumps(content)
    return urlencode({"RequestData": data, "RequestType": "made-up-8"}).encode()


RUBBISH = [
    b"",
    b"hello",
    call(""),
    call("7"),
    call("[]"),
    call("[" * 100_000),
    call(b"\xff\xfe"),
    call({}),
    call({"Data": []}),
    call({"Data": [7, None, "x"]}),
    call({"Data": {"TheNumber": "SF1"}}),
    call({"Data": [{"TheNumber": ["SF1"]}]}),
]


@pytest.mark.parametrize("body", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_an_error_for_good(body):
    with pytest.raises(Error) as raised:
        kdniao.parse(body, ACCESS)
    assert raised.value.permanent


def test_of_a_call_without_end_the_first_hundred_are_read():
    one = {"TheNumber": "SF1", "TheState": "taken"}
    assert len(kdniao.parse(call({"Data": [one] * 5000}), ACCESS)) == kdniao.MOST


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(body):
    kdniao.is_genuine({}, body, ACCESS)
    assert len(kdniao.delivery_id(body)) <= 100
    for whole in (body, call(body)):
        try:
            kdniao.parse(whole, ACCESS)
        except Error as error:
            assert error.permanent


def test_the_server_of_the_tests_checks_the_signature_itself(server, access):
    """Else the tests above would prove nothing."""
    data = '{"TheNumber":"SF1"}'
    wrong = base64.b64encode(hashlib.md5(data.encode()).digest()).decode()
    form = {
        "RequestData": data, "EBusinessID": "1000042", "RequestType": "made-up-7",
        "DataSign": wrong, "DataType": "2",
    }  # fmt: skip
    reply = kdniao.http.call("POST", server.base + PATH, form=form)
    assert "非法参数" in json.loads(reply.body)["Reason"]
