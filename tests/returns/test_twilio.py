"""SMS by Twilio: sent to a real server that checks who calls, and what it tells us."""

from dataclasses import replace

import pytest
from django.http.request import HttpHeaders

from returns.channels import Access, Delivery, Error, Incoming, Report, twilio, web
from tests.returns.channel_servers import (
    CUT,
    GARBAGE,
    MESSAGE,
    SECRETS,
    SILENT,
    TWILIO,
    dripping,
    form_of,
    played,
    recorded,
    signed_by_twilio,
)
from tests.tracking.loopback import Answer
from tracking.providers import reading

SID = "SM0123456789abcdef0123456789abcdef"


@pytest.fixture
def there(monkeypatch):
    """Nobody waits for an answer for long."""
    monkeypatch.setattr(web, "TOTAL", 0.3)
    with played() as played_there:
        yield played_there


def send(access: Access, message=MESSAGE) -> str:
    return twilio.Twilio(access).send(message)


def refused(access: Access, message=MESSAGE) -> Error:
    """The error, which names neither a person nor a secret."""
    with pytest.raises(Error) as raised:
        send(access, message)
    for private in (*SECRETS, "447700900123", "arrived"):
        assert private not in f"{raised.value!r} {raised.value}"
    return raised.value


# --- sending ----------------------------------------------------------------------------------


def test_the_short_form_is_sent_from_the_number_of_the_store(there):
    assert send(there.twilio) == SID
    assert there.last == {
        "To": "+447700900123",
        "From": "+447700900999",
        "Body": "Juniper & Pine: your parcel has arrived + 1 more.",
        "StatusCallback": "https://juniper.example/hooks/messages/twilio/a-key/",
    }


def test_a_messaging_service_is_named_as_such_and_without_a_hook_nothing_is_reported(there):
    send(replace(there.twilio, sender="MG0123", hook=""))
    assert there.last == {
        "To": "+447700900123",
        "MessagingServiceSid": "MG0123",
        "Body": MESSAGE.short,
    }


def test_a_key_of_its_own_may_send(there):
    keys = {**TWILIO.keys, "api_key": "SK0123", "api_secret": "another"}
    assert refused(replace(there.twilio, keys=keys)).down, "the server knows only the token"
    log_in = there.server.last.headers["Authorization"]
    assert log_in == "Basic U0swMTIzOmFub3RoZXI="


def test_the_version_of_the_interface_can_be_changed(there):
    there.server.answers("/2027-01-01/Accounts/AC0123/Messages.json", Answer(json={"sid": "SM9"}))
    assert send(replace(there.twilio, keys={**TWILIO.keys, "version": "2027-01-01"})) == "SM9"


@pytest.mark.parametrize("short", ["", "  \n", "x" * 1601])
def test_what_it_cannot_carry_is_refused_before_anybody_is_called(there, short):
    error = refused(there.twilio, replace(MESSAGE, short=short))
    assert error.permanent and not error.down
    assert not there.server.seen


@pytest.mark.parametrize("name", ["account_sid", "auth_token"])
def test_without_its_keys_messages_wait_until_somebody_fills_them_in(there, name):
    error = refused(replace(there.twilio, keys={**TWILIO.keys, name: ""}))
    assert name in str(error)
    assert error.down and not error.permanent
    assert refused(replace(there.twilio, sender="")).down


def test_a_wrong_token_is_a_matter_of_the_account(there):
    error = refused(replace(there.twilio, keys={**TWILIO.keys, "auth_token": "wrong"}))
    assert (error.permanent, error.down) == (False, True)


def test_who_has_stopped_our_messages_is_told_apart(there):
    there.trouble = Answer(status=400, json=recorded("twilio/answer-stopped"))
    error = refused(there.twilio)
    assert (error.permanent, error.stopped, error.unreachable) == (True, True, False)
    assert str(error) == "Twilio says 21610: the receiver wants no more messages."


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        (21211, {"permanent", "unreachable"}),
        (21614, {"permanent", "unreachable"}),
        (21408, {"permanent"}),
        (21611, set()),
        (20404, {"down"}),
        (21606, {"down"}),
        (30002, {"down"}),
    ],
)
def test_each_code_says_whether_to_try_again(there, code, flags):
    there.trouble = Answer(status=400, json={"code": code, "message": "about +447700900123"})
    assert flags_of(refused(there.twilio)) == flags


def flags_of(error: Error) -> set[str]:
    names = ("permanent", "down", "stopped", "unreachable")
    return {name for name in names if getattr(error, name)}


@pytest.mark.parametrize("answer", [{"code": 99999}, {"code": "?"}, {}])
def test_a_refusal_that_nobody_knows_lasts_and_is_logged(there, answer, caplog):
    reading.tell_once.cache_clear()
    there.trouble = Answer(status=400, json=answer)
    assert flags_of(refused(there.twilio)) == {"permanent"}
    assert [r.getMessage() for r in caplog.records] == [
        f"Twilio: code {99999 if answer.get('code') == 99999 else 400} is not known"
    ]


def test_too_many_calls_only_cost_time(there):
    there.trouble = Answer(status=429, json={"code": 20429})
    assert flags_of(refused(there.twilio)) == set()


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=500, body=b"oops"),
        Answer(status=503),
        SILENT,
        GARBAGE,
        CUT,
        dripping(Answer(json={"sid": SID, "more": "x" * 100})),
        Answer(status=302, headers={"Location": "/elsewhere"}),
        Answer(status=404, body=b"Not here"),
        Answer(json=["a list"]),
        Answer(json={"status": "queued"}),
        Answer(raw=b"\x00\x01\x02 no HTTP at all\r\n\r\n"),
    ],
    ids=lambda trouble: f"{trouble.status}-{trouble.content[:12]!r}",
)
def test_while_it_is_out_of_order_nothing_else_need_be_tried(there, trouble):
    there.trouble = trouble
    assert flags_of(refused(there.twilio)) == {"down"}


def test_when_its_answer_is_lost_the_message_is_sent_again_and_arrives_twice(there):
    there.lost = SILENT
    assert flags_of(refused(there.twilio)) == {"down"}
    there.lost = None
    send(there.twilio)
    assert [taken.to for taken in there.taken] == ["+447700900123"] * 2


# --- what it tells us -------------------------------------------------------------------------


def is_genuine(content: bytes, sign: str, access: Access = TWILIO) -> bool:
    headers = HttpHeaders({"HTTP_X_TWILIO_SIGNATURE": sign})
    return twilio.is_genuine(TWILIO.hook, headers, content, access)


def test_the_signature_is_the_one_of_twilios_own_example():
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    told = twilio.signature(url, list(fields.items()), "12345")
    assert told == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_what_twilio_signed_is_genuine_and_nothing_else_is():
    content = form_of("twilio/message")
    sign = signed_by_twilio(TWILIO.hook, content)
    assert is_genuine(content, sign)
    assert not is_genuine(content, "")
    assert not is_genuine(content, sign.swapcase())
    assert not is_genuine(content, "ü")
    assert not is_genuine(content.replace(b"Sarah", b"Clara"), sign)
    assert not is_genuine(content + b"&More=1", sign)
    assert not is_genuine(content, signed_by_twilio("https://elsewhere.example/", content))
    assert not is_genuine(b"\xff=\xff", sign)
    assert not is_genuine(b"&".join([b"a=1"] * 1000), sign)


def test_an_account_without_a_token_believes_nothing():
    content = form_of("twilio/message")
    sign = signed_by_twilio(TWILIO.hook, content, token="")
    assert not is_genuine(content, sign, Access())


def test_a_report_says_what_became_of_a_message():
    assert twilio.read(form_of("twilio/delivered"), TWILIO) == [Report(SID, Delivery.DELIVERED)]
    for told, state in {"sent": Delivery.SENT, "read": Delivery.READ}.items():
        content = form_of("twilio/delivered", MessageStatus=told)
        assert twilio.read(content, TWILIO) == [Report(SID, state)]


def test_a_number_that_is_not_in_use_is_reported_as_unreachable():
    [report] = twilio.read(form_of("twilio/undelivered"), TWILIO)
    assert report == Report(
        SID,
        Delivery.FAILED,
        error="Twilio says 30005: the number is not in use.",
        unreachable=True,
    )


@pytest.mark.parametrize(
    ("code", "stopped", "unreachable"),
    [
        ("21610", True, False),
        ("30003", False, False),
        ("30006", False, True),
        ("30007", False, False),
        ("12345", False, False),
        ("", False, False),
    ],
)
def test_what_failed_says_whether_the_number_is_to_blame(code, stopped, unreachable):
    content = form_of("twilio/undelivered", MessageStatus="failed", ErrorCode=code)
    [report] = twilio.read(content, TWILIO)
    assert (report.state, report.stopped, report.unreachable) == ("failed", stopped, unreachable)
    assert report.error.startswith(f"Twilio says {code or 'failed'}: ")


@pytest.mark.parametrize("told", ["queued", "sending", "accepted", "scheduled", "new-fashioned"])
def test_on_its_way_to_the_network_nothing_has_become_of_it(told):
    assert twilio.read(form_of("twilio/delivered", MessageStatus=told), TWILIO) == []


def test_an_answer_is_read_as_it_was_written():
    assert twilio.read(form_of("twilio/message"), TWILIO) == [
        Incoming(
            id="SM1123456789abcdef0123456789abcdef",
            sender="+447700900123",
            text="It’s at my neighbour’s, thank you 50% of 100 + 1 & more\nSarah",
            to="+447700900999",
        )
    ]


def test_pictures_are_counted():
    [incoming] = twilio.read(form_of("twilio/picture"), TWILIO)
    assert isinstance(incoming, Incoming)
    assert (incoming.text, incoming.left_out, incoming.files) == ("", 2, ())
    [incoming] = twilio.read(form_of("twilio/picture", NumMedia="9999999"), TWILIO)
    assert incoming.left_out == 10


def test_signs_that_no_database_keeps_are_left_out():
    [incoming] = twilio.read(form_of("twilio/message", Body="a\x00b\x1f\nc"), TWILIO)
    assert incoming.text == "ab\nc"


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b"Body=hello", b"a=1&" * 1000])
def test_what_is_no_form_of_twilio_cannot_be_read(content):
    with pytest.raises(ValueError, match=r"^(It is not a form|There is no MessageSid)"):
        twilio.read(content, TWILIO)


def test_what_says_nothing_about_a_message_is_left_out():
    assert twilio.read(b"MessageSid=SM1&CallStatus=ringing", TWILIO) == []


def test_it_asks_nothing_and_wants_to_read_an_empty_answer():
    assert twilio.challenge({}, TWILIO) is None
    assert twilio.acknowledge() == ("text/xml", "<Response/>")
