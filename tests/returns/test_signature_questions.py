"""Somebody else took a parcel in: whoever it was for is asked once, and what they say counts."""

import pytest
from django.utils import timezone

from returns import letters, tasks
from returns.models import (
    BUYER,
    Actor,
    Case,
    Event,
    Notice,
    Order,
    Problem,
    ReturnAuthorization,
    SignatureQuestion,
)
from returns.models.notice import NoticeKind
from returns.models.signature import Asked, Told
from returns.states import IllegalTransition
from returns.texts import of_event
from tests import people
from tests.returns.returning import DESK, opened, posted, returned
from tests.returns.troubled import on_its_way, over
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport
from tracking.reports import Signed

pytestmark = pytest.mark.django_db


def taken_in(parcel: Parcel, signed: str = Signed.OTHER, **values) -> None:
    """The carrier says that somebody else signed, and a worker takes it up."""
    report = ScanReport(
        timezone.now(),
        Milestone.DELIVERED,
        place="Bristol",
        words="Signed for by: GUARD",
        signed=signed,
        **values,
    )
    parcel.record([report])
    ReturnAuthorization.objects.follow()
    Case.objects.follow()


def parcel_of(order: Order) -> Parcel:
    parcel = order.shipments.get(is_return=False).parcel
    assert parcel
    return parcel


@pytest.fixture
def order(store) -> Order:
    order = on_its_way(store)
    taken_in(parcel_of(order))
    return order


@pytest.fixture
def question(order) -> SignatureQuestion:
    return SignatureQuestion.objects.get()


@pytest.fixture
def to_us(store) -> SignatureQuestion:
    """Of a parcel to us."""
    rma = returned(people.place_order(store, "JP-9"))
    taken_in(posted(rma))
    return SignatureQuestion.objects.get(authorization=rma)


def told(order: Order) -> list[str]:
    return [of_event(row) for row in order.events.order_by("at", "pk")]


# --- Asking ------------------------------------------------------------------------------------


def test_the_buyer_is_asked_for_a_parcel_to_the_buyer(order, question):
    assert (question.asks, question.authorization, question.is_open) == (Asked.BUYER, None, True)
    assert question.case.kind == "unclear_signature"
    assert "We asked you whether you have the parcel." in told(order)


def test_the_warehouse_is_asked_for_a_parcel_to_us(to_us):
    assert to_us.asks == Asked.WAREHOUSE and to_us.authorization
    assert "We asked our warehouse whether it has your parcel." in told(to_us.order)
    assert list(SignatureQuestion.objects.of_warehouse()) == [to_us]


def test_however_often_it_is_told_it_is_asked_once(order, question):
    for place in ("Bristol South", "Bristol"):
        parcel_of(order).record(
            [ScanReport(timezone.now(), Milestone.DELIVERED, place=place, signed=Signed.OTHER)]
        )
        Case.objects.follow()
        Case.objects.take_up()
    assert SignatureQuestion.objects.count() == 1
    assert Event.objects.filter(kind="signature_asked").count() == 1


def test_what_the_receiver_signed_is_not_asked_about(store):
    order = on_its_way(store)
    taken_in(parcel_of(order), Signed.SELF)
    assert not SignatureQuestion.objects.exists()


def test_one_event_is_one_message_and_that_asks(order, question):
    tasks.deliver_notices()
    (letter,) = Notice.objects.filter(order=order)
    assert letter.kind == NoticeKind.ORDER_NEWS
    text = letters.preview(letter).text
    assert "somebody else took it in" in text
    assert "Please tell us on the page of your order whether you have it." in text
    assert not Notice.objects.filter(kind=NoticeKind.SIGNATURE_QUESTION).exists()


def test_the_desk_may_ask_once_more_in_a_letter_of_its_own(order, question):
    ieva = Actor.staff(people.staff("ieva", first_name="Ieva"))
    letter = question.write_letter(by=ieva)
    assert letter and question.write_letter(by=ieva) == letter  # there is one of a question
    read = letters.write(letter)
    assert read.subject == "Order JP-1: do you have your parcel?"
    for words in ("I have it", "A neighbour or the guard has it", "Nobody here has it", "Ieva"):
        assert words in read.text
    assert f"signature/{question.pk}/" in order.short_links.get(notice=letter).path


def test_answered_meanwhile_the_letter_is_no_news(question):
    letter = question.write_letter(by=DESK)
    assert letters.is_still_true(letter)
    question.answer(Told.HAVE, by=BUYER)
    assert not letters.is_still_true(letter)
    with pytest.raises(IllegalTransition):
        question.write_letter(by=DESK)


def test_what_was_so_long_before_the_order_came_to_us_is_not_asked(store):
    order = on_its_way(store)
    later = timezone.now() + timezone.timedelta(days=3)
    Order.objects.filter(pk=order.pk).update(arrived_at=later)
    taken_in(parcel_of(order))
    assert not SignatureQuestion.objects.exists()


# --- Answering ---------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [Told.HAVE, Told.WITH_ANOTHER])
def test_found_the_case_ends_and_nothing_is_wrong_any_more(order, question, answer):
    question.answer(answer, by=BUYER)
    question.case.refresh_from_db()
    assert not question.case.is_open and question.case.close_reason
    assert not parcel_of(order).incidents.open().exists()
    Case.objects.follow()
    assert not Case.objects.open().exists()
    assert not Problem.objects.exists()


def test_not_there_it_is_searched_for_and_nobody_is_blamed(order, question):
    question.answer(Told.NOT_HERE, by=BUYER)
    problem = Problem.objects.get()
    assert (problem.kind, problem.shipment) == ("not_here", order.shipments.get())
    assert parcel_of(order).disputed_at is not None
    Case.objects.follow()
    assert [case.kind for case in Case.objects.open()] == ["delivered_not_received"]
    assert Notice.objects.filter(kind=NoticeKind.PROBLEM_RECEIVED).count() == 1
    assert order.promises.open().filter(kind="update").exists()
    assert "You told us that nobody at your place has the parcel." in told(order)


def test_the_warehouse_has_it_and_it_is_received_as_usual(to_us):
    to_us.answer(Told.HERE, by=DESK)
    rma = to_us.authorization
    assert "Our warehouse found your parcel." in told(to_us.order)
    assert not to_us.parcel.incidents.open().exists()
    assert rma in ReturnAuthorization.objects.to_receive()
    opened(rma)
    assert not Case.objects.open().exists()


def test_the_warehouse_does_not_have_it_and_that_is_our_quarrel(to_us):
    to_us.answer(Told.MISSING, by=DESK)
    Case.objects.follow()
    kinds = [case.kind for case in Case.objects.open()]
    assert kinds == ["delivered_not_received"]
    assert any("The loss is not yours." in words for words in told(to_us.order))


def test_the_first_answer_counts_and_the_same_twice_changes_nothing(question):
    question.answer(Told.HAVE, by=BUYER)
    events = Event.objects.count()
    SignatureQuestion.objects.get().answer(Told.HAVE, by=BUYER)
    assert Event.objects.count() == events
    with pytest.raises(IllegalTransition):
        SignatureQuestion.objects.get().answer(Told.NOT_HERE, by=BUYER)
    assert not Problem.objects.exists()


def test_nobody_tells_what_they_were_not_asked(question, to_us):
    for row, answer in ((question, Told.HERE), (question, Told.MISSING), (to_us, Told.HAVE)):
        with pytest.raises(ValueError):
            row.answer(answer, by=DESK)


def test_the_desk_notes_what_the_buyer_said_on_the_telephone(question):
    ieva = people.staff("ieva")
    question.answer(Told.HAVE, by=Actor.staff(ieva))
    question.refresh_from_db()
    assert (question.answered_by, question.user) == ("staff", ieva)


# --- Ending ------------------------------------------------------------------------------------


def test_when_the_carrier_corrects_itself_nobody_is_asked_any_more(order, question):
    over(question.case)
    question.refresh_from_db()
    assert not question.is_open and question.told == ""


def test_a_case_that_the_desk_closes_asks_nothing_more(question):
    question.case.order = question.order
    question.case.close("The buyer rang.", by=DESK)
    question.refresh_from_db()
    assert not question.is_open


def test_received_after_all_the_warehouse_is_not_asked_any_more(to_us):
    opened(to_us.authorization)
    Parcel.objects.watch()
    Case.objects.follow()
    assert not SignatureQuestion.objects.of_warehouse().exists()
