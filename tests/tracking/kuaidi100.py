"""What Kuaidi100 would send: recordings, and pushes made up for one test."""

import json
from pathlib import Path
from typing import Any

from tracking.providers import Access, kuaidi100

FOLDER = Path(__file__).parent.parent / "recordings" / "kuaidi100"
NUMBER = "YT1234567890123"
ACCESS = Access(
    key="a-key-of-juniper",
    customer="A-CUSTOMER-OF-JUNIPER",
    salt="a-salt-of-juniper",
    callback="https://juniper.example/hooks/kuaidi100/juniper/",
)


def path(name: str) -> Path:
    return FOLDER / f"{name}.json"


def param(name: str) -> bytes:
    return path(name).read_bytes()


def body(content: bytes | str | dict[str, Any], access: Access = ACCESS) -> bytes:
    """The form with this in `param`, signed."""
    if isinstance(content, dict):
        content = json.dumps(content)
    raw = content.encode() if isinstance(content, str) else content
    return kuaidi100.signed(raw, access)[1]


def line(minutes: int, code: object = "0", **values: Any) -> dict[str, Any]:
    """One line of a journey, so long after nine in the morning."""
    clock = f"2026-10-12 {9 + minutes // 60:02}:{minutes % 60:02}:00"
    told = {"time": clock, "ftime": clock, "context": "照说", "location": "深圳市"}
    return {**told, "statusCode": code, **values}


def leg(*lines: object, company: object = "yuantong", **values: Any) -> dict[str, Any]:
    """What one company tells; the newest line comes first."""
    told = {"message": "ok", "nu": NUMBER, "com": company, "status": "200", "state": "0"}
    return {**told, "data": list(lines), **values}


def pushed(*lines: object, company: object = "yuantong", **values: Any) -> bytes:
    """The body of a push with these lines; values: further fields of the push."""
    push = {"status": "polling", "autoCheck": "0", "comOld": "", "comNew": ""}
    return body({**push, "lastResult": leg(*lines, company=company), **values})
