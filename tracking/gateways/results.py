"""Results of gateways that do not publish how they tell them: an account writes it down.

A mapping says under which name each thing stands (`data.status` is `status` within `data`),
and what the values of a state mean:

    {"number": "kuaidinum", "status": "status", "words": "message", "reference": "taskId",
     "key": "…",  where it repeats our own key of the request
     "outcomes": {"1": "accepted", "7": {"outcome": "failed", "failure": "too_late"}}}

What stands in no mapping is never guessed: it is no news, in the gateway's own words.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tracking.gateways import Answer, Failure, Outcome, Told
from tracking.gateways.discreet import words
from tracking.providers import reading

NAMES = ("number", "status", "words", "reference", "key")
NEEDED = ("number", "status")
KEY = re.compile(r"[0-9a-f]{32}")
OUTCOMES = frozenset(Outcome) - {Outcome.NOTHING}


def problems(mapping: object, called: str) -> list[str]:
    """What is wrong with a mapping, one sentence each. called: its name in the keys."""
    if not isinstance(mapping, Mapping):
        return [f"“{called}” must be an object."]
    found = [
        f"“{called}.{name}” must be the name of a field."
        for name in NAMES
        if (name in NEEDED and not mapping.get(name)) or not isinstance(mapping.get(name, ""), str)
    ]
    outcomes = mapping.get("outcomes", {})
    if not isinstance(outcomes, Mapping):
        return [*found, f"“{called}.outcomes” must be an object."]
    for value, meaning in outcomes.items():
        outcome, failure = _meaning(meaning)
        if outcome not in OUTCOMES or (failure and failure not in set(Failure)):
            found.append(f"“{called}.outcomes.{value}” is none of: {', '.join(sorted(OUTCOMES))}.")
    return found


def told(item: Mapping[str, Any], mapping: Mapping[str, Any], secrets: Iterable[object]) -> Told:
    """What one result says. Its outcome is NO_NEWS when nobody wrote down what it means."""
    status = reading.text(at(item, mapping.get("status", "")))
    said = words(at(item, mapping.get("words", "")), secrets)
    outcomes = mapping.get("outcomes")
    known = outcomes.get(status) if isinstance(outcomes, Mapping) else None
    outcome, failure = _meaning(known)
    if outcome not in OUTCOMES or (failure and failure not in set(Failure)):
        state = words(at(item, mapping.get("status", "")), secrets, limit=60)
        unknown = f"State “{state}” is not known. {said}".rstrip()
        answer = Answer(Outcome.NO_NEWS, words=unknown)
    else:
        failed = outcome == Outcome.FAILED
        why = (failure or Failure.REFUSED) if failed else ""
        answer = Answer(Outcome(outcome), failure=why, words=said)
    key = reading.text(at(item, mapping.get("key", "")), 40).lower()
    return Told(
        answer,
        key=key if KEY.fullmatch(key) else "",
        reference=reading.text(at(item, mapping.get("reference", "")), 120),
        number=reading.text(at(item, mapping.get("number", "")), 60),
    )


def _meaning(written: object) -> tuple[str, str]:
    """Outcome and failure; as a word, or as an object."""
    if isinstance(written, Mapping):
        outcome, failure = written.get("outcome"), written.get("failure", "")
        return (
            outcome if isinstance(outcome, str) else "",
            failure if isinstance(failure, str) else "?",
        )
    return (written, "") if isinstance(written, str) else ("", "")


def at(item: Mapping[str, Any], path: object) -> object:
    """What stands there; None when nothing does."""
    found: object = item
    for name in path.split(".") if isinstance(path, str) and path else ():
        found = found.get(name) if isinstance(found, Mapping) else None
    return None if found is item else found


def names(one: Told) -> bool:
    """Whether it says which request it is about."""
    return bool(one.key or one.reference or one.number)
