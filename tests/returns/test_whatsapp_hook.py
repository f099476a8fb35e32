"""What Meta tells us about WhatsApp: reports, and what people write."""

import json
from datetime import UTC, datetime

import pytest
from django.http.request import HttpHeaders

from returns.channels import Access, Delivery, Incoming, Report, whatsapp
from tests.returns.channel_servers import KEY, WHATSAPP, body, recorded, signed_by_meta
from tracking.providers import reading

WAMID = "wamid.HBgLNDQ3NzAwOTAwMTIzFQIAERgSMzE2"
QUESTION = {
    "hub.mode": "subscribe",
    "hub.verify_token": "a-word-of-juniper",
    "hub.challenge": "1158201444",
}


def test_the_question_of_meta_is_answered():
    assert whatsapp.challenge(QUESTION, WHATSAPP) == "1158201444"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "ü"},
        {"hub.mode": "unsubscribe"},
    ],
)
def test_the_question_of_anybody_else_is_not(wrong):
    assert whatsapp.challenge(QUESTION | wrong, WHATSAPP) is None
    assert whatsapp.challenge({}, WHATSAPP) is None
    assert whatsapp.challenge(QUESTION | {"hub.verify_token": ""}, Access()) is None


def is_genuine(content: bytes, sign: str, access: Access = WHATSAPP) -> bool:
    headers = HttpHeaders({"HTTP_X_HUB_SIGNATURE_256": sign})
    return whatsapp.is_genuine("", headers, content, access)


def test_what_meta_signed_is_genuine_and_nothing_else_is():
    content = body("whatsapp/messages")
    sign = signed_by_meta(content)
    assert is_genuine(content, sign)
    assert not is_genuine(content, "")
    assert not is_genuine(content, sign.removeprefix("sha256="))
    assert not is_genuine(content, "ü")
    assert not is_genuine(content + b" ", sign)
    assert not is_genuine(content, signed_by_meta(content, "another"))
    assert not is_genuine(content, signed_by_meta(content, ""), Access())


def test_blanks_around_a_copied_key_do_no_harm():
    copied = Access({name: f" {value}\n" for name, value in WHATSAPP.keys.items()})
    assert is_genuine(b"{}", signed_by_meta(b"{}"), copied)
    assert len(whatsapp.read(body("whatsapp/statuses"), copied)) == 3


def test_reports_say_what_became_of_a_message_in_the_order_they_came():
    told = [
        (Delivery.READ, datetime(2026, 11, 16, 9, 21, 40, tzinfo=UTC)),
        (Delivery.SENT, datetime(2026, 11, 16, 9, 20, tzinfo=UTC)),
        (Delivery.DELIVERED, datetime(2026, 11, 16, 9, 20, 1, tzinfo=UTC)),
    ]
    assert whatsapp.read(body("whatsapp/statuses"), WHATSAPP) == [
        Report(WAMID + "A", state, at=at, key=KEY) for state, at in told
    ]


def test_a_number_that_is_not_on_whatsapp_is_reported_as_unreachable():
    [report] = whatsapp.read(body("whatsapp/failed"), WHATSAPP)
    assert isinstance(report, Report)
    assert (report.state, report.key, report.unreachable, report.stopped) == (
        "failed",
        KEY,
        True,
        False,
    )
    assert report.error.startswith("WhatsApp says 131026: ")


def test_messages_are_read_as_they_were_written():
    found = whatsapp.read(body("whatsapp/messages"), WHATSAPP)
    assert [one.text for one in found if isinstance(one, Incoming)] == [
        "Where is my parcel?\nI need it on Friday.",
        "Yes, please",
        "Leave it there",
        "Friday",
        "The box was open",
        "",
        "My letter",
        "",
        "",
    ]
    assert found[0] == Incoming(
        id=WAMID + "M1",
        sender="+447700900123",
        text="Where is my parcel?\nI need it on Friday.",
        at=datetime(2026, 11, 16, 9, 23, 21, tzinfo=UTC),
        references=(WAMID + "A",),
        to="+447700900999",
    )


def test_photos_are_fetched_later_and_what_nobody_can_look_at_is_counted():
    found = whatsapp.read(body("whatsapp/messages"), WHATSAPP)
    told = [(one.files, one.left_out) for one in found if isinstance(one, Incoming)]
    assert told == [
        ((), 0),
        ((), 0),
        ((), 0),
        ((), 0),
        (("2754859441498128",), 0),
        (("2754859441498129",), 0),
        ((), 1),
        ((), 1),
        ((), 1),
    ]


def test_a_thumb_up_is_no_message():
    kinds = [
        m["type"]
        for m in recorded("whatsapp/messages")["entry"][0]["changes"][0]["value"]["messages"]
    ]
    assert kinds[-1] == "reaction"
    found = whatsapp.read(body("whatsapp/messages"), WHATSAPP)
    assert len(found) == len(kinds) - 1


def test_what_was_sent_to_another_number_of_the_app_is_not_ours(caplog):
    reading.tell_once.cache_clear()
    assert whatsapp.read(body("whatsapp/another-number"), WHATSAPP) == []
    assert "belongs to no account here" in caplog.text
    assert "For another shop" not in caplog.text


def test_odd_parts_cost_only_themselves():
    found = whatsapp.read(body("whatsapp/odd"), WHATSAPP)
    reports = [one for one in found if isinstance(one, Report)]
    assert [(one.id, one.state, one.at) for one in reports] == [
        (WAMID + "C", "failed", None),
        (WAMID + "D", "failed", None),
    ]
    assert [one.error for one in reports] == [
        "WhatsApp says failed: it did not arrive.",
        "WhatsApp says 999999: a code that we do not know.",
    ]
    messages = [one for one in found if isinstance(one, Incoming)]
    assert [(one.id[-2:], one.text, one.left_out, one.at) for one in messages] == [
        ("M2", "", 1, None),
        ("M3", "", 1, None),
        ("M4", "a  in it", 0, None),
    ]


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"hello", b"\xff", b"[" * 100_000, b'{"object":"page"}', b"7"]
)
def test_what_is_not_about_whatsapp_cannot_be_read(content):
    with pytest.raises(ValueError, match=r"^It is not "):
        whatsapp.read(content, WHATSAPP)


@pytest.mark.parametrize("part", ["entry", "changes", "value", "statuses", "messages"])
@pytest.mark.parametrize("odd", [None, "x", 7, [], {}, [None], [[]]])
def test_any_part_may_be_something_else(part, odd):
    def bent(value):
        if isinstance(value, dict):
            return {k: odd if k == part else bent(v) for k, v in value.items()}
        return [bent(item) for item in value] if isinstance(value, list) else value

    for name in ("whatsapp/statuses", "whatsapp/messages"):
        content = json.dumps(bent(recorded(name))).encode()
        assert isinstance(whatsapp.read(content, WHATSAPP), list)


def test_it_wants_to_read_nothing():
    assert whatsapp.acknowledge() == ("text/plain", "")
