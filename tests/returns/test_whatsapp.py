"""WhatsApp: sent to a real server that checks who calls, and files fetched from it."""

from dataclasses import replace

import pytest

from returns.channels import Access, Error, Template, web, whatsapp
from tests.returns.channel_servers import (
    APPROVED,
    GARBAGE,
    KEY,
    MESSAGE,
    SECRETS,
    SILENT,
    WHATSAPP,
    dripping,
    played,
    recorded,
)
from tests.tracking.loopback import Answer
from tracking.providers import reading

WAMID = "wamid.HBgLNDQ3NzAwOTAwMTIzFQIAERgSMzE2"
FILE = "2754859441498128"


@pytest.fixture
def there(monkeypatch):
    """Nobody waits for an answer for long."""
    monkeypatch.setattr(web, "TOTAL", 0.3)
    with played() as played_there:
        yield played_there


def send(access: Access, message=MESSAGE) -> str:
    return whatsapp.WhatsApp(access).send(message)


def flags_of(error: Error) -> set[str]:
    names = ("permanent", "down", "stopped", "unreachable")
    return {name for name in names if getattr(error, name)}


def refused(access: Access, message=MESSAGE) -> set[str]:
    """What the error says to do; it names neither a person nor a secret."""
    with pytest.raises(Error) as raised:
        send(access, message)
    for private in (*SECRETS, "447700900123", "arrived"):
        assert private not in f"{raised.value!r} {raised.value}"
    return flags_of(raised.value)


def filled(*values: str, button: str = ""):
    named = tuple((f"v{at}", value) for at, value in enumerate(values))
    return replace(MESSAGE, template=Template("parcel_posted", "en", named, button))


# --- sending ----------------------------------------------------------------------------------


def test_a_free_text_is_sent_in_its_short_form_with_our_key(there):
    assert send(there.whatsapp) == WAMID + "A"
    assert there.last == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "447700900123",
        "biz_opaque_callback_data": KEY,
        "type": "text",
        "text": {"body": MESSAGE.short, "preview_url": False},
    }


def test_an_approved_text_is_sent_with_its_values_in_order_and_the_end_of_the_link(there):
    send(there.whatsapp, APPROVED)
    assert there.last["type"] == "template"
    assert there.last["template"] == {
        "name": "parcel_arrived",
        "language": {"code": "en_GB"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "text": "Sarah"},
                    {"type": "text", "text": "JP-10412"},
                ],
            },
            {
                "type": "button",
                "sub_type": "url",
                "index": "0",
                "parameters": [{"type": "text", "text": "k3y"}],
            },
        ],
    }


def test_an_approved_text_without_gaps_has_no_parts(there):
    send(there.whatsapp, filled())
    assert there.last["template"]["components"] == []


def test_every_attempt_carries_the_same_key(there):
    there.lost = SILENT
    assert refused(there.whatsapp) == {"down"}
    there.lost = None
    send(there.whatsapp)
    assert [taken.key for taken in there.taken] == [KEY, KEY]


def test_values_are_written_on_one_line(there):
    send(there.whatsapp, filled("Linen\n shirt\t     and more"))
    [part] = there.last["template"]["components"]
    assert part["parameters"] == [{"type": "text", "text": "Linen shirt and more"}]


@pytest.mark.parametrize(
    "message",
    [
        filled("Sarah", ""),
        filled(" \n"),
        filled("x" * 1000, "y" * 25),
        replace(MESSAGE, short=""),
        replace(MESSAGE, short="x" * 4097),
    ],
    ids=["empty", "blank", "too much", "no words", "too long"],
)
def test_what_it_cannot_carry_is_refused_before_anybody_is_called(there, message):
    assert refused(there.whatsapp, message) == {"permanent"}
    assert not there.server.seen


def test_as_much_as_it_can_carry_is_sent(there):
    send(there.whatsapp, filled("x" * 1000, "y" * 24))
    send(there.whatsapp, replace(MESSAGE, short="x" * 4096))
    assert len(there.taken) == 2


def test_the_version_of_the_interface_can_be_changed(there):
    number = WHATSAPP.keys["phone_number_id"]
    answer = Answer(json={"messages": [{"id": "wamid.new"}]})
    there.server.answers(f"/v30.0/{number}/messages", answer)
    keys = {**WHATSAPP.keys, "version": "v30.0"}
    assert send(replace(there.whatsapp, keys=keys)) == "wamid.new"


@pytest.mark.parametrize("name", ["token", "phone_number_id"])
def test_without_its_keys_messages_wait_until_somebody_fills_them_in(there, name):
    assert refused(replace(there.whatsapp, keys={**WHATSAPP.keys, name: " "})) == {"down"}
    assert not there.server.seen


def test_a_wrong_token_is_a_matter_of_the_account(there):
    keys = {**WHATSAPP.keys, "token": "wrong"}
    assert refused(replace(there.whatsapp, keys=keys)) == {"down"}


def test_after_a_day_a_free_text_is_refused_for_good(there):
    there.trouble = Answer(status=400, json=recorded("whatsapp/answer-outside"))
    with pytest.raises(Error, match="24 hours") as raised:
        send(there.whatsapp)
    assert flags_of(raised.value) == {"permanent"}


@pytest.mark.parametrize(
    ("code", "flags"),
    [
        (131026, {"permanent", "unreachable"}),
        (131050, {"permanent", "stopped"}),
        (132000, {"permanent"}),
        (132001, {"permanent"}),
        (132005, {"permanent"}),
        (132007, {"permanent"}),
        (132012, {"permanent"}),
        (132015, {"permanent"}),
        (131056, set()),
        (130429, set()),
        (80007, set()),
        (0, {"down"}),
        (10, {"down"}),
        (190, {"down"}),
        (200, {"down"}),
        (299, {"down"}),
        (368, {"down"}),
        (131031, {"down"}),
    ],
)
def test_each_code_says_whether_to_try_again(there, code, flags):
    error = {"code": code, "message": "about +447700900123"}
    there.trouble = Answer(status=400, json={"error": error})
    assert refused(there.whatsapp, APPROVED) == flags


@pytest.mark.parametrize("error", [{"code": 999}, {"code": "new"}, "an error"])
def test_a_refusal_that_nobody_knows_lasts_and_is_logged(there, error, caplog):
    reading.tell_once.cache_clear()
    there.trouble = Answer(status=400, json={"error": error})
    assert refused(there.whatsapp) == {"permanent"}
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("WhatsApp: code ")


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=500, json={"error": {"code": 131000}}),
        Answer(status=403, json={"error": {"code": 10}}),
        SILENT,
        GARBAGE,
        dripping(Answer(json={"messages": [{"id": "x" * 100}]})),
        Answer(json={"messages": []}),
        Answer(json={"messages": "none"}),
        Answer(json=[]),
    ],
    ids=lambda trouble: f"{trouble.status}-{trouble.content[:14]!r}",
)
def test_while_it_is_out_of_order_nothing_else_need_be_tried(there, trouble):
    there.trouble = trouble
    assert refused(there.whatsapp) == {"down"}


def test_too_many_calls_only_cost_time(there):
    there.trouble = Answer(status=429, json={"error": {"code": 130429}})
    assert refused(there.whatsapp) == set()


# --- files ------------------------------------------------------------------------------------


def fetch(access: Access, name: str = FILE) -> bytes:
    return whatsapp.WhatsApp(access).fetch(name)


def lies_at(there, url: str) -> None:
    there.server.answers(
        f"/v23.0/{FILE}", Answer(json={**recorded("whatsapp/answer-file"), "url": url})
    )


def test_a_photo_is_fetched_with_our_token(there):
    lies_at(there, f"{there.server.url}/files/1")
    there.server.answers("/files/1", Answer(body=b"\xff\xd8 a photo"))
    assert fetch(there.whatsapp) == b"\xff\xd8 a photo"
    assert [seen.path for seen in there.server.seen] == [f"/v23.0/{FILE}", "/files/1"]
    for seen in there.server.seen:
        assert seen.method == "GET"
        assert seen.headers["Authorization"] == f"Bearer {WHATSAPP.keys['token']}"


@pytest.mark.parametrize(
    "url",
    [
        "http://lookaside.fbsbx.com/file",
        "https://fbsbx.com.elsewhere.example/file",
        "https://elsewherefbsbx.com/file",
        "https://fbsbx.com@elsewhere.example/file",
        "https://lookaside.fbsbx.com:8443/file",
        "https://127.0.0.1/file",
        "https://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://[broken/file",
        "",
    ],
)
def test_our_token_goes_to_nobody_else(there, url):
    lies_at(there, url)
    with pytest.raises(Error) as raised:
        fetch(there.whatsapp)
    assert flags_of(raised.value) == {"permanent"}
    assert len(there.server.seen) == 1, "only Meta itself was asked"


@pytest.mark.parametrize(
    "url",
    [
        "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1",
        "https://mmg.whatsapp.net:443/v/1",
        "https://graph.facebook.com/1",
    ],
)
def test_what_lies_with_meta_may_be_fetched(url):
    assert whatsapp._is_trusted(url, WHATSAPP)


def test_a_redirect_to_somewhere_else_is_not_followed(there):
    lies_at(there, f"{there.server.url}/files/1")
    there.server.answers("/files/1", Answer(status=302, headers={"Location": "/secrets"}))
    with pytest.raises(Error) as raised:
        fetch(there.whatsapp)
    assert flags_of(raised.value) == {"permanent"}
    assert there.server.last.path == "/files/1"


def test_a_file_that_is_too_large_is_not_fetched(there, monkeypatch):
    monkeypatch.setattr(whatsapp, "LARGEST_FILE", 303832)
    lies_at(there, f"{there.server.url}/files/1")
    with pytest.raises(Error) as raised:
        fetch(there.whatsapp)
    assert flags_of(raised.value) == {"permanent"}
    assert len(there.server.seen) == 1


def test_a_file_that_is_larger_than_was_said_is_not_read_to_its_end(there, monkeypatch):
    monkeypatch.setattr(whatsapp, "LARGEST_FILE", 10)
    told = {"url": f"{there.server.url}/files/1", "file_size": "9"}
    there.server.answers(f"/v23.0/{FILE}", Answer(json=told))
    there.server.answers("/files/1", Answer(body=b"x" * 10), Answer(body=b"x" * 11))
    assert len(fetch(there.whatsapp)) == 10
    with pytest.raises(Error, match="more than 10 bytes"):
        fetch(there.whatsapp)


def test_a_file_that_is_gone_is_not_asked_for_again(there):
    there.server.answers(
        f"/v23.0/{FILE}", Answer(status=400, json={"error": {"code": 100, "error_subcode": 33}})
    )
    with pytest.raises(Error) as raised:
        fetch(there.whatsapp)
    assert flags_of(raised.value) == {"permanent"}


def test_while_meta_does_not_answer_a_file_is_asked_for_later(there):
    there.server.answers(f"/v23.0/{FILE}", SILENT)
    with pytest.raises(Error) as raised:
        fetch(there.whatsapp)
    assert flags_of(raised.value) == {"down"}


@pytest.mark.parametrize("name", ["..", "../me?fields=id", "", "1/2"])
def test_what_is_no_name_of_a_file_is_asked_of_nobody(there, name):
    with pytest.raises(Error) as raised:
        fetch(there.whatsapp, name)
    assert flags_of(raised.value) == {"permanent"}
    assert not there.server.seen


def test_blanks_around_a_copied_key_do_no_harm(there):
    keys = {name: f" {value}\n" for name, value in WHATSAPP.keys.items()}
    assert send(replace(there.whatsapp, keys=keys))
