"""Letters about what was wrong: a claim is no return, and what stays is never asked back."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import translation

from returns import letters, texts
from returns.codes import CLAIM_REASONS, Kind, Reason, Wish
from returns.models import (
    BUYER,
    RULE,
    Award,
    ClaimPolicy,
    Finding,
    Notice,
    ReturnAuthorization,
    Wanted,
)
from returns.states import Status
from tests.returns.correspondence import Shop
from tests.returns.returning import DESK, opened
from tests.returns.test_letters import Html, html_words, plain_words

pytestmark = pytest.mark.django_db
POSTING = re.compile(r"\b(pack it|post it by|label)\b", re.IGNORECASE)


class Claims(Shop):
    def __init__(self, language: str = "en") -> None:
        super().__init__(language, automatic_up_to=None)
        for reason in CLAIM_REASONS:
            ClaimPolicy.objects.create(
                policy=self.store.policy,
                reason=reason,
                remedies=" ".join(Wish),
                voucher_percent=10,
            )

    def claim(self, wish=Wish.PART_REFUND, reason=Reason.DAMAGED, order=None, **values):
        order = order or self.order()
        wanted = [Wanted(order.lines.first().pk, 1, reason, "A crack at the collar.")]
        rma = order.claim(
            wanted, wish=wish, by=BUYER, key="form", note="It came like that.", **values
        )
        return ReturnAuthorization.objects.get(pk=rma.pk)


def latest() -> Notice:
    return Notice.objects.latest("pk")


def asked_for(shop: Claims) -> None:
    shop.claim()


def asked_for_with_goods_back(shop: Claims) -> None:
    shop.claim(Wish.EXCHANGE, Reason.FAULTY)


def granted(shop: Claims) -> None:
    shop.claim().approve(by=RULE)


def granted_a_piece(shop: Claims) -> None:
    shop.claim(Wish.PIECE, Reason.MISSING).approve(by=RULE)


def sends_back(shop: Claims) -> None:
    shop.claim(Wish.REFUND).approve(by=RULE)


def questioned(shop: Claims) -> None:
    shop.claim().ask("Is the box dented?", by=RULE)


def answered(shop: Claims) -> None:
    rma = shop.claim()
    rma.ask("Is the box dented?", by=RULE)
    rma.give_answer("At one corner.", by=BUYER)


def declined(shop: Claims) -> None:
    shop.claim().decline("misuse", "There are marks of a hammer.", by=RULE)


def declined_as_too_late(shop: Claims) -> None:
    shop.claim(reason=Reason.FAULT_LATER, wish=Wish.REPAIR).decline("out_of_warranty", by=RULE)


def appealed(shop: Claims) -> None:
    rma = shop.claim()
    rma.decline("no_evidence", by=RULE)
    rma.look_again("Here are photos.", by=BUYER)


def cancelled(shop: Claims) -> None:
    shop.claim().cancel(by=BUYER)


def money_sent(shop: Claims) -> None:
    rma = shop.claim()
    rma.approve(by=RULE)
    rma.resolutions.first().record_sent(by=DESK, reference="re_1", method="card")


def voucher_sent(shop: Claims) -> None:
    rma = shop.claim()
    rma.approve(by=RULE)
    rma.resolutions.last().record_sent(by=DESK)


def given_for_the_trouble(shop: Claims) -> None:
    shop.order().compensate(Award("voucher", Decimal(5)), "It takes so long.", by=RULE)


def given_for_the_trouble_and_sent(shop: Claims) -> None:
    rma = shop.order().compensate(Award("part_refund", Decimal(5)), "It takes so long.", by=RULE)
    rma.resolutions.get().record_sent(by=DESK)


def never_came(shop: Claims) -> None:
    order = shop.order(delivered=False)
    order.claim_never_came(order.shipments.get(), Wish.REFUND, by=RULE, key="form")


def resolved_after_it_came_back(shop: Claims) -> None:
    rma = shop.claim(Wish.REFUND)
    rma.approve(by=RULE)
    opened(rma)
    rma.refresh_from_db()
    rma.inspect({rma.lines.get().pk: Finding("damaged", 1)}, by=DESK)
    rma.resolve([Award("refund", rma.settlement().total)], by=DESK)


WRITERS: list[Callable[[Claims], None]] = [
    asked_for,
    asked_for_with_goods_back,
    granted,
    granted_a_piece,
    sends_back,
    questioned,
    answered,
    declined,
    declined_as_too_late,
    appealed,
    cancelled,
    money_sent,
    voucher_sent,
    given_for_the_trouble,
    given_for_the_trouble_and_sent,
    never_came,
    resolved_after_it_came_back,
]
# What is said of parcels that come back is said as of any other return.
TRAVELS = {sends_back, resolved_after_it_came_back}


def written(writer: Callable[[Claims], None], language: str = "en") -> letters.Letter:
    writer(Claims(language))
    return letters.write(latest())


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("writer", WRITERS, ids=lambda one: one.__name__)
def test_each_is_a_whole_letter_alike_in_text_and_html(writer, language):
    letter = written(writer, language)
    notice = latest()
    text = [word.rstrip(":") for word in plain_words(letter.text)]
    html = [word.rstrip(":") for word in html_words(letter.html, notice.order.store.name)]
    assert text == html
    page = Html(letter.html)
    assert page.count("h1") == 1 and len(letter.subject) <= 70
    whole = letter.subject + letter.text + letter.html.partition("</style>")[2]
    assert not re.search(r"[{}]|\bNone\b|&amp;(lt|gt|amp|#)", whole)
    assert notice.authorization.number in letter.text


@pytest.mark.parametrize(
    "writer", [one for one in WRITERS if one not in TRAVELS], ids=lambda one: one.__name__
)
def test_nothing_in_it_speaks_of_a_return_where_none_is(writer):
    letter = written(writer)
    assert not re.search(r"\breturn\b", letter.subject + letter.text, re.IGNORECASE)
    assert not POSTING.search(letter.text)


def test_what_is_granted_is_told_with_amounts_and_that_nothing_comes_back():
    letter = written(granted)
    assert letter.subject.startswith("We put it right: order JP-")
    for words in (
        "We are sorry that it came to you damaged.",
        "You get a part of your money back: 13.60 USD.",
        "You get a voucher of 6.80 USD for the shop.",
        "Nothing has to be sent back: you keep what you have.",
    ):
        assert words in letter.text


@pytest.mark.parametrize("writer", [granted_a_piece, never_came])
def test_what_the_buyer_does_not_have_is_not_said_to_stay(writer):
    assert "you keep" not in written(writer).text


def test_what_has_to_come_back_is_told_with_the_way_and_at_our_cost():
    letter = written(sends_back)
    assert "We put it right. Please send it back to us first." in letter.text
    assert "We pay the postage" in letter.text
    assert letter.attachments


def test_a_no_explains_itself_and_what_can_be_done():
    letter = written(declined)
    assert str(texts.DECLINED["misuse"]) in letter.text
    assert "There are marks of a hammer." in letter.text
    assert "look again" in letter.text and "rights under the law" in letter.text
    assert "It could be told until" in written(declined_as_too_late).text


def test_a_request_repeats_what_was_told_and_asked_for():
    letter = written(asked_for)
    for words in (
        "It came like that.",
        "A crack at the collar.",
        "Keep it and get a part of the money back",
        "If we agree, that is 13.60 USD.",
        "And a voucher of 6.80 USD for the shop, as an apology.",
        "Nothing has to be sent back for that.",
    ):
        assert words in letter.text
    assert "we pay the postage" in written(asked_for_with_goods_back).text


def test_what_is_given_for_the_trouble_says_why_and_that_nothing_is_given_up():
    letter = written(given_for_the_trouble)
    assert "It takes so long." in letter.text
    assert "You give nothing up with it" in letter.text


def test_the_history_tells_a_claim_as_a_claim():
    shop = Claims()
    rma = shop.claim()
    rma.approve(by=RULE)
    with translation.override("en"):
        told = [texts.of_event(event) for event in rma.events.order_by("pk")]
    assert told == [
        "You told us what is wrong.",
        "We agreed to put it right.",
        "We decided how it is put right.",
    ]


@pytest.mark.parametrize("status", Status)
def test_where_a_claim_stands_is_told_in_its_own_words_and_never_as_posting_what_stays(status):
    claim = ReturnAuthorization(status=status, kind=Kind.CLAIM, keeps_goods=True)
    code = texts.Standing.KEEPS_GOODS if status == Status.APPROVED else status
    words = texts.words_of(claim, code)
    assert words and "pack it" not in str(words.next_step).lower()
