"""What we say when something is wrong: four parts, in their order, and nothing unproven."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from returns import empathy
from returns.four_parts import FourParts, case_of, four_parts, told_of, told_once
from returns.models import Order
from returns.models.carrier_contact import CarrierContact
from returns.models.case import Case, CaseKind
from returns.models.store_text import StoreText
from returns.troubles import CAME_BACK, Troubles
from tests.portal.on_the_way import report, sent, the_parcel, wrong
from tracking.incidents import IncidentKind
from tracking.milestones import TURNED, Milestone
from tracking.models import Incident, Parcel
from tracking.reports import Signed

LANGUAGES = ["en", "zh-hans"]
NOON = datetime(2026, 11, 24, 10, 15, tzinfo=UTC)
EVERYTHING = {
    "place": "Langley",
    "country": "GB",
    "attempts": 3,
    "expected_by": "2026-11-20",
    "weight": 400,
    "carrier_weight": 900,
    "signed": Signed.LOCKER,
}
DETAILS = [{}, EVERYTHING, {"signed": Signed.OTHER, "attempts": 1, "place": " "}]
PROMISE = "We will look at it again and write to you by Wednesday 25 November, 18:00."

CODE_WORDS = re.compile(
    r"incident|shipment|exception|\bNone\b|\bRMA\b|[{}]|%\(|\b[a-z]+_[a-z_]+\b|, in [.]"
)
UNPROVEN = re.compile(
    r"\b(we|has) (have )?(asked|called|contacted|answered)|looks after|no answer|询问|答复|跟进",
    re.IGNORECASE,
)
GROVELLING = re.compile(r"apologi[sz]e|sincerely|inconvenience|please be advised|!", re.IGNORECASE)
SHORTENED = re.compile(r"\b(can|don|won|isn|doesn)['’]t\b")


@pytest.fixture(autouse=True)
def _in_london():
    with translation.override("en"), timezone.override("Europe/London"):
        yield


def parcel(milestone: str = Milestone.IN_TRANSIT, **values) -> Parcel:
    return Parcel(pk=7, carrier="royal-mail", milestone=milestone, milestone_at=NOON, **values)


def incident(kind: str, detail: dict | None = None) -> Incident:
    return Incident(kind=kind, since=NOON - timedelta(days=3), detail=detail or {})


def contact(answer: str = "", *, at: datetime = NOON, is_visible: bool = True, **values):
    answered_at = values.pop("answered_at", at + timedelta(hours=2) if answer else None)
    facts = {"carrier": "royal-mail", "way": "phone", "asked": "Where is it?", **values}
    return CarrierContact(
        asked_at=at, answer=answer, answered_at=answered_at, is_visible=is_visible, **facts
    )


ASKED = [contact(), contact("It lies in Langley.", at=NOON + timedelta(days=1))]


def every_trouble() -> Iterator[tuple[str, Troubles]]:
    """Every kind from both sides, with as much as can be known and with nothing at all."""
    for kind, back, detail, scanned in product(IncidentKind, (False, True), DETAILS, (None, NOON)):
        row = incident(kind, detail)
        yield f"{kind}, back {back}", Troubles(parcel(last_scan_at=scanned), row, (), back, NOON)
    for kind, back in product([IncidentKind.STALLED], (False, True)):
        van = parcel(Milestone.OUT_FOR_DELIVERY, last_scan_at=NOON)
        yield "on the van", Troubles(van, incident(kind), (), back, NOON)
    for milestone, why in product(sorted(TURNED), ([], [IncidentKind.REFUSED])):
        rows = tuple(incident(kind, EVERYTHING) for kind in why)
        yield milestone, Troubles(parcel(milestone), None, rows, False, NOON)


def every_message(**told) -> Iterator[tuple[str, FourParts]]:
    for language in LANGUAGES:
        with translation.override(language):
            for name, troubles in every_trouble():
                yield f"{language}: {name}", four_parts(troubles, **told)


def sentences(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"(?<=[.?。？])\s*", text) if part.strip()]


ALL_TOLD = [
    dict(zip(("contacts", "owner", "promise"), values, strict=True))
    for values in product([(), ASKED], ["", "Ieva"], ["", PROMISE])
]


# --- What a reader with the link alone does not read ---------------------------------------------


def test_an_answer_that_is_kept_back_is_told_of_and_not_told():
    row = contact("It lies at 12 Harbour Lane.")
    row.is_kept_back = True
    done = four_parts(Troubles(parcel(), incident(IncidentKind.SILENT)), contacts=[row]).done
    assert "Harbour" not in done and "no answer" not in done
    assert "Royal Mail answered. Its words may tell who or where you are, so we show" in done


def test_of_a_carrier_without_a_name_it_is_told_as_well():
    row = contact("It lies at 12 Harbour Lane.", carrier="")
    row.is_kept_back = True
    done = four_parts(Troubles(parcel(), incident(IncidentKind.SILENT)), contacts=[row]).done
    assert "It answered. Its words may tell who or where you are, so we show" in done


# --- The whole table ----------------------------------------------------------------------------


@pytest.mark.parametrize("told", ALL_TOLD)
def test_empathy_fact_and_what_may_be_done_are_never_missing(told):
    for name, parts in every_message(**told):
        assert parts.empathy and parts.fact and parts.may and parts.title, name
        assert bool(parts.done) == bool(told["contacts"] or told["owner"]), name
        assert parts.promise == told["promise"], name


@pytest.mark.parametrize("told", ALL_TOLD)
def test_the_order_is_always_empathy_fact_solution(told):
    for name, parts in every_message(**told):
        expected = [part for part in (parts.empathy, parts.fact, parts.done, parts.may) if part]
        assert list(parts.paragraphs()) == expected, name
        assert parts.solution.startswith(parts.done) and parts.solution.endswith(parts.may), name


@pytest.mark.parametrize("told", ALL_TOLD)
def test_nothing_in_it_is_a_code_an_empty_place_or_a_cliche(told):
    for name, parts in every_message(**told):
        for text in (parts.title, *parts.paragraphs()):
            for pattern in (CODE_WORDS, GROVELLING, SHORTENED):
                assert not pattern.search(text), f"{name}: {text}"


@pytest.mark.parametrize("told", ALL_TOLD)
def test_no_sentence_is_said_twice(told):
    for name, parts in every_message(**told):
        said = [part for text in (parts.title, *parts.paragraphs()) for part in sentences(text)]
        assert len(said) == len(set(said)), f"{name}: {said}"


def test_without_a_row_nobody_is_said_to_have_asked_or_to_look_after_it():
    for name, parts in every_message(promise=PROMISE):
        for text in parts.paragraphs():
            assert not UNPROVEN.search(text), f"{name}: {text}"
    assert UNPROVEN.search(four_parts(next(every_trouble())[1], contacts=ASKED).done)


@pytest.mark.parametrize("table", [empathy.TO_YOU, empathy.TO_US], ids=["to the buyer", "to us"])
def test_every_kind_is_met_with_words_of_its_own(table):
    assert set(table) == set(IncidentKind)
    assert len({str(words) for words in table.values()}) == len(table)
    assert set(empathy.TURNED) == TURNED


def test_it_stays_short_enough_to_be_read_by_somebody_who_worries():
    for name, parts in every_message():
        assert len(parts.empathy) <= 130, name
        assert len(sentences(parts.empathy)) <= 2, name
        assert len(" ".join(parts.paragraphs())) <= 720, name


# --- What was done ------------------------------------------------------------------------------


def done(*contacts: CarrierContact, owner: str = "") -> str:
    lost = Troubles(parcel(), incident(IncidentKind.LOST), (), False, NOON)
    return four_parts(lost, contacts=contacts, owner=owner).done


def test_whom_we_asked_and_when_is_told_and_that_no_answer_has_come():
    words = "We asked Royal Mail on Tuesday 24 November, 10:15. We have no answer yet."
    assert done(contact()) == words


def test_an_answer_of_the_same_day_is_quoted_without_its_day():
    assert done(contact("It lies\n in Langley.")) == (
        "We asked Royal Mail on Tuesday 24 November, 10:15. "
        "Royal Mail answered: “It lies in Langley.”"
    )


def test_an_answer_of_another_day_names_it():
    late = contact("Soon.", answered_at=NOON + timedelta(days=1))
    assert "Royal Mail answered on Wednesday 25 November, 10:15: “Soon.”" in done(late)


def test_braces_in_an_answer_are_only_letters():
    assert "“{when} {0} %s”" in done(contact("{when} {0} %s"))


def test_what_the_buyer_may_not_read_is_left_out():
    assert done(contact("They are slow.", is_visible=False)) == ""
    told = done(contact("They are slow.", is_visible=False), contact())
    assert "slow" not in told and told.count("We asked") == 1


def test_only_the_last_three_questions_are_told():
    told = done(*(contact(at=NOON + timedelta(days=day)) for day in range(5)))
    assert told.count("We asked") == 3 and "24 November" not in told
    assert told.count("We have no answer yet.") == 1


def test_a_question_that_was_answered_later_does_not_wait_for_an_answer():
    assert "no answer" not in done(*ASKED)


def test_a_carrier_without_a_name_is_called_the_carrier():
    told = done(contact("Soon.", carrier=""))
    assert "We asked the carrier on Tuesday" in told and "It answered: “Soon.”" in told


def test_who_looks_after_it_comes_first():
    assert done(contact(), owner="Ieva").startswith("Ieva looks after it. We asked Royal Mail on ")


def test_an_answer_that_runs_the_other_way_is_set_apart():
    assert "“\u2068הוא בדרך\u2069”" in done(contact("הוא בדרך"))
    assert "\u2068" not in done(contact("It is on its way."))


# --- Several parcels in one message ---------------------------------------------------------------


def test_what_was_said_of_one_parcel_is_not_said_again_of_the_next():
    silent = Troubles(parcel(), incident(IncidentKind.SILENT), (), False, NOON)
    lost = Troubles(parcel(), incident(IncidentKind.LOST), (), False, NOON)
    first, second, third = told_once(four_parts(each) for each in (silent, silent, lost))
    assert first == four_parts(silent) and third == four_parts(lost)
    assert (second.empathy, second.may) == ("", "") and second.fact == first.fact
    lost, silent = (
        four_parts(each, owner="Ieva", contacts=rows)
        for each, rows in ((lost, [contact()]), (silent, [contact("Soon.")]))
    )
    first, second, third = told_once([lost, silent, lost])
    assert second.done.startswith("We asked Royal Mail on ") and third.done == ""


# --- The case that proves it ----------------------------------------------------------------------


def open_case(order: Order, kind: str, row: Incident | None = None, **values) -> Case:
    facts = {"order": order, "parcel": the_parcel(order), "kind": kind, "since": NOON, **values}
    return Case.objects.create(incident=row, **facts)


def troubles_of(order: Order) -> Troubles:
    return Troubles.of(the_parcel(order), timezone.now(), back=False)


@pytest.mark.django_db
def test_owner_and_questions_come_from_the_case_of_this_very_trouble(store):
    order = sent(store, report())
    row = wrong(the_parcel(order), IncidentKind.DAMAGED)
    ieva = User.objects.create(username="ieva", first_name="Ieva")
    case = open_case(order, IncidentKind.DAMAGED, row, owner=ieva)
    contact(case=case).save()
    other = open_case(order, IncidentKind.SILENT)
    contact(case=other, carrier="dpd").save()
    assert case_of(order, troubles_of(order)) == case
    told = told_of(order, troubles_of(order)).done
    assert told.startswith("Ieva looks after it. We asked Royal Mail on ") and "DPD" not in told


@pytest.mark.django_db
def test_a_closed_case_proves_nothing_any_more(store):
    order = sent(store, report())
    row = wrong(the_parcel(order), IncidentKind.DAMAGED)
    case = open_case(order, IncidentKind.DAMAGED, row, closed_at=timezone.now())
    contact(case=case).save()
    assert told_of(order, troubles_of(order)).done == ""


@pytest.mark.django_db
def test_a_parcel_that_turned_is_told_with_its_own_case(store):
    refused = report(Milestone.ATTEMPTED, "Bristol", incident="refused")
    order = sent(store, refused, report(Milestone.RETURNING, "Bristol", at=timezone.now()))
    case, _made = Case.objects.get_or_create(
        order=order, parcel=the_parcel(order), kind=CaseKind.CAME_BACK, defaults={"since": NOON}
    )
    contact(case=case).save()
    told = told_of(order, troubles_of(order))
    assert told.kind == CAME_BACK == CaseKind.CAME_BACK
    assert told.title == "Your parcel is on its way back to us."
    assert told.fact.startswith("The carrier reports that it was not taken in at the door.")
    assert "We asked Royal Mail on" in told.done


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "told"), [("en", True), ("zh-hans", False)])
def test_a_stores_own_words_stand_in_their_place_in_their_language(store, language, told):
    order = sent(store, report())
    wrong(the_parcel(order), IncidentKind.DAMAGED)
    body = "Oh no.\n\n{fact}\n\n{solution}"
    StoreText.objects.create(
        store=store,
        kind="incident:damaged",
        language=language,
        form="email",
        body=body,
        number=1,
        is_current=True,
    )
    parts = told_of(order, troubles_of(order))
    own = ("Oh no.", parts.fact, parts.solution)
    assert (parts.paragraphs() == own) == told
    assert parts.paragraphs("More.")[-1 if told else 2] == "More."
