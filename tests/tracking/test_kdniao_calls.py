"""What is asked of Kdniao, of a real server that checks the signature itself."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from tests.tracking.kdniao import ACCESS, NUMBER, data, item, trace
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
    kdniao,
)
from tracking.reports import Signed

QUERY, SUBSCRIBE = "/Ebusiness/EbusinessOrderHandle.aspx", "/api/dist"
ASK = Ask(NUMBER, carrier="yto", tag="ord-9")


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
    monkeypatch.setattr(kdniao, "TOTAL", 0.3)


def query(access: Access, ask: Ask = ASK) -> Answer:
    (answer,) = kdniao.call(Action.QUERY, [ask], access)
    return answer


def register(access: Access, ask: Ask = ASK) -> Answer:
    (answer,) = kdniao.call(Action.REGISTER, [ask], access)
    return answer


ACTS = [(query, QUERY), (register, SUBSCRIBE)]


def said(reason: str, success: object = False, **values: Any) -> dict[str, Any]:
    return {"EBusinessID": "1234567", "Success": success, "Reason": reason, **values}


def asked(seen: Seen) -> dict[str, Any]:
    return json.loads(seen.form["RequestData"])


def checking(reply: Reply):
    """Answers so when the signature fits, as the documentation makes it."""

    def check(seen: Seen) -> Reply:
        form = seen.form
        assert set(form) == {"RequestData", "EBusinessID", "RequestType", "DataSign", "DataType"}
        whole = form["RequestData"] + "a-key-of-juniper"
        digest = hashlib.md5(whole.encode()).hexdigest()
        fits = form["DataSign"] == base64.b64encode(digest.encode()).decode()
        return reply if fits else Reply(json=said("非法参数[请核实ID和key是否正确]"))

    return check


# --- asking what is known ---------------------------------------------------------------------


@pytest.mark.parametrize(("act", "path"), ACTS)
def test_a_call_is_signed_over_exactly_what_is_sent(act, path, server, access):
    server.answers(path, checking(Reply(body=data("query-delivered"))))
    assert act(access).outcome == Outcome.DONE
    assert server.last.method == "POST"
    assert server.last.form["EBusinessID"] == "1234567"
    assert server.last.form["DataType"] == "2"
    # Encoded once: its last sign is an equals sign, and no percent of a percent.
    assert b"%3D" in server.last.body and b"%253D" not in server.last.body
    with pytest.raises(NoAccess, match="非法参数"):
        act(replace(access, key="another-key"))


def test_the_answer_to_a_query_is_news(server, access):
    server.answers(QUERY, checking(Reply(body=data("query-delivered"))))
    answer = query(access)
    assert (answer.number, answer.outcome, answer.key, answer.words) == (
        NUMBER,
        Outcome.DONE,
        "YTO",
        "",
    )
    assert answer.news is not None
    assert (answer.news.number, answer.news.carrier, answer.news.tag) == (NUMBER, "yto", "ord-9")
    assert not answer.news.stopped
    assert [(report.milestone, report.signed) for report in answer.news.reports] == [
        (Milestone.ACCEPTED, ""),
        (Milestone.READY_FOR_PICKUP, ""),
        (Milestone.DELIVERED, Signed.LOCKER),
    ]


@pytest.mark.parametrize(("act", "path"), ACTS)
@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (
            Ask(NUMBER, carrier="sf", phone_tail="0042", tag="t＋1"),
            {"ShipperCode": "SF", "OrderCode": "t＋1", "CustomerName": "0042"},
        ),
        (
            Ask(NUMBER, carrier="zto", phone_tail="0042"),
            {"ShipperCode": "ZTO", "CustomerName": "0042"},
        ),
        (
            Ask(NUMBER, carrier="kuayue", phone_tail="0042"),
            {"ShipperCode": "KYSY", "CustomerName": "0042"},
        ),
        (Ask(NUMBER, carrier="yto", phone_tail="0042"), {"ShipperCode": "YTO"}),
        (Ask(NUMBER, carrier="sf"), {"ShipperCode": "SF"}),
        (Ask(NUMBER, carrier="yto", key="YTOX"), {"ShipperCode": "YTOX"}),
    ],
)
def test_a_call_tells_what_is_needed_and_no_more(act, path, ask, told, server, access):
    server.answers(path, checking(Reply(json=said("", success=True))))
    act(access, ask)
    assert asked(server.last) == {"LogisticCode": NUMBER, **told}


@pytest.mark.parametrize(
    ("act", "path", "usual", "setting", "name"),
    [
        (query, QUERY, "8001", "1002", "query_type"),
        (register, SUBSCRIBE, "8008", "1008", "subscribe_type"),
    ],
)
def test_the_kind_of_request_is_what_the_account_has_paid_for(
    act, path, usual, setting, name, server, access
):
    server.answers(path, Reply(json=said("", success=True)))
    act(access)
    act(replace(access, **{name: setting}))
    assert [seen.form["RequestType"] for seen in server.seen] == [usual, setting]


@pytest.mark.parametrize(("act", "path"), ACTS)
def test_a_call_needs_a_carrier_and_is_not_made_without(act, path, server, access):
    for ask in (Ask(NUMBER), Ask(NUMBER, carrier="royal-mail")):
        assert act(access, ask) == Answer(NUMBER, Outcome.NEEDS_CARRIER)
    assert server.seen == []


@pytest.mark.parametrize(
    "reply",
    [
        said("暂无轨迹信息", State="0"),
        said("此单无物流信息", State="0"),
        said("", success=True, State="0", Traces=[]),
        said("暂无轨迹信息", success=True, State="0"),
        said("", success="true", State="2", Traces=[{"AcceptTime": "soon"}]),
    ],
)
def test_nothing_told_yet_is_no_news(reply, server, access):
    server.answers(QUERY, Reply(json=reply))
    answer = query(access)
    assert (answer.outcome, answer.news, answer.key) == (Outcome.NO_NEWS, None, "YTO")


def test_what_is_told_about_another_number_is_not_believed(server, access):
    server.answers(QUERY, Reply(json=item(trace(0), LogisticCode="YT9999999999999")))
    answer = query(access)
    assert (answer.outcome, answer.news) == (Outcome.LATER, None)
    server.answers(QUERY, Reply(json=item(trace(0), LogisticCode="yt 1234567890123")))
    assert query(access).outcome == Outcome.DONE


# --- having it followed -----------------------------------------------------------------------


def test_a_subscription_is_answered(server, access):
    reply = said("", success=True, UpdateTime="2026-10-12 09:30:00", EstimatedDeliveryTime="")
    server.answers(SUBSCRIBE, checking(Reply(json=reply)))
    assert register(access) == Answer(NUMBER, Outcome.DONE, key="YTO")


# --- what went wrong --------------------------------------------------------------------------


@pytest.mark.parametrize(("act", "path"), ACTS)
@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("手机尾号不能为空", Outcome.NEEDS_PHONE),
        ("无效的输入[【ShipperCode】不正确]", Outcome.NEEDS_CARRIER),
        ("系统繁忙", Outcome.LATER),
        ("", Outcome.LATER),
    ],
)
def test_what_is_wrong_with_a_number_is_answered(act, path, reason, outcome, server, access):
    server.answers(path, checking(Reply(json=said(reason))))
    assert act(access) == Answer(NUMBER, outcome, key="YTO", words=reason)


@pytest.mark.parametrize(("act", "path"), ACTS)
@pytest.mark.parametrize(
    ("reason", "error"),
    [
        ("非法参数[请核实ID和key是否正确]", NoAccess),
        ("业务错误[没有可用套餐]", NoQuota),
        ("业务错误[套餐已到期]", NoQuota),
    ],
)
def test_what_is_wrong_with_the_account_ends_the_call(act, path, reason, error, server, access):
    server.answers(path, Reply(json=said(reason)))
    with pytest.raises(Error) as raised:
        act(access)
    assert type(raised.value) is error
    assert not raised.value.permanent
    assert str(raised.value) == f"Kdniao says: {reason}"


RUBBISH = [
    Reply(body=b""),
    Reply(body=b"<html>hello</html>"),
    Reply(json=[]),
    Reply(json={}),
    Reply(json={"Traces": []}),
    Reply(body=b'"ok"'),
    Reply(body=b'{"Success":true,"Tra'),
    Reply(body=b"\xff\xfe"),
    Reply(body=b"[" * 100_000),
    Reply(body=data("query-delivered"), cut=100),
    Reply(raw=b"hello?\r\n\r\n"),
    Reply(status=302, headers={"Location": "/elsewhere"}),
    Reply(status=404, body=b"Nothing is here."),
    Reply(status=500, body=b"oops"),
    Reply(status=503, json=said("", success=True)),
]


@pytest.mark.parametrize("reply", RUBBISH)
@pytest.mark.parametrize(("act", "path"), ACTS)
def test_rubbish_is_an_outage_that_may_pass(act, path, reply, server, access):
    server.answers(path, reply)
    with pytest.raises(Error) as raised:
        act(access)
    assert type(raised.value) is Error
    assert not raised.value.permanent
    assert len(server.seen) == 1, "nothing is asked twice, and no redirect is followed"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(silent=True),
        Reply(body=b"{" * 100, drip=0.05),
        Reply(raw=b"HTTP/1.1 200 OK\r\nX-A: b\r\n" * 20, drip=0.05),
    ],
    ids=["silent", "slow", "slow from the start"],
)
@pytest.mark.parametrize(("act", "path"), ACTS)
def test_nobody_is_waited_for_for_long(act, path, reply, server, access, hasty):
    server.answers(path, reply)
    with pytest.raises(Error, match="did not answer") as raised:
        act(access)
    assert not raised.value.permanent


def test_a_slow_answer_in_time_is_as_good_as_any(server, access):
    server.answers(QUERY, Reply(json=item(trace(0)), drip=0.0005))
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


def test_no_message_holds_a_secret(server, access):
    for reply in (Reply(status=500), Reply(status=403), Reply(body=b"x"), Reply(json={})):
        server.answers(QUERY, reply)
        with pytest.raises(Error) as raised:
            query(access)
        for secret in (access.key, access.customer, NUMBER):
            assert secret not in str(raised.value)


ECHOED = [
    "{0}",
    "key={0}&salt={1}",
    "{2}|{3}",
    # Where the words are cut, no half of a secret is left.
    "w" * 190 + "{0}",
    "w" * 194 + "{1}",
]


def echo(words: str, access: Access) -> str:
    secrets = access.key, access.salt or access.key
    return words.format(*secrets, *(quote(secret, safe="") for secret in secrets))


@pytest.mark.parametrize("words", ECHOED)
@pytest.mark.parametrize(("act", "path"), ACTS)
@pytest.mark.parametrize("reason", ["", "非法参数 "])
def test_a_secret_that_it_repeats_is_left_out(act, path, words, reason, server, access):
    """Of one number, and of the whole call."""
    mine = replace(access, key="K9/+秘密ab", salt="")
    server.answers(path, Reply(json=said(reason + echo(words, mine))))
    try:
        told = act(mine).words
        assert not reason
    except NoAccess as error:
        told = str(error)
    assert "…" in told and len(told) < 230
    for shape in (mine.key, quote(mine.key, safe=""), quote_plus(mine.key), mine.key[:4]):
        assert shape not in told


def test_an_own_address_may_have_a_path_and_a_closing_slash(server, access):
    server.answers(f"/proxy{QUERY}", Reply(json=item(trace(0))))
    assert query(replace(access, base=f"{server.url}/proxy/")).outcome == Outcome.DONE
