"""The merchant's own system: a new address is posted to an address of theirs.

    POST <address>
    Idempotency-Key: <key>
    Homeward-Signature: t=<Unix time>,v1=<hex HMAC-SHA256 of "<t>.<body>" with the secret>

    {"event": "order.address_changed", "key": …, "order": "JP-20418", "source_id": …,
     "address": {"name": …, "company": …, "phone": …, "street": …, "street2": …, "district": …,
                 "city": …, "region": …, "postcode": …, "country": "GB",
                 "latin_name": …, "latin_street": …, "latin_city": …}}

Sent again under the same key until it is answered, so it may come more than once; never two
for one order at the same time, and never an older one after a newer one. 2xx: it is taken,
and once the shop tells us the order with this address, the warehouse has it; `{"confirmed":
true}` says that at once. 410 and 422: it cannot be done, `{"message": …}` says why. 401 and
403: our signature is wrong. Anything else is tried again.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

from returns.shops import TOTAL, Access, Answer, Error, NoAccess, Outcome, Update
from returns.shops.writing import words
from tracking import http

KEYS: Mapping[str, str] = {"secret": "Our calls are signed with it: long, random, yours"}
OPTIONS: Mapping[str, str] = {}
NEEDS_ADDRESS = True

EVENT = "order.address_changed"
NEVER = (410, 422)


def tell(update: Update, access: Access) -> Answer:
    body = json.dumps(told(update), ensure_ascii=False).encode()
    reply = http.call(
        "POST",
        access.base,
        body=body,
        headers={
            "Content-Type": "application/json",
            "Idempotency-Key": update.key,
            "Homeward-Signature": signature(body, str(access.keys.get("secret", ""))),
        },
        total=TOTAL,
    )
    answer = read(reply.body)
    if reply.status in NEVER:
        said = words(answer.get("message"), update, access)
        return Answer(Outcome.REFUSED, said or f"The shop refused it ({reply.status}).")
    if not 200 <= reply.status < 300:
        raise Error(f"The shop answered {reply.status}.")
    is_there = answer.get("confirmed") is True
    return Answer(Outcome.CONFIRMED if is_there else Outcome.TOLD)


def told(update: Update) -> dict[str, Any]:
    return {
        "event": EVENT,
        "key": update.key,
        "order": update.number,
        "source_id": update.source_id,
        "address": update.address.to_json(),
    }


def signature(body: bytes, secret: str, now: float | None = None) -> str:
    """Raises NoAccess without a secret: then anybody could have written it."""
    if not secret:
        raise NoAccess("There is no secret to sign with.")
    moment = int(time.time() if now is None else now)
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def read(body: bytes) -> dict[str, Any]:
    """What a merchant answers need not be JSON."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
