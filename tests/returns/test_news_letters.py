"""News of parcels in one letter: the gravest first, what is true when it leaves, once."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from returns import empathy, formats, letters
from returns.models import CLOCK, Actor, Notice, NoticeKind, Order, Promise, PromiseKind
from returns.models.carrier_contact import CarrierContact
from returns.models.case import Case, CaseKind
from returns.models.notice import What
from returns.quiet import LEAD
from tests import people
from tests.portal.on_the_way import ago, hear, report, sent, sent_back, the_parcel, wrong
from tests.returns.test_update_letters import both
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import Parcel
from tracking.texts import INCIDENTS, MILESTONES

pytestmark = pytest.mark.django_db

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh-hans"])


def tell(order: Order, what: str, *, case: Case | None = None, shipment=None, **values) -> Notice:
    kind = values.pop("kind", NoticeKind.ORDER_NEWS)
    event = f"{what}-{case and case.pk}-{shipment and shipment.pk}"
    notice = Notice.objects.gather(
        order, kind, event=event, what=what, case=case, shipment=shipment, **values
    )
    assert notice
    return notice


def trouble(order: Order, kind: str, parcel: Parcel | None = None, **values) -> Case:
    parcel = parcel or the_parcel(order)
    row = parcel.incidents.filter(kind=kind).first() or wrong(parcel, kind)
    Case.objects.filter(order=order, parcel=parcel, kind=kind).delete()
    return Case.objects.create(
        order=order, parcel=parcel, kind=kind, incident=row, since=row.since, **values
    )


def over(case: Case) -> None:
    """As the watch and the worker leave it behind."""
    case.incident.cleared_at = case.closed_at = timezone.now()
    case.incident.save()
    case.save()


def places(text: str, *words: str) -> list[int]:
    return [text.index(each) for each in words]


# --- Something is wrong ---------------------------------------------------------------------------


def test_the_four_parts_come_in_their_order_with_owner_question_and_promise(store):
    order = sent(store, report())
    ieva = User.objects.create(username="ieva", first_name="Ieva")
    case = trouble(order, IncidentKind.DAMAGED, owner=ieva)
    CarrierContact.objects.create(case=case, carrier="royal-mail", way="phone", asked="Where?")
    Promise.objects.all().delete()
    due = timezone.now() + timedelta(days=2)
    Promise.objects.make(order, PromiseKind.UPDATE, due, by=Actor.staff(ieva))
    letter = letters.write(tell(order, What.TROUBLE, case=case))
    assert "The carrier reports damage to your parcel." in letter.subject
    for text in both(letter):
        told = places(
            text,
            str(empathy.TO_YOU[IncidentKind.DAMAGED]),
            "The carrier found it damaged on ",
            "Ieva looks after it. We asked Royal Mail on ",
            "When you have it, please take photos",
            "We will look at it again and write to you by ",
        )
        assert told == sorted(told)


@LANGUAGES
@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_leads_its_letter_once_and_leaves_nothing_open(store, kind, language):
    order = sent(store, report(), language=language)
    letter = letters.write(tell(order, What.TROUBLE, case=trouble(order, kind)))
    with translation.override(language):
        empathy_, step = str(empathy.TO_YOU[kind]), str(INCIDENTS[kind].next_step)
    for text in both(letter):
        assert text.count(empathy_) == text.count(step) == 1
        assert not set("{}") & set(text) and "None" not in text and "%(" not in text


def test_a_parcel_that_turned_is_told_with_why(store):
    order = sent(
        store,
        report(Milestone.ATTEMPTED, "Bristol", at=ago(hours=9), incident="refused"),
        report(Milestone.RETURNING, "Bristol", at=ago(hours=3)),
    )
    case, _made = Case.objects.get_or_create(
        order=order,
        parcel=the_parcel(order),
        kind=CaseKind.CAME_BACK,
        defaults={"since": ago(hours=3)},
    )
    letter = letters.write(tell(order, What.TROUBLE, case=case))
    assert "Your parcel is on its way back to us." in letter.subject
    for text in both(letter):
        told = places(
            text,
            str(empathy.TURNED[Milestone.RETURNING]),
            "it was not taken in at the door",
            "The carrier is bringing it back to us.",
            "When it is here again, we put it right with you.",
        )
        assert told == sorted(told)


def test_the_gravest_gives_the_subject_and_other_parcels_are_one_line_each(store):
    order = sent(store, report(Milestone.IN_TRANSIT))
    first = the_parcel(order)
    for number in ("RB2", "RB3"):
        sent(store, report(Milestone.IN_TRANSIT, "Riga"), number=number, order=order)
    stalled = trouble(order, IncidentKind.STALLED, first)
    tell(order, What.TROUBLE, case=stalled)
    lost = trouble(order, IncidentKind.LOST, Parcel.objects.get(number="RB2"))
    notice = tell(order, What.TROUBLE, case=lost)
    assert notice.news.count() == 2
    letter = letters.write(notice)
    assert "We have to treat your parcel as lost." in letter.subject
    for text in both(letter):
        assert "It was last scanned on" in text and "Nobody has scanned it since" in text
        assert text.count("number RB3") == 0, "it is one line"
        assert text.index("Your other parcels") < text.rindex("It is on its way.")


def test_two_parcels_with_the_same_trouble_do_not_repeat_the_words(store):
    order = sent(store, left=ago(days=10))
    sent(store, left=ago(days=11), number="RB2", order=order)
    for parcel in Parcel.objects.all():
        case = trouble(order, IncidentKind.SILENT, parcel)
        notice = tell(order, What.TROUBLE, case=case)
    for text in both(letters.write(notice)):
        assert text.count(str(empathy.TO_YOU[IncidentKind.SILENT])) == 1
        assert text.count(str(INCIDENTS[IncidentKind.SILENT].next_step)) == 1
        assert text.count("By our records it left us on") == 2


# --- Good news ------------------------------------------------------------------------------------


def test_what_stood_still_moves_again(store):
    order = sent(store, report(at=ago(days=9)), left=ago(days=10))
    case = trouble(order, IncidentKind.STALLED)
    hear(the_parcel(order), report(Milestone.IN_TRANSIT, "Riga"))
    over(case)
    letter = letters.write(tell(order, What.OVER, case=case))
    assert "Your parcel is moving again." in letter.subject
    for text in both(letter):
        assert "It moves again, and we are glad to tell you so." in text
        assert "in Riga. It is on its way." in text
        assert "uneasy" not in text


def test_a_first_scan_ends_the_silence_in_its_own_words(store):
    order = sent(store, left=ago(days=10))
    case = trouble(order, IncidentKind.SILENT)
    hear(the_parcel(order), report(Milestone.ACCEPTED, "Riga"))
    over(case)
    letter = letters.write(tell(order, What.OVER, case=case))
    assert "The carrier has your parcel." in letter.subject
    assert "The carrier has scanned it now" in letter.text


def test_where_it_is_over_but_does_not_move_nobody_says_that_it_does(store):
    order = sent(store, report(Milestone.READY_FOR_PICKUP, "Bristol"))
    case = trouble(order, IncidentKind.ATTEMPT_FAILED)
    over(case)
    letter = letters.write(tell(order, What.OVER, case=case))
    assert "There is news of what we wrote to you about." in letter.text
    assert "moves again" not in letter.text


def test_bad_news_that_turned_good_before_it_left_is_told_as_good(store):
    order = sent(store, report(at=ago(days=9)), left=ago(days=10))
    case = trouble(order, IncidentKind.STALLED)
    notice = tell(order, What.TROUBLE, case=case)
    hear(the_parcel(order), report(Milestone.IN_TRANSIT, "Riga"))
    over(case)
    assert tell(order, What.OVER, case=case) == notice
    assert "Your parcel is moving again." in letters.write(notice).subject


def test_what_left_us_names_carrier_number_days_and_the_normal_quiet(store):
    order = sent(store, left=ago(hours=2))
    first = timezone.localdate() + timedelta(days=3)
    Parcel.objects.update(expected_from=first, expected_to=first + timedelta(days=4), delays=[])
    notice = tell(order, What.POSTED, shipment=order.shipments.get())
    letter = letters.write(notice)
    assert "We have sent your parcel." in letter.subject
    for text in both(letter):
        assert "We sent your parcel on " in text
        assert "It travels with Royal Mail, number RB123456785GB." in text
        assert "Most likely it reaches you between " in text
        assert "On the first day there is often no scan yet; that is normal." in text
        assert "as a train does not report at every post along the line" in text
        assert "We got it ready" not in text


def test_what_left_without_a_number_says_so(store):
    order = people.place_order(store, shipped=False)
    shipment = order.shipments.create(shipped_at=ago(hours=2))
    letter = letters.write(tell(order, What.POSTED, shipment=shipment))
    for text in both(letter):
        assert "without a tracking number. So neither you nor we can see" in " ".join(text.split())
        assert "It travels with" not in text


def test_what_arrived_is_told_with_the_report_and_nothing_more_is_promised(store):
    order = sent(store, report(Milestone.DELIVERED, "Bristol"))
    Promise.objects.all().delete()
    letter = letters.write(tell(order, What.ARRIVED, shipment=order.shipments.get()))
    assert "Your parcel has been delivered." in letter.subject
    for text in both(letter):
        assert "in Bristol. The carrier reports that it was delivered." in text
        assert str(MILESTONES[Milestone.DELIVERED].next_step) in text
        assert "What happens next" not in text


# --- The promise ----------------------------------------------------------------------------------


def test_a_letter_that_keeps_a_promise_names_the_next_hour_and_not_its_own(store):
    order = sent(store, report())
    case = trouble(order, IncidentKind.DAMAGED)
    notice = tell(order, What.TROUBLE, case=case)
    promise = order.promise_update(by=Actor.staff(people.staff("ieva")))
    promise.write_letter(promise.due_at - LEAD)
    notice.refresh_from_db()
    assert notice.keeps == promise
    with letters.speaking("en", order.where):
        own = formats.moment(promise.due_at)
        following = formats.moment(order.word_due(promise.due_at))
    text = letters.write(notice).text
    assert f"write to you by {following} – even if" in text and own not in text


# --- The parcel back ------------------------------------------------------------------------------


@LANGUAGES
def test_news_of_a_return_is_told_from_our_side(store, language):
    rma = sent_back(
        store, report(Milestone.DELIVERED, "Vilnius", at=ago(days=9)), language=language
    )
    kind = IncidentKind.DELIVERED_NOT_RECEIVED
    case = trouble(rma.order, kind, rma.parcel_back.parcel, authorization=rma)
    notice = tell(
        rma.order, What.TROUBLE, case=case, kind=NoticeKind.RETURN_NEWS, authorization=rma
    )
    letter = letters.write(notice)
    with translation.override(language):
        words = str(empathy.TO_US[kind])
    for text in both(letter):
        assert text.count(words) == 1
        assert rma.number in text
    assert rma.number in letter.subject


def test_news_of_a_return_names_whatever_is_promised_of_it_next(store):
    rma = sent_back(store, report(Milestone.DELIVERED, "Vilnius", at=ago(days=9)))
    case = trouble(
        rma.order, IncidentKind.WEIGHT_MISMATCH, rma.parcel_back.parcel, authorization=rma
    )
    Promise.objects.all().delete()
    due = timezone.now() + timedelta(days=2)
    Promise.objects.make(rma.order, PromiseKind.INSPECTION, due, by=CLOCK, authorization=rma)
    notice = tell(
        rma.order, What.TROUBLE, case=case, kind=NoticeKind.RETURN_NEWS, authorization=rma
    )
    with letters.speaking("en", rma.order.where):
        when = formats.moment(due)
    for text in both(letters.write(notice)):
        assert f"We will look at everything in your parcel and write to you by {when}." in text


def test_a_return_that_goes_on_is_told_as_such(store):
    rma = sent_back(store, report(at=ago(days=9)), posted=ago(days=10))
    case = trouble(rma.order, IncidentKind.STALLED, rma.parcel_back.parcel, authorization=rma)
    hear(rma.parcel_back.parcel, report(Milestone.IN_TRANSIT, "Riga"))
    over(case)
    notice = tell(rma.order, What.OVER, case=case, kind=NoticeKind.RETURN_NEWS, authorization=rma)
    letter = letters.write(notice)
    for text in both(letter):
        assert "There is news of what we wrote to you about." in text
        assert "in Riga." in text and "uneasy" not in text


def test_the_last_report_of_a_return_says_what_it_states(store):
    held = report(Milestone.CUSTOMS, "Vilnius", incident="customs_hold")
    rma = sent_back(store, held)
    rma.parcel_back.parcel.incidents.all().delete()
    promise = Promise.objects.open().get(authorization=rma, kind=PromiseKind.UPDATE)
    promise.write_letter(promise.due_at - LEAD)
    notice = Notice.objects.filter(kind=NoticeKind.RETURN_UPDATE).latest("pk")
    assert "Customs has stopped it for a closer look." in letters.write(notice).text


# --- Our question once more -----------------------------------------------------------------------


def test_the_reminder_quotes_the_question_and_says_that_nothing_is_decided(db):
    store = people.open_store(policy={"automatic_up_to": None})
    rma = people.ask_to_return(people.place_order(store))
    rma.ask("Which side is torn?\nAnd how long?", by=Actor.staff(people.staff("ieva")))
    notice = Notice.objects.write(
        rma.order, NoticeKind.QUESTION_REMINDER, event="again", authorization=rma
    )
    letter = letters.write(notice)
    assert rma.number in letter.subject
    assert "> Which side is torn?\n> And how long?" in letter.text
    for text in both(letter):
        assert "May we ask you once more?" in text
        assert "Until then nothing is decided, and nothing is lost" in text
