"""No code is without words, and no letter without its templates."""

import re
import string

import pytest
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from returns import codes, letters, texts
from returns.ledger import Obstacle
from returns.models import EventKind, NoticeKind, PromiseKind
from returns.states import Status
from tracking.milestones import Milestone
from tracking.texts import MILESTONES

JARGON = re.compile(r"\b(RMA|shipment|submit|invalid|initiate|exception)", re.IGNORECASE)
OBSTACLES = {value for name, value in vars(Obstacle).items() if name.isupper()}

TABLES = [
    ("states", set(Status), texts.STATUS),
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
    return [str(words)]


@pytest.mark.parametrize(
    "table", [row[2] for row in TABLES[:-1]], ids=[row[0] for row in TABLES[:-1]]
)
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
    (texts.EVENTS, {"what"}),
]


@pytest.mark.parametrize(("table", "known"), PLACEHOLDERS)
def test_only_placeholders_that_are_filled_are_used(table, known):
    for code, words in table.items():
        used = {name for _, name, _, _ in string.Formatter().parse(str(words)) if name}
        assert used <= known, code


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("part", ["subject", "text", "html"])
def test_each_letter_has_its_templates(kind, part):
    try:
        get_template(f"notices/{kind.value}.{part}")
    except TemplateDoesNotExist:
        pytest.fail(f"templates/notices/{kind.value}.{part} is missing")
