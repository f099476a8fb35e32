"""Approved texts are filled with values that their provider takes."""

from types import SimpleNamespace

import pytest
from django.utils import translation

from returns.letters.approved import (
    ALIYUN_MOST,
    WHATSAPP_MOST,
    check_parameters,
    neutral,
    template_of,
)
from returns.letters.cutting import cut
from returns.letters.short_words import SHORT
from returns.letters.values import vocabulary
from returns.models import Message, NoticeKind
from tests.returns.test_short_texts import LINK, facts_of, notice_of, parts

CODE = LINK.rpartition("/")[2]


def approved(provider: str, parameters: str, **more):
    account = SimpleNamespace(provider=provider)
    usual = {"name": "news_1", "provider_language": "en_GB", "has_button": False}
    return SimpleNamespace(account=account, parameters=parameters, **(usual | more))


# --- What may be entered ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*SHORT, "incident:lost", "incident:came_back"])
def test_what_a_text_may_name_fills_gaps_too(kind):
    names = " ".join(vocabulary(kind, "sms"))
    assert check_parameters(kind, "whatsapp", names) == []
    assert check_parameters(kind, "aliyun", names.replace("link", "code")) == []


def test_an_unknown_name_is_told_with_the_nearest():
    assert check_parameters("order_news", "whatsapp", "nmae order") == [
        "Nothing is called nmae. Did you mean name?"
    ]


def test_aliyun_takes_no_address():
    [problem] = check_parameters("order_news", "aliyun", "order link")
    assert "code" in problem


def test_gaps_are_counted():
    assert check_parameters("order_news", "whatsapp", "order " * 17)


def test_what_always_goes_by_email_needs_no_approved_text():
    for kind in set(NoticeKind) - set(SHORT):
        assert check_parameters(kind, "whatsapp", "order")


# --- What fills the gaps ----------------------------------------------------------------------


def test_the_values_come_in_the_order_of_the_text_and_the_button_ends_the_address(order):
    text = approved("whatsapp", "name order promise", has_button=True)
    made = template_of(notice_of(order, channel="whatsapp"), facts_of(order), LINK, text)
    assert (made.name, made.language, made.button) == ("news_1", "en_GB", CODE)
    assert made.values == (
        ("name", "Sarah"),
        ("order", "JP-20418"),
        ("promise", "We write to you again by Tuesday 24 November, 18:00."),
    )


@pytest.mark.parametrize("provider", ["whatsapp", "aliyun"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_no_value_is_empty_or_breaks_the_line(order, provider, language):
    evil = "One.\r\n\tTwo   three\u2028four\x00     five"
    facts = facts_of(order, name="", promise="", headline=evil, parts=[parts(empathy="", done="")])
    for kind in ("order_news", "order_update"):
        names = " ".join(name for name in vocabulary(kind, "sms") if name != "link")
        with translation.override(language):
            made = template_of(notice_of(order, kind), facts, LINK, approved(provider, names))
            assert dict(made.values)["promise"] == neutral("promise")
        for name, value in made.values:
            assert value.strip() == value != "", name
            assert value.isprintable() and "  " not in value, name


def test_whatsapp_gets_at_most_1024_characters_and_the_longest_value_gives_way(order):
    told = parts(fact="It was scanned in Leipzig. " * 60, may="Please look. " * 10)
    text = approved("whatsapp", "fact solution promise")
    made = dict(template_of(notice_of(order), facts_of(order, parts=[told]), LINK, text).values)
    assert sum(map(len, made.values())) <= WHATSAPP_MOST
    assert made["fact"].endswith("Leipzig.")
    assert made["solution"].endswith("Please look.") and made["promise"].endswith("18:00.")


def test_aliyun_gets_short_values_without_addresses(order):
    notice = notice_of(order, NoticeKind.MESSAGE_ANSWER)
    notice.entry = Message(
        order=order, text="See https://juniper.example/x or www.juniper.example today."
    )
    facts = facts_of(order, parts=[])
    made = template_of(notice, facts, LINK, approved("aliyun", "message promise order code"))
    values = dict(made.values)
    assert values["message"] == "See or today."
    assert values["code"] == CODE and made.button == ""
    assert all(len(value) <= ALIYUN_MOST and "://" not in value for value in values.values())


def test_a_value_of_nothing_but_an_address_becomes_neutral_words(order):
    notice = notice_of(order, NoticeKind.MESSAGE_ANSWER)
    notice.entry = Message(order=order, text="https://juniper.example/x")
    made = template_of(notice, facts_of(order, parts=[]), LINK, approved("aliyun", "message"))
    assert made.values == (("message", neutral("message")),)


@pytest.mark.parametrize(
    ("text", "most", "left"),
    [
        ("Short.", 10, "Short."),
        ("One. Two. Three.", 12, "One. Two."),
        ("At 18.00 we write to you again.", 12, "At 18.00 we…"),
        ("最晚周二，我们写信。就算没有消息，也会写。", 12, "最晚周二，我们写信。"),
        ("没有句号的一长串文字在这里", 6, "没有句号的…"),
        ("Version 1.5 is here. Yes", 21, "Version 1.5 is here."),
    ],
)
def test_it_is_cut_at_the_end_of_a_sentence_where_there_is_one(text, most, left):
    assert cut(text, most) == left
    assert len(left) <= most
