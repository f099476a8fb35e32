"""SMS by Aliyun: sent to a real server that checks the signature itself."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from returns.channels import Access, Delivery, Error, Incoming, Report, Template, aliyun, web
from tests.returns.channel_servers import (
    ALIYUN,
    CHINESE,
    GARBAGE,
    KEY,
    MESSAGE,
    SECRETS,
    SILENT,
    body,
    played,
    recorded,
    signed_by_aliyun,
)
from tests.tracking.loopback import Answer
from tracking.providers import reading


@pytest.fixture
def there(monkeypatch):
    """Nobody waits for an answer for long."""
    monkeypatch.setattr(web, "TOTAL", 0.3)
    with played() as played_there:
        yield played_there


def send(access: Access, message=CHINESE) -> str:
    return aliyun.Aliyun(access).send(message)


def refused(access: Access, message=CHINESE) -> set[str]:
    """What the error says to do; it names neither a person nor a secret."""
    with pytest.raises(Error) as raised:
        send(access, message)
    for private in (*SECRETS, "13800138000", "小林"):
        assert private not in f"{raised.value!r} {raised.value}"
    names = ("permanent", "down", "stopped", "unreachable")
    return {name for name in names if getattr(raised.value, name)}


def filled(*values: tuple[str, str], button: str = ""):
    return replace(CHINESE, template=Template("SMS_1", "zh_CN", values, button))


# --- sending ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "secret", "sign"),
    [
        (
            {
                "Timestamp": "2016-02-23T12:46:24Z",
                "Format": "XML",
                "AccessKeyId": "testid",
                "Action": "DescribeRegions",
                "SignatureMethod": "HMAC-SHA1",
                "SignatureNonce": "3ee8c1b8-83d3-44af-a94f-4e0ad82fd6cf",
                "Version": "2014-05-26",
                "SignatureVersion": "1.0",
            },
            "testsecret",
            "OLeaidS1JvxuMvnyHOwuJ+uX5qY=",
        ),
        (
            {
                "Timestamp": "2017-07-12T02:42:19Z",
                "Format": "XML",
                "AccessKeyId": "testId",
                "Action": "SendSms",
                "SignatureMethod": "HMAC-SHA1",
                "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
                "Version": "2017-05-25",
                "SignatureVersion": "1.0",
                "RegionId": "cn-hangzhou",
                "PhoneNumbers": "15300000001",
                "SignName": "阿里云短信测试专用",
                "TemplateParam": '{"customer":"test"}',
                "TemplateCode": "SMS_71390007",
                "OutId": "123",
            },
            "testSecret",
            "zJDF+Lrzhj/ThnlvIToysFRq6t4=",
        ),
    ],
)
def test_the_signature_is_the_one_of_aliyuns_own_examples(fields, secret, sign):
    assert aliyun.signature("GET", fields, secret) == sign


def test_signs_that_forms_write_in_another_way_are_signed_as_aliyun_does_it():
    fields = {"a b": "*~ +%/=&?杜松\n", "Z": "", "a": "ü"}
    assert aliyun.signature("POST", fields, "s") == signed_by_aliyun("POST", fields, "s")


def test_an_approved_text_is_sent_with_its_values(there):
    assert send(there.aliyun) == "900619746936498440^0"
    told = there.last
    assert json.loads(told["TemplateParam"]) == {"name": "小林", "code": "k3y"}
    assert (told["PhoneNumbers"], told["SignName"], told["TemplateCode"]) == (
        "13800138000",
        "杜松",
        "SMS_71390007",
    )
    assert (told["Action"], told["Version"], told["RegionId"]) == (
        "SendSms",
        "2017-05-25",
        "cn-hangzhou",
    )
    asked = datetime.fromisoformat(told["Timestamp"])
    assert abs(datetime.now(UTC) - asked) < timedelta(minutes=1)
    assert there.server.last.query == "", "addresses stand in logs"


def test_every_attempt_carries_the_same_key_and_a_signature_of_its_own(there):
    send(there.aliyun)
    send(there.aliyun)
    assert {taken.key for taken in there.taken} == {KEY.strip("<>")}
    assert len({taken.told["SignatureNonce"] for taken in there.taken}) == 2
    assert len(aliyun.out_id(f"<{'x' * 40}@{'y' * 60}.example>")) == 64


@pytest.mark.parametrize(
    ("recipient", "sent"),
    [
        ("+8613800138000", "13800138000"),
        ("+85261234567", "85261234567"),
        ("+447700900123", "447700900123"),
        ("+12025550123", "12025550123"),
        ("+8602112345678", "8602112345678"),
    ],
)
def test_chinese_numbers_go_bare_and_others_behind_their_country_code(there, recipient, sent):
    send(there.aliyun, replace(CHINESE, recipient=recipient))
    assert there.taken[0].to == sent


def test_a_number_that_would_reach_a_stranger_in_china_is_never_sent(there):
    assert refused(there.aliyun, replace(CHINESE, recipient="+13125550123")) == {"permanent"}
    assert not there.server.seen


def test_without_an_approved_text_nothing_is_sent(there):
    assert refused(there.aliyun, MESSAGE) == {"permanent"}
    assert not there.server.seen


@pytest.mark.parametrize(
    "value", ["https://juniper.example/k/k3y", "HTTP://a.example", "see www.juniper.example"]
)
def test_no_address_stands_in_a_value(there, value):
    assert refused(there.aliyun, filled(("name", value))) == {"permanent"}
    assert not there.server.seen


def test_the_end_of_the_link_goes_only_where_the_text_has_room_for_it(there):
    send(there.aliyun, filled(("name", "小\n 林"), button="k3y"))
    assert json.loads(there.last["TemplateParam"]) == {"name": "小 林"}
    send(there.aliyun, filled(("code", "482913")))
    assert json.loads(there.last["TemplateParam"]) == {"code": "482913"}


@pytest.mark.parametrize("name", ["access_key_id", "access_key_secret"])
def test_without_its_keys_messages_wait_until_somebody_fills_them_in(there, name):
    assert refused(replace(there.aliyun, keys={**ALIYUN.keys, name: ""})) == {"down"}
    assert refused(replace(there.aliyun, sender="")) == {"down"}
    assert not there.server.seen


def test_a_wrong_secret_is_a_matter_of_the_account(there):
    wrong = {**ALIYUN.keys, "access_key_secret": "wrong"}
    assert refused(replace(there.aliyun, keys=wrong)) == {"down"}


def test_too_many_messages_to_a_number_only_cost_time(there):
    there.trouble = Answer(json=recorded("aliyun/answer-limit"))
    assert refused(there.aliyun) == set()


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", {"permanent", "unreachable"}),
        ("isv.BLACK_KEY_CONTROL_LIMIT", {"permanent"}),
        ("isv.PARAM_NOT_SUPPORT_URL", {"permanent"}),
        ("isv.SMS_TEMPLATE_ILLEGAL", {"permanent"}),
        ("isv.AMOUNT_NOT_ENOUGH", {"down"}),
        ("isv.OUT_OF_SERVICE", {"down"}),
        ("isv.SMS_SIGNATURE_ILLEGAL", {"down"}),
        ("isv.DAY_LIMIT_CONTROL", {"down"}),
        ("InvalidAccessKeyId.NotFound", {"down"}),
        ("Throttling.User", set()),
        ("isp.SYSTEM_ERROR", set()),
    ],
)
@pytest.mark.parametrize("status", [200, 400])
def test_each_code_says_whether_to_try_again(there, code, flags, status):
    there.trouble = Answer(status=status, json={"Code": code, "Message": "关于13800138000"})
    assert refused(there.aliyun) == flags


@pytest.mark.parametrize("answer", [{"Code": "isv.BRAND_NEW"}, {"Code": None}, {}])
def test_a_refusal_that_nobody_knows_lasts_and_is_logged(there, answer, caplog):
    reading.tell_once.cache_clear()
    there.trouble = Answer(json=answer)
    assert refused(there.aliyun) == {"permanent"}
    [line] = [record.getMessage() for record in caplog.records]
    assert line == f"Aliyun: code {answer.get('Code') or ''} is not known"


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=503, json={"Code": "ServiceUnavailable"}),
        Answer(status=403, json={"Code": "Forbidden"}),
        SILENT,
        GARBAGE,
        Answer(json=[]),
        Answer(json={"Code": "OK"}),
    ],
    ids=lambda trouble: f"{trouble.status}-{trouble.content[:12]!r}",
)
def test_while_it_is_out_of_order_nothing_else_need_be_tried(there, trouble):
    there.trouble = trouble
    assert refused(there.aliyun) == {"down"}


# --- what it tells us -------------------------------------------------------------------------


def test_reports_say_what_became_of_messages():
    at = datetime(2026, 11, 16, 9, 0, 5, tzinfo=UTC)
    assert aliyun.read(body("aliyun/reports"), ALIYUN) == [
        Report("900619746936498440^0", Delivery.DELIVERED, at=at, key=KEY),
        Report(
            "900619746936498441^0",
            Delivery.FAILED,
            at=at,
            error="Aliyun says MOBILE_IN_BLACK: the number is on a list of those who want none.",
            stopped=True,
        ),
        Report(
            "900619746936498442^0",
            Delivery.FAILED,
            at=at,
            error="Aliyun says INVALID_NUMBER: this is no phone number.",
            unreachable=True,
        ),
    ]


def test_the_key_comes_back_as_we_gave_it(there):
    send(there.aliyun)
    told = [{"biz_id": "1^0", "out_id": there.last["OutId"], "success": "true"}]
    [report] = aliyun.read(json.dumps(told).encode(), ALIYUN)
    assert report == Report("1^0", Delivery.DELIVERED, key=CHINESE.key)


def test_answers_are_read_with_whole_numbers():
    first, second = aliyun.read(body("aliyun/messages"), ALIYUN)
    assert first == Incoming(
        id="1234567890",
        sender="+8613800138000",
        text="放在驿站就好，谢谢",
        at=datetime(2026, 11, 16, 9, 30, tzinfo=UTC),
        to="1234",
    )
    assert isinstance(second, Incoming)
    assert (second.id, second.sender, second.text) == ("1234567891", "+8613800138001", "TD")


def test_odd_rows_cost_only_themselves():
    report, incoming = aliyun.read(body("aliyun/odd"), ALIYUN)
    assert report == Report(
        "5",
        Delivery.FAILED,
        error="Aliyun says NOBODY_KNOWS: a code that we do not know.",
    )
    assert isinstance(incoming, Incoming)
    assert (incoming.text, incoming.sender) == ("no number", "+8613800138000")
    assert len(incoming.id) == 64, "without a number of its own it is named by what it says"


def test_a_message_without_a_number_has_the_same_name_when_it_comes_again():
    assert aliyun.read(body("aliyun/odd"), ALIYUN) == aliyun.read(body("aliyun/odd"), ALIYUN)


@pytest.mark.parametrize("content", [b"", b"{}", b"hello", b"\xff", b"[" * 100_000, b'"text"'])
def test_what_is_no_list_cannot_be_read(content):
    with pytest.raises(ValueError, match=r"^It is not "):
        aliyun.read(content, ALIYUN)


def test_its_secret_is_the_address_itself():
    assert aliyun.is_genuine("", {}, b"[]", ALIYUN)
    assert aliyun.challenge({}, ALIYUN) is None
    content_type, answer = aliyun.acknowledge()
    assert (content_type, json.loads(answer)["code"]) == ("application/json", 0)
