"""The facts of the letters about an offer, and of the answer about the postage."""

from datetime import datetime

from returns import addresses, formats, offer_texts, texts
from returns.letters.parts import Facts, of_return, sentence
from returns.models.notice import Notice
from returns.models.offer import Offer
from returns.models.postage_claim import PostageClaim, PostageState
from returns.models.promise import Promise, PromiseKind
from returns.outcomes import BANK_DAYS


def made(notice: Notice) -> Facts:
    offer = _offer(notice)
    rma = offer.authorization
    mine = Promise.objects.open().filter(order=notice.order, authorization=rma)
    wanted = [PromiseKind.ANSWER] if rma else [PromiseKind.UPDATE]
    promise = mine.filter(kind__in=wanted).first()
    return (of_return(notice) if rma else {}) | {
        "offer": offer,
        "headline": offer_texts.OFFERED,
        "what": offer_texts.what(offer),
        "means": offer_texts.means(offer),
        "until": offer_texts.until(offer),
        "promise": sentence(promise, rma),
    }


def still_stands(notice: Notice, now: datetime) -> bool:
    found = Offer.objects.filter(pk=notice.facts.get("offer")).select_related("authorization")
    offer = found.first()
    return offer is not None and offer.stands(now)


def path(notice: Notice) -> str:
    """The page on which it is answered."""
    return addresses.order_page(notice.order, "offer", pk=notice.facts["offer"])


def postage(notice: Notice) -> Facts:
    """What we give back of the postage, or why nothing."""
    claim = PostageClaim.objects.select_related("resolution", "authorization").get(
        pk=notice.facts["postage"]
    )
    currency = notice.order.currency
    row = claim.resolution
    return of_return(notice) | {
        "claim": claim,
        "is_repaid": claim.state == PostageState.REPAID,
        "is_less": claim.repaid < claim.paid,
        "repaid": formats.money(claim.repaid, currency),
        "paid": formats.money(claim.paid, currency),
        "where": texts.METHODS[row.method] if row else "",
        "bank_days": BANK_DAYS[row.method] if row else "",
    }


def _offer(notice: Notice) -> Offer:
    offer = Offer.objects.select_related("authorization").get(pk=notice.facts["offer"])
    offer.order = notice.order
    if offer.authorization:
        offer.authorization.order = notice.order
    return offer
