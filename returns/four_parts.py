"""What we say when something is wrong, in four parts and always in this order: that we see
what it is like, what is known, what was done and what may be done, and by when we write again.

The same on pages and in letters. Functions in the active language and time zone.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.db.models import Prefetch, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import get_language, get_language_bidi
from django.utils.translation import gettext_lazy as _

from returns import empathy, formats, investigation_texts, signature_texts
from returns.troubles import CAME_BACK, Troubles
from returns.wording import filled, sentences
from tracking.incidents import IncidentKind
from tracking.texts import Words

if TYPE_CHECKING:
    from returns.models import CarrierContact, Case, Order, Store, StoreText

# So many of our questions to the carrier are told, the last ones; the story tells them all.
LAST_CONTACTS = 3

LOOKS_AFTER_IT: Words = _("{owner} looks after it.")
ASKED: Words = _("We asked {carrier} on {when}.")
ASKED_THE_CARRIER: Words = _("We asked the carrier on {when}.")
ANSWERED: Words = _("{carrier} answered: “{answer}”")
ANSWERED_ON: Words = _("{carrier} answered on {when}: “{answer}”")
IT_ANSWERED: Words = _("It answered: “{answer}”")
IT_ANSWERED_ON: Words = _("It answered on {when}: “{answer}”")
ANSWER_KEPT: Words = _(
    "{carrier} answered. Its words may tell who or where you are, so we show them after a code."
)
ITS_ANSWER_KEPT: Words = _(
    "It answered. Its words may tell who or where you are, so we show them after a code."
)
NO_ANSWER_YET: Words = _("We have no answer yet.")


@dataclass(frozen=True)
class FourParts:
    """Whole sentences. empathy: that we see what it is like. fact: what the reports really
    say, when and where. done: what we did, as rows prove it; '' when there is none. may: what
    the reader may do, and what happens otherwise. promise: by when we write again; '' when
    nothing is promised, and where the page has its own place for it. kind: an IncidentKind or
    CAME_BACK. title: the heading. carer: the sentence at the head of done that names who
    looks after it, or ''. own: paragraphs in the store's own words, which hold these
    parts and stand in their place. was_told: we wrote of it before. short_may: may in few
    words, where it is another than usual."""

    empathy: str
    fact: str
    done: str
    may: str
    promise: str = ""
    kind: str = ""
    title: str = ""
    carer: str = ""
    own: tuple[str, ...] = ()
    was_told: bool = False
    short_may: str = ""

    @property
    def solution(self) -> str:
        return sentences(self.done, self.may)

    def paragraphs(self, *known: str) -> tuple[str, ...]:
        """Without the promise, which stands by itself. known: more facts, whole sentences."""
        told = (self.empathy, self.fact, *known, self.done, self.may)
        return tuple(part for part in ((*self.own, *known) if self.own else told) if part)


def four_parts(
    troubles: Troubles,
    *,
    promise: str = "",
    contacts: "Iterable[CarrierContact]" = (),
    owner: str = "",
) -> FourParts:
    """Of troubles that have a `kind`. contacts: those of its case, the oldest first; what the
    buyer may not read is left out. owner: first name of the person who looks after it."""
    carer = filled(LOOKS_AFTER_IT, owner=owner) if owner else ""
    return FourParts(
        empathy=_empathy(troubles),
        fact=troubles.fact,
        done=sentences(carer, *_asked_and_answered(contacts)),
        may=troubles.next_step,
        promise=promise,
        kind=troubles.kind,
        title=troubles.title,
        carer=carer,
    )


def told_of(order: "Order", troubles: Troubles, *, promise: str = "") -> FourParts:
    """With what the open case of this trouble and the search for the parcel prove, in the
    store's own words where it has some. Reads order.cases with their contacts and owners, and
    their investigations, which pages have loaded."""
    case = case_of(order, troubles)
    told = four_parts(troubles, promise=promise)
    if case:
        owner = case.owner.first_name.strip() if case.owner else ""
        contacts = case.contacts.all()
        told = four_parts(troubles, promise=promise, contacts=contacts, owner=owner)
        told = replace(told, was_told=case.told_level > 0)
        if case.kind == IncidentKind.UNCLEAR_SIGNATURE and not case.authorization_id:
            # The buyer is asked, and may answer on the page.
            told = replace(told, may=sentences(told.may, str(signature_texts.TELL_US)))
    return _in_own_words(order, _with_search(order, troubles, told))


def _with_search(order: "Order", troubles: Troubles, parts: FourParts) -> FourParts:
    """What is done to find it, and what its buyer may do meanwhile."""
    search = investigation_texts.of_trouble(order, troubles)
    if search is None:
        return parts
    now = troubles.now or timezone.now()
    return replace(
        parts,
        done=sentences(parts.done, investigation_texts.done(search, now)),
        may=investigation_texts.may(search) or parts.may,
        short_may=investigation_texts.may(search, short=True),
    )


def _in_own_words(order: "Order", parts: FourParts) -> FourParts:
    from returns import own_words  # which reads letters, and these read this

    named = f"{own_words.INCIDENT}{parts.kind}", get_language() or "en"
    texts = _texts_of_troubles(order.store)
    own = next((text for text in texts if (text.kind, text.language) == named), None)
    return replace(parts, own=own_words.paragraphs(own, parts)) if own else parts


def _texts_of_troubles(store: "Store") -> "list[StoreText]":
    """Asked for once, however many parcels are in trouble."""
    from returns import own_words
    from returns.models.store_text import StoreText

    current = StoreText.objects.filter(
        is_current=True, form=own_words.Channel.EMAIL, kind__startswith=own_words.INCIDENT
    )
    prefetch_related_objects([store], Prefetch("texts", current, to_attr="texts_of_troubles"))
    return store.texts_of_troubles  # type: ignore[attr-defined, no-any-return]


def told_once(messages: Iterable[FourParts]) -> list[FourParts]:
    """Those of several parcels in one message: what was said of one is left out of the next."""
    said: set[str] = set()
    told = []
    for parts in messages:
        deeds = parts.done.removeprefix(parts.carer).strip()
        first, carer, then, may = (
            "" if text in said else text for text in (parts.empathy, parts.carer, deeds, parts.may)
        )
        said |= {parts.empathy, parts.carer, deeds, parts.may}
        told.append(replace(parts, empathy=first, done=sentences(carer, then), may=may))
    return told


def case_of(order: "Order", troubles: Troubles) -> "Case | None":
    """The open case of what the heading is about."""
    return next((case for case in order.cases.all() if _is_about(case, troubles)), None)


def _is_about(case: "Case", troubles: Troubles) -> bool:
    if not case.is_open or troubles.parcel is None or case.parcel_id != troubles.parcel.pk:
        return False
    if troubles.lead:
        return case.incident_id == troubles.lead.pk
    return case.kind == CAME_BACK == troubles.kind


def _empathy(troubles: Troubles) -> str:
    if troubles.kind == CAME_BACK:
        assert troubles.parcel
        return str(empathy.TURNED[troubles.parcel.milestone])
    if troubles.is_taken_in:
        return str(empathy.TAKEN_IN_BY_ANOTHER)
    return str((empathy.TO_US if troubles.back else empathy.TO_YOU)[troubles.kind])


# --- What was done ------------------------------------------------------------------------------


def _asked_and_answered(contacts: "Iterable[CarrierContact]") -> list[str]:
    """Only what rows prove: whom we asked, and what came of it."""
    told = [row for row in contacts if row.is_visible][-LAST_CONTACTS:]
    words = [words for row in told for words in (_asked(row), _answered(row))]
    if told and not (told[-1].answer or told[-1].is_kept_back):
        words.append(str(NO_ANSWER_YET))
    return list(dict.fromkeys(words))


def _asked(row: "CarrierContact") -> str:
    words = ASKED if row.carrier else ASKED_THE_CARRIER
    return filled(words, carrier=row.carrier_name, when=formats.moment(row.asked_at))


def _answered(row: "CarrierContact") -> str:
    """With its day where that is another one than that of the question."""
    if row.is_kept_back:
        kept = ANSWER_KEPT if row.carrier else ITS_ANSWER_KEPT
        return filled(kept, carrier=row.carrier_name)
    if not row.answer:
        return ""
    at = row.answered_at or row.asked_at
    same_day = formats.as_date(at) == formats.as_date(row.asked_at)
    on, soon = (ANSWERED_ON, ANSWERED) if row.carrier else (IT_ANSWERED_ON, IT_ANSWERED)
    facts = {"carrier": row.carrier_name, "when": formats.moment(at)}
    return filled(soon if same_day else on, answer=_quoted(row.answer), **facts)


def _quoted(answer: str) -> str:
    """In one line; where it runs against the direction of our words, set apart from them."""
    line = " ".join(answer.split())
    kinds = {unicodedata.bidirectional(sign) for sign in line}
    against = "L" in kinds if get_language_bidi() else bool(kinds & {"R", "AL"})
    return f"\u2068{line}\u2069" if against else line
