"""A short text stands on its own: it tells what the page tells, is signed, leads to the
page, and takes two text messages at most."""

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone, translation

from returns import formats, letters
from returns.channels.stop_words import stop_words
from returns.four_parts import FourParts
from returns.letters import facts_of as letter_facts
from returns.letters.cutting import first_sentence
from returns.letters.parts import Facts
from returns.letters.short import short, standard
from returns.letters.short_words import MAY, MAY_BACK, NEWS_KINDS, SHORT
from returns.letters.sms import fits_sms, plain, segments
from returns.letters.values import NAMES, VOCABULARY, samples, values, vocabulary
from returns.models import RULE, Message, Notice, NoticeKind, Promise, PromiseKind
from returns.models.case import CASE_KINDS
from returns.urgency import SHORT_KINDS
from tests import people
from tests.returns.correspondence import WRITERS, Shop

LANGUAGES = ["en", "zh-hans"]
LINK = "https://returns.juniper-pine.com/k/w8Kq2ZtR5pLx0VbN3mJd7YfHc1Q"
CODE_WORDS = re.compile(
    r"[{}]|\b(None|incident|exception|shipment|" + "|".join(dict(CASE_KINDS)) + r")\b"
)
# Words that are codes as well as plain English.
PLAIN_ENGLISH = {"address", "refused", "damaged", "lost", "overdue", "silent", "stalled"}


def parts(**changes: str) -> FourParts:
    told = {
        "empathy": "You have been waiting for days without a word.",
        "fact": "It was last scanned on Friday 20 November, in Leipzig.",
        "done": "Ieva looks after it.",
        "may": "You do not need to do anything.",
        "kind": "stalled",
        "title": "There has been no news of your parcel for a while.",
    }
    return FourParts(**(told | changes))


def facts_of(order: Any, **more: Any) -> Facts:
    return {
        "order": order,
        "store": order.store,
        "name": order.first_name,
        "town": "London",
        "signed_by": order.store.signed_by,
        "promise": "We write to you again by Tuesday 24 November, 18:00.",
        "subject": "About your order",
        "headline": "There has been no news of your parcel for a while.",
        "parts": [parts()],
    } | more


def notice_of(order: Any, kind: str = NoticeKind.ORDER_NEWS, channel: str = "sms") -> Notice:
    return Notice(order=order, kind=kind, channel=channel, language="en")


# --- The whole table ----------------------------------------------------------------------


def test_every_kind_that_may_go_so_has_its_words_and_no_other():
    assert set(SHORT) == set(SHORT_KINDS)
    assert set(MAY) == set(MAY_BACK) == set(dict(CASE_KINDS))


def test_every_kind_says_what_it_may_name_and_each_name_is_explained():
    assert set(VOCABULARY) == set(NoticeKind)
    for kind in NoticeKind:
        for form in ("email", "sms", "whatsapp"):
            assert set(vocabulary(kind, form)) <= set(NAMES)


CASES = [
    (kind, trouble) for kind in SHORT for trouble in ["", *(MAY if kind in NEWS_KINDS else ())]
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
@pytest.mark.parametrize("long", [True, False], ids=["longest", "shortest"])
def test_every_text_is_filled_in_signed_and_fits(language, channel, long):
    with translation.override(language):
        for kind, trouble in CASES:
            known = samples(kind, long=long) | {"may": str(MAY.get(trouble, ""))}
            text = standard(kind, channel, known)
            case = (kind, trouble, text)
            found = {found.group().lower() for found in CODE_WORDS.finditer(text)}
            assert not found - PLAIN_ENGLISH, case
            assert known["link"] in text.splitlines(), case
            assert plain(known["shop"][:10]) in text, case
            assert "  " not in text and "\n\n" not in text, case
            if channel == "sms":
                assert fits_sms(text), case
            else:
                assert len(text) <= 4096, case


@pytest.mark.parametrize("language", LANGUAGES)
def test_with_usual_values_each_sms_names_the_promise_and_what_one_may_do(language):
    with translation.override(language):
        for trouble in MAY:
            shop = "Juniper & Pine" if language == "en" else "山茶与纸"
            usual = {"link": LINK, "order": "JP-20418", "shop": shop}
            known = samples("order_news", long=False, **usual)
            known |= {"solution": "x" * 200, "may": str(MAY[trouble])}
            text = standard("order_news", "sms", known)
            assert plain(known["may"]) in text, text
            assert plain(first_sentence(known["promise"])) in text, text


def test_the_barest_text_fits_with_the_longest_name_number_and_link():
    for language in LANGUAGES:
        with translation.override(language):
            for kind in SHORT:
                known = dict.fromkeys(vocabulary(kind, "sms"), "") | {"may": ""}
                known |= {"shop": "Ж" * 80, "order": "9" * 40}
                known |= {"link": f"https://{'h' * 40}/k/{'c' * 27}"}
                text = standard(kind, "sms", known)
                assert fits_sms(text)
                assert known["link"] in text


# --- One message ----------------------------------------------------------------------------


def test_it_tells_the_four_parts_in_their_order(order):
    text = short(notice_of(order, channel="whatsapp"), facts_of(order), LINK)
    told = parts()
    where = [
        text.index(words)
        for words in ("Hello Sarah,", told.empathy, told.fact, told.done, told.may, "We write")
    ]
    assert where == sorted(where)
    assert text.endswith(f"{LINK}\nIeva and Tomas, Juniper & Pine")
    assert "Times are London time." in text


def test_what_does_not_fit_is_left_out_from_the_least_to_the_most_important(order):
    wordy = facts_of(order, parts=[parts(may="Please look. " * 30)])
    text = short(notice_of(order), wordy, LINK)
    assert fits_sms(text)
    assert "You do not need to do anything." in text
    assert wordy["promise"] in text
    assert "Please look. Please look." not in text


@pytest.mark.parametrize("trouble", list(MAY))
def test_every_text_of_a_trouble_begins_with_what_happened_and_says_nothing_twice(trouble):
    known = samples(f"incident:{trouble}", long=False, link=LINK, order="JP-20418")
    known |= {"may": str(MAY[trouble]), "promised": "We will write again by Tue 24 Nov, 18:00."}
    for channel in ("sms", "whatsapp"):
        text = standard("order_news", channel, known)
        assert text.splitlines()[1].startswith(plain(known["headline"])), text
        said = re.findall(r"[^.!?\n]{12,}[.!?](?=\s)", text)
        assert len(said) == len(set(said)), text
        assert "Hello Li," in text and "JP-20418" in text, text


def test_the_promise_is_shortened_before_the_name_or_the_order_is_left_out(order):
    due = timezone.now() + timedelta(days=2)
    Promise.objects.make(order, PromiseKind.UPDATE, due, by=RULE)
    told = parts(
        fact="The carrier found it damaged on Friday 20 November, in Leipzig.", kind="damaged"
    )
    facts = facts_of(order, parts=[told], headline="The carrier reports damage to your parcel.")
    facts["promise"] = (
        "We will look at it again and write to you by Tuesday 24 November, 18:00 – even if "
        "nothing has changed."
    )
    text = short(notice_of(order), facts, LINK)
    with letters.speaking("en", order.where):
        when = formats.brief_moment(due)
    assert f"We will write again by {when}." in text and "even if" not in text
    assert text.startswith("Hello Sarah,\nThe carrier reports damage") and order.number in text


def test_where_nothing_is_wrong_it_says_where_it_is(order):
    facts = facts_of(order, parts=[], headline="Your parcel is on its way.")
    text = short(notice_of(order, "order_update"), facts, LINK)
    assert text.splitlines()[1].startswith("Your parcel is on its way. We write to you again by")


def test_a_name_that_telephones_cannot_write_is_left_out_of_an_english_text(order):
    text = short(notice_of(order), facts_of(order, name="王小明"), LINK)
    assert "王" not in text and "Hello" not in text
    assert fits_sms(text) and segments(text) == 2


def test_so_is_a_place(order):
    facts = facts_of(order, parts=[parts(fact="It was last scanned in 深圳.")])
    text = short(notice_of(order), facts, LINK)
    assert "深圳" not in text
    assert "There has been no news of your parcel for a while." in text


def test_whatsapp_writes_every_name(order):
    text = short(notice_of(order, channel="whatsapp"), facts_of(order, name="王小明"), LINK)
    assert text.startswith("Hello 王小明,")


def test_quotation_marks_do_not_double_the_length(order):
    order.store.name = "Juniper’s “Pine” – shop…"
    text = short(notice_of(order), facts_of(order), LINK)
    assert 'Juniper\'s "Pine" - shop...' in text
    assert segments(text) == 2


def test_without_a_name_nobody_is_greeted(order):
    text = short(notice_of(order), facts_of(order, name=""), LINK)
    assert "Hello" not in text


def test_an_answer_that_fits_is_sent_itself_and_a_longer_one_is_announced(order):
    notice = notice_of(order, NoticeKind.MESSAGE_ANSWER)
    facts = facts_of(order, parts=[], promise="")
    answer = Message(order=order, text="Yes, {order} left today. We posted it ourselves.")
    notice.entry = answer
    assert answer.text in short(notice, facts, LINK)
    answer.text = "We looked at it. " * 40
    text = short(notice, facts, LINK)
    assert "We looked at it." not in text
    assert "We have answered your message about order JP-20418." in text


def test_a_return_names_its_number(store):
    rma = people.ask_to_return(people.place_order(store))
    notice = notice_of(rma.order, NoticeKind.RETURN_SCANNED)
    notice.authorization = rma
    status = SimpleNamespace(title="Your return is on its way to us.")
    text = short(notice, facts_of(rma.order, parts=[], status=status), LINK)
    assert f"The carrier has your return {rma.number}." in text


UPDATES = {NoticeKind.ORDER_UPDATE, NoticeKind.RETURN_UPDATE}


def written(shop: Shop) -> list[Notice]:
    return [write(shop) for kind, write in WRITERS.items() if kind not in UPDATES]


def updates(shop: Shop) -> list[Notice]:
    """While nothing is wrong with the parcel."""
    order, rma = shop.order(delivered=False), shop.on_its_way()
    return [
        Notice(order=order, kind=NoticeKind.ORDER_UPDATE, language=shop.language),
        Notice(
            order=rma.order,
            authorization=rma,
            kind=NoticeKind.RETURN_UPDATE,
            language=shop.language,
        ),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_real_messages_of_every_kind_know_all_their_values(language):
    shop = Shop(language, automatic_up_to=None)
    for notice in [*written(shop), *updates(shop)]:
        kind, notice.channel = notice.kind, "sms"
        with letters.speaking(notice.language, notice.order.where):
            facts = letter_facts(notice, LINK, {})
            known = values(notice, facts, LINK)
            assert tuple(known) == VOCABULARY[kind]
            if kind not in letters.WITHOUT_LINK:
                always = ("name", "shop", "order", "headline", "link", "signature", "town")
                assert all(known[name] for name in always), (kind, known)
            if kind in SHORT:
                text = short(notice, facts, LINK)
                codes = {found.group() for found in CODE_WORDS.finditer(text)}
                assert fits_sms(text) and not codes - PLAIN_ENGLISH, (kind, text)
                assert text.count(LINK) == 1


# --- How long it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # A sign that counts twice is not cut in two: one place stays empty.
        ("a" * 152 + "€" + "a" * 151, 2),
        ("a" * 152 + "€" + "a" * 152, 3),
        ("好" * 70, 1),
        ("好" * 71, 2),
        ("好" * 134, 2),
        ("好" * 135, 3),
        ("\U00020bb7" * 66, 2),
        ("\U00020bb7" * 67, 3),
        ("", 1),
    ],
)
def test_segments_are_counted_as_carriers_count_them(text, count):
    assert segments(text) == count
    assert fits_sms(text) == (count <= 2)


# --- Words that end it ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("STOP", "stop"),
        (" stop. ", "stop"),
        ("Ｓｔｏｐ", "stop"),
        ("STOP ALL", "stop"),
        ("Unsubscribe!", "stop"),
        ("arrêt", "stop"),
        ("退订", "stop"),
        ("退訂。", "stop"),
        ("【TD】", "stop"),
        ("t", "stop"),
        ("N", "stop"),
        ("start", "start"),
        ("订阅", "start"),
        ("Unstop", "start"),
        ("Please stop sending me the wrong size", ""),
        ("我要退订单里的一件", ""),
        ("no", ""),
        ("yes", ""),
        ("", ""),
        ("…", ""),
    ],
)
def test_a_stop_word_is_a_message_of_its_own(text, meaning):
    assert stop_words(text, "sms") == meaning


@pytest.mark.parametrize("text", ["N", "T", "End", "Cancel", "quit", "拒收"])
def test_what_may_be_an_answer_is_one_over_whatsapp(text):
    assert (stop_words(text, "sms"), stop_words(text, "whatsapp")) == ("stop", "")


@pytest.mark.parametrize("text", ["STOP", "Unsubscribe", "退订", "取消订阅", "停止"])
def test_who_wants_no_more_says_so_over_whatsapp_as_well(text):
    assert stop_words(text, "whatsapp") == "stop"
