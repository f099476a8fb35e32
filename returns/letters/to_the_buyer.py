"""The facts of the letters about the parcels to the buyer: where they are, and their news."""

from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from returns import investigation_texts
from returns.letters.journeys import Journey, each_once, journey
from returns.letters.parts import Facts, late_news, next_word
from returns.letters.truth import still_news
from returns.models.notice import Notice, NoticeEvent
from returns.models.order import Order
from returns.models.shipment import Shipment
from returns.troubles import Troubles
from tracking.milestones import FINAL


def update(notice: Notice) -> Facts:
    """Where every parcel is, whether or not anything is new."""
    order = notice.order
    promise = next_word(notice, troubles=_troubles(order, _sent(order)))
    rows = [row for row in _sent(order) if row.parcel]
    journeys = [journey(order, row, promise=promise) for row in rows]
    # News since we last wrote, which is when the promise was made that this letter keeps.
    since = notice.keeps.made_at if notice.keeps else None
    journeys = [replace(row, is_news=since is None or _is_news(row, since)) for row in journeys]
    # A parcel that is still on the road gives the heading.
    telling = sorted(journeys, key=lambda row: (row.has_ended, row.gravity))
    return {
        "journeys": each_once(journeys),
        "headline": telling[0].title if telling else "",
        "promise": promise,
        **_common(notice, telling),
    }


def news(notice: Notice) -> Facts:
    """What changed, as things stand now: the parcels concerned in full, the others in a line."""
    order, sent = notice.order, _sent(notice.order)
    pieces = still_news(notice)
    changed = {row.pk: piece for row in sent if (piece := _news_of(row, pieces))}
    promise = next_word(notice, troubles=_troubles(order, sent))
    told = {row.pk: journey(order, row, promise=promise, **changed.get(row.pk, {})) for row in sent}
    concerned = [row for pk, row in told.items() if pk in changed] or list(told.values())
    telling = sorted(concerned, key=lambda row: row.gravity)
    return {
        "journeys": each_once(concerned),
        "others": [row.line for pk, row in told.items() if row not in concerned],
        "headline": telling[0].title if telling else "",
        "promise": promise,
        **_common(notice, telling),
    }


def _common(notice: Notice, telling: list[Journey]) -> Facts:
    """telling: the gravest first."""
    parts = [row.parts for row in telling if row.parts]
    return {
        "late": late_news(notice),
        "parts": parts,
        "trouble": parts[0].kind if parts else "",
        "more_to_come": any(line.to_ship for line in notice.order.with_goods().lines.all()),
    }


def _sent(order: Order) -> list[Shipment]:
    """One of each parcel; several dispatches in one parcel are one."""
    rows = order.shipments.filter(is_return=False).select_related("parcel")
    ranked = rows.order_by("shipped_at", "pk")
    return list({row.parcel_id or ("none", row.pk): row for row in reversed(ranked)}.values())[::-1]


def _news_of(shipment: Shipment, pieces: list[NoticeEvent]) -> dict[str, str] | None:
    """What is new of this parcel, the last first; None when nothing is."""
    for piece in reversed(pieces):
        if _is_about(piece, shipment):
            return {"what": piece.what, "about": piece.case.kind if piece.case else ""}
    return None


def _is_about(piece: NoticeEvent, shipment: Shipment) -> bool:
    if piece.case:
        return piece.case.parcel_id == shipment.parcel_id
    if piece.shipment is None or shipment.parcel_id is None:
        return piece.shipment_id == shipment.pk
    return piece.shipment.parcel_id == shipment.parcel_id


def _is_news(told: Journey, since: datetime) -> bool:
    """It ended, was scanned since, or what is wrong is told for the first time."""
    untold = told.parts is not None and not told.parts.was_told
    return told.has_ended or untold or bool(told.at and told.at > since)


def _troubles(order: Order, sent: list[Shipment]) -> set[str]:
    """What is wrong with each that is on its way, '' for nothing."""
    now = timezone.now()
    kinds = {row.pk: _trouble(order, row, now) for row in sent}
    ended = {row.pk for row in sent if row.parcel and row.parcel.milestone in FINAL}
    return {kind for pk, kind in kinds.items() if kind or pk not in ended}


def _trouble(order: Order, shipment: Shipment, now: datetime) -> str:
    if shipment.parcel is None:
        return ""
    return investigation_texts.promised(order, Troubles.of(shipment.parcel, now, back=False))
