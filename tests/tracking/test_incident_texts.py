"""Every trouble of a parcel is told, from both sides, without blame and without promises."""

import re

import pytest

from returns.standing import INCIDENTS_TO_US
from tracking.incidents import IncidentKind
from tracking.texts import INCIDENTS, MILESTONES, STALE

TABLES = pytest.mark.parametrize(
    "table", [INCIDENTS, INCIDENTS_TO_US], ids=["to the buyer", "to us"]
)
JARGON = re.compile(
    r"\b(RMA|shipment|consignment|status|incident|exception|aggregator|hub)\b", re.IGNORECASE
)
# Only a row that proves it may say that somebody else was asked, or that a person looks.
UNPROVEN = re.compile(
    r"\b(we (have )?(asked|called|contacted|told|reported)|investigat|is looking)", re.IGNORECASE
)
BLAME = re.compile(r"\b(fault|your mistake|you should have|failed to|unfortunately)", re.IGNORECASE)
LONGEST_TITLE = 60


def said(text) -> list[str]:
    return [str(text.title), str(text.sentence), str(text.next_step)]


@TABLES
def test_every_kind_has_words_and_no_words_are_left_over(table):
    assert set(table) == set(IncidentKind)


@TABLES
def test_no_words_are_empty_and_all_are_whole_sentences(table):
    for kind, text in table.items():
        for words in said(text):
            assert words.strip() == words and re.search(r"[.?]$", words), kind


@TABLES
def test_titles_fit_on_a_phone(table):
    for kind, text in table.items():
        assert len(str(text.title)) <= LONGEST_TITLE, kind


@TABLES
@pytest.mark.parametrize("pattern", [JARGON, UNPROVEN, BLAME], ids=["jargon", "claims", "blame"])
def test_words_are_plain_honest_and_without_blame(table, pattern):
    for kind, text in table.items():
        for words in said(text):
            assert not pattern.search(words), f"{kind}: {words}"


@TABLES
def test_whoever_reads_is_told_what_to_do_or_that_there_is_nothing_to_do(table):
    can_do = re.compile(
        r"[Yy]ou do not need to do anything|[Ww]rite to us|lease |[Yy]ou have done your part"
    )
    for kind, text in table.items():
        assert can_do.search(str(text.next_step)), kind


@TABLES
def test_quiet_between_two_places_is_told_with_the_train(table):
    assert "as a train does not" in str(table[IncidentKind.STALLED].next_step)


def test_whoever_posted_a_return_is_asked_to_compare_and_to_ask_whether_it_was_collected():
    words = str(INCIDENTS_TO_US[IncidentKind.SILENT].next_step)
    assert "number and the carrier" in words and "really collected" in words


def test_words_of_a_parcel_to_us_do_not_send_it_to_the_buyer():
    to_buyer = re.compile(
        r"wait for you|to you to collect|on its way to you|reach you|your address|your money or"
    )
    for kind, text in INCIDENTS_TO_US.items():
        for words in said(text):
            assert not to_buyer.search(words), f"{kind}: {words}"


def test_nobody_is_told_to_come_back_in_two_days_and_write():
    for table in (MILESTONES, STALE, INCIDENTS, INCIDENTS_TO_US):
        for text in table.values():
            assert "two days" not in str(text.next_step)


def test_no_vehicle_is_guessed():
    for table in (MILESTONES, INCIDENTS, INCIDENTS_TO_US):
        for text in table.values():
            assert not re.search(r"lorry|plane", " ".join(said(text)))
