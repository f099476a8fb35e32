"""Do you have your parcel? Asked of the buyer on a page, of the warehouse at the desk."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from returns import addresses
from returns.models import BUYER, Case, Notice, Order, Problem, SignatureQuestion
from returns.models.notice import NoticeKind
from returns.models.signature import Told
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import at_desk, url
from tests.portal.test_desk_board import tiles
from tests.portal.test_return_form import words
from tests.returns.returning import posted, returned
from tests.returns.test_signature_questions import parcel_of, taken_in
from tests.returns.troubled import on_its_way

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(store) -> Order:
    order = on_its_way(store, "JP-20418")
    taken_in(parcel_of(order))
    return order


@pytest.fixture
def question(order) -> SignatureQuestion:
    return SignatureQuestion.objects.get(authorization=None)


@pytest.fixture
def to_us(store) -> SignatureQuestion:
    rma = returned(people.place_order(store, "JP-9"))
    taken_in(posted(rma))
    return SignatureQuestion.objects.get(authorization=rma)


def page(question: SignatureQuestion) -> str:
    return addresses.order_page(question.order, "signature", pk=question.pk)


def answer_page(question: SignatureQuestion) -> str:
    return reverse("admin:returns_signaturequestion_answer", args=[question.pk])


# --- The buyer ---------------------------------------------------------------------------------


def test_the_page_of_the_order_leads_there(sarah, order, question):
    shown = sarah.get(addresses.order_page(order))
    assert f'href="{page(question)}"' in shown.text
    assert "Please tell us on the page of your order whether you have it." in words(shown)


def test_it_says_what_the_carrier_reports_and_offers_three_answers(sarah, question):
    text = words(sarah.get(page(question)))
    assert "Do you have your parcel?" in text and "somebody else took it in" in text
    for choice in ("I have it", "A neighbour or the guard has it", "Nobody here has it"):
        assert choice in text
    assert question.parcel.number.replace(" ", "") in text.replace(" ", "")
    assert SignatureQuestion.objects.open().exists()  # looking answers nothing


@pytest.mark.parametrize(
    ("told", "heading", "after"),
    [
        ("have", "Good that you have it.", "We ask no more about it."),
        ("with_another", "Good that it was found.", "If you cannot get it there, write to us"),
        ("not_here", "We look for it with the carrier.", "the loss is not yours"),
    ],
)
def test_each_answer_says_what_follows(sarah, order, question, told, heading, after):
    shown = sarah.post(page(question), {"told": told}, follow=True)
    assert shown.redirect_chain == [(page(question), 302)]
    text = words(shown)
    assert heading in text and after in text and "You told us on" in text
    question.refresh_from_db()
    assert (question.told, question.answered_by) == (told, "buyer")
    assert page(question) not in sarah.get(addresses.order_page(order)).text


def test_not_there_is_reported_with_the_same_press(sarah, question):
    for _ in range(2):  # pressed twice
        sarah.post(page(question), {"told": "not_here"})
    assert Problem.objects.get().kind == "not_here"
    assert Notice.objects.filter(kind=NoticeKind.PROBLEM_RECEIVED).count() == 1


def test_without_a_choice_it_is_asked_again_beside_the_field(sarah, question):
    shown = sarah.post(page(question), {"told": ""})
    assert shown.status_code == 422 and words(shown).count("Choose what is true.") == 2
    assert sarah.post(page(question), {"told": "missing"}).status_code == 422
    assert SignatureQuestion.objects.open().exists()


def test_of_two_answers_the_first_counts_and_the_page_says_so(sarah, question):
    question.answer(Told.HAVE, by=BUYER)
    shown = sarah.post(page(question), {"told": "not_here"})
    assert shown.status_code == 409
    assert "This was answered already." in words(shown) and "Good that you have it." in words(shown)


def test_when_nobody_needs_to_know_any_more_it_says_so(sarah, question):
    question.case.close("It is over.", by=BUYER)
    text = words(sarah.get(page(question)))
    assert "There is nothing to answer any more." in text and "I have it" not in text
    assert sarah.post(page(question), {}).status_code == 302


def test_a_stranger_and_the_question_to_the_warehouse_are_not_found(sarah, bob, question, to_us):
    assert bob.get(page(question)).status_code == 404
    assert bob.post(page(question), {"told": "have"}).status_code == 404
    people.open_link(sarah, to_us.order)
    assert sarah.get(page(to_us)).status_code == 404
    assert SignatureQuestion.objects.open().count() == 2


def test_in_chinese_it_asks_too(sarah, question):
    assert sarah.get(page(question) + "?lang=zh-hans").status_code == 200


def test_the_page_costs_little(sarah, question, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        sarah.get(page(question))


# --- The warehouse -----------------------------------------------------------------------------


@pytest.fixture
def jonas(db) -> CheckedClient:
    return at_desk("jonas", "receive_return", "view_signaturequestion")


def test_from_the_board_to_the_answer(jonas, to_us, question):
    count, _words, address = tiles(jonas)["Signed for by somebody else: is it here?"]
    assert count == 1  # the buyer's question is not theirs
    shown = jonas.get(address).text
    assert answer_page(to_us) in shown and answer_page(question) not in shown
    text = jonas.get(answer_page(to_us)).text
    assert "Signed for by: GUARD" in text and "nobody’s fault" in text


def test_it_is_here_leads_to_opening_it(jonas, to_us):
    shown = jonas.post(answer_page(to_us), {"told": "here"}, follow=True)
    assert shown.redirect_chain[-1][0] == url(to_us.authorization, "receive")
    assert LogEntry.objects.get().get_change_message() == "It is here."


def test_it_is_not_here_is_searched_for(jonas, to_us):
    shown = jonas.post(answer_page(to_us), {"told": "missing"}, follow=True)
    assert "the buyer does not wait for that" in shown.text
    Case.objects.follow()
    assert Case.objects.open().get().kind == "delivered_not_received"
    again = jonas.post(answer_page(to_us), {"told": "here"}, follow=True)
    assert "Somebody else was faster" in again.text


def test_who_opens_no_parcels_does_not_answer(to_us, question):
    reader = at_desk("reader", "view_signaturequestion")
    assert reader.post(answer_page(to_us), {"told": "here"}).status_code == 404
    jonas = at_desk("jonas2", "receive_return")
    assert jonas.get(answer_page(to_us)).status_code == 404
    both = at_desk("both", "receive_return", "view_signaturequestion")
    assert both.post(answer_page(question), {"told": "have"}).status_code == 404
    assert SignatureQuestion.objects.open().count() == 2


def test_who_looks_after_the_case_notes_a_call_and_may_ask_once_more(question):
    carer = at_desk("ieva", "view_case", "care_for_case")
    case_page = reverse("admin:returns_case_change", args=[question.case_id])
    shown = carer.get(case_page).text
    ask = reverse("admin:returns_case_ask_signature", args=[question.case_id])
    note = reverse("admin:returns_case_signature", args=[question.case_id])
    assert ask in shown and note in shown
    carer.post(ask)
    assert Notice.objects.filter(kind=NoticeKind.SIGNATURE_QUESTION).count() == 1
    assert ask not in carer.get(case_page).text
    carer.post(note, {"told": "with_another"})
    question.refresh_from_db()
    assert (question.told, question.user.username) == ("with_another", "ieva")


NUMBERS = [f"RR1000000{n}{check}GB" for n, check in enumerate("375481")]


def test_the_list_costs_the_same_for_one_and_for_many(jonas, store, django_assert_num_queries):
    address = reverse("admin:returns_signaturequestion_changelist")

    def one_more(number: int) -> None:
        rma = returned(people.place_order(store, f"A-{number}"))
        taken_in(posted(rma, NUMBERS[number]))

    one_more(0)
    with CaptureQueriesContext(connection) as one:
        jonas.get(address)
    for number in range(1, len(NUMBERS)):
        one_more(number)
    with django_assert_num_queries(len(one)):
        jonas.get(address)
