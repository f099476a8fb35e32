"""What a buyer reads about a trouble, for the desk to see and to answer with."""

from datetime import datetime

from returns import formats, investigation_texts, texts
from returns.four_parts import FourParts, told_of
from returns.models import Case, PromiseKind
from returns.troubles import Troubles


def told(case: Case, now: datetime, due_at: datetime | None) -> FourParts | None:
    """In the active language and time zone; None when nothing is told of it any more. due_at:
    of the promise to write again. Reads the incidents and scans of its parcel and the cases
    of its order, which pages have loaded."""
    troubles = troubles_of(case, now)
    if not troubles.kind:
        return None
    worded_by = investigation_texts.promised(case.order, troubles)
    words = str(texts.promise(PromiseKind.UPDATE, case.authorization, troubles={worded_by}))
    promise = words.format(when=formats.moment(due_at)) if due_at else ""
    return told_of(case.order, troubles, promise=promise)


def troubles_of(case: Case, now: datetime) -> Troubles:
    """Those of its parcel with this one as the heading, also where another comes first."""
    troubles = Troubles.of(case.parcel, now, back=case.authorization_id is not None)
    return troubles if troubles.kind == case.kind else troubles.led_by(case.kind)


def as_text(parts: FourParts) -> str:
    """As a person would write it in a letter."""
    return "\n\n".join(filter(None, (*parts.paragraphs(), parts.promise)))
