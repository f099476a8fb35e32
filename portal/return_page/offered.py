"""What the buyer may say yes to on the page of a return, and the postage that may be ours."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from returns import offer_texts
from returns.claim_policy import NOT_HERE
from returns.codes import Kind
from returns.models.postage_claim import PostageState, owes_postage
from returns.texts import wish_of

if TYPE_CHECKING:
    from returns.models import ReturnAuthorization


def about_claim(rma: "ReturnAuthorization") -> dict[str, Any]:
    """stays: the buyer has the goods, and need not send them back."""
    is_claim = rma.kind == Kind.CLAIM
    return {
        "is_claim": is_claim,
        "wish": wish_of(rma).label,
        "stays": is_claim and rma.keeps_goods and has_goods(rma),
    }


def has_goods(rma: "ReturnAuthorization") -> bool:
    return any(row.reason not in NOT_HERE for row in rma.lines.all())


def offered(rma: "ReturnAuthorization", now: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for offer in rma.offers.all() if getattr(rma, "has_offer", True) else ():
        offer.order, offer.authorization = rma.order, rma
        if offer.stands(now):
            until = offer_texts.until(offer, offer_texts.UNTIL)
            found = {"offer": offer, "offer_words": offer_texts.what(offer), "offer_until": until}
    if rma.repays_postage:
        claims = list(rma.postage_claims.all())
        done = any(claim.state != PostageState.DECLINED for claim in claims)
        found |= {
            "postage": claims[0] if claims else None,
            "asks_postage": not done and owes_postage(rma),
        }
    return found
