"""The facts of the letters about a parcel that comes back: its scans, what was in it, what
the buyer gets for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from returns import formats, texts
from returns.codes import AS_CREDIT, MONEY_KINDS, Condition, ResolutionKind
from returns.expected import expected
from returns.four_parts import FourParts, told_of
from returns.letters.journeys import IS_OVER, tells_scan
from returns.letters.parts import (
    Facts,
    in_one_line,
    late_news,
    next_word,
    of_return,
    return_of,
    sentence,
)
from returns.letters.truth import still_news
from returns.models.authorization import ReturnAuthorization
from returns.models.notice import Notice, What
from returns.models.promise import Promise
from returns.models.receipt import Surplus
from returns.models.resolution import Resolution
from returns.models.return_line import ReturnLine
from returns.models.shipment import Shipment
from returns.reported import reported
from returns.states import ENDED, SETTLED
from returns.troubles import Troubles
from tracking import carriers
from tracking.customs import passes_customs
from tracking.milestones import MOVING, Milestone
from tracking.models import Parcel, Scan
from tracking.models.scan import merged

# Without a scan for so long we ask to compare the number; before, it is usual.
NO_SCAN_IS_USUAL_FOR = timedelta(days=1)
# Where what was estimated may no longer be what it comes to.
NOT_ESTIMATED: Facts = {"in_money": False, "as_credit": False}


@dataclass(frozen=True)
class Report:
    """One scan. sentence: ours. words: the carrier's own, only where we have none."""

    at: datetime
    place: str
    sentence: texts.Words
    words: str


@dataclass(frozen=True)
class Thing:
    """So many of something. words: what the desk says about it. notes: our sentences."""

    quantity: int
    name: str
    words: str = ""
    notes: tuple[texts.Words, ...] = ()


@dataclass(frozen=True)
class Sum:
    """One row of the amounts that add up."""

    label: str
    amount: str


# --- On its way -------------------------------------------------------------------------------


def scanned(notice: Notice) -> Facts:
    rma = return_of(notice)
    parcel = _parcel(rma)
    reports = list(parcel.scans.all()) if parcel else []  # newest first
    moving = [
        scan for scan in reports if scan.milestone in MOVING and scan.at >= rma.may_travel_from
    ]
    first = _report(moving[-1]) if moving else None
    last = _report(reports[0]) if reports and moving and reports[0] != moving[-1] else None
    order = notice.order
    return (
        of_return(notice)
        | _travels(rma.parcel_back)
        | {
            "status": texts.STATUS[rma.status],
            "first": first,
            "last": last,
            "customs": passes_customs(order.country or order.store.country, order.store.country)
            and texts.BACK_TO_US[Milestone.CUSTOMS].next_step,
        }
    )


def update(notice: Notice) -> Facts:
    """Where it is, or what we miss to say so."""
    scan = _last_scan(return_of(notice))
    # News since we last wrote, which is when the promise was made that this letter keeps.
    since = notice.keeps.made_at if notice.keeps else None
    nothing_new = since and _parcel(return_of(notice)) and not (scan and scan.at > since)
    told = _where(notice)
    untold = any(not parts.was_told for parts in told["parts"])
    return told | {"nothing_new": bool(nothing_new) and not untold}


def news(notice: Notice) -> Facts:
    """What changed with it, as things stand now."""
    pieces = still_news(notice)
    last = pieces[-1] if pieces else None
    told = _where(notice, about=last.case.kind if last and last.case else "")
    if told["parts"] or last is None or last.what != What.OVER:
        return told
    return told | {"opening": IS_OVER}


def _where(notice: Notice, about: str = "") -> Facts:
    """about: the kind of case that is the news."""
    rma = return_of(notice)
    shipment, parcel, now = rma.parcel_back, _parcel(rma), timezone.now()
    scan = _last_scan(rma)
    troubles = Troubles.of(parcel, now, back=True) if parcel else Troubles(back=True)
    troubles = troubles if troubles.kind else troubles.led_by(about)
    promise = next_word(notice, troubles={troubles.kind})
    parts = told_of(notice.order, troubles, promise=promise) if troubles.kind else None
    title, next_step = _stands(shipment, parcel, troubles, now)
    return (
        of_return(notice)
        | _travels(shipment)
        | {
            "headline": title,
            **_told(parts, str(next_step)),
            "parts": [parts] if parts else [],
            "trouble": troubles.kind,
            "promise": promise,
            "late": late_news(notice),
            "asks_number": shipment is None or parcel is None or scan is None,
            "named_at": shipment.shipped_at if shipment else None,
            "last": _report(scan) if scan else None,
            "tells_scans": tells_scan(troubles, parts, scan.at if scan else None),
            "expected": expected(parcel, troubles, now).sentences if parcel else (),
            "besides": troubles.lines,
            "nothing_new": False,
        }
    )


def _told(parts: FourParts | None, next_step: str) -> Facts:
    """The parts, or the store's own words in their place; what comes next, where all is well."""
    own = parts.own if parts else ()
    if parts and not own:
        told = {"opening": parts.empathy, "fact": parts.fact, "done": parts.done}
        return told | {"own": (), "next_step": parts.may}
    next_step = "" if own else next_step
    return {"opening": "", "fact": "", "done": "", "own": own, "next_step": next_step}


def _last_scan(rma: ReturnAuthorization) -> Scan | None:
    parcel = _parcel(rma)
    return next(iter(merged(list(parcel.scans.all()))), None) if parcel else None


def _stands(
    shipment: Shipment | None, parcel: Parcel | None, troubles: Troubles, now: datetime
) -> tuple[texts.Words, texts.Words]:
    """The heading and what comes next."""
    if troubles.kind:
        return troubles.title, troubles.next_step
    if shipment is None:
        return _("Your parcel has not reached us yet."), texts.POSTED_WITHOUT_NUMBER.next_step
    if parcel is None:
        return texts.NUMBER_IN_DOUBT.title, texts.NUMBER_IN_DOUBT.next_step
    since = parcel.milestone_at or shipment.shipped_at
    text = texts.back_to_us(parcel.milestone, since, now)
    unscanned = parcel.milestone == Milestone.ANNOUNCED
    if unscanned and now - shipment.shipped_at > NO_SCAN_IS_USUAL_FOR:
        return text.title, texts.COMPARE_NUMBER
    return text.title, text.next_step


def arrived(notice: Notice) -> Facts:
    rma = return_of(notice)
    parcel = _parcel(rma)
    delivered = parcel and parcel.scans.filter(milestone=Milestone.DELIVERED).first()
    has_ended = rma.status in ENDED
    return (
        of_return(notice)
        | (NOT_ESTIMATED if has_ended else {})
        | _travels(rma.parcel_back)
        | {
            "status": texts.of_return(rma),
            "at": rma.arrived_at,
            "place": delivered.place if delivered else "",
            "has_ended": has_ended,
        }
    )


def _parcel(rma: ReturnAuthorization) -> Parcel | None:
    shipment = rma.parcel_back
    return shipment.parcel if shipment else None


def _travels(shipment: Shipment | None) -> Facts:
    return {
        "carrier": carriers.called(shipment.carrier) if shipment else "",
        "number": shipment.number if shipment else "",
    }


def _report(scan: Scan) -> Report:
    unknown = scan.milestone == Milestone.UNKNOWN
    words = scan.words if unknown else ""
    return Report(scan.at, scan.place.strip(), reported(scan, back=True), words)


# --- Opened -----------------------------------------------------------------------------------


def received(notice: Notice) -> Facts:
    rma = return_of(notice)
    receipt = rma.receipts.get(pk=notice.facts["receipt"])
    rows = {row.pk: row for row in rma.lines.select_related("line")}
    missing = [Thing(row.missing, _name(row)) for row in rows.values() if row.missing]
    weights = {"weighed": receipt.weight_grams, "expected": receipt.expected_grams}
    return (
        of_return(notice)
        | (NOT_ESTIMATED if missing or rma.came_after_end else {})
        | {name: formats.weight(grams) if grams else "" for name, grams in weights.items()}
        | {
            "status": texts.RETURN[texts.Standing.RECEIVED_AFTER_END],
            "empty": texts.EMPTY,
            "has_ended": rma.came_after_end,
            "receipt": receipt,
            "here": [
                Thing(part.quantity, _name(rows[part.return_line_id]))
                for part in receipt.lines.order_by("pk")
            ],
            "missing": missing,
            "besides": [
                Thing(row.quantity, in_one_line(row.title)) for row in receipt.surplus.all()
            ],
        }
    )


def _name(row: ReturnLine) -> str:
    return in_one_line(row.line.full_title)


# --- What the buyer gets ----------------------------------------------------------------------


def resolved(notice: Notice) -> Facts:
    rma = return_of(notice)
    made = list(rma.resolutions.live().select_related("authorization__order"))
    rows = list(rma.lines.select_related("line"))
    lines, totals = _sums(rma, rows, made)
    gets_nothing = all(row.kind == ResolutionKind.NONE for row in made)
    return (
        of_return(notice)
        | _promises(rma)
        | {
            "status": texts.of_return(rma),
            "awards": [(texts.outcome(row), row.words) for row in made],
            "sums": lines,
            "totals": totals,
            "bank_days": _bank_days(made),
            "found": [thing for row in rows if (thing := _found(row))],
            "missing": [
                Thing(row.missing, _name(row))
                for row in rows
                if row.missing and not rma.keeps_goods
            ],
            # Of a parcel that never reached the buyer nothing had to be sent.
            "waived": [
                Thing(row.waived, _name(row)) for row in rows if row.waived and not rma.is_recall
            ],
            "has_turned": rma.is_recall and not rma.received_at,
            # What a second person answered, where the buyer asked to look again.
            "appeal_answer": notice.facts["words"] if "appealed" in notice.facts else "",
            "besides": [_besides(row) for row in rma.surplus.all()],
            "gets_nothing": gets_nothing,
            "total": formats.money(_money(made), notice.order.currency),
            "gets_money": bool(_money(made)),
            "kinds": {row.kind for row in made},
            "wrote": rma.note if any(row.kind == ResolutionKind.EXCHANGE for row in made) else "",
        }
    )


def _promises(rma: ReturnAuthorization) -> Facts:
    """Money and goods may be sent by different hours."""
    first, *others = [
        sentence(row, rma)
        for row in Promise.objects.open().filter(authorization=rma).order_by("due_at", "pk")
    ] or [""]
    return {"promise": first, "also_promised": others}


def _money(made: list[Resolution]) -> Decimal:
    return sum((row.amount for row in made), Decimal(0))


def _sums(
    rma: ReturnAuthorization, rows: list[ReturnLine], made: list[Resolution]
) -> tuple[list[Sum], list[Sum]]:
    """What the money is made of, and where it goes: both lists add up to the same. Empty
    where nothing was decided about goods but a sum alone."""
    goods, postage, fee, more = (
        sum((getattr(row, name) for row in made), Decimal(0))
        for name in ("goods", "postage", "fee", "difference")
    )

    def shown(amount: Decimal) -> str:
        sign = "−" if amount < 0 else ""
        return sign + formats.money(abs(amount), rma.order.currency)

    of_lines = [row for row in rows if row.amount]
    if goods and sum((row.amount for row in of_lines), Decimal(0)) == goods:
        # Of what stays with the buyer nothing is dealt with: only a part of the money goes.
        parts = [(f"{row.resolved or row.approved} × {_name(row)}", row.amount) for row in of_lines]
    else:
        parts = [(_("Goods"), goods)]
    parts += [
        (_("The postage you paid when you ordered"), postage),
        (_("Return postage, paid by you"), -fee),
        (_("Added by us") if more > 0 else _("Taken off"), more),
    ]
    parts = [(label, amount) for label, amount in parts if amount]
    money = [row for row in made if row.is_money]
    totals = [Sum(_where_to(row), shown(row.amount)) for row in money]
    if len(totals) > 1:
        totals.insert(0, Sum(_("Together"), shown(_money(money))))
    if not (goods or postage):
        return [], totals if len(totals) > 1 else []
    return [Sum(label, shown(amount)) for label, amount in parts], totals


def _where_to(row: Resolution) -> str:
    if row.kind in AS_CREDIT:
        return str(texts.RESOLUTIONS[row.kind].label)
    return str(texts.METHODS[row.method])


def _bank_days(made: list[Resolution]) -> list[texts.Words]:
    """Once for every way in which money goes out."""
    methods = dict.fromkeys(
        row.method for row in made if row.is_money and row.kind not in AS_CREDIT
    )
    return [texts.BANK_DAYS[method] for method in methods]


def _found(row: ReturnLine) -> Thing | None:
    """What there is to say about one line; None when it was as it should be."""
    notes: list[texts.Words] = []
    if row.condition and row.condition != Condition.AS_NEW:
        notes.append(
            _("How we found it: {condition}").format(condition=texts.CONDITIONS[row.condition])
        )
    if row.rejected:
        notes.append(
            _("We could not take it back.")
            if row.rejected == row.received
            else _("We could not take back {n} of them.").format(n=row.rejected)
        )
        notes.append(texts.DISPOSITIONS.get(row.rejected_to, ""))
    said = tuple(note for note in notes if note)
    if not (said or row.finding):
        return None
    return Thing(row.received, _name(row), row.finding, said)


def _besides(row: Surplus) -> Thing:
    note = texts.DISPOSITIONS[row.disposition]
    return Thing(row.quantity, in_one_line(row.title), row.words, (note,) if note else ())


def settled(notice: Notice) -> Facts:
    rma = return_of(notice)
    made = list(rma.resolutions.select_related("authorization__order"))
    row = next(row for row in made if row.pk == notice.facts["resolution"])
    is_money = row.kind in MONEY_KINDS
    amount = formats.money(row.amount, notice.order.currency)
    return (
        of_return(notice)
        | _promises(rma)
        | {
            "resolution": row,
            "done": texts.outcome(row),
            "row": Sum(_where_to(row), amount) if is_money else None,
            "bank_days": _bank_days([row]),
            "is_credit": row.kind in AS_CREDIT,
            "reference": in_one_line(row.reference),
            "wrote": rma.note if row.kind == ResolutionKind.EXCHANGE else "",
            "left": [texts.outcome(one) for one in made if not (one.is_sent or one.is_void)],
            "is_finished": rma.status in SETTLED,
        }
    )
