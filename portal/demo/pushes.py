"""What 17TRACK would push about one parcel of the demo, for `manage.py push`, and the photo of a
waybill to try a return with.

    var/demo/<return number>.json             the carrier has it
    var/demo/<return number>-delivered.json   it has reached the shop
    var/demo/waybill.jpg                      the receipt that Sarah got at the post office
"""

import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from portal.demo import camera, pictures, waybills
from portal.demo.cases_back import TOUR
from portal.demo.journeys import told
from portal.demo.journeys_back import WITHIN_LITHUANIA
from portal.demo.people import MANTAS
from portal.demo.stores import SHOPS
from returns.models import ReturnAuthorization
from tracking.milestones import Milestone as M
from tracking.models import Parcel, ScanReport
from tracking.providers.seventeentrack import KEYS

# Milestone → (17TRACK's stage, its sub-status; the part before _ is its status).
STAGES = {
    M.ACCEPTED: ("PickedUp", "InTransit_PickedUp"),
    M.IN_TRANSIT: ("Departure", "InTransit_Departure"),
    M.OUT_FOR_DELIVERY: ("OutForDelivery", "OutForDelivery_Other"),
    M.DELIVERED: ("Delivered", "Delivered_Other"),
}
FIRST = 2  # scans that the first push knows


def folder() -> Path:
    return settings.DATA_DIR / "demo"


def tour() -> ReturnAuthorization | None:
    """The return whose parcel the carrier has not seen yet; None when the demo is not here."""
    slug = next(iter(SHOPS))
    mine = ReturnAuthorization.objects.filter(order__store__slug=slug, order__number=TOUR)
    return mine.order_by("pk").first()


def prepare(now: datetime | None = None) -> None:
    """Writes the files when the demo is here. The pushes get moments of today as long as none
    was replayed; then they stay, so that the second tells the same story as the first."""
    parcel = _parcel()
    if parcel is None:
        return
    folder().mkdir(parents=True, exist_ok=True)
    if not _waybill().exists():
        _waybill().write_bytes(_receipt())
    if parcel.milestone == M.ANNOUNCED:
        reports = told(WITHIN_LITHUANIA, M.DELIVERED, 0, MANTAS, now or timezone.now())
        for path, known in zip(paths(), (reports[:FIRST], reports), strict=True):
            path.write_text(body(parcel, known), encoding="utf-8")


def paths() -> list[Path]:
    """Of the pushes, in the order in which they come; none when the demo is not here."""
    rma = tour()
    return [folder() / f"{rma.number}{end}.json" for end in ("", "-delivered")] if rma else []


def remove() -> None:
    for path in folder().glob("*"):
        path.unlink(missing_ok=True)


def _parcel() -> Parcel | None:
    rma = tour()
    shipment = rma and rma.shipments.filter(is_return=True).select_related("parcel").first()
    return shipment.parcel if shipment else None


def _waybill() -> Path:
    return folder() / "waybill.jpg"


def _receipt() -> bytes:
    """Of a parcel that nobody knows yet."""
    number = waybills.new("royal-mail", random.Random("waybill"), "GB")
    printed = ("1 × 0.46 kg", "→ Juniper & Pine, Returns", "LT-01203 Vilnius")
    return camera.photograph(
        pictures.waybill("Royal Mail", number, printed, brand="#a3232b", stamp="BRISTOL\nBS1")
    )


# --- the body of a push, v2.4 -------------------------------------------------------------------


def body(parcel: Parcel, reports: Sequence[ScanReport]) -> str:
    """JSON as 17TRACK sends it. reports: all that it knows by now, oldest first."""
    key = KEYS[parcel.carrier]
    events = [_event(report) for report in reversed(reports)]
    status = events[0]["sub_status"].partition("_")[0]
    provider = {
        "provider": {"key": key, "name": parcel.carrier.upper(), "country": "LT"},
        "latest_sync_status": "Success",
        "latest_sync_time": _utc(reports[-1].at),
        "provider_lang": reports[-1].language,
        "events": events,
    }
    data = {
        "number": parcel.number,
        "carrier": key,
        "param": None,
        "tag": None,
        "track_info": {
            "latest_status": {"status": status, "sub_status": events[0]["sub_status"]},
            "latest_event": events[0],
            "tracking": {"providers_hash": 1, "providers": [provider]},
        },
    }
    push = {"event": "TRACKING_UPDATED", "data": data}
    return json.dumps(push, ensure_ascii=False, indent=1) + "\n"


def _event(report: ScanReport) -> dict[str, Any]:
    stage, sub_status = STAGES[M(report.milestone)]
    clock = report.at.astimezone(ZoneInfo(MANTAS.zone)).isoformat(timespec="seconds")
    return {
        "time_iso": clock,
        "time_utc": _utc(report.at),
        "time_raw": {"date": clock[:10], "time": clock[11:19], "timezone": clock[19:]},
        "description": report.words,
        "location": report.place,
        "stage": stage,
        "sub_status": sub_status,
    }


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
