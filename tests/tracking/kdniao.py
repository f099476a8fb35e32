"""What Kdniao would send: recordings, and pushes made up for one test."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tracking.providers import Access, kdniao

FOLDER = Path(__file__).parent.parent / "recordings" / "kdniao"
NUMBER = "YT1234567890123"
ACCESS = Access(key="a-key-of-juniper", customer="1234567")


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def data(name: str) -> bytes:
    return path(name).read_bytes()


def body(content: bytes | dict[str, Any], kind: str = "102", access: Access = ACCESS) -> bytes:
    """The form with this in `RequestData`, signed."""
    raw = json.dumps(content).encode() if isinstance(content, dict) else content
    sign = kdniao.signature(raw, access.key)
    form = {"RequestData": raw, "RequestType": kind, "DataSign": sign}
    return urlencode(form).encode()


def trace(minutes: int, action: object = "2", **values: Any) -> dict[str, Any]:
    """One trace, so long after nine in the morning."""
    clock = f"2026-10-12 {9 + minutes // 60:02}:{minutes % 60:02}:00"
    told = {"AcceptTime": clock, "AcceptStation": "照说", "Location": "深圳市"}
    return {**told, "Action": action, **values}


def item(*traces: object, company: object = "YTO", **values: Any) -> dict[str, Any]:
    """What is told of one number; the oldest trace comes first."""
    told = {"ShipperCode": company, "LogisticCode": NUMBER, "Success": True, "State": "2"}
    return {**told, "Traces": list(traces), **values}


def pushed(*traces: object, company: object = "YTO", kind: str = "102", **values: Any) -> bytes:
    """The body of a push about one number; values: further fields of it."""
    return body({"Count": "1", "Data": [item(*traces, company=company, **values)]}, kind)
