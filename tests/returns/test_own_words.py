"""A store's own words: checked when they are written, safe when they are sent, and never
without the facts."""

import re

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from returns import letters, own_words
from returns.letters.short import short
from returns.letters.values import samples, vocabulary
from returns.models import NoticeKind, StoreText
from tests import people
from tests.returns.correspondence import Shop
from tests.returns.test_short_texts import LINK, facts_of, notice_of, parts

EVIL = "<script>alert(1)</script>"
LETTER = "Good news.\n\n{facts}\n\n{promise}"


@pytest.fixture
def ieva(db):
    return people.staff("ieva", first_name="Ieva")


@pytest.fixture
def shop(db) -> Shop:
    return Shop(automatic_up_to=None)


def write(store, kind, body, by, *, form="email", language="en", subject="") -> StoreText:
    return StoreText.objects.write(store, kind, language, form, subject=subject, body=body, by=by)


# --- Versions ---------------------------------------------------------------------------------


def test_each_change_is_a_new_version_and_the_old_ones_stay(store, ieva):
    first = write(store, "order_news", LETTER, ieva)
    second = write(store, "order_news", f"Better.\n\n{LETTER}", ieva)
    first.refresh_from_db()
    assert (first.number, first.is_current, first.body) == (1, False, LETTER)
    assert (second.number, second.is_current, second.made_by) == (2, True, ieva)
    assert StoreText.objects.current(store, "order_news", "en", "email") == second


def test_back_to_the_standard_keeps_every_version(store, ieva):
    text = write(store, "order_news", LETTER, ieva)
    where = (store, "order_news", "en", "email")
    assert StoreText.objects.back_to_standard(*where)
    assert not StoreText.objects.back_to_standard(*where)
    assert StoreText.objects.current(*where) is None
    assert list(StoreText.objects.of(*where)) == [text]
    assert write(store, "order_news", LETTER, ieva).number == 2


def test_words_are_of_one_store_kind_language_and_form(store, ieva):
    write(store, "order_news", LETTER, ieva)
    other = people.open_store("oak")
    for where in (
        (other, "order_news", "en", "email"),
        (store, "return_news", "en", "email"),
        (store, "order_news", "zh-hans", "email"),
        (store, "order_news", "en", "sms"),
    ):
        assert StoreText.objects.current(*where) is None


def test_two_cannot_be_current_at_once(store, ieva):
    text = write(store, "order_news", LETTER, ieva)
    text.pk, text.number = None, 2
    with pytest.raises(IntegrityError), transaction.atomic():
        text.save(force_insert=True)


# --- What they may hold ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "{facts.notice}",
        "{facts[0]}",
        "{facts!r}",
        "{facts:>40}",
        "{0}",
        "{}",
        "{ facts }",
        "{facts.__class__.__mro__}",
        "{{ facts }}",
        "{% load i18n %}",
        "{%debug%}",
        "{facts",
        "facts}",
        "{{facts}}",
        "{store}",
        "{fact}{facts}{buyer}",
    ],
)
def test_nothing_but_plain_known_placeholders_is_taken(body):
    assert own_words.check("return_requested", "email", "", f"{LETTER} {body}")
    assert own_words.check("return_requested", "email", body, LETTER)


def test_an_unknown_name_is_told_with_the_nearest():
    problems = own_words.check("order_news", "email", "", f"{LETTER} {{adress}} {{ordre}}")
    assert problems == [
        "{adress} cannot stand here.",
        "{ordre} cannot stand here. Did you mean {order}?",
    ]


@pytest.mark.parametrize("kind", [kind for kind in NoticeKind if kind not in own_words.LOCKED])
def test_the_facts_and_the_promise_cannot_be_edited_away(kind):
    assert "It must say {facts}." in own_words.check(kind, "email", "", "All is well. {promise}")
    asks_promise = "It must say {promise}." in own_words.check(kind, "email", "", "{facts}")
    assert asks_promise == (kind not in own_words.WITHOUT_PROMISE)
    assert own_words.check(kind, "email", "{shop}: {order}", LETTER) == []


@pytest.mark.parametrize("kind", sorted(own_words.LOCKED))
def test_codes_warnings_and_the_law_are_locked_and_it_says_why(kind):
    [problem] = own_words.check(kind, "email", "", LETTER)
    assert problem.startswith("This text is locked.") and len(problem) > 40


def test_locked_words_are_not_used_even_where_a_row_says_so(shop, ieva):
    notice = shop.declined()
    write(notice.order.store, notice.kind, "{facts} Ha.", ieva)
    with translation.override("en"):
        assert own_words.of(notice) is None


def test_a_short_text_must_fit_lead_and_be_signed():
    good = "{headline} {promise}\n{link}\n{shop}"
    known = {"shop": "Juniper & Pine", "link": LINK}
    assert own_words.check("order_news", "sms", "", good, known) == []
    for name in ("headline", "promise", "link", "shop"):
        words = good.replace(f"{{{name}}}", "")
        assert own_words.check("order_news", "sms", "", words, known) == [
            f"It must say {{{name}}}."
        ]
    assert own_words.check("order_news", "sms", "", "We care. " * 20 + good, known) == [
        "With long values it takes more than two text messages. Please shorten it."
    ]
    assert own_words.check("order_news", "whatsapp", "", "We care. " * 12 + good, known) == []
    assert own_words.check("order_news", "whatsapp", "", "We care. " * 500 + good, known)


def test_the_words_for_one_trouble_keep_its_fact():
    assert own_words.check("incident:lost", "email", "", own_words.STANDARD_INCIDENT) == []
    assert own_words.check("incident:lost", "email", "", "{empathy}") == ["It must say {fact}."]
    assert own_words.check("incident:lost", "email", "", "{fact} {promise}")


# --- How a message is made of them ------------------------------------------------------------


def test_values_are_escaped_in_html_and_never_read_again():
    known = {"name": f"{EVIL} {{link}}", "link": "https://x/k/1"}
    block = own_words.Block("the facts", own_words.mark_safe("<ul><li>the facts</li></ul>"))
    subject, text, html = own_words.compose(
        "{name}\n!", "Hi <b>{name}</b>\nyou\n\nBefore {facts} after", known, {"facts": block}
    )
    assert "\n" not in subject
    assert text == f"Hi <b>{EVIL} {{link}}</b>\nyou\n\nBefore the facts after"
    assert html == (
        "<p>Hi &lt;b&gt;&lt;script&gt;alert(1)&lt;/script&gt; {link}&lt;/b&gt;<br>\nyou</p>\n"
        "<p>Before</p>\n<ul><li>the facts</li></ul>\n<p>after</p>"
    )


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("Hello {name},\n\nthanks.", "Hello,\n\nthanks."),
        ("{name}，你好：", "你好："),
        ("Dear {name}. {promise}", "Dear."),
        ("A {name} B", "A B"),
        ("{promise}", ""),
        ("One.\n\n{promise}\n\nTwo.", "One.\n\nTwo."),
    ],
)
def test_what_is_not_known_leaves_no_gap(words, read):
    assert own_words.filled(words, {"name": "", "promise": ""}) == read


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_kind_is_composed_of_every_name_with_long_and_short_values(language):
    kinds = [kind for kind in NoticeKind if kind not in own_words.LOCKED]
    with translation.override(language):
        for kind in kinds:
            for long in (True, False):
                known = samples(kind, long=long)
                names = [name for name in vocabulary(kind, "whatsapp") if name in known]
                body = "\n\n".join(f"{name}: {{{name}}}" for name in names)
                _subject, text, html = own_words.compose("", body, known, {})
                assert not re.search(r"[{}]", text + html)
                assert html.count("<p>") >= len(names)
                assert all(known[name] for name in names)


# --- Letters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_letter_in_own_words_keeps_greeting_facts_promise_button_and_law(db, ieva, language):
    shop = Shop(language, automatic_up_to=None)
    for make in (shop.requested, shop.resolved, shop.approved, shop.scanned):
        notice = make()
        standard = letters.write(notice)
        with translation.override(language), timezone.override(notice.order.where):
            write(
                notice.order.store,
                notice.kind,
                f"Dear {{name}}, {EVIL}\n\n{{facts}}\n\n{{promise}}",
                ieva,
                language=language,
                subject="{shop}: {order}",
            )
        own = letters.write(notice)
        assert own.subject == f"{notice.order.store.name}: {notice.order.number}"
        assert own.version == "own-1" != standard.version
        assert f"Dear {notice.order.first_name}, {EVIL}" in own.text
        assert EVIL not in own.html and "&lt;script&gt;" in own.html
        missing = _lines(standard.text) - _lines(own.text)
        assert not {line for line in missing if "://" not in line}
        assert own.html.count("<h1") == 1
        assert own.html.count('class="promise"') == standard.html.count('class="promise"') > 0
        assert not re.search(r"[{}]", own.text)


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines() if line.strip()}


def test_an_empty_subject_stands_for_that_of_the_standard(shop, ieva):
    notice = shop.requested()
    standard = letters.write(notice)
    write(notice.order.store, notice.kind, LETTER, ieva)
    assert letters.write(notice).subject == standard.subject


def test_the_items_can_be_placed_by_themselves(shop, ieva):
    notice = shop.requested()
    write(notice.order.store, notice.kind, f"It is about:\n{{items}}\n{LETTER}", ieva)
    letter = letters.write(notice)
    assert letter.text.count("1 × Linen shirt") == 2
    assert letter.html.count("<li>1 × Linen shirt") == 2


# --- Short texts ------------------------------------------------------------------------------


def test_a_short_text_in_own_words_is_used_while_it_fits(order, ieva):
    notice, facts = notice_of(order), facts_of(order)
    ours = short(notice, facts, LINK)
    write(order.store, "order_news", "{name}! {headline} {promise} {link} {shop}", ieva, form="sms")
    text = short(notice, facts, LINK)
    assert text.startswith("Sarah! There has been no news") and text.endswith("Juniper & Pine")
    assert short(notice, facts | {"headline": "So long a story. " * 20}, LINK) != text
    StoreText.objects.back_to_standard(order.store, "order_news", "en", "sms")
    assert short(notice, facts, LINK) == ours


def test_words_for_the_trouble_come_before_those_for_the_kind(order, ieva):
    end = "{headline} {promise} {link} {shop}"
    write(order.store, "order_news", f"News! {end}", ieva, form="sms")
    write(order.store, "incident:stalled", f"Stuck! {end}", ieva, form="sms")
    notice = notice_of(order)
    assert short(notice, facts_of(order), LINK).startswith("Stuck!")
    lost = facts_of(order, parts=[parts(kind="lost")])
    assert short(notice, lost, LINK).startswith("News!")


def test_words_for_a_trouble_are_about_a_parcel_to_the_buyer(store, ieva):
    end = "{headline} {promise} {link} {shop}"
    write(store, "incident:stalled", f"Stuck! {end}", ieva, form="sms")
    rma = people.ask_to_return(people.place_order(store))
    notice = notice_of(rma.order, NoticeKind.RETURN_NEWS)
    notice.authorization = rma
    assert "Stuck!" not in short(notice, facts_of(rma.order), LINK)


def test_own_words_for_a_trouble_stand_in_the_place_of_its_four_parts(store, ieva):
    assert own_words.of_incident(store, "lost", "en") is None
    write(store, "incident:lost", "Oh no.\n\n{fact}\n\n{solution}", ieva)
    own = own_words.of_incident(store, "lost", "en")
    assert own is not None
    told = parts(kind="lost")
    assert own_words.paragraphs(own, told) == ("Oh no.", told.fact, told.solution)


def test_writing_a_text_and_reading_it_take_few_questions(
    store, ieva, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        write(store, "order_news", LETTER, ieva)
    with django_assert_max_num_queries(1):
        StoreText.objects.current(store, "order_news", "en", "email")


def test_words_stay_when_who_wrote_them_has_left(store, ieva):
    text = write(store, "order_news", LETTER, ieva)
    ieva.delete()
    text.refresh_from_db()
    assert text.made_by is None and text.body == LETTER
