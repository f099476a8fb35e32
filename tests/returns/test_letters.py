"""Every letter is a full record by itself, the same in text and HTML, and calm."""

import re
from collections import Counter
from datetime import datetime, timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import timezone, translation

from returns import formats, letters
from returns.codes import Payer, Reason, Wish
from returns.models import (
    BUYER,
    CLOCK,
    RULE,
    SHOP,
    CarrierAdvice,
    Notice,
    NoticeKind,
    Promise,
    ReasonPolicy,
    ShortLink,
    Wanted,
)
from tests import people
from tests.returns.correspondence import WRITERS, Shop, ask, latest
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

LANGUAGES = ["en", "zh-hans"]
EVIL = "<script>alert(1)</script>"


class Html(HTMLParser):
    """A letter's tags, and its words as a reader sees them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.links: list[str] = []
        self.in_head = False
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.in_head = tag == "head" or (self.in_head and tag != "body")
        if tag == "a":
            self.links.append(dict(attrs)["href"] or "")

    def handle_data(self, data):
        if not self.in_head:
            self.words += data.split()

    def count(self, name: str) -> int:
        return sum(tag == name for tag, _ in self.tags)


def plain_words(text: str) -> list[str]:
    """The words of a text part without what stands for markup in it."""
    lines = (re.sub(r"^\s*(--?|>|\d+\.)(\s+|$)", "", line) for line in text.splitlines())
    words = [word for line in lines for word in line.split()]
    return [word for word in words if "://" not in word]


def html_words(html: str, shop_name: str) -> list[str]:
    """The words of the HTML part, without the shop's name at its head."""
    words = Html(html).words
    head = shop_name.split()
    assert words[: len(head)] == head
    return words[len(head) :]


def write(notice: Notice) -> letters.Letter:
    return letters.write(notice)


@pytest.fixture
def shop(db) -> Shop:
    return Shop(automatic_up_to=None)


@pytest.fixture(params=LANGUAGES)
def any_shop(db, request) -> Shop:
    return Shop(request.param, automatic_up_to=None)


@pytest.fixture(params=list(WRITERS))
def any_letter(any_shop, request) -> tuple[Notice, letters.Letter]:
    notice = WRITERS[request.param](any_shop)
    return notice, write(notice)


# --- Every letter ------------------------------------------------------------------------


def test_every_kind_of_letter_is_written_here():
    assert set(WRITERS) == set(NoticeKind)


def test_text_and_html_say_the_same(any_letter):
    notice, letter = any_letter
    text = [word.rstrip(":") for word in plain_words(letter.text)]
    html = [word.rstrip(":") for word in html_words(letter.html, notice.order.store.name)]
    assert text == html


def test_the_html_is_plain_and_safe(any_letter):
    notice, letter = any_letter
    page = Html(letter.html)
    names = Counter(tag for tag, _ in page.tags)
    assert names["h1"] == 1 and names["style"] == 1
    assert not {"script", "img", "link", "iframe", "form", "table", "object"} & set(names)
    root = dict(page.tags)["html"]
    assert root["lang"] == letters.language_of(notice.language) and root["dir"] == "ltr"
    for _, attributes in page.tags:
        assert not {"src", "style", "background"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in letter.html and "@import" not in letter.html
    links = 0 if notice.kind in letters.WITHOUT_LINK else 1
    assert letter.html.count("://") == len(page.links) == links


def test_it_is_addressed_signed_and_filled_in(any_letter):
    notice, letter = any_letter
    assert letter.subject == letter.subject.strip() != ""
    assert "\n" not in letter.subject and len(letter.subject) <= 70
    assert notice.order.first_name in letter.text.splitlines()[0]
    for words in (notice.order.store.signed_by, notice.order.store.name, notice.order.number):
        assert words in letter.text
    whole = letter.subject + letter.text + letter.html.partition("</style>")[2]
    assert not re.search(r"[{}]|\bNone\b|&amp;(lt|gt|amp|#)", whole)
    assert "&amp;" not in letter.text and "&#" not in letter.text


def test_its_link_leads_to_the_page_it_is_about(any_letter):
    notice, letter = any_letter
    links = [word for word in letter.text.split() if "://" in word]
    if notice.kind in letters.WITHOUT_LINK:
        assert not links and not ShortLink.objects.exists()
        return
    [link] = links
    code = urlsplit(link).path.rpartition("/")[2]
    found = ShortLink.objects.of(code)
    assert found and found.order == notice.order and found.is_live
    if notice.kind == NoticeKind.OFFER_MADE:
        assert found.path == f"offers/{notice.facts['offer']}/"
    elif notice.authorization:
        page = resolve(f"/s/{notice.order.store.slug}/o/{notice.order.ref}/{found.path}")
        assert page.kwargs["number"] == notice.authorization.number
    elif notice.kind == NoticeKind.PROBLEM_REMINDER:
        assert found.path == "problem/late/"
    elif notice.kind in (NoticeKind.PROBLEM_RECEIVED, NoticeKind.INVESTIGATION_NEWS):
        assert found.path == f"investigation/{notice.order.investigations.get().pk}/"
    elif notice.kind == NoticeKind.SIGNATURE_QUESTION:
        assert found.path == f"signature/{notice.facts['question']}/"
    elif notice.kind == NoticeKind.ADDRESS_QUESTION:
        assert found.path == "address/confirm/"
    elif "change" in notice.facts:
        assert found.path == f"address/changes/{notice.facts['change']}/"
    else:
        assert found.path == ("messages/" if notice.entry else "")
    assert found.notice == notice
    assert code not in letter.kept_text and code in letter.text


def test_whatever_people_write_stays_words(any_shop):
    any_shop.store.name = any_shop.store.signed_by = EVIL
    any_shop.store.save()
    order = any_shop.order(name=EVIL)
    order.lines.update(title=EVIL, variant=EVIL)
    rma = ask(order)
    rma.lines.update(comment=EVIL)
    type(rma).objects.filter(pk=rma.pk).update(note=EVIL)
    rma.ask(EVIL, by=RULE)
    rma.give_answer(EVIL, by=BUYER)
    rma.decline("other", EVIL, by=RULE)
    rma.look_again(EVIL, by=BUYER)
    parcel = Parcel.objects.announce(any_shop.store.account, EVIL, EVIL)
    parcel.record([ScanReport(timezone.now(), Milestone.UNKNOWN, place=EVIL, words=EVIL)])
    order.shipments.create(parcel=parcel, shipped_at=timezone.now())
    promise = order.promise_update(by=RULE)
    promise.write_letter(promise.due_at)
    for notice in Notice.objects.filter(order=order):
        letter = write(Notice.objects.get(pk=notice.pk))
        assert EVIL in letter.text
        assert Html(letter.html).count("script") == 0, notice.kind
        assert EVIL not in letter.html


def test_a_brand_that_is_no_colour_does_not_reach_the_style(shop):
    shop.store.brand = "red;}*{"
    shop.store.save()
    assert "red;}" not in write(shop.requested()).html


def test_an_order_in_a_language_we_do_not_speak_is_told_in_ours(shop):
    order = shop.order()
    type(order).objects.filter(pk=order.pk).update(language="eo")
    order.refresh_from_db()
    ask(order)
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    assert '<html lang="en"' in letter.html


def test_an_order_without_a_name_is_greeted_without_one(shop):
    ask(shop.order(name=""))
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    assert letter.text.startswith("Hello,\n")


def test_times_are_the_buyers(shop):
    order = shop.order(zone="Asia/Tokyo")
    rma = ask(order)
    due = Promise.objects.get(authorization=rma).due_at
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    with timezone.override("Asia/Tokyo"), translation.override("en"):
        assert formats.moment(due) in letter.text
    assert "Tokyo time" in letter.text


def test_a_very_long_order_number_does_not_make_a_long_subject(shop):
    order = shop.order()
    order.number = "N" * 110
    order.save()
    ask(order)
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    assert len(letter.subject) == 70 and letter.subject.endswith("…")


# --- Return requested --------------------------------------------------------------------


def test_a_request_is_acknowledged_with_what_was_asked_and_the_hour_of_our_answer(shop):
    rma = ask(shop.order())
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    with timezone.override(rma.order.where):
        due = formats.moment(Promise.objects.get(authorization=rma).due_at)
    for words in (
        "1 × Linen shirt, Oat, size M",
        "It does not fit",
        rma.number,
        "If we agree, you get back 68.00 USD",
        f"A person will answer your request by {due}.",
        "68.00 USD",
        "You pay the return postage",
        "You do not need to do anything",
    ):
        assert words in letter.text


def test_an_answer_and_an_appeal_are_acknowledged_with_their_words(shop):
    rma = ask(shop.order())
    rma.ask("Which size?", by=RULE)
    rma.give_answer("Size L\nplease", by=BUYER)
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    assert "We have your answer" in letter.text and "> Size L\n> please" in letter.text
    rma.decline("used", by=RULE)
    rma.look_again("It was like that.", by=BUYER)
    letter = write(latest(NoticeKind.RETURN_REQUESTED))
    assert "again" in letter.subject and "> It was like that." in letter.text


# --- Approved ----------------------------------------------------------------------------


def test_the_approval_holds_everything_that_posting_needs(shop):
    rma = ask(shop.order())
    rma.approve(by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    with timezone.override(rma.order.where):
        last_day = formats.day(rma.post_by)
        reminder = formats.moment(rma.remind_at)
    for words in (
        rma.number,
        f"Post it by {last_day}.",
        "You get back 68.00 USD",
        "    01203 Vilnius\n    LITHUANIA\n    +370 5 210 0000\n    " + rma.number,
        "1. Wrap",
        "4. Put the label",
        "we recommend this",
        "Royal Mail International Tracked",
        "We pay: show the return number at the counter.",
        "It takes 5–8 days.",
        "You pay; we give back up to 9.00 USD",
        "Untracked small packet\n  It has no tracking",
        "“Returned goods, not for sale” and the value, 68.00 USD",
        f"If we have not seen your parcel by {reminder}, we will remind you then.",
        "you can cancel the return",
    ):
        assert words in letter.text


def test_an_automatic_approval_is_one_mail(db):
    shop = Shop(automatic_up_to=200)
    ask(shop.order())
    assert [row.kind for row in Notice.objects.all()] == [NoticeKind.RETURN_APPROVED]


def test_within_the_union_nobody_hears_of_customs(shop):
    ask(shop.order(country="DE")).approve(by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "customs" not in letter.text.casefold()


def test_customs_read_the_value_in_their_own_letters(db):
    shop = Shop("zh-hans", automatic_up_to=None)
    ask(shop.order()).approve(by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "68.00 USD" in letter.text and "68.00 美元" in letter.text


def test_where_the_fault_is_ours_no_carrier_is_at_the_buyers_cost(shop):
    rma = ask(shop.order(), Reason.FAULTY)
    rma.approve(by=RULE)
    assert rma.payer == Payer.STORE
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "Evri International\n  We pay: keep the receipt" in letter.text
    assert "You pay the postage." not in letter.text


@pytest.mark.parametrize(
    ("reason", "words"),
    [(Reason.FIT, "You pay the postage."), (Reason.FAULTY, "We pay: send us the receipt")],
)
def test_without_advice_it_still_says_who_pays(shop, reason, words):
    CarrierAdvice.objects.all().delete()
    ask(shop.order(), reason).approve(by=RULE)
    assert words in write(latest(NoticeKind.RETURN_APPROVED)).text


def test_a_fee_is_told_and_is_what_our_label_costs(db):
    shop = Shop(automatic_up_to=None, fee=4)
    ask(shop.order()).approve(by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "You get back 64.00 USD" in letter.text
    assert "4.00 USD for the return postage is already taken off." in letter.text
    assert "We take 4.00 USD off your refund" in letter.text


def test_what_may_be_kept_needs_no_instructions(db):
    shop = Shop(automatic_up_to=None, keep_below=100)
    ask(shop.order(), Reason.FAULTY).approve(by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "You can keep it. Nothing has to be sent back." in letter.text
    assert "We will send the money by" in letter.text
    assert "label" not in letter.text and "Post it by" not in letter.text


def test_other_wishes_promise_no_money(shop):
    ask(shop.order(), wish=Wish.EXCHANGE).approve(by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "What you would like: Another size, colour or kind" in letter.text
    assert "You get back" not in letter.text


def test_more_time_is_told_as_such(shop):
    shop.expired()
    rma = latest(NoticeKind.RETURN_EXPIRED).authorization
    rma.extend(timezone.now() + timedelta(days=7), by=RULE)
    letter = write(latest(NoticeKind.RETURN_APPROVED))
    assert "more time" in letter.subject
    with timezone.override(rma.order.where):
        assert f"please post your return by {formats.day(rma.post_by)}" in letter.text


# --- The other letters about returns -----------------------------------------------------


def test_a_question_is_asked_in_the_desks_own_words(shop):
    letter = write(shop.asked())
    assert "> Which size would fit?\n> And which colour?" in letter.text
    assert "Answer the question\n" in letter.text
    assert "If you answer today, a person replies by" in letter.text


def test_a_refusal_gives_the_reason_and_what_can_still_be_done(shop):
    notice = shop.declined()
    letter = write(notice)
    for words in (
        "It has been used",
        "> The collar shows marks of wear in your photo.",
        "you can ask us once to look again",
        "a person answers by",
        "You keep the goods",
    ):
        assert words in letter.text
    notice.authorization.look_again("Please do.", by=BUYER)
    notice.authorization.decline("used", by=RULE)
    second = write(latest(NoticeKind.RETURN_DECLINED))
    assert "ask us once" not in second.text and "looked at it twice" in second.text


def test_a_cancelled_return_says_who_did_it_and_until_when_a_new_one_is_possible(shop):
    notice = shop.cancelled()
    until = notice.order.lines.first().window_end()
    with timezone.override(notice.order.where):
        assert f"a new return until {formats.day(until)}" in write(notice).text
    assert "You cancelled it" in write(notice).text
    ask(shop.order()).cancel(by=RULE)
    assert "We cancelled it." in write(latest(NoticeKind.RETURN_CANCELLED)).text


def test_when_no_new_return_is_possible_it_says_so(shop):
    notice = shop.cancelled()
    notice.order.lines.update(final_sale=True)
    assert "A new return cannot be asked for any more." in write(notice).text


def test_a_reminder_repeats_the_instructions_and_what_happens_without_a_parcel(shop):
    rma = (notice := shop.reminder()).authorization
    letter = write(notice)
    with timezone.override(rma.order.where):
        deadline = formats.moment(rma.post_by)
    for words in (
        rma.number,
        "01203 Vilnius",
        "1. Wrap",
        "Royal Mail International Tracked",
        "you do not need to do anything",
        f"If we have not seen your parcel by {deadline}, we will write to you then.",
    ):
        assert words in letter.text


def test_an_expired_return_leaves_a_way_for_those_who_did_post_it(shop):
    letter = write(shop.expired())
    assert "If you did post it, nothing is lost" in letter.text
    assert "A person can open the return again." in letter.text


# --- Where it is, being late, contact, codes ---------------------------------------------


def test_an_update_says_what_is_known_that_nothing_changed_and_when_we_write_next(shop):
    notice = shop.update(days_ago=2)
    letter = write(notice)
    due = datetime.fromisoformat(notice.facts["again_at"])
    scan = notice.order.shipments.get().parcel.scans.get()
    assert letter.text.startswith("Hello Sarah,\n\nThe carrier has your parcel.")
    with timezone.override(notice.order.where):
        assert f"The last report is from {formats.moment(scan.at)}, in Vilnius." in letter.text
        assert f"We will write to you again by {formats.moment(due)}" in letter.text
    assert "Nothing has changed since then." in letter.text


def test_an_update_with_news_does_not_say_that_nothing_changed(shop):
    order = shop.order(delivered=False)
    promise = order.promise_update(by=RULE)
    order.shipments.get().parcel.record(
        [ScanReport(timezone.now(), Milestone.CUSTOMS, place="London")]
    )
    promise.write_letter(promise.due_at)
    letter = write(latest(NoticeKind.ORDER_UPDATE))
    assert "Your parcel is at customs." in letter.text and "in London" in letter.text
    assert "Nothing has changed" not in letter.text


def test_an_update_tells_of_each_parcel(shop):
    order = shop.order(delivered=False)
    second = Parcel.objects.announce(shop.store.account, "RB999", "dhl")
    order.shipments.create(parcel=second, shipped_at=timezone.now())
    promise = order.promise_update(by=RULE)
    promise.write_letter(promise.due_at)
    letter = write(latest(NoticeKind.ORDER_UPDATE))
    assert "Parcel 1 of 2" in letter.text and "Parcel 2 of 2" in letter.text
    assert "The carrier has not reported it yet." in letter.text
    assert "DHL Express, number RB999" in letter.text


def test_a_late_update_says_that_it_is_late(shop):
    order = shop.order(delivered=False)
    promise = order.promise_update(by=RULE)
    promise.write_letter(promise.due_at + timedelta(hours=5))
    letter = write(latest(NoticeKind.ORDER_UPDATE))
    with timezone.override(order.where):
        assert f"by {formats.moment(promise.due_at)}, and we did not." in letter.text
    assert "We are sorry." in letter.text


def test_carriers_words_that_we_cannot_translate_are_quoted(shop):
    order = shop.order(delivered=False)
    order.shipments.get().parcel.record(
        [ScanReport(timezone.now(), Milestone.UNKNOWN, words="Siunta sulaikyta.")]
    )
    promise = order.promise_update(by=RULE)
    promise.write_letter(promise.due_at)
    assert "> Siunta sulaikyta." in write(latest(NoticeKind.ORDER_UPDATE)).text


def test_being_late_names_both_hours(shop):
    notice = shop.late()
    letter = write(notice)
    new = Promise.objects.open().get(authorization=notice.authorization)
    with timezone.override(notice.order.where):
        late = f"would answer your request by {formats.moment(new.follows.due_at)}, and we did not."
        assert late in letter.text
        assert f"A person will answer your request by {formats.moment(new.due_at)}." in letter.text
    assert "We are sorry." in letter.text


def test_a_changed_contact_is_told_to_the_old_one_with_the_new_one_masked(shop):
    notice = shop.contact()
    letter = write(notice)
    assert letters.message(notice, letter).recipient == "sarah@example.com"
    assert "n•••@example.com" in letter.text and "new@example.com" not in letter.text
    assert "answer this mail" in letter.text


def test_the_code_stands_on_a_line_of_its_own(shop):
    notice = shop.code()
    letter = write(notice)
    [line] = [line for line in letter.text.splitlines() if re.fullmatch(r"\d{6}", line)]
    assert line not in letter.subject
    assert "ten minutes" in letter.text and "need not do anything" in letter.text
    assert write(notice).text == letter.text, "a repeat says another code"


def test_a_cleared_question_is_no_longer_news(shop):
    rma = ask(shop.order())
    rma.ask("Which size?", by=RULE)
    first = latest(NoticeKind.INFO_REQUESTED)
    assert letters.is_still_true(first)
    rma.give_answer("L", by=BUYER)
    rma.ask("Which colour?", by=RULE)
    assert not letters.is_still_true(Notice.objects.get(pk=first.pk))
    assert letters.is_still_true(latest(NoticeKind.INFO_REQUESTED))


def test_a_reminder_after_the_last_day_is_no_longer_news(shop):
    notice = shop.reminder()
    assert letters.is_still_true(notice)
    assert not letters.is_still_true(notice, notice.authorization.post_by + timedelta(seconds=1))


def test_where_it_is_is_no_longer_news_once_it_has_arrived(shop):
    notice = shop.update()
    assert letters.is_still_true(notice)
    notice.order.shipments.get().parcel.record([ScanReport(timezone.now(), Milestone.DELIVERED)])
    assert not letters.is_still_true(Notice.objects.get(pk=notice.pk))


def test_goods_that_may_be_kept_are_news_even_when_all_is_settled(db):
    shop = Shop(automatic_up_to=None, keep_below=100)
    rma = ask(shop.order(), Reason.FAULTY)
    rma.approve(by=RULE)
    rma.put_right(by=RULE)
    assert letters.is_still_true(latest(NoticeKind.RETURN_APPROVED))


def test_an_expiry_is_no_longer_news_after_more_time_was_given(shop):
    notice = shop.expired()
    notice.authorization.extend(timezone.now() + timedelta(days=5), by=CLOCK)
    assert not letters.is_still_true(Notice.objects.get(pk=notice.pk))


def test_that_it_has_arrived_is_told_as_promised(shop):
    order = shop.order(delivered=False)
    order.promise_update(by=SHOP)
    order.shipments.get().parcel.record([ScanReport(timezone.now(), Milestone.DELIVERED)])
    notice = latest(NoticeKind.ORDER_NEWS)
    assert letters.is_still_true(notice)
    letter = write(notice)
    assert "Your parcel has been delivered" in letter.subject
    assert "What happens next" not in letter.text


@pytest.mark.parametrize(
    ("milestone", "hours", "words"),
    [
        (Milestone.OUT_FOR_DELIVERY, 2, "It should reach you today."),
        (Milestone.OUT_FOR_DELIVERY, 30, "It may have come in the meantime"),
    ],
)
def test_words_of_yesterday_are_not_told_today(shop, milestone, hours, words):
    order = shop.order(delivered=False)
    seen = ScanReport(timezone.now() - timedelta(hours=hours), milestone)
    order.shipments.get().parcel.record([seen])
    promise = order.promise_update(by=SHOP)
    promise.write_letter(promise.due_at)
    assert words in write(latest(NoticeKind.ORDER_UPDATE)).text


def test_what_has_not_left_yet_is_not_forgotten(shop):
    order = shop.order(delivered=False)
    order.shipments.get().lines.first().delete()
    promise = order.promise_update(by=SHOP)
    promise.write_letter(promise.due_at)
    text = write(latest(NoticeKind.ORDER_UPDATE)).text
    assert "What has not left yet comes in another parcel." in text


def test_a_new_request_is_offered_until_the_usual_day_and_not_the_day_for_faults(db):
    shop = Shop(automatic_up_to=None, window_days=30)
    order = shop.order()
    ReasonPolicy.objects.create(policy=shop.store.policy, reason="faulty", window_days=730)
    order.lines.update(rules_json=shop.store.policy.rules().to_json())
    ask(order).cancel(by=BUYER)
    usual = order.with_goods().lines.first().window_end("changed_mind")
    letter = write(latest(NoticeKind.RETURN_CANCELLED)).text
    assert str(usual.year) in letter or formats.day(usual) in letter
    assert str(usual.year + 2) not in letter


def test_a_letter_costs_the_same_for_one_and_for_six_lines(db):
    counts = []
    for number in (1, 6):
        shop = Shop(automatic_up_to=None)
        goods = tuple((f"Thing {n}", "10.00", 1) for n in range(number))
        order = people.place_order(shop.store, f"JP-{number}", goods)
        wanted = [Wanted(line.pk, 1, "fit") for line in order.lines.all()]
        rma = order.request_return(wanted, by=BUYER, key="f")
        rma.cancel(by=BUYER)
        notice = Notice.objects.get(authorization=rma, kind=NoticeKind.RETURN_CANCELLED)
        with CaptureQueriesContext(connection) as queries:
            write(notice)
        counts.append(len(queries))
    assert counts[0] == counts[1]
