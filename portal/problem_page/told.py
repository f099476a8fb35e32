"""How a problem that a buyer told us stands: what we do, by when, and what was answered.

Functions over an Order read by `portal.problem_page.reading`, and `now`; they speak the active
language.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import Http404

from portal.order_page.actions import Action, claim_rows, return_rows
from portal.order_page.investigation import Search, searches
from portal.order_page.promised import promised
from portal.problem_page import words
from portal.problem_page.checking import Answer
from portal.problem_page.known import known
from portal.problem_page.offered import parcel_words
from portal.thread import Secrets
from returns import addresses, problem_texts, problems
from returns.problems import QUESTIONS

if TYPE_CHECKING:
    from portal.access import OrderRequest
    from returns.models import Order, Problem


def found_problem(order: "Order", pk: int) -> "Problem":
    """The problem `pk` of this very order, with what it led to. Raises Http404."""
    for problem in order.problems.all():
        if problem.pk == pk:
            return problem
    raise Http404


def standing(request: "OrderRequest", problem: "Problem", now: datetime) -> dict[str, Any]:
    """The context of its page."""
    order = request.order
    is_open = problems.is_open(problem, now)
    looked_for = _searches(request, problem, now)
    return {
        "problem": problem,
        "title": problem_texts.standing(problem, is_open=is_open),
        "kind_words": problem_texts.KINDS[problem.kind].label,
        "known": known(order, problem.shipment, now) if is_open and not looked_for else [],
        "searches": looked_for,
        "is_open": is_open,
        "ends": is_open and not problem.authorization_id,
        "promised": promised(order, now) if is_open else None,
        "answers": answers(request, problem),
        "rows": _rows(order, problem, now),
        "here": addresses.order_page(order, "problem_told", pk=problem.pk),
    }


def _searches(request: "OrderRequest", problem: "Problem", now: datetime) -> list[Search]:
    """How the search for its parcel stands."""
    order, shipment = request.order, problem.shipment
    parcel = shipment.parcel_id if shipment else None
    mine = {f"search-{row.pk}" for row in order.investigations.all() if row.parcel_id == parcel}
    found = searches(order, now, has_fresh_code=request.has_fresh_code)
    return [row for row in found if parcel and row.key in mine]


def _rows(order: "Order", problem: "Problem", now: datetime) -> tuple[Action, ...]:
    """To what it led to."""
    led_to = problem.authorization
    if led_to is None:
        return ()
    page = addresses.order_page(order, "return", number=led_to.number)
    rows = (*claim_rows(order, now), *return_rows(order, now))
    return tuple(row for row in rows if row.url == page)


def answers(request: "OrderRequest", problem: "Problem") -> list[Answer]:
    """What the buyer told us. A link is not shown words that name whom or where they are."""
    order, kind = request.order, problem.kind
    found = [Answer(str(words.WHAT_HAPPENED), [str(problem_texts.KINDS[kind].label)])]
    if problem.shipment_id and len(order.outbound) > 1:
        chosen = parcel_words(order, problem.shipment_id)
        found.append(Answer(str(words.WHICH_PARCEL), [str(chosen.label), str(chosen.hint)]))
    if looked := problem.answers.get("looked"):
        there = order.country or order.store.country
        places = [str(one.label) for one in problem_texts.places(there) if one.code in looked]
        found.append(Answer(str(words.WHERE_LOOKED), places))
    for code in QUESTIONS.get(kind, {}):
        given = problem_texts.ANSWERS.get((code, str(problem.answers.get(code, ""))))
        if given:
            found.append(Answer(str(problem_texts.question(kind, code)), [str(given)]))
    said = "\n".join(part for part in (problem.words, problem.video) if part)
    if said and not request.has_fresh_code and Secrets(order).are_told_by(said):
        found.append(Answer(str(words.YOUR_WORDS), [str(words.HIDDEN)]))
    elif said:
        found.append(Answer(str(words.YOUR_WORDS), said=said))
    return found
