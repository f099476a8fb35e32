"""The check page: everything that was answered, and what happens when it is sent.

Functions over a Telling; they speak the active language.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from portal.order_page.legs import Entry
from portal.problem_page import words
from portal.problem_page.known import delivery_of
from portal.problem_page.offered import parcel_words
from portal.problem_page.telling import DETAILS, LOOK, REASON, REMEDY, THINGS, VARIANT, WHICH
from returns import formats, problem_texts
from returns.codes import OUR_FAULT, ProblemKind
from returns.problem_texts import TALK, TALK_INSTEAD
from returns.problems import OF_PARCELS, OF_THINGS
from returns.texts import Choice
from returns.wording import filled, sentences
from tracking.texts import Words

if TYPE_CHECKING:
    from portal.problem_page.telling import Telling
    from returns.claim_policy import Remedy

# What carriers take at most for a search, in working days.
CARRIERS_SEARCH = 7


@dataclass(frozen=True)
class Answer:
    """One row. said: in the buyer's own words. change: the page where it is asked, or ''."""

    label: str
    values: Sequence[str] = ()
    said: str = ""
    change: str = ""
    what: str = ""


def answers(telling: "Telling") -> list[Answer]:
    return [*_what(telling), *_told(telling), *_wished(telling)]


def _row(telling: "Telling", step: str, label: Words, *values: object, said: str = "") -> Answer:
    page = telling.page(step) if step in telling.steps else ""
    shown = [str(value) for value in values if value]
    return Answer(str(label), shown, said, page, str(words.CHANGE.get(step, "")))


def _what(telling: "Telling") -> Iterator[Answer]:
    kind = problem_texts.KINDS[telling.kind].label
    reason = problem_texts.REASONS.get(telling.reason) if REASON in telling.steps else None
    if telling.kind != ProblemKind.CHANGED_MIND:
        yield _row(telling, REASON, words.WHAT_HAPPENED, kind, reason and reason.label)
    if WHICH in telling.steps and telling.parcel is not None:
        chosen = parcel_words(telling.order, telling.parcel)
        yield _row(telling, WHICH, words.WHICH_PARCEL, chosen.label, chosen.hint)
    if telling.items:
        things = [f"{item.quantity} × {item.line.full_title}" for item in telling.items]
        label = words.WHAT_TO_CANCEL if telling.is_cancelling else words.WHAT_THINGS
        yield _row(telling, THINGS, label, *things)


def _told(telling: "Telling") -> Iterator[Answer]:
    if LOOK in telling.steps:
        there = telling.order.country or telling.order.store.country
        looked = telling.answers.get("looked", [])
        places = [place.label for place in problem_texts.places(there) if place.code in looked]
        yield _row(telling, LOOK, words.WHERE_LOOKED, *(places or [words.NOT_YET]))
    for code in telling.questions:
        if given := telling.answers.get(code):
            label = problem_texts.question(telling.kind, code)
            yield _row(telling, DETAILS, label, problem_texts.ANSWERS[code, given])
    if telling.words:
        label = problem_texts.OWN_WORDS[telling.kind][0]
        yield _row(telling, DETAILS, label, said=telling.words)
    if telling.video:
        yield _row(telling, DETAILS, words.THE_VIDEO, said=telling.video)


def _wished(telling: "Telling") -> Iterator[Answer]:
    if not telling.wish:
        return
    chosen = remedy_choices(telling)[telling.wish]
    yield _row(telling, REMEDY, words.WHAT_LIKE, chosen.label)
    if telling.instead or telling.other:
        yield _row(telling, VARIANT, words.WHICH_INSTEAD, *telling.instead, said=telling.other)


# --- How it may be put right ----------------------------------------------------------------------


def remedy_choices(telling: "Telling") -> dict[str, Choice]:
    """Wish → its words, with amounts and whether anything comes back; a person last."""
    found = {one.wish: _choice(one, telling.order.currency) for one in telling.remedies}
    return {**found, TALK: TALK_INSTEAD}


def _choice(remedy: "Remedy", currency: str) -> Choice:
    usual, amount = problem_texts.REMEDIES[remedy.wish], formats.money(remedy.amount, currency)
    back = problem_texts.SEND_IT if remedy.sends_back else problem_texts.KEEP_IT
    voucher = ""
    if remedy.voucher:
        money = formats.money(remedy.voucher, currency)
        voucher = filled(problem_texts.VOUCHER_BESIDES, amount=money)
    hint = sentences(f"{usual.hint}{_stop()}", str(back), voucher)
    return Choice(filled(usual.label, amount=amount), hint)


def _stop() -> str:
    return "。" if formats.language() == "zh" else "."


# --- What happens then ----------------------------------------------------------------------------


def then(telling: "Telling") -> list[Entry]:
    """Straight away, by when we write, and what follows."""
    entries = list(_then(telling))
    return [
        Entry(entry.at, entry.text, when=entry.when, more=entry.more, state=state)
        for entry, state in zip(entries, ["latest", *["ahead"] * (len(entries) - 1)], strict=True)
    ]


def _then(telling: "Telling") -> Iterator[Entry]:
    if telling.is_cancelling:
        yield _at_once(words.WE_STOP_IT)
        yield _after(words.STOPPED_MONEY if telling.order.paid_at else "", words.TOO_LATE_THEN)
    elif telling.kind in OF_THINGS:
        yield from _then_of_claim(telling)
    elif telling.kind in OF_PARCELS:
        yield from _then_of_parcel(telling)


def _then_of_parcel(telling: "Telling") -> Iterator[Entry]:
    order, now = telling.order, telling.now
    delivery = delivery_of(order, telling.shipment, now)
    carrier = (delivery.carrier if delivery else "") or str(problem_texts.THE_CARRIER)
    looks = filled(_looks(telling), carrier=carrier)
    if telling.shipment is None or telling.shipment.parcel is None:  # nothing can be looked up
        yield _at_once(problem_texts.NOTED, looks)
        yield _by(_answer_by(telling), problem_texts.PERSON_ANSWERS)
        return
    yield _at_once(problem_texts.NOTED, looks)
    if telling.kind == ProblemKind.CUSTOMS:
        yield _by(order.word_due(now, 1), problem_texts.WRITES, problem_texts.NOT_PAY)
        return
    yield _by(order.word_due(now, 1), problem_texts.WRITES)
    if telling.kind == ProblemKind.NOT_HERE:
        yield _by(order.word_due(now, CARRIERS_SEARCH), problem_texts.GUARANTEE)


def _looks(telling: "Telling") -> Words:
    if telling.kind == ProblemKind.CUSTOMS:
        return problem_texts.LOOKS_AT_CUSTOMS
    if telling.kind == ProblemKind.NOT_HERE:
        return problem_texts.LOOKS_FOR
    return problem_texts.LOOKS_AT_REST if telling.is_rest else problem_texts.LOOKS_INTO


def _then_of_claim(telling: "Telling") -> Iterator[Entry]:
    remedy, by = telling.remedy, _answer_by(telling)
    if remedy is None:
        yield _at_once(problem_texts.NOTED)
        yield _by(by, problem_texts.PERSON_ANSWERS)
        return
    photos = problem_texts.PHOTOS_NEXT if asks_for_photos(telling) else ""
    if remedy.automatic:
        yield _at_once(problem_texts.AT_ONCE, photos)
    else:
        yield _at_once(problem_texts.NOTED, photos)
        yield _by(by, problem_texts.DECIDES)
    yield _after(problem_texts.SENDS_BACK if remedy.sends_back else problem_texts.KEEPS)


def _answer_by(telling: "Telling") -> datetime:
    order = telling.order
    return order.quiet.clear_of(order.store.answer_by(telling.now))


def asks_for_photos(telling: "Telling") -> bool:
    """Whether the rules of the day want to see what is wrong."""
    if telling.reason not in OUR_FAULT:
        return False
    return any(item.line.rules.claim(telling.reason).photos for item in telling.items)


def _at_once(*parts: Words) -> Entry:
    return _entry(str(problem_texts.STRAIGHT_AWAY), *parts)


def _after(*parts: Words) -> Entry:
    return _entry(str(problem_texts.AFTER_THAT), *parts)


def _by(at: datetime, *parts: Words) -> Entry:
    return _entry(filled(problem_texts.BY, when=formats.moment(at)), *parts)


def _entry(when: str, *parts: Words) -> Entry:
    first, *more = [str(part) for part in parts if part]
    return Entry(None, first, when=when, more=tuple(more))
