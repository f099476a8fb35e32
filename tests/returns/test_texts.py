"""No code is without words, and no letter without its templates."""

import re
import string
from datetime import timedelta

import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.utils import timezone

from returns import codes, letters, texts
from returns.ledger import Obstacle
from returns.models import (
    BUYER,
    EventKind,
    NoticeKind,
    PromiseKind,
    ReturnAuthorization,
)
from returns.states import Status
from tests import people
from tracking.incidents import IncidentKind
from tracking.milestones import Milestone
from tracking.models import ScanReport
from tracking.texts import INCIDENTS, MILESTONES

JARGON = re.compile(r"\b(RMA|shipment|submit|invalid|initiate|exception)", re.IGNORECASE)
OBSTACLES = {value for name, value in vars(Obstacle).items() if name.isupper()}
STANDINGS = {value for name, value in vars(texts.Standing).items() if name.isupper()}

TABLES = [
    ("states", set(Status), texts.STATUS),
    ("where returns stand", set(Status) | STANDINGS, texts.RETURN),
    ("steps of the way back", set(Milestone), texts.BACK_TO_US),
    ("troubles of parcels", set(IncidentKind), INCIDENTS),
    ("troubles on the way back", set(IncidentKind), texts.INCIDENTS_TO_US),
    ("what buyers get", set(codes.ResolutionKind), texts.RESOLUTIONS),
    ("ways of money", set(codes.PaymentMethod), texts.METHODS),
    ("days of banks", set(codes.PaymentMethod), texts.BANK_DAYS),
    ("conditions", set(codes.Condition), texts.CONDITIONS),
    ("photos", set(codes.PhotoKind), texts.PHOTOS),
    ("reasons", set(codes.Reason), texts.REASONS),
    ("wishes", set(codes.Wish), texts.WISHES),
    ("payers", set(codes.Payer), texts.PAYERS),
    ("payments", set(codes.Payment), texts.PAYMENTS),
    ("what is better avoided", set(codes.Avoid), texts.AVOIDED),
    ("reasons to decline", set(codes.DeclineReason), texts.DECLINED),
    ("obstacles", OBSTACLES, texts.OBSTACLES),
    ("events", set(EventKind), texts.EVENTS),
    ("promises", set(PromiseKind), texts.PROMISES),
    ("broken promises", set(PromiseKind), texts.LATE),
    ("milestones", set(Milestone), MILESTONES),
    ("facts of letters", set(NoticeKind), letters.FACTS),
]
WORDS = TABLES[:-1]


@pytest.mark.parametrize(
    ("codes_", "table"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES]
)
def test_each_code_has_its_words_and_no_words_are_left_over(codes_, table):
    assert codes_ and set(table) == set(codes_)


def sentences(words) -> list[str]:
    if isinstance(words, texts.Choice):
        return [str(words.label)]
    if hasattr(words, "next_step"):
        return [str(words.title), str(words.sentence), str(words.next_step)]
    if isinstance(words, texts.Outcome):
        return [str(words.label), str(words.pending), str(words.sent)]
    return [str(words)]


@pytest.mark.parametrize("table", [row[2] for row in WORDS], ids=[row[0] for row in WORDS])
def test_no_words_are_empty_and_none_are_jargon(table):
    for code, words in table.items():
        for sentence in sentences(words):
            assert sentence.strip(), code
            assert not JARGON.search(sentence), f"{code}: {sentence}"


PLACEHOLDERS = [
    (texts.PROMISES, {"when"}),
    (texts.LATE, {"when"}),
    (texts.PAYMENTS, {"account", "amount"}),
    (texts.OBSTACLES, {"limit", "until"}),
    (dict(enumerate(texts.CUSTOMS)), {"amount"}),
    (texts.EVENTS, {"number"}),
    (texts.EVENTS_OF_OURS, {"number"}),
    (texts.EVENTS_BY_NAME, {"who"}),
    (texts.RESOLUTIONS, {"amount"}),
    (texts.BACK_TO_US, set()),
    (texts.RETURN, set()),
]


@pytest.mark.parametrize(("table", "known"), PLACEHOLDERS)
def test_only_placeholders_that_are_filled_are_used(table, known):
    for code, words in table.items():
        for sentence in sentences(words):
            used = {name for _, name, _, _ in string.Formatter().parse(sentence) if name}
            assert used <= known, code


def test_money_is_told_with_its_amount_and_goods_without():
    for kind, words in texts.RESOLUTIONS.items():
        money = kind in codes.MONEY_KINDS
        assert ["{amount}" in str(words.pending), "{amount}" in str(words.sent)] == [money] * 2


def test_what_becomes_of_goods_is_told_where_it_matters_to_the_buyer():
    assert set(texts.DISPOSITIONS) == set(codes.Disposition)
    told = {code for code, words in texts.DISPOSITIONS.items() if words}
    assert told >= {"return_to_customer", "destroy", "pending"}
    assert not told & {"restock", "transfer", "refurbish", "return_to_vendor"}


def test_what_the_desk_does_for_the_buyer_has_words_of_its_own_for_known_events():
    assert set(texts.EVENTS_OF_OURS) < set(texts.EVENTS)
    assert set(texts.EVENTS_BY_NAME) < set(texts.EVENTS)


def test_headings_are_short():
    headings = [text.title for text in (*texts.RETURN.values(), *texts.BACK_TO_US.values())]
    assert [str(title) for title in headings if len(str(title)) > 60] == []


# --- Where a return stands ----------------------------------------------------------------------


NOW = timezone.now()
STANDS = [
    (Status.APPROVED, {}, Status.APPROVED),
    (Status.APPROVED, {"keeps_goods": True}, texts.Standing.KEEPS_GOODS),
    (Status.APPROVED, {"posted_at": NOW}, texts.Standing.POSTED_WITHOUT_NUMBER),
    (Status.APPROVED, {"arrived_at": NOW}, texts.Standing.ARRIVED),
    (Status.IN_TRANSIT, {"posted_at": NOW}, Status.IN_TRANSIT),
    (Status.IN_TRANSIT, {"posted_at": NOW, "arrived_at": NOW}, texts.Standing.ARRIVED),
    (Status.RECEIVED, {"arrived_at": NOW}, Status.RECEIVED),
    (Status.RECEIVED, {"came_after_end": True}, texts.Standing.RECEIVED_AFTER_END),
    (Status.INSPECTED, {"came_after_end": True}, Status.INSPECTED),
    (Status.EXPIRED, {}, Status.EXPIRED),
    (Status.EXPIRED, {"posted_at": NOW}, texts.Standing.POSTED_AFTER_END),
    (Status.EXPIRED, {"arrived_at": NOW}, texts.Standing.ARRIVED_AFTER_END),
    (Status.CANCELLED, {"posted_at": NOW}, Status.CANCELLED),
    (Status.CANCELLED, {"arrived_at": NOW}, texts.Standing.ARRIVED_AFTER_END),
    (Status.LOST, {"arrived_at": NOW}, texts.Standing.ARRIVED_AFTER_END),
    (Status.CLOSED, {"keeps_goods": True}, Status.CLOSED),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "facts", "code"), STANDS)
def test_where_a_return_stands_is_told_by_what_is_known(order, status, facts, code):
    values = {"form_key": "f", "payer": "buyer", "post_by": NOW, "remind_at": NOW}
    rma = ReturnAuthorization.objects.create(
        order=order, number="ABCD-2345", status=status, **values, **facts
    )
    assert texts.standing(rma) == code
    assert texts.of_return(rma) is texts.RETURN[code]


@pytest.mark.django_db
def test_a_number_that_was_given_is_followed_doubted_or_brought_back(store, order):
    rma = people.ask_to_return(order)
    rma.name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    assert texts.standing(rma) == texts.Standing.POSTED
    other = people.ask_to_return(people.place_order(store, "JP-2"))
    other.name_parcel("RB123456785GB", "royal-mail", by=BUYER)
    assert texts.standing(other) == texts.Standing.NUMBER_IN_DOUBT
    parcel = rma.shipments.get().parcel
    parcel.record([ScanReport(NOW + timedelta(minutes=1), Milestone.RETURNING)])
    assert texts.standing(ReturnAuthorization.objects.get(pk=rma.pk)) == texts.Standing.COMES_BACK


@pytest.mark.django_db
def test_a_promise_says_what_the_buyer_waits_for_now(order):
    rma = people.ask_to_return(order)
    usual = texts.PROMISES[PromiseKind.INSPECTION]
    assert texts.promise(PromiseKind.INSPECTION, rma) is usual
    rma.status = Status.INSPECTED
    assert str(texts.promise(PromiseKind.INSPECTION, rma)).startswith(
        "We will write to you what you"
    )
    assert "that we would write to you what you get" in str(texts.late(PromiseKind.INSPECTION, rma))
    rma.status = Status.EXPIRED
    assert texts.promise(PromiseKind.ANSWER, rma) is texts.PROMISES[PromiseKind.ANSWER]
    rma.posted_at = NOW
    assert "about your parcel by" in str(texts.promise(PromiseKind.ANSWER, rma))
    assert texts.late(PromiseKind.ANSWER, rma) is texts.LATE[PromiseKind.UPDATE]


@pytest.mark.parametrize(("hours", "stale"), [(2, False), (30, True)])
def test_a_delivery_to_us_gets_old(hours, stale):
    since = NOW - timedelta(hours=hours)
    told = texts.back_to_us(Milestone.OUT_FOR_DELIVERY, since, NOW)
    assert (told is not texts.BACK_TO_US[Milestone.OUT_FOR_DELIVERY]) is stale
    # The others have no words for being old: what they say stays true.
    assert (
        texts.back_to_us(Milestone.ANNOUNCED, NOW - timedelta(days=9), NOW)
        is (texts.BACK_TO_US[Milestone.ANNOUNCED])
    )


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_each_letter_has_its_templates(kind, part):
    try:
        get_template(f"notices/{kind.value}.{part}")
    except TemplateDoesNotExist:
        pytest.fail(f"templates/notices/{kind.value}.{part} is missing")
