"""What stands on the paper of a pack, as plain data: sections of facts, tables, entries and
files, in the active language and time zone. Nothing of it is markup.

Moments are told as 2026-11-24 14:05, which reads the same in every language.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from returns import files, formats, texts, weights
from returns.evidence import words
from returns.evidence.discretion import Discretion
from returns.models.event import ActorKind
from returns.postal import formats as postal_formats
from returns.postal.address import PostalAddress
from returns.reported import reported
from returns.troubles import SIGNED
from returns.wording import filled, sentences
from tracking import carriers

if TYPE_CHECKING:
    from returns.evidence.items import Item
    from returns.evidence.scope import Scope
    from returns.models import (
        CarrierContact,
        Event,
        EvidencePack,
        Message,
        Receipt,
        ReturnAuthorization,
        Shipment,
    )
    from tracking.models import Scan

Sheet = dict[str, Any]
# A document of more pictures opens on no telephone; beyond, they are listed, and in the ZIP.
MOST_PICTURES = 120


@dataclass(frozen=True)
class Paper:
    """What a pack is made of while it is written. told: free words as its reader may read
    them."""

    pack: "EvidencePack"
    scope: "Scope"
    items: "list[Item]"
    told: Callable[[str], str]

    @classmethod
    def of(cls, pack: "EvidencePack", scope: "Scope", items: "list[Item]") -> "Paper":
        return cls(pack, scope, items, discretion(scope).told)


def discretion(scope: "Scope") -> Discretion:
    if scope.reads.whole_contact:
        return Discretion.none()
    order = scope.order
    places = [order.destination_of(row) for row in scope.shipments if not row.is_return]
    changes = order.address_changes.all()
    wanted = [place.phone for row in changes for place in (row.was_before, row.wanted)]
    # The label keeps the phone of the order where the address has none of its own.
    on_label = [place.phone or order.phone for place in places]
    return Discretion.about(order, [order.phone, order.previous_phone, *wanted], on_label)


def sheet(paper: Paper, now: datetime) -> Sheet:
    order, audience = paper.scope.order, paper.pack.audience
    title = str(words.TITLES[audience])
    about = sentences(str(words.ABOUT[audience]), str(words.AS_THE_BUYER_READS_IT))
    return {
        **_language(),
        "title": title,
        "number": order.number,
        "shop": order.store.name,
        "subtitle": _("Order {number}, {shop}").format(number=order.number, shop=order.store.name),
        "made": _("Made on {when}. Times are those of {place}.").format(
            when=moment(now), place=formats.place(timezone.get_current_timezone_name())
        ),
        "about": about,
        "sections": [section for section in _sections(paper) if section],
    }


def moment(at: datetime | None) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else ""


def _language() -> Sheet:
    language, _dash, region = (translation.get_language() or "en").partition("-")
    countries = {"hans": "cn", "hant": "tw"}
    return {"language": language, "region": countries.get(region, region) or None}


def _sections(paper: Paper) -> Iterator[Sheet]:
    yield _order(paper)
    yield _goods(paper)
    for rma in paper.scope.returns:
        yield _return(paper, rma)
    for shipment in paper.scope.shipments:
        yield _parcel(paper, shipment)
    yield _entries(_("What happened"), [_event(paper, row) for row in paper.scope.events])
    yield _entries(_("Messages"), [_message(paper, row) for row in paper.scope.messages])
    yield _entries(
        _("What we asked the carrier"), [_contact(paper, row) for row in paper.scope.contacts]
    )
    yield _files(paper)


# --- Facts --------------------------------------------------------------------------------------


def _order(paper: Paper) -> Sheet:
    order = paper.scope.order
    money = [
        (_("Paid"), formats.money(order.paid_total, order.currency)),
        (
            _("Given back so far"),
            formats.money(order.refunded_total, order.currency) if order.refunded_total else "",
        ),
    ]
    facts = [
        (_("Order number"), order.number),
        (_("Ordered on"), moment(order.placed_at)),
        (_("Paid on"), moment(order.paid_at)),
        (_("Cancelled on"), moment(order.cancelled_at)),
        *money,
        *_receiver(paper),
    ]
    return _facts(_("The order"), facts)


def _receiver(paper: Paper) -> list[tuple[str, str]]:
    """As the label reads; the buyer reads all that we know of them."""
    order = paper.scope.order
    outbound = [row for row in paper.scope.shipments if not row.is_return]
    place = order.destination_of(outbound[0]) if outbound else PostalAddress.of(order)
    lines = "\n".join(line for line in postal_formats.lines(place) if line)
    on_label = place.phone or order.phone
    phone = on_label if outbound or paper.scope.reads.whole_contact else ""
    facts = [(_("Recipient"), lines), (_("Phone"), phone)]
    if not paper.scope.reads.whole_contact:
        return facts
    return [
        *facts,
        (_("Email"), order.email),
        (_("Earlier email"), order.previous_email),
        (_("Earlier phone"), order.previous_phone),
    ]


def _goods(paper: Paper) -> Sheet:
    order = paper.scope.order
    rows = [
        [
            line.full_title,
            line.sku,
            str(line.kept),
            formats.weight(line.weight_grams) if line.weight_grams else "",
            formats.money(line.paid_for_kept, order.currency),
        ]
        for line in order.lines.all()
    ]
    columns = [_("Goods"), _("Number of the article"), _("Pieces"), _("Weight of one"), _("Paid")]
    return _table(_("What was ordered"), columns, rows, numbers=(2, 3, 4))


def _return(paper: Paper, rma: "ReturnAuthorization") -> Sheet:
    told, currency = paper.told, rma.order.currency
    lines = [
        f"{row.requested} × {row.line.full_title}: {texts.REASONS[row.reason].label}"
        + (f"\n“{told(row.comment)}”" if row.comment else "")
        for row in rma.lines.all()
    ]
    facts = [
        (_("Asked for"), moment(rma.requested_at)),
        (_("What it is about"), "\n".join(lines)),
        (_("What the buyer would like"), str(texts.WISHES[rma.wish].label)),
        (_("The buyer’s note"), told(rma.note)),
        (_("Where it stands"), str(texts.of_return(rma).sentence)),
        (_("We asked"), told(rma.question)),
        (_("The buyer answered"), told(rma.answer)),
        (_("Why we declined"), sentences(*_declined(rma, told))),
        (_("The buyer asked to look again"), told(rma.appeal)),
        *[(_("Opened by us"), words_) for words_ in _receipts(rma)],
        (_("What we found"), "\n".join(_findings(rma))),
        (_("What was given"), "\n".join(_given(rma, currency))),
        *_weights(weights.of_return(rma)),
    ]
    return _facts(_("Return {number}").format(number=rma.number), facts)


def _declined(rma: "ReturnAuthorization", told: Callable[[str], str]) -> list[str]:
    if not rma.decline_reason:
        return []
    return [str(texts.DECLINED[rma.decline_reason]), told(rma.decline_words)]


def _receipts(rma: "ReturnAuthorization") -> Iterator[str]:
    """What was counted; what we noted for ourselves is in no pack."""
    for receipt in rma.receipts.all():
        undone = _("taken back on {when}").format(when=moment(receipt.undone_at))
        parts = [moment(receipt.received_at), _counted(receipt)]
        yield ", ".join([*parts, *([undone] if receipt.undone_at else [])])


def _counted(receipt: "Receipt") -> str:
    if receipt.was_empty:
        return _("nothing was inside")
    found = [f"{row.quantity} × {row.return_line.line.title}" for row in receipt.lines.all()]
    return "; ".join(found) or _("nothing of this return was inside")


def _findings(rma: "ReturnAuthorization") -> Iterator[str]:
    for row in rma.lines.all():
        if row.condition:
            condition = str(texts.CONDITIONS[row.condition])
            said = f" “{row.finding}”" if row.finding else ""
            yield f"{row.line.full_title}: {condition}{said}"
    for surplus in rma.surplus.all():
        yield _("Besides: {what}").format(what=str(surplus))


def _given(rma: "ReturnAuthorization", currency: str) -> Iterator[str]:
    for row in rma.resolutions.all():
        reference = f" ({row.reference})" if row.reference else ""
        when = f" {moment(row.settled_at)}" if row.is_sent else ""
        yield f"{texts.outcome(row)}{when}{reference}"


def _weights(found: weights.Weights) -> list[tuple[str, str]]:
    if not found.are_several:
        return []
    rows = [f"{label}: {grams}" for label, grams in found.rows]
    return [(str(weights.HEADING), "\n".join([*rows, sentences(*found.verdict)]))]


# --- Parcels ------------------------------------------------------------------------------------


def _parcel(paper: Paper, shipment: "Shipment") -> Sheet:
    parcel = shipment.parcel
    number = parcel.number if parcel else shipment.number
    carrier = carriers.called(parcel.carrier if parcel else shipment.carrier)
    heading = _("Parcel back to the shop") if shipment.is_return else _("Parcel to the buyer")
    found = [] if shipment.is_return else _weights(weights.of_shipment(shipment, paper.scope.order))
    facts = [
        (_("Number of the parcel"), number or _("none")),
        (_("Carrier"), carrier),
        (_("Left on"), moment(shipment.shipped_at)),
        (_("Inside"), "\n".join(_inside(shipment))),
        *found,
    ]
    scans = sorted(parcel.scans.all(), key=lambda scan: (scan.at, scan.pk)) if parcel else []
    section = _facts(heading + (f" {number}" if number else ""), facts)
    table = _table(
        "",
        [_("When"), _("Where"), _("What it means"), _("In the carrier’s own words")],
        [_scan(paper, scan, back=shipment.is_return) for scan in scans],
    )
    return section | {key: table[key] for key in ("columns", "rows", "numbers") if table}


def _inside(shipment: "Shipment") -> list[str]:
    return [f"{part.quantity} × {part.line.full_title}" for part in shipment.lines.all()]


def _scan(paper: Paper, scan: "Scan", *, back: bool) -> list[str]:
    return [
        moment(scan.at),
        paper.told(scan.place),
        sentences(reported(scan, back=back), str(SIGNED.get(scan.signed, ""))),
        paper.told(scan.words),
    ]


# --- Entries ------------------------------------------------------------------------------------


def _event(paper: Paper, event: "Event") -> Sheet:
    data = event.data if isinstance(event.data, dict) else {}
    reason = str(texts.DECLINED.get(str(data.get("reason", "")), ""))
    quote = data.get("question") or data.get("answer") or data.get("words") or ""
    return {
        "at": moment(event.at),
        "title": sentences(paper.told(texts.of_event(event)), reason),
        "lines": [],
        "quote": paper.told(str(quote)).splitlines(),
    }


def _message(paper: Paper, message: "Message") -> Sheet:
    who = _("The buyer wrote") if message.author == ActorKind.BUYER else _("The shop wrote")
    pictures = len(message.pictures.all())
    lines = [_("Photos in it: {count}").format(count=pictures)] if pictures else []
    return {
        "at": moment(message.at),
        "title": who,
        "lines": lines,
        "quote": paper.told(message.text).splitlines(),
    }


def _contact(paper: Paper, contact: "CarrierContact") -> Sheet:
    asked = _("We asked {carrier} {way}.")
    carrier = contact.carrier_name or _("the carrier")
    answered = ""
    if contact.answer:
        answered = _("Its answer of {when}: “{answer}”").format(
            when=moment(contact.answered_at), answer=paper.told(contact.answer)
        )
    return {
        "at": moment(contact.asked_at),
        "title": filled(asked, carrier=carrier, way=str(words.WAYS[contact.way])),
        "lines": [answered or _("No answer yet.")],
        "quote": paper.told(contact.asked).splitlines(),
    }


# --- Files --------------------------------------------------------------------------------------


def _files(paper: Paper) -> Sheet:
    if not paper.items:
        return {}
    shown = 0
    rows = []
    for item in paper.items:
        wants = bool(item.thumbnail) and not item.gone and shown < MOST_PICTURES
        picture = _picture(item.thumbnail) if wants else ""
        shown += bool(picture)
        rows.append(_file(item, picture))
    return {
        "heading": _("Photos and files"),
        "intro": str(words.CHECK_THE_FILES),
        "files": rows,
    }


def _file(item: "Item", picture: str) -> Sheet:
    facts: Sequence[tuple[str, str]] = (
        (_("File"), _("no longer kept") if item.gone else item.name),
        (_("Came on"), f"{moment(item.at)}, {_('from')} {item.by}"),
        ("SHA-256", item.sha256),
        (_("SHA-256 as it was sent to us"), item.sent_as if item.sent_as != item.sha256 else ""),
    )
    return {
        "what": item.what,
        "picture": picture,
        "rows": [{"label": label, "value": value} for label, value in facts if value],
        "size": [item.width, item.height],
    }


def _picture(name: str) -> str:
    """A small one, as it can stand in JSON; '' when it is gone."""
    try:
        return base64.b64encode(files.read(name)).decode()
    except FileNotFoundError:
        return ""


# --- Forms of sections --------------------------------------------------------------------------


def _facts(heading: str, facts: Sequence[tuple[str, str]]) -> Sheet:
    known = [{"label": label, "lines": value.splitlines()} for label, value in facts if value]
    return {"heading": heading, "facts": known}


def _table(
    heading: str, columns: list[str], rows: list[list[str]], numbers: tuple[int, ...] = ()
) -> Sheet:
    """Without columns in which nothing is known. numbers: those to be set to the right."""
    known = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    if not known:
        return {}
    return {
        "heading": heading,
        "columns": [columns[at] for at in known],
        "rows": [[row[at] for at in known] for row in rows],
        "numbers": [place for place, at in enumerate(known) if at in numbers],
    }


def _entries(heading: str, rows: list[Sheet]) -> Sheet:
    return {"heading": heading, "entries": rows} if rows else {}
