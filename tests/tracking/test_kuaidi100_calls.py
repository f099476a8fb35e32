"""What is asked of Kuaidi100, of a real server that checks the signature itself."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.tracking.kuaidi100 import ACCESS, NUMBER, leg, line, param
from tests.tracking.loopback import Answer as Reply
from tests.tracking.loopback import Loopback, Seen, loopback
from tracking.milestones import Milestone
from tracking.providers import (
    Access,
    Action,
    Answer,
    Ask,
    Error,
    NoAccess,
    NoQuota,
    Outcome,
    TooFast,
    kuaidi100,
    reading,
)
from tracking.reports import Signed

QUERY, SUBSCRIBE = "/poll/query.do", "/poll"
ASK = Ask(NUMBER, carrier="yto")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with loopback() as played:
        yield played


@pytest.fixture
def access(server: Loopback) -> Access:
    return replace(ACCESS, base=server.url)


@pytest.fixture
def hasty(monkeypatch):
    """Nobody waits for an answer for long."""
    monkeypatch.setattr(kuaidi100, "TOTAL", 0.3)


@pytest.fixture
def unknown(caplog):
    """The lines about codes that nobody knows, which come once per process."""
    reading.tell_once.cache_clear()
    return lambda: [record.getMessage() for record in caplog.records]


def query(access: Access, ask: Ask = ASK) -> Answer:
    (answer,) = kuaidi100.call(Action.QUERY, [ask], access)
    return answer


def register(access: Access, ask: Ask = ASK) -> Answer:
    (answer,) = kuaidi100.call(Action.REGISTER, [ask], access)
    return answer


def refusal(code: str, words: str = "如是说") -> dict[str, Any]:
    return {"result": False, "returnCode": code, "message": words}


def asked(seen: Seen) -> dict[str, Any]:
    return json.loads(seen.form["param"])


# --- asking what is known ---------------------------------------------------------------------


def test_a_query_is_signed_over_exactly_what_is_sent(server, access):
    def check(seen: Seen) -> Reply:
        form = seen.form
        assert set(form) == {"customer", "sign", "param"}
        whole = form["param"] + "a-key-of-juniper" + "A-CUSTOMER-OF-JUNIPER"
        fits = form["sign"] == hashlib.md5(whole.encode()).hexdigest().upper()
        return Reply(body=param("query-delivered")) if fits else Reply(json=refusal("503"))

    server.answers(QUERY, check)
    assert query(access).outcome == Outcome.DONE
    assert server.last.method == "POST"
    assert server.last.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert asked(server.last) == {"com": "yuantong", "num": NUMBER, "resultv2": "4"}
    with pytest.raises(NoAccess, match="503"):
        query(replace(access, key="another-key"))


def test_the_answer_to_a_query_is_news(server, access):
    server.answers(QUERY, Reply(body=param("query-delivered")))
    answer = query(access)
    assert (answer.number, answer.outcome, answer.key, answer.words) == (
        NUMBER,
        Outcome.DONE,
        "yuantong",
        "",
    )
    assert answer.news is not None
    assert (answer.news.number, answer.news.carrier, answer.news.origin) == (NUMBER, "yto", "CN")
    assert not answer.news.stopped
    assert [(report.milestone, report.signed) for report in answer.news.reports] == [
        (Milestone.ACCEPTED, ""),
        (Milestone.READY_FOR_PICKUP, ""),
        (Milestone.DELIVERED, Signed.LOCKER),
    ]


@pytest.mark.parametrize(
    ("ask", "company", "phone"),
    [
        (Ask(NUMBER, carrier="sf", phone_tail="0042"), "shunfeng", "0042"),
        (Ask(NUMBER, carrier="sf-freight", phone_tail="0042"), "shunfengkuaiyun", "0042"),
        (Ask(NUMBER, carrier="zto", phone_tail="0042"), "zhongtong", "0042"),
        (Ask(NUMBER, carrier="yto", phone_tail="0042"), "yuantong", None),
        (Ask(NUMBER, carrier="sf"), "shunfeng", None),
        # Under what it was registered there.
        (Ask(NUMBER, carrier="china-post", key="youzhengbk"), "youzhengbk", None),
    ],
)
def test_a_phone_is_told_only_where_it_is_wanted(ask, company, phone, server, access):
    server.answers(QUERY, Reply(json=refusal("500")))
    query(access, ask)
    told = asked(server.last)
    assert (told["com"], told.get("phone")) == (company, phone)


def test_a_query_needs_a_carrier_and_is_not_made_without(server, access):
    assert query(access, Ask(NUMBER)) == Answer(NUMBER, Outcome.NEEDS_CARRIER)
    assert query(access, Ask(NUMBER, carrier="royal-mail")).outcome == Outcome.NEEDS_CARRIER
    assert server.seen == []


@pytest.mark.parametrize("number", ["", "12345", "1" * 33])
def test_a_number_that_cannot_be_one_is_not_asked_about(number, server, access):
    for act in (query, register):
        answer = act(access, Ask(number, carrier="yto"))
        assert answer.outcome == Outcome.REFUSED
        assert "6 to 32" in answer.words
    assert server.seen == []


@pytest.mark.parametrize(
    ("code", "words", "outcome"),
    [
        ("500", "查询无结果，请隔段时间再查", Outcome.NO_NEWS),
        ("408", "快递公司参数异常：验证码错误", Outcome.NEEDS_PHONE),
        ("504", "查询过于频繁", Outcome.LOCKED),
        ("400", "找不到对应公司", Outcome.NEEDS_CARRIER),
        ("400", "不支持", Outcome.NEEDS_CARRIER),
        ("400", "提交的数据不完整", Outcome.LATER),
        ("777", "天晓得", Outcome.LATER),
    ],
)
def test_what_is_wrong_with_a_number_is_answered(code, words, outcome, server, access):
    server.answers(QUERY, Reply(json=refusal(code, words)))
    assert query(access) == Answer(NUMBER, outcome, key="yuantong", words=words)


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [
        ("501", "服务器错误", Error),
        ("502", "服务器繁忙", Error),
        ("503", "验证签名失败", NoAccess),
        ("601", "KEY已过期", NoQuota),
        ("400", "账号未充值", NoQuota),
        ("400", "余额不足", NoQuota),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_what_is_wrong_with_the_account_ends_the_call(code, words, error, status, server, access):
    server.answers(QUERY, Reply(status=status, json=refusal(code, words)))
    with pytest.raises(Error) as raised:
        query(access)
    assert type(raised.value) is error
    assert not raised.value.permanent
    assert str(raised.value) == f"Kuaidi100 says {code}: {words}"


def test_a_code_that_nobody_knows_is_said_once(server, access, unknown):
    server.answers(QUERY, Reply(json=refusal("777")))
    for _ in range(3):
        query(access)
    assert unknown() == ["kuaidi100: code '777' is not known"]


@pytest.mark.parametrize(
    "reply",
    [
        {"message": "快递公司参数异常：单号不存在或者已经过期", "status": "201", "data": []},
        leg(),
        leg(line(0, time="soon", ftime="soon")),
    ],
)
def test_nothing_told_yet_is_no_news(reply, server, access):
    server.answers(QUERY, Reply(json=reply))
    answer = query(access)
    assert (answer.outcome, answer.news) == (Outcome.NO_NEWS, None)


def test_what_is_told_about_another_number_is_not_believed(server, access):
    server.answers(QUERY, Reply(json=leg(line(0), nu="YT9999999999999")))
    answer = query(access)
    assert (answer.outcome, answer.news) == (Outcome.LATER, None)
    server.answers(QUERY, Reply(json=leg(line(0), nu="yt1234567890123")))
    assert query(access).outcome == Outcome.DONE
    server.answers(QUERY, Reply(json=leg(line(0), nu=None)))
    assert query(access, replace(ASK, number="YT-1234567890123")).outcome == Outcome.DONE


# --- having it followed -----------------------------------------------------------------------


def test_a_subscription_says_where_to_push_and_what_to_sign_with(server, access):
    server.answers(
        SUBSCRIBE, Reply(json={"result": True, "returnCode": "200", "message": "提交成功"})
    )
    assert register(access) == Answer(NUMBER, Outcome.DONE, key="yuantong")
    form = server.last.form
    assert set(form) == {"schema", "param"}
    assert form["schema"] == "json"
    assert asked(server.last) == {
        "company": "yuantong",
        "number": NUMBER,
        "key": "a-key-of-juniper",
        "parameters": {
            "callbackurl": "https://juniper.example/hooks/kuaidi100/juniper/",
            "salt": "a-salt-of-juniper",
            "resultv2": "4",
        },
    }


@pytest.mark.parametrize(
    ("ask", "company", "parameters"),
    [
        (Ask(NUMBER), "", {"autoCom": "1"}),
        (Ask(NUMBER, phone_tail="0042"), "", {"autoCom": "1", "phone": "0042"}),
        (Ask(NUMBER, carrier="Speedy Pigeons"), "", {"autoCom": "1"}),
        (Ask(NUMBER, carrier="sf", phone_tail="0042"), "shunfeng", {"phone": "0042"}),
        (Ask(NUMBER, carrier="zto", phone_tail="0042"), "zhongtong", {"phone": "0042"}),
        (Ask(NUMBER, carrier="yto", phone_tail="0042"), "yuantong", {}),
        (Ask(NUMBER, carrier="china-post"), "youzhengguonei", {}),
        (
            Ask(NUMBER, carrier="ems", origin="CN", destination="US"),
            "ems",
            {"interCom": "1", "departureCountry": "CN", "destinationCountry": "US"},
        ),
        (Ask(NUMBER, carrier="ems", origin="CN", destination="CN"), "ems", {}),
        (Ask(NUMBER, carrier="ems", origin="CN"), "ems", {}),
    ],
)
def test_a_subscription_tells_what_is_needed_and_no_more(ask, company, parameters, server, access):
    server.answers(SUBSCRIBE, Reply(json=refusal("200")))
    assert register(access, ask).key == company
    told = asked(server.last)
    assert told["company"] == company
    extra = {
        name: value
        for name, value in told["parameters"].items()
        if name not in ("callbackurl", "salt", "resultv2")
    }
    assert extra == parameters


@pytest.mark.parametrize(
    ("code", "words", "outcome"),
    [
        ("200", "提交成功", Outcome.DONE),
        ("501", "重复订阅", Outcome.DONE),
        ("700", "不支持此快递公司", Outcome.REFUSED),
        ("701", "拒绝订阅的快递公司", Outcome.REFUSED),
        ("702", "识别不到该单号对应的快递公司", Outcome.NEEDS_CARRIER),
        ("777", "天晓得", Outcome.LATER),
    ],
)
def test_what_became_of_a_subscription_is_answered(code, words, outcome, server, access):
    server.answers(SUBSCRIBE, Reply(json=refusal(code, words)))
    answer = register(access)
    assert (answer.outcome, answer.key) == (outcome, "yuantong")
    assert answer.words == ("" if outcome == Outcome.DONE else words)


@pytest.mark.parametrize(
    ("code", "words", "error"),
    [
        ("500", "服务器错误", Error),
        ("600", "您不是合法的订阅者", NoAccess),
        ("601", "KEY已过期", NoQuota),
        ("700", "回调地址不正确", NoAccess),
        ("700", "bad callback url", NoAccess),
    ],
)
def test_what_is_wrong_with_us_ends_the_subscription(code, words, error, server, access):
    server.answers(SUBSCRIBE, Reply(json=refusal(code, words)))
    with pytest.raises(Error) as raised:
        register(access)
    assert type(raised.value) is error
    assert not raised.value.permanent


@pytest.mark.parametrize("missing", ["salt", "callback"])
def test_nothing_is_subscribed_whose_pushes_could_not_be_believed(missing, server, access):
    with pytest.raises(NoAccess, match="salt"):
        register(replace(access, **{missing: ""}))
    assert server.seen == []


# --- when it is out of order ------------------------------------------------------------------

RUBBISH = [
    Reply(body=b""),
    Reply(body=b"<html>hello</html>"),
    Reply(json=[]),
    Reply(body=b'"ok"'),
    Reply(body=b'{"message":"ok","status":"200","da'),
    Reply(body=b"\xff\xfe"),
    Reply(body=b"[" * 100_000),
    Reply(body=param("query-delivered"), cut=100),
    Reply(raw=b"hello?\r\n\r\n"),
    Reply(status=302, headers={"Location": "/elsewhere"}),
    Reply(status=404, body=b"Nothing is here."),
    Reply(status=500, body=b"oops"),
    Reply(status=503, json=refusal("200")),
]


@pytest.mark.parametrize("reply", RUBBISH)
@pytest.mark.parametrize("act", [query, register])
def test_rubbish_is_an_outage_that_may_pass(act, reply, server, access):
    server.answers(QUERY, reply)
    server.answers(SUBSCRIBE, reply)
    with pytest.raises(Error) as raised:
        act(access)
    assert type(raised.value) is Error
    assert not raised.value.permanent
    assert len(server.seen) == 1, "nothing is asked twice, and no redirect is followed"


@pytest.mark.parametrize("reply", [Reply(json={}), Reply(json={"data": 7}), Reply(json={"a": []})])
@pytest.mark.parametrize("act", [query, register])
def test_an_answer_that_says_nothing_is_asked_for_again(act, reply, server, access):
    server.answers(QUERY, reply)
    server.answers(SUBSCRIBE, reply)
    assert act(access).outcome == Outcome.LATER


@pytest.mark.parametrize(
    "reply",
    [
        Reply(silent=True),
        Reply(body=b"{" * 100, drip=0.05),
        Reply(raw=b"HTTP/1.1 200 OK\r\nX-A: b\r\n" * 20, drip=0.05),
    ],
    ids=["silent", "slow", "slow from the start"],
)
def test_nobody_is_waited_for_for_long(reply, server, access, hasty):
    server.answers(QUERY, reply)
    with pytest.raises(Error, match="did not answer") as raised:
        query(access)
    assert not raised.value.permanent


def test_a_slow_answer_in_time_is_as_good_as_any(server, access):
    server.answers(QUERY, Reply(json=leg(line(0)), drip=0.0005))
    assert query(access).outcome == Outcome.DONE


def test_too_many_calls_are_told_as_that(server, access):
    server.answers(QUERY, Reply(status=429, headers={"Retry-After": "7"}))
    with pytest.raises(TooFast) as raised:
        query(access)
    assert raised.value.after == 7


@pytest.mark.parametrize("status", [401, 403])
def test_a_closed_door_is_for_somebody_to_mend(status, server, access):
    server.answers(QUERY, Reply(status=status))
    with pytest.raises(NoAccess):
        query(access)


@pytest.mark.parametrize("base", ["ftp://poll.example", "poll.example", "http://"])
def test_an_address_that_is_none_is_for_somebody_to_mend(base, access):
    with pytest.raises(NoAccess):
        query(replace(access, base=base))


def test_no_message_holds_a_secret(server, access):
    for reply in (
        Reply(status=500),
        Reply(status=403),
        Reply(body=b"x"),
        Reply(json=refusal("503")),
    ):
        server.answers(QUERY, reply)
        with pytest.raises(Error) as raised:
            query(access)
        for secret in (access.key, access.salt, access.customer, NUMBER):
            assert secret not in str(raised.value)


ECHOED = [
    "{0}",
    "key={0}&salt={1}",
    "{2}|{3}",
    # Where the words are cut, no half of a secret is left.
    "w" * 190 + "{0}",
    "w" * 195 + "{1}",
]


def echo(words: str, access: Access) -> str:
    secrets = access.key, access.salt or access.key
    return words.format(*secrets, *(quote(secret, safe="") for secret in secrets))


@pytest.mark.parametrize("words", ECHOED)
@pytest.mark.parametrize(
    ("act", "code"), [(query, "503"), (query, "777"), (register, "600"), (register, "701")]
)
def test_a_secret_that_it_repeats_is_left_out(act, code, words, server, access):
    """Of the whole call, and of one number."""
    mine = replace(access, key="K9/+秘密ab", salt="S7 &=xyz")
    for path in (QUERY, SUBSCRIBE):
        server.answers(path, Reply(json=refusal(code, echo(words, mine))))
    try:
        told = act(mine).words
    except Error as error:
        told = str(error)
    assert "…" in told and len(told) < 230
    for secret in (mine.key, mine.salt):
        for shape in (secret, quote(secret, safe=""), quote_plus(secret), secret[:4]):
            assert shape not in told


def test_a_secret_in_the_place_of_a_code_is_left_out_too(server, access, unknown):
    mine = replace(access, salt="a-salt-that-is-longer-than-codes-are")
    server.answers(QUERY, Reply(json=refusal(mine.salt)))
    assert query(mine).outcome == Outcome.LATER
    assert unknown() == ["kuaidi100: code '…' is not known"]


def test_an_own_address_may_have_a_path_and_a_closing_slash(server, access):
    server.answers("/proxy/poll/query.do", Reply(json=leg(line(0))))
    assert query(replace(access, base=f"{server.url}/proxy/")).outcome == Outcome.DONE
