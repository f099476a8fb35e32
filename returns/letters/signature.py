"""The facts of the letter that asks who took a parcel in."""

from django.utils import timezone

from returns import addresses, signature_texts
from returns.letters.parts import Facts, next_word
from returns.models.notice import Notice
from returns.models.signature import SignatureQuestion
from returns.troubles import Troubles
from tracking.models import Incident
from tracking.reports import Signed


def question(notice: Notice) -> Facts:
    """What the carrier reports, what may be answered, and by when we write again."""
    known = SignatureQuestion.objects.select_related("parcel", "case", "order__store")
    asked = known.get(pk=notice.facts["question"])
    fact = _reported(asked)
    return {
        "headline": signature_texts.DO_YOU_HAVE_IT,
        "number": asked.parcel.number,
        "fact": fact,
        "opening": opening(asked),
        "choices": [signature_texts.ANSWERS[told].label for told in asked.may_be_told],
        "promise": next_word(notice),
        # For short texts.
        "solution": signature_texts.PLEASE_LOOK,
    }


def opening(asked: SignatureQuestion) -> str:
    """Somebody else took it in, or nobody told who."""
    by_another = asked.parcel.scans.filter(signed=Signed.OTHER).exists()
    return str(signature_texts.SOMEBODY_ELSE if by_another else signature_texts.NOBODY_TOLD)


def path(notice: Notice) -> str:
    return addresses.order_page(notice.order, "signature", pk=notice.facts["question"])


def _reported(asked: SignatureQuestion) -> str:
    """As the page of the order tells it, while that is what is wrong."""
    mine = Incident.objects.open().filter(pk__in=[asked.case.incident_id])
    found = mine.first() if asked.case.incident_id else None
    if found is None:
        return ""
    return Troubles(asked.parcel, found, now=timezone.now()).fact
