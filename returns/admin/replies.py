"""Quick replies: what we can answer with, in the buyer's language, ready to be read through
and changed: our own words about how things stand, and what this store has answered before.

Of an answer to somebody else nothing that belongs to that person may come along. A machine
can only look for what it knows, so a person reads it before it is sent; the page says so.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from returns.admin.told import as_text, told
from returns.discreet import TELLS_TOO_MUCH
from returns.letters import language_of, speaking
from returns.letters.journeys import journey
from returns.models import ActorKind, Case, Message, Order, Promise, PromiseKind
from returns.standing import of_return
from returns.wording import sentences

# So many answers of the store are looked through, and so many of them offered.
LOOKED_THROUGH, OFFERED = 300, 15
LONGEST = 1500  # characters; what is longer was written for one case alone
LONGEST_LABEL = 80
OUR_WORDS = "How things stand"
ANSWERS = "Answered before. Written for another order: read before you send"
HANZI = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
SALUTATIONS = ("先生", "女士", "小姐", "太太", "老师", "同学")
HELLO = "(?:你|您|早上|上午|中午|下午|晚上)好[呀啊]?"
# We add a greeting of our own to every answer.
GREETINGS = (
    re.compile(
        r"(?:dear|hello|hi|hey|good (?:morning|afternoon|evening|day))\b"
        r"(?: (?:mr|mrs|ms|dr)\.)?[^\n,.:;!?]{0,60}(?:[,.:;!]|\n|\Z)",
        re.IGNORECASE,
    ),
    re.compile(rf"(?:[^\s，。：！？,.:!?]{{1,12}}[，, ]?)?{HELLO}(?:[，。：！,.:!～~\s]|\Z)"),
    re.compile(r"(?:亲爱的[^\s，。：！？,.:!?]{1,12}|亲)[，：！,:!]"),
)
# Where a name of one sign stands alone it is a name; elsewhere it is a part of a word.
BEFORE_NAME, AFTER_NAME = (
    r"(?:\A|(?<=[\s，。：；！？、,.:;!?小阿]))",
    r"(?=[\s，。：；！？、,.:;!?]|\Z)",
)


@dataclass(frozen=True)
class Reply:
    """text: what it puts into the answer. group: where it comes from."""

    label: str
    text: str
    group: str

    @property
    def key(self) -> str:
        """Names it in an address; another text has another one."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


def replies(order: Order, now: datetime) -> list[Reply]:
    """order: loaded by `Order.objects.with_story()`."""
    language = order.language or order.store.language
    with speaking(language, order.where):
        ours = [*_of_cases(order, now), *_of_parcels(order), *_of_returns(order)]
    found = [reply for reply in ours if reply.text] + _answered_before(order, language)
    return list({reply.key: reply for reply in reversed(found)}.values())[::-1]


def _of_cases(order: Order, now: datetime) -> Iterator[Reply]:
    """With parcels and promises that the order has loaded."""
    parcels = {row.parcel_id: row.parcel for row in order.shipments.all() if row.parcel}
    for case in order.cases.all():
        if not case.is_open or case.parcel_id not in parcels:
            continue
        case.order, case.parcel = order, parcels[case.parcel_id]
        parts = told(case, now, _due_at(order.promises.all(), case.authorization_id))
        if parts:
            label = f"{case.get_kind_display()}: {case.parcel.number}"
            yield Reply(label, as_text(parts), OUR_WORDS)


def _due_at(promises: Iterable[Promise], authorization_id: int | None) -> datetime | None:
    mine = (
        row.due_at
        for row in promises
        if row.is_open
        and row.kind == PromiseKind.UPDATE
        and row.authorization_id == authorization_id
    )
    return next(mine, None)


def _of_parcels(order: Order) -> Iterator[Reply]:
    """Those with which nothing is wrong."""
    for shipment in order.outbound:
        stands = journey(order, shipment)
        if stands.parts is None:
            told = sentences(str(stands.title), *stands.expected, str(stands.next_step))
            yield Reply(f"The parcel {stands.number}".strip(), told, OUR_WORDS)


def _of_returns(order: Order) -> Iterator[Reply]:
    for rma in order.returns.all():
        rma.order = order
        text = of_return(rma)
        words = sentences(str(text.title), str(text.next_step))
        yield Reply(f"The return {rma.number}", words, OUR_WORDS)


# --- What was answered before -------------------------------------------------------------------


def _answered_before(order: Order, language: str) -> list[Reply]:
    """The most used first, and of those used alike the newest. What is true of a parcel that
    stands still is not true of one at customs: only what was written in the same trouble."""
    said = Message.objects.shared().filter(author=ActorKind.STAFF, order__store=order.store_id)
    rows = said.select_related("order").prefetch_related("order__cases")
    trouble = _kinds(case for case in order.cases.all() if case.is_open)
    counts: dict[str, int] = {}
    for row in rows.order_by("-at", "-pk")[:LOOKED_THROUGH]:
        row.order.store = order.store
        text = _without_person(row, language) if _trouble_then(row) == trouble else ""
        if text:
            counts[text] = counts.get(text, 0) + 1
    most_used = sorted(counts, key=lambda text: -counts[text])
    return [Reply(_label(text), text, ANSWERS) for text in most_used[:OFFERED]]


def _kinds(cases: Iterable[Case]) -> frozenset[str]:
    return frozenset(case.kind for case in cases)


def _trouble_then(message: Message) -> frozenset[str]:
    """What was wrong with its order when it was written."""
    at, cases = message.at, message.order.cases.all()
    return _kinds(
        row for row in cases if row.since <= at and (row.closed_at is None or row.closed_at > at)
    )


def _without_person(message: Message, language: str) -> str:
    """The answer without its greeting; '' when it is in another language, or tells anything
    of the person whom it was for."""
    other, text = message.order, message.text.replace("\r\n", "\n").strip()
    if language_of(other.language or other.store.language) != language_of(language):
        return ""
    text = _without_greeting(text, other)
    if len(text) > LONGEST:
        return ""
    return "" if TELLS_TOO_MUCH.search(text) or _tells_of(other, text) else text


def _without_greeting(text: str, order: Order) -> str:
    """From its first sentence on, which begins with a capital letter."""
    names = sorted(filter(None, {order.first_name, *_names(order.name)}), key=len, reverse=True)
    called = [re.compile(rf"{re.escape(name)}[,，:：!！]", re.IGNORECASE) for name in names]
    for pattern in (*GREETINGS, *called):
        found = pattern.match(text)
        if found:
            text = text[found.end() :].lstrip()
    return text[:1].upper() + text[1:]


def _tells_of(order: Order, text: str) -> bool:
    facts = (order.number, order.email, order.phone, order.street, order.postcode, order.city)
    known = [*facts, *_names(order.name), *re.findall(r"\d{4,}", order.number)]
    return any(re.search(_whole(fact), text, re.IGNORECASE) for fact in known if fact.strip())


def _names(name: str) -> Iterator[str]:
    """All by which a person may be called."""
    yield name
    if HANZI.search(name):
        yield name[1:]
        yield from (name[0] + word for word in SALUTATIONS)
        return
    yield from (part for part in re.split(r"[\s,.]+", name) if len(part) > 1)


def _whole(words: str) -> str:
    """A pattern: where hanzi are written without blanks, a part of a word counts as well."""
    pattern = re.escape(words.strip())
    if len(words.strip()) == 1:
        return f"{BEFORE_NAME}{pattern}{AFTER_NAME}"
    return pattern if HANZI.search(words) else rf"(?<!\w){pattern}(?!\w)"


def _label(text: str) -> str:
    """Its first line that is a sentence."""
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    first = next((line for line in lines if not line.endswith((",", "，", ":", "："))), lines[0])
    return first if len(first) <= LONGEST_LABEL else f"{first[: LONGEST_LABEL - 1]}…"
