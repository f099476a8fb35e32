"""The adapters of all channels are alike, and the demo leads nowhere."""

from dataclasses import replace
from importlib import import_module

import pytest

from returns import channels
from returns.channels import CHANNELS, HOOKS, Error, web
from returns.channels.demo import Demo
from tests.returns.channel_servers import ALIYUN, APPROVED, MESSAGE, TWILIO, WHATSAPP

ACCESS = {"twilio": TWILIO, "aliyun": ALIYUN, "whatsapp": WHATSAPP}


@pytest.mark.parametrize("slug", [slug for slug in CHANNELS if slug != "email"])
def test_each_names_the_keys_without_which_it_cannot_send(slug):
    with channels.opened() as through:
        adapter = through.of(slug, access=ACCESS.get(slug, channels.NO_ACCESS))
        assert set(adapter.KEYS) == set(ACCESS[slug].keys if slug in ACCESS else ())
        assert all(adapter.KEYS.values()), "words for the desk"


@pytest.mark.parametrize("slug", HOOKS)
def test_each_that_is_called_knows_how_to_listen(slug):
    module = import_module(HOOKS[slug])
    assert module.challenge({}, ACCESS[slug]) is None
    assert not module.is_genuine("", {}, b"", ACCESS[slug]) or slug == "aliyun"
    content_type, body = module.acknowledge()
    assert "/" in content_type and isinstance(body, str)
    with pytest.raises(ValueError):
        module.read(b"", ACCESS[slug])


@pytest.mark.parametrize(
    "table",
    [
        import_module(f"returns.channels.{name}").TROUBLES
        for name in ("twilio", "aliyun", "whatsapp")
    ],
    ids=["twilio", "aliyun", "whatsapp"],
)
def test_no_trouble_is_both_lasting_and_a_matter_of_the_account(table):
    for trouble in table.values():
        assert not (trouble.permanent and trouble.down)
        assert trouble.permanent or not (trouble.stopped or trouble.unreachable)


def test_the_demo_takes_everything_under_one_name_for_each_message():
    demo = Demo()
    name = demo.send(MESSAGE)
    assert name.startswith("demo-")
    assert demo.send(APPROVED) == name, "the same message"
    assert demo.send(replace(MESSAGE, key="<another@juniper.example>")) != name


def test_the_demo_shows_what_happens_when_a_number_takes_nothing():
    with pytest.raises(Error) as raised:
        Demo().send(replace(MESSAGE, recipient="+447700900000"))
    assert raised.value.permanent and raised.value.unreachable


def test_a_code_cannot_bring_more_than_a_code_into_our_words():
    told = web.UNKNOWN.error("Twilio", "x" * 500 + "\nnumber")
    assert len(str(told)) < 100
    assert "\n" not in str(told)
