"""The facts of the letters about new goods instead of others: sent, sold out, and the old ones
that do not come."""

from returns import exchange_texts, formats, variants
from returns.exchange_texts import filled
from returns.letters.parts import Facts, in_one_line, of_return, return_of
from returns.models.notice import Notice
from returns.models.sending_ahead import KEPT, OVER, SOON
from returns.standing import SOLD_OUT
from tracking import carriers


def sent(notice: Notice) -> Facts:
    """With the parcel that brings it, and what is still to come: the old goods, too."""
    rma = return_of(notice)
    made = list(rma.resolutions.live().select_related("authorization__order"))
    row = next(row for row in made if row.pk == notice.facts["resolution"])
    shipment = row.shipments.select_related("parcel").first()
    waits = rma.ahead_at and not (rma.received_at or rma.arrived_at)
    return of_return(notice) | {
        "headline": exchange_texts.ON_ITS_WAY[row.kind],
        "sent_at": row.settled_at,
        "goods": [in_one_line(one) for one in exchange_texts.new_goods(rma)],
        "carrier": carriers.called(shipment.carrier) if shipment else "",
        "number": in_one_line(row.reference),
        "consequence": exchange_texts.consequence(rma) if waits else (),
        "is_over": not waits and all(other.is_sent for other in made),
    }


def original(notice: Notice) -> Facts:
    """The old goods are awaited, were not posted in time, or stay with the buyer."""
    rma = return_of(notice)
    about = notice.facts.get("about", SOON)
    amount = formats.money(rma.value, notice.order.currency)
    post_by = formats.day(rma.post_by) if rma.post_by else ""
    heads = {
        SOON: filled(exchange_texts.OLD_AWAITED, post_by=post_by),
        OVER: str(exchange_texts.OLD_OVERDUE),
        KEPT: str(exchange_texts.KEEPS_BOTH),
    }
    is_charged = notice.facts.get("charged", False)
    kept = exchange_texts.KEPT_CHARGED if is_charged else exchange_texts.KEPT_FREE
    return of_return(notice) | {
        "headline": heads[about],
        "about": about,
        "wants": exchange_texts.consequence(rma)[-1:] if about != KEPT else (),
        "kept": filled(kept, amount=amount) if about == KEPT else "",
        "words": notice.facts.get("words", ""),
        "post_by": post_by,
    }


def sold_out(notice: Notice) -> Facts:
    rma = return_of(notice)
    order = notice.order.with_goods()
    mine = set(rma.lines.values_list("line_id", flat=True))
    lines = [line for line in order.lines.all() if line.pk in mine]
    others = any(variants.of_lines(order, lines).values())
    words = exchange_texts.SOLD_OUT_CHOOSE if others else exchange_texts.SOLD_OUT_MONEY
    return of_return(notice) | {
        "headline": SOLD_OUT.sentence,
        "sold_out": words,
        "goods": [in_one_line(one) for one in exchange_texts.new_goods(rma)],
    }
