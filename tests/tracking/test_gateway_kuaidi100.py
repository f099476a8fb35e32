"""拦截改址 of Kuaidi100, asked of a real server that checks the signature itself."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tracking.gateway_server import (
    CHINESE_NUMBER,
    KUAIDI100_KEYS,
    GatewayServer,
    hasty,
    kuaidi100_result,
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
    kuaidi100,
)

FOLDER = Path(__file__).parent.parent / "recordings" / "kuaidi100"
KEY = "0123456789abcdef0123456789abcdef"
NEW = Address(
    name="李小梅", phone="+86 138 0013 8000", street="科技南十二路2号", street2="B座10楼",
    district="南山区", city="深圳市", region="广东省", postcode="518057", country="CN",
)  # fmt: skip
TASK = Task(
    KEY, CHINESE_NUMBER, "sf", Aim.REDIRECT, before=replace(NEW, name="王小明"), after=NEW,
    reason="address",
)  # fmt: skip
HOOK = "https://juniper.example/hooks/interceptions/kuaidi100/a-hook-key/"
ACCESS = Access(KUAIDI100_KEYS, callback=HOOK)
SECRETS = (
    KUAIDI100_KEYS["key"],
    KUAIDI100_KEYS["secret"],
    KUAIDI100_KEYS["salt"],
    "7550000001",
    "李小梅",
    "科技南十二路2号",
    "13800138000",
)


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


def wish(server: GatewayServer) -> dict[str, Any]:
    ((_, form),) = server.asked
    return json.loads(form["param"])


def recorded(name: str) -> bytes:
    return (FOLDER / f"{name}.json").read_bytes()


def with_keys(**keys: Any) -> Access:
    return replace(ACCESS, keys={**KUAIDI100_KEYS, **keys})


# --- asking -----------------------------------------------------------------------------------


def test_another_address_is_asked_for_once(server, access):
    assert kuaidi100.request(TASK, access) == Answer(Outcome.SENT, words="成功")
    assert len(server.requests) == 1
    assert wish(server) == {
        "kuaidicom": "shunfeng",
        "kuaidinum": CHINESE_NUMBER,
        "interceptType": "MODIFY_ADDR",
        "reason": "收件地址有误",
        "partnerId": "7550000001",
        "salt": "a-salt-of-juniper",
        "callbackUrl": HOOK,
        "recManInfo": {
            "name": "李小梅",
            "mobile": "13800138000",
            "printAddr": "广东省深圳市南山区科技南十二路2号B座10楼",
        },
    }


@pytest.mark.parametrize(
    ("aim", "kind"),
    [(Aim.RETURN, "RETURN_SEND_ADDR"), (Aim.DEPOT, "RETURN_SEND_STATION")],
)
def test_a_way_back_needs_no_address(aim, kind, server, access):
    kuaidi100.request(replace(TASK, aim=aim, after=Address(), reason="?"), access)
    told = wish(server)
    assert (told["interceptType"], told["reason"]) == (kind, "客户要求")
    assert "recManInfo" not in told


def test_the_signature_is_over_param_moment_key_and_secret(scripted):
    scripted.answers("/label/order", Reply(json={"code": 200}))
    noon = datetime(2026, 10, 12, 4, tzinfo=UTC)
    with mock.patch("django.utils.timezone.now", lambda: noon):
        kuaidi100.request(TASK, replace(ACCESS, base=f"{scripted.url}/"))
    form = scripted.last.form
    assert (form["t"], form["method"]) == ("1791777600000", "interceptOrder")
    whole = form["param"] + "1791777600000" + "a-key-of-juniper" + "a-secret-of-juniper"
    assert form["sign"] == hashlib.md5(whole.encode()).hexdigest().upper()


def test_the_account_says_who_asks_and_who_pays(server):
    keys = {**KUAIDI100_KEYS, "orderRole": "1", "interceptPayType": "MONTHLY"}
    kuaidi100.request(TASK, Access(keys, server.base, HOOK))
    told = wish(server)
    assert (told["orderRole"], told["interceptPayType"]) == ("1", "MONTHLY")


@pytest.mark.parametrize(
    ("phone", "told"),
    [
        ("13800138000", {"mobile": "13800138000"}),
        ("0086 138-0013-8000", {"mobile": "13800138000"}),
        ("0755 2653 0000", {"tel": "0755 2653 0000"}),
        ("4008111111", {"tel": "4008111111"}),
    ],
)
def test_a_mobile_phone_is_told_as_one(phone, told, server, access):
    kuaidi100.request(replace(TASK, after=replace(NEW, phone=phone)), access)
    receiver = wish(server)["recManInfo"]
    assert {name: receiver.get(name) for name in told} == told
    assert len({"mobile", "tel"} & set(receiver)) == 1


def test_a_city_that_is_a_province_is_written_once(server, access):
    beijing = replace(NEW, region="北京市", city="北京市", district="朝阳区", company="杜松公司")
    kuaidi100.request(replace(TASK, after=beijing), access)
    receiver = wish(server)["recManInfo"]
    assert receiver["printAddr"] == "北京市朝阳区科技南十二路2号B座10楼"
    assert receiver["company"] == "杜松公司"


@pytest.mark.parametrize(
    ("changed", "failure"),
    [
        ({"after": replace(NEW, country="US")}, Failure.NOT_SERVED),
        ({"after": replace(NEW, country="HK")}, Failure.NOT_SERVED),
        ({"after": replace(NEW, name=" ")}, Failure.ADDRESS),
        ({"after": replace(NEW, phone="")}, Failure.ADDRESS),
        ({"after": Address()}, Failure.ADDRESS),
    ],
)
def test_what_it_cannot_do_is_not_asked_for(changed, failure, server, access):
    answer = kuaidi100.request(replace(TASK, **changed), access)
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, failure)
    assert answer.words
    assert server.requests == []


@pytest.mark.parametrize(
    ("changed", "keys"),
    [
        ({"carrier": "yunda"}, {}),
        ({"carrier": "royal-mail"}, {}),
        ({"aim": Aim.HOLD}, {}),
        ({}, {"secret": ""}),
        ({}, {"partners": {}}),
    ],
)
def test_what_its_keys_do_not_reach_is_for_somebody_to_mend(changed, keys, server):
    access = replace(with_keys(**keys), base=server.base)
    with pytest.raises(NoAccess):
        kuaidi100.request(replace(TASK, **changed), access)
    assert server.requests == []


# --- whom it serves ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("carrier", "company"),
    [
        ("zto", "zhongtong"),
        ("jt", "jtexpress"),
        ("jd", "jd"),
        ("deppon", "debangwuliu"),
        ("ems", "ems"),
        ("china-post", "youzhengguonei"),
        ("sf", "shunfeng"),
    ],
)
def test_carriers_go_by_the_name_that_this_call_knows(carrier, company, server, access):
    assert kuaidi100.serves(carrier, Aim.RETURN, access)
    kuaidi100.request(replace(TASK, carrier=carrier), access)
    assert wish(server)["kuaidicom"] == company


def test_an_account_may_name_another_code_of_its_company(server):
    partners = {"china-post": {"kuaidicom": "youzhengdsbk", "partnerId": "9"}}
    access = Access({**KUAIDI100_KEYS, "partners": partners}, server.base, HOOK)
    kuaidi100.request(replace(TASK, carrier="china-post"), access)
    assert wish(server)["kuaidicom"] == "youzhengdsbk"


def test_only_the_account_that_shipped_can_turn_a_parcel():
    only_sf = with_keys(partners={"sf": {"partnerId": "7"}})
    every = with_keys(partners={"*": {}})
    assert kuaidi100.serves("sf", Aim.RETURN, only_sf)
    assert not kuaidi100.serves("zto", Aim.RETURN, only_sf)
    assert kuaidi100.serves("zto", Aim.RETURN, every)
    assert not kuaidi100.serves("sf", Aim.RETURN, every), "it is not named for this call"
    assert not kuaidi100.serves("ups", Aim.RETURN, every)
    assert not kuaidi100.serves("zto", Aim.HOLD, every)


def test_without_a_salt_nothing_is_called_back_and_some_carriers_need_that(server):
    access = Access(
        {"key": "a-key-of-juniper", "secret": "a-secret-of-juniper", "partners": {"*": {}}},
        server.base,
        HOOK,
    )
    assert kuaidi100.problems(access) == []
    assert not any(
        kuaidi100.serves(carrier, Aim.RETURN, access) for carrier in ("zto", "jt", "yto")
    )
    assert kuaidi100.serves("jd", Aim.RETURN, access)
    kuaidi100.request(replace(TASK, carrier="jd"), access)
    assert not {"salt", "callbackUrl"} & set(wish(server))


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ({"key": ""}, "“key”"),
        ({"secret": 7}, "“secret”"),
        ({"salt": ["x"]}, "“salt”"),
        ({"partners": {}}, "“partners”"),
        ({"partners": []}, "“partners”"),
        ({"partners": {"pigeons": {}}}, "“partners.pigeons”"),
        ({"partners": {"sf": "7550000001"}}, "“partners.sf”"),
        ({"partners": {"sf": {"partnerID": "x"}}}, "“partners.sf”"),
        ({"orderRole": "4"}, "“orderRole”"),
        ({"interceptPayType": "CASH"}, "“interceptPayType”"),
        ({"callback": "status"}, "“callback."),
        ({"callback": {"status": ""}}, "“callback.status”"),
        ({"callback": {"outcomes": ["1"]}}, "“callback.outcomes”"),
        ({"callback": {"outcomes": {"1": "splendid"}}}, "“callback.outcomes.1”"),
        ({"callback": {"outcomes": {"1": "nothing"}}}, "“callback.outcomes.1”"),
        (
            {"callback": {"outcomes": {"1": {"outcome": "failed", "failure": "?"}}}},
            "“callback.outcomes.1”",
        ),
    ],
)
def test_what_is_wrong_with_the_keys_is_named_and_nobody_is_served(keys, problem):
    access = with_keys(**keys)
    assert any(problem in one for one in kuaidi100.problems(access))
    assert not kuaidi100.serves("sf", Aim.RETURN, access)


def test_good_keys_have_no_problem():
    assert kuaidi100.problems(ACCESS) == []


# --- its answer -------------------------------------------------------------------------------


def asked(scripted: Loopback, reply: Reply) -> Answer:
    scripted.answers("/label/order", reply)
    try:
        return kuaidi100.request(TASK, replace(ACCESS, base=scripted.url))
    finally:
        assert len(scripted.seen) == 1


def test_the_answers_of_the_recordings_are_read(scripted):
    assert asked(scripted, Reply(body=recorded("answer-intercept"))).outcome == Outcome.SENT
    scripted.seen.clear()
    refused = asked(scripted, Reply(body=recorded("answer-intercept-refused")))
    assert (refused.failure, refused.words) == (Failure.REFUSED, "400: 该单号不支持拦截")


def test_it_may_name_what_it_took(scripted):
    reply = Reply(json={"code": "200", "data": {"taskId": "T42"}, "message": "成功"})
    assert asked(scripted, reply).reference == "T42"


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [
        (503, "验证签名失败", NoAccess),
        (400, "签名错误", NoAccess),
        (600, "您不是合法的订阅者", NoAccess),
        (601, "KEY已过期", NoQuota),
        (400, "账号余额不足，请充值", NoQuota),
        (500, "服务器错误", Error),
        (502, "服务器繁忙", Error),
    ],
)
def test_what_is_wrong_with_us_or_with_it_is_no_refusal(code, words, error, scripted):
    with pytest.raises(Error) as raised:
        asked(scripted, Reply(json={"code": code, "message": words}))
    assert type(raised.value) is error


@pytest.mark.parametrize("code", [400, 30001, "E7", -1])
def test_any_other_answer_is_a_refusal_with_its_words(code, scripted):
    answer = asked(scripted, Reply(json={"code": code, "message": "该单号不支持拦截"}))
    assert (answer.outcome, answer.failure) == (Outcome.FAILED, Failure.REFUSED)
    assert answer.words == f"{code}: 该单号不支持拦截"


MAYBE_DONE = [
    Reply(body=b""),
    Reply(body=b"<html>hello</html>"),
    Reply(json=[]),
    Reply(json={}),
    Reply(json={"code": True}),
    Reply(json={"code": None, "message": "成功"}),
    Reply(body=b"[" * 100_000),
    Reply(body=b'{"code":200,"mess'),
    Reply(body=b"\xff\xfe"),
    Reply(json={"code": 200}, cut=3),
    Reply(raw=b"hello?\r\n\r\n"),
    Reply(status=302, headers={"Location": "/elsewhere"}),
    Reply(status=500, json={"code": 200}),
]


@pytest.mark.parametrize("reply", MAYBE_DONE, ids=range(len(MAYBE_DONE)))
def test_an_answer_that_says_neither_may_mean_that_it_was_taken(reply, scripted):
    with pytest.raises(Error) as raised:
        asked(scripted, reply)
    assert type(raised.value) is Error
    assert not any(secret in str(raised.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "how",
    ["timeout", "timeout_after_acting", "error", "error_after_acting", "cut_after_acting", "drip"],
)
def test_a_request_whose_answer_is_lost_may_have_arrived(how, server, access, monkeypatch):
    hasty(monkeypatch)
    server.behave(how)
    with pytest.raises(Error) as raised:
        kuaidi100.request(TASK, access)
    assert not isinstance(raised.value, NEVER_ARRIVED)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("how", "error"), [("too_fast", TooFast), ("no_access", NoAccess), ("forbidden", NoAccess)]
)
def test_who_is_turned_away_at_the_door_has_asked_for_nothing(how, error, server, access):
    server.behave(how)
    with pytest.raises(error):
        kuaidi100.request(TASK, access)
    assert server.made == {}


def test_a_wrong_secret_is_for_somebody_to_mend(server, access):
    with pytest.raises(NoAccess, match="503"):
        kuaidi100.request(
            TASK, replace(access, keys={**KUAIDI100_KEYS, "secret": "another-secret"})
        )
    assert server.made == {}


def test_nobody_there_is_nobody_asked(access):
    with GatewayServer() as gone:
        base = gone.base
    with pytest.raises(NotReached):
        kuaidi100.request(TASK, replace(access, base=base))


@pytest.mark.parametrize("code", [400, 503, 500])
def test_words_hold_no_key_and_not_whom_it_is_about(code, scripted):
    said = " ".join(shape for secret in SECRETS for shape in (secret, quote(secret)))
    try:
        told = asked(scripted, Reply(json={"code": code, "message": f"{said} " * 9})).words
    except Error as error:
        told = str(error)
    assert "…" in told
    assert not any(shape in told for one in SECRETS for shape in (one, quote(one), one[:6]))


def test_it_can_be_asked_nothing_afterwards(server, access):
    for act in (kuaidi100.check, kuaidi100.withdraw):
        assert act(TASK, access) == Answer(Outcome.NO_NEWS)
    assert not (kuaidi100.CAN_CHECK or kuaidi100.CAN_WITHDRAW)
    assert server.requests == []


# --- what it tells ----------------------------------------------------------------------------


def test_the_result_of_the_recordings_is_read():
    body = urlencode({"param": recorded("intercept-result")}).encode()
    (told,) = kuaidi100.parse(body, ACCESS)
    assert (told.number, told.answer.outcome) == (CHINESE_NUMBER, Outcome.ACCEPTED)
    assert told.answer.words == "快件已拦截"


def test_a_signature_fits_as_the_vector_says():
    """Of the push, by the same formula."""
    body = urlencode(
        {"param": '{"status":"polling"}', "sign": "D15D018A925DADDC270D86245C6E27B9"}
    ).encode()
    access = with_keys(salt="mysalt")
    assert kuaidi100.is_genuine({}, body, access)
    assert kuaidi100.is_genuine({}, body.replace(b"D15D018A", b"d15d018a"), access)
    assert not kuaidi100.is_genuine({}, body.replace(b"polling", b"pollinG"), access)
    assert not kuaidi100.is_genuine({}, body, with_keys(salt="another"))


@pytest.mark.parametrize("salt", [None, "", 7, ["mysalt"]])
def test_without_a_salt_nothing_is_believed(salt):
    body = kuaidi100_result(salt="")
    assert not kuaidi100.is_genuine({}, body, with_keys(salt=salt))


@pytest.mark.parametrize("body", [b"", b"sign=x", b"param=", b"param=%7B%7D&sign=", b"\xff\x00"])
def test_what_is_not_signed_is_not_believed(body):
    assert not kuaidi100.is_genuine({}, body, ACCESS)


def test_the_answer_is_the_one_that_it_wants_to_read():
    told = {"result": True, "returnCode": "200", "message": "成功"}
    assert kuaidi100.acknowledge(kuaidi100_result(), ACCESS) == told


def test_a_repeat_is_known_by_what_is_signed():
    body = kuaidi100_result()
    name = kuaidi100.delivery_id(body)
    assert len(name) == 64
    assert kuaidi100.delivery_id(body + b"&more=1") == name
    assert kuaidi100.delivery_id(kuaidi100_result(status="拦截失败")) != name
    assert kuaidi100.delivery_id(b"hello") == ""


@pytest.mark.parametrize(
    ("status", "outcome", "failure"),
    [
        ("拦截中", Outcome.SENT, ""),
        ("拦截成功", Outcome.ACCEPTED, ""),
        ("拦截失败", Outcome.FAILED, Failure.REFUSED),
        ("已取消", Outcome.WITHDRAWN, ""),
    ],
)
def test_a_state_that_speaks_for_itself_is_understood(status, outcome, failure):
    (told,) = kuaidi100.parse(kuaidi100_result(status=status, message="如是说"), ACCESS)
    assert (told.number, told.key, told.reference) == (CHINESE_NUMBER, "", "")
    assert told.answer == Answer(outcome, failure=failure, words="如是说")


@pytest.mark.parametrize("status", ["200", "1", "success", "SUCCESS", "成功", "", None, True, [1]])
def test_success_is_never_guessed(status):
    (told,) = kuaidi100.parse(kuaidi100_result(status=status, message="成功"), ACCESS)
    assert told.answer.outcome == Outcome.NO_NEWS
    assert "is not known" in told.answer.words and "成功" in told.answer.words


def test_the_account_says_how_results_are_told():
    outcomes = {"1": "succeeded", "9": {"outcome": "failed", "failure": "too_late"}}
    mapping = {
        "number": "data.mailNo", "status": "data.state", "words": "data.say", "key": "mine",
        "reference": "data.task", "outcomes": outcomes,
    }  # fmt: skip
    access = with_keys(callback=mapping)
    assert kuaidi100.problems(access) == []

    def told(state: object) -> Any:
        data = {"mailNo": "YT1", "state": state, "say": "行", "task": 42}
        body = kuaidi100_result(data=data, mine=KEY.upper())
        return kuaidi100.parse(body, access)[0]

    assert (told(1).number, told(1).reference, told(1).key) == ("YT1", "42", KEY)
    assert told(1).answer == Answer(Outcome.SUCCEEDED, words="行")
    assert told("9").answer == Answer(Outcome.FAILED, failure=Failure.TOO_LATE, words="行")
    assert told("拦截成功").answer.outcome == Outcome.NO_NEWS, "the guess is overruled"


def test_a_key_that_is_none_of_ours_is_not_read():
    access = with_keys(callback={"key": "mine"})
    for wrong in ("z" * 32, "0" * 31, 7, None):
        (told,) = kuaidi100.parse(kuaidi100_result(mine=wrong), access)
        assert told.key == ""


def test_words_of_a_result_hold_no_key():
    said = " ".join(KUAIDI100_KEYS[name] for name in ("key", "secret", "salt"))
    for status in ("拦截成功", KUAIDI100_KEYS["secret"]):
        (told,) = kuaidi100.parse(kuaidi100_result(status=status, message=said), ACCESS)
        assert not any(secret in told.answer.words for secret in SECRETS)


def test_a_call_without_a_number_is_no_result():
    with pytest.raises(Error, match="kuaidinum") as raised:
        kuaidi100.parse(kuaidi100_result(number=""), ACCESS)
    assert raised.value.permanent


RUBBISH = [
    b"",
    b"hello",
    b"param=",
    b"param=7",
    b"param=null",
    b"param=[]",
    b"param=" + b"[" * 100_000,
    b"param=%FF%FE",
    b"param={}",
    b'param={"kuaidinum":["YT1"],"status":"1"}',
    b'param={"kuaidinum":{"a":1}}',
]


@pytest.mark.parametrize("body", RUBBISH, ids=range(len(RUBBISH)))
def test_rubbish_is_an_error_for_good(body):
    with pytest.raises(Error) as raised:
        kuaidi100.parse(body, ACCESS)
    assert raised.value.permanent


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["data", "status", "message", "kuaidinum"]), inner)
    ),
    max_leaves=8,
)


@given(VALUES, st.sampled_from([{}, {"number": "data.kuaidinum", "status": "data.status"}]))
def test_whatever_is_told_is_a_result_without_news_or_an_error(value, mapping):
    body = urlencode({"param": json.dumps(value)}).encode()
    try:
        found = kuaidi100.parse(body, with_keys(callback=mapping))
    except Error as error:
        assert error.permanent
    else:
        for told in found:
            assert told.answer.outcome == Outcome.NO_NEWS
            assert len(told.number) <= 60 and "\x00" not in told.number + told.answer.words


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reading(body):
    kuaidi100.is_genuine({}, body, ACCESS)
    assert len(kuaidi100.delivery_id(body)) <= 100
    try:
        kuaidi100.parse(body, ACCESS)
    except Error as error:
        assert error.permanent
