"""What the letters about a withdrawal say, in both languages, and when they are news."""

from datetime import timedelta

import pytest
from django.utils import timezone

from returns import letters, own_words
from returns.letters import withdrawal as letters_of_withdrawals
from returns.models import Actor, Notice, NoticeKind, StoreText, Withdrawal
from returns.withdrawal_states import WhyNot
from tests import people
from tests.returns.returning import DESK
from tests.returns.withdrawing import (
    declared,
    eu_order,
    eu_store,
    news,
    on_its_page,
    outcome_of,
    work,
)

pytestmark = pytest.mark.django_db
LANGUAGES = ["en", "zh-hans"]


def confirm(**values) -> Notice:
    declared(eu_order(**values))
    work()
    return news()[-1]


def stopping(**values) -> Notice:
    on_its_page(eu_order(shipped=False, **values))
    return news()[-1]


def answer(**values) -> Notice:
    order = eu_order(days_ago=25, **values)
    outcome = outcome_of(on_its_page(order))
    outcome.answer(WhyNot.OVER, "We <are> sorry.", by=Actor.staff(people.staff("ieva")))
    return news()[-1]


def left_late(**values) -> Notice:
    order = eu_order(shipped=False, **values)
    on_its_page(order)
    rma = order.returns.get()
    rma.note_stopped(by=DESK)
    rma._note_left_late(timezone.now())
    return news()[-1]


MAKERS = [confirm, stopping, answer, left_late]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("make", MAKERS)
def test_each_says_the_same_in_text_and_html_and_leads_to_its_page(make, language):
    from tests.returns.test_letters import html_words, plain_words

    notice = make(language=language)
    letter = letters.write(notice)
    text = [word.rstrip(":") for word in plain_words(letter.text)]
    html = [word.rstrip(":") for word in html_words(letter.html, notice.order.store.name)]
    assert text == html
    assert letter.html.count("://") == 1
    assert letters.is_still_true(notice)


def test_the_one_that_asks_says_that_nothing_happens_without_an_answer():
    notice = confirm()
    letter = letters.write(notice)
    assert "Was it you who withdrew?" in letter.text
    assert Withdrawal.objects.get().number in letter.text
    assert "If it was not you, you do not need to do anything" in letter.text
    assert "Linen shirt" not in letter.text
    path = letters_of_withdrawals.path(notice)
    assert path.endswith(f"/withdrawals/{Withdrawal.objects.get().number}/")


def test_it_is_no_news_once_it_was_confirmed():
    notice = confirm()
    outcome_of(Withdrawal.objects.get()).confirm()
    assert not letters.is_still_true(Notice.objects.get(pk=notice.pk))


def test_it_is_not_sent_to_a_contact_that_was_taken_off_the_order():
    notice = confirm()
    order = notice.order
    order.email = "other@example.com"
    order.save()
    assert not letters.is_still_true(Notice.objects.get(pk=notice.pk))


def test_what_is_stopped_is_told_with_the_money_and_when_it_leaves():
    letter = letters.write(stopping())
    assert "We stop what has not left us." in letter.text
    assert "You get back 74.00 USD, to the way you paid." in letter.text
    assert "This includes the 6.00 USD that you paid for the postage to you." in letter.text
    assert "We will send the money by" in letter.text
    assert "1 × Linen shirt" in letter.text


def test_the_answer_tells_why_and_what_is_possible_all_the_same():
    notice = answer()
    letter = letters.write(notice)
    assert "The time to withdraw ended on" in letter.text
    assert "> We <are> sorry." in letter.text and "We &lt;are&gt; sorry." in letter.html
    assert "By our own rules you can still send it back until" in letter.text
    assert "Your rights under the law stay as they are." in letter.text


def test_goods_that_came_are_told_how_to_be_sent_back_with_the_law_s_terms():
    order = eu_order()
    on_its_page(order)
    letter = letters.write(Notice.objects.get(kind=NoticeKind.RETURN_APPROVED))
    rma = order.returns.get()
    assert letter.subject == f"Your withdrawal: how to send it back ({rma.number})"
    assert "You have withdrawn. Here is how to send it back." in letter.text
    assert "We may wait until the goods are here, or until you show" in letter.text
    assert "you can cancel the return" not in letter.text
    assert [file.name for file in letter.attachments] == [f"{rma.number}.pdf"]


def test_what_left_all_the_same_says_so_first():
    order = eu_order(shipped=False)
    on_its_page(order)
    order.returns.get().note_left(by=DESK)
    letter = letters.write(Notice.objects.get(kind=NoticeKind.RETURN_APPROVED))
    assert "It had left already. Here is how to send it back." in letter.text
    assert "We pay" in letter.text


def test_a_usual_return_is_told_as_before():
    order = people.place_order(people.open_store())
    people.ask_to_return(order)
    letter = letters.write(Notice.objects.get(kind=NoticeKind.RETURN_APPROVED))
    assert "withdraw" not in letter.text.casefold()
    assert "you can cancel the return" in letter.text


def test_nobody_can_change_its_words():
    [problem] = own_words.check(NoticeKind.WITHDRAWAL_NEWS, "email", "", "{facts}")
    assert "locked" in problem
    notice = confirm()
    StoreText.objects.write(
        notice.order.store, notice.kind, "en", "email", body="{facts} Ha", by=people.staff("x")
    )
    assert "Ha" not in letters.write(notice).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_acknowledgement_says_the_same_in_text_and_html(language):
    from tests.returns.test_letters import html_words, plain_words

    made = declared(eu_order(eu_store(language=language)), language=language, parts="One\nshirt")
    letter = letters_of_withdrawals.receipt(made)
    text = [word.rstrip(":") for word in plain_words(letter.text)]
    html = [word.rstrip(":") for word in html_words(letter.html, made.store.name)]
    assert text == html
    assert len(letter.subject) <= 70 and made.number in letter.subject
    assert "://" not in letter.text


def test_the_acknowledgement_names_the_goods_that_were_chosen():
    order = eu_order()
    made = declared(order, order=order, goods=[{"quantity": 2, "what": "Linen <shirt>"}])
    letter = letters_of_withdrawals.receipt(made)
    assert "2 × Linen <shirt>" in letter.text and "2 × Linen &lt;shirt&gt;" in letter.html


def test_a_withdrawal_from_long_ago_is_told_with_its_own_time():
    at = timezone.now() - timedelta(days=3)
    made = declared(eu_order(), at=at)
    assert f"{at:%Y-%m-%d %H:%M:%S} UTC" in letters_of_withdrawals.receipt(made).text
