"""The merchant's own system: a refund is posted to the address to which addresses go as well,
signed as those are (see webhook.py).

    {"event": "order.refund", "key": …, "order": "JP-20418", "source_id": …,
     "return": "HW-7F3K-9Q2M", "amount": "40.00", "currency": "USD"}

2xx with `{"state": "sent", "reference": …}`: the money has left. `{"state": "pending"}`: it is
taken, and we ask for it later. `{"state": "refused", "message": …}`, and 410 and 422: nothing
was paid, and nothing will be. The same key never pays twice, whatever else the call says. After
anything else, and after no answer, we ask what became of it:

    {"event": "order.refund_state", "key": …, "order": …, "source_id": …}

Answered by one of the same states, or `{"state": "unknown"}` when nothing is known of the key:
then the refund is posted once more. Anything else is no answer, and a person looks.
"""

import json
from collections.abc import Mapping
from typing import Any

from returns.shops import Access, Error
from returns.shops.refunding import (
    LONGEST_REFERENCE,
    PAYS,
    READS,
    RefundAnswer,
    RefundAsk,
    Refunded,
)
from returns.shops.webhook import NEVER, read, signature
from returns.shops.writing import without_keys
from tracking import http
from tracking.providers import reading

EVENT, ASKS = "order.refund", "order.refund_state"
STATES = {"sent": Refunded.DONE, "pending": Refunded.TAKEN, "refused": Refunded.REFUSED}
UNKNOWN = "unknown"


def refund(ask: RefundAsk, access: Access) -> RefundAnswer:
    more = {"return": ask.authorization, "amount": ask.written, "currency": ask.currency}
    status, answer = _posted(EVENT, ask, access, PAYS, more, {"Idempotency-Key": ask.key})
    if status in NEVER:
        words = without_keys(answer.get("message"), access)
        return RefundAnswer(Refunded.REFUSED, words or f"The shop refused it ({status}).")
    # A system that only says yes has not said that it paid.
    return _answer(answer, access) or RefundAnswer(Refunded.TAKEN, "The shop has taken it.")


def find_refund(ask: RefundAsk, access: Access) -> RefundAnswer | None:
    status, answer = _posted(ASKS, ask, access, READS)
    if status not in NEVER and answer.get("state") == UNKNOWN:
        return None
    found = _answer(answer, access) if status not in NEVER else None
    if found is None:
        raise Error("The shop does not say what became of the refund.")
    return found


def _answer(answer: dict[str, Any], access: Access) -> RefundAnswer | None:
    outcome = STATES.get(str(answer.get("state")))
    if outcome is None:
        return None
    words = without_keys(answer.get("message"), access)
    if outcome == Refunded.REFUSED:
        words = words or "The shop refused it."
    return RefundAnswer(outcome, words, reading.text(answer.get("reference"), LONGEST_REFERENCE))


def _posted(
    event: str,
    ask: RefundAsk,
    access: Access,
    total: float,
    more: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, dict[str, Any]]:
    told = {"event": event, "key": ask.key, "order": ask.number, "source_id": ask.source_id}
    told |= more or {}
    body = json.dumps(told, ensure_ascii=False).encode()
    reply = http.call(
        "POST",
        access.base,
        body=body,
        headers={
            "Content-Type": "application/json",
            **(headers or {}),
            "Homeward-Signature": signature(body, str(access.keys.get("secret", ""))),
        },
        total=total,
    )
    if reply.status not in NEVER and not 200 <= reply.status < 300:
        raise Error(f"The shop answered {reply.status}.")
    return reply.status, read(reply.body)
