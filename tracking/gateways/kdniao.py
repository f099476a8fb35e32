"""Kdniao (快递鸟): its envelope and its signature, around what it tells its customers only.

Documented, and used here: the form with `RequestData`, `EBusinessID`, `RequestType`,
`DataSign` and `DataType`, the signature, the answer with `Success` and `Reason`, the form in
which it calls us and what it wants to read then, and that an intercepted parcel shows state
413 in its traces (`tracking/providers/kdniao.py`, `tracking/interceptions.py`).

Not public: whether and how it turns parcels. Nothing of that is invented here. Who has a
contract writes into `interception` of the keys what it says; until then nobody is served:

    {"path": "/…",  where the call goes
     "command": "…",  its RequestType
     "fields": {"carrier": "…", "number": "…", "key": "…", "order": "…"},  ours → theirs
     "address": {"name": "…", "phone": "…", "whole": "…", "city": "…"},  of the new address
     "aims": {"redirect": {"…": "…"}, "return": {…}},  what each of our aims says there
     "carriers": {"sf": {"…": "…"}},  what our account at a carrier says there; may be left out
     "reference": "…",  where its answer names the request; may be left out
     "push": "…",  the RequestType of its call to us
     "result": {…}}  how that call is read, as in `results.py`

Without `push` and `result` it tells us nothing, and the scans show what became of it.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from tracking import http
from tracking.gateways import (
    NOWHERE,
    Access,
    Address,
    Aim,
    Answer,
    Error,
    Failure,
    NoAccess,
    Outcome,
    Task,
    Told,
    results,
)
from tracking.gateways.asking import missing, whole
from tracking.gateways.discreet import words
from tracking.providers import Access as TrackerAccess
from tracking.providers import kdniao as tracker
from tracking.providers import reading

KEYS = ("customer", "key")
OPTIONS = ("interception",)
AIMS = frozenset(Aim)  # those that an account names
CAN_CHECK = CAN_WITHDRAW = ASKS_AGAIN = False

ADDRESS = tracker.ADDRESS
TOTAL = 20.0  # seconds for a whole answer
MOST = 100  # results in one call

# What of a request can be told, by our name of it.
FIELDS = ("carrier", "number", "key", "order", "reason", "day")
PLACES = (*Address.__dataclass_fields__, "whole")


def serves(carrier: str, aim: str, access: Access) -> bool:
    if problems(access) or carrier not in tracker.KEYS:
        return False
    written = _written(access)
    carriers = written.get("carriers")
    return aim in written["aims"] and (not carriers or carrier in carriers)


def problems(access: Access) -> list[str]:
    """Names each thing that nobody has written down yet."""
    written = _written(access)
    found = missing(access.keys, KEYS)
    found += [
        f"“interception.{name}” is empty: Kdniao tells it to its customers only."
        for name in ("path", "command")
        if not (isinstance(written.get(name), str) and written[name].strip())
    ]
    found += _unnamed(written, "fields", FIELDS, "number")
    aims = written.get("aims")
    if not isinstance(aims, Mapping) or not aims:
        found.append("“interception.aims” is empty: nothing can be asked for.")
        aims = {}
    found += [
        f"“interception.aims.{aim}” is none of: {', '.join(sorted(AIMS))}."
        for aim, fields in aims.items()
        if aim not in AIMS or not _are_texts(fields)
    ]
    if Aim.REDIRECT in aims:
        found += _unnamed(written, "address", PLACES, "")
    carriers = written.get("carriers") or {}
    if not isinstance(carriers, Mapping) or not all(map(_are_texts, carriers.values())):
        found.append("“interception.carriers” must hold an object of texts for each carrier.")
    if written.get("push") or written.get("result"):
        found += results.problems(written.get("result"), "interception.result")
    return found


def request(task: Task, access: Access) -> Answer:
    if not serves(task.carrier, task.aim, access):
        raise NoAccess("This account cannot ask for that: see its keys.")
    if task.aim == Aim.REDIRECT and (
        task.after == NOWHERE or not (task.after.street.strip() and task.after.name.strip())
    ):
        return _no(Failure.ADDRESS, "The new address has no name or no street.")
    reply = _post(_data(task, access), access)
    said = words(reply.get("Reason"), [access.keys["key"]], task)
    if _is_true(reply.get("Success")):
        found = results.at(reply, _written(access).get("reference"))
        return Answer(Outcome.SENT, reference=reading.text(found, 120), words=said)
    if "Success" not in reply:
        raise Error("Kdniao answered with something that is not documented.")
    reason = reading.text(reply.get("Reason"))
    for part, ending in tracker.REASONS:
        if part in reason and isinstance(ending, type):
            raise ending(f"Kdniao says: {said}")
    return _no(Failure.REFUSED, said)


def check(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


def withdraw(task: Task, access: Access) -> Answer:
    return Answer(Outcome.NO_NEWS)


# --- what it tells ----------------------------------------------------------------------------


def is_genuine(headers: Mapping[str, str], body: bytes, access: Access) -> bool:
    return tracker.is_genuine(headers, body, _tracker(access))


def delivery_id(body: bytes) -> str:
    """Of what is signed alone: beside it, whoever has seen a call could write anything."""
    data = reading.form(body).get("RequestData")
    return "" if data is None else hashlib.sha256(data).hexdigest()


def acknowledge(body: bytes, access: Access) -> dict[str, Any]:
    return tracker.acknowledge(body, _tracker(access))


def parse(body: bytes, access: Access) -> list[Told]:
    """Nothing, of calls of another kind: traces come to the same address."""
    fields, written = reading.form(body), _written(access)
    if "RequestData" not in fields:
        raise Error("There is no RequestData in it.", permanent=True)
    kind = fields.get("RequestType", b"").decode("utf-8", "replace")
    mapping = written.get("result")
    if not kind or kind != written.get("push") or not isinstance(mapping, Mapping):
        return []
    push = reading.document(fields["RequestData"])
    items = reading.parts(push, "Data") if "Data" in push else [push]
    told = [results.told(item, mapping, [access.keys.get("key")]) for item in items[:MOST]]
    if not any(map(results.names, told)):
        raise Error("There is no tracking number in it.", permanent=True)
    return list(filter(results.names, told))


def _tracker(access: Access) -> TrackerAccess:
    key, customer = (reading.text(access.keys.get(name), 200) for name in ("key", "customer"))
    return TrackerAccess(key=key, customer=customer)


# --- asking -----------------------------------------------------------------------------------


def _written(access: Access) -> Mapping[str, Any]:
    found = access.keys.get("interception")
    return found if isinstance(found, Mapping) else {}


def _unnamed(
    written: Mapping[str, Any], part: str, known: tuple[str, ...], needed: str
) -> list[str]:
    """What is wrong with a mapping from our names to theirs."""
    names = written.get(part)
    if not isinstance(names, Mapping) or not names or (needed and not names.get(needed)):
        what = f"interception.{part}.{needed}".rstrip(".")
        return [f"“{what}” is empty: Kdniao tells it to its customers only."]
    if not _are_texts(names) or not set(names) <= set(known):
        return [f"“interception.{part}” may hold texts only, for: {', '.join(known)}."]
    return []


def _are_texts(value: object) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())


def _data(task: Task, access: Access) -> str:
    written = _written(access)
    ours = {
        "carrier": tracker.KEYS[task.carrier],
        "number": task.number,
        "key": task.key,
        "order": task.order,
        "reason": task.reason,
        "day": task.on.isoformat() if task.on else "",
    }
    data = {theirs: ours[name] for name, theirs in written["fields"].items() if ours[name]}
    if task.aim == Aim.REDIRECT:
        place = {**task.after.to_json(), "whole": whole(task.after)}
        data |= {theirs: place[name] for name, theirs in written["address"].items() if place[name]}
    data |= (written.get("carriers") or {}).get(task.carrier, {})
    data |= written["aims"][task.aim]
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def _post(data: str, access: Access) -> dict[str, Any]:
    written = _written(access)
    form = {
        "RequestData": data,
        "EBusinessID": access.keys["customer"],
        "RequestType": written["command"],
        "DataSign": tracker.signature(data, access.keys["key"]),
        "DataType": tracker.JSON,
    }
    url = f"{(access.base or ADDRESS).rstrip('/')}/{written['path'].lstrip('/')}"
    reply = http.json_of(http.call("POST", url, form=form, total=TOTAL))
    if not isinstance(reply, dict):
        raise Error("Kdniao answered with something that is not documented.")
    return reply


def _is_true(value: object) -> bool:
    return str(value).lower() == "true"


def _no(failure: str, said: str) -> Answer:
    return Answer(Outcome.FAILED, failure=failure, words=said)
