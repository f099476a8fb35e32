"""Telling: the answers about one kind of problem, seen against the order of this moment."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Self

from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from portal.forms.problem import (
    IN_WORDS,
    DetailsForm,
    LookForm,
    ReasonForm,
    RemedyForm,
    ThingsForm,
    VariantForm,
    WhichForm,
)
from portal.forms.problem import VARIANT as VARIANT_OF
from portal.forms.returns import PREFIX
from returns import addresses, problem_texts, variants
from returns.claim_policy import Remedy
from returns.codes import CLAIMED_AS, ProblemKind, Reason, Wish
from returns.ledger import Refused
from returns.models import Draft, Order, OrderLine, Shipment, Wanted
from returns.problem_texts import TALK
from returns.problems import (
    BEFORE_ARRIVAL,
    OF_PARCELS,
    OF_THINGS,
    QUESTIONS,
    REST,
    Facts,
    Option,
    facts_of,
    judge,
    reasons,
)
from returns.texts import Choice

# The questions, in the order in which they are asked; each has a page of its own.
WHICH, LOOK, THINGS, REASON = "which", "look", "things", "reason"
DETAILS, REMEDY, VARIANT, CHECK = "details", "remedy", "variant", "check"


@dataclass(frozen=True)
class Item:
    """One thing that it is about."""

    line: OrderLine
    quantity: int


class Telling:
    """The draft of one kind of problem, judged by the order as it is now.

    What was answered and is no longer possible counts as not answered, so `next_page` leads
    back to it and its page says why. order: read by `portal.problem_page.reading`.
    """

    def __init__(self, order: Order, kind: str, draft: Draft, now: datetime):
        self.order, self.kind, self.draft, self.now = order, kind, draft, now
        self.facts: Facts = facts_of(order, now)
        self.option: Option = judge(self.facts, now)[kind]

    @classmethod
    def kept(cls, order: Order, kind: str) -> Self:
        """What the buyer has answered so far; nothing yet is an empty draft."""
        return cls(order, kind, Draft.objects.of(order, form_of(kind)), timezone.now())

    def keep(self, **answers: Any) -> None:
        """Adds answers to the draft; None takes one back."""
        self.draft.keep(**answers)
        for name in ("items", "remedies", "remedy"):
            self.__dict__.pop(name, None)

    @property
    def given(self) -> Mapping[str, Any]:
        return self.draft.answers

    # --- what was answered ------------------------------------------------------------------

    @property
    def parcel(self) -> int | None:
        """Key of the parcel that it is about, or REST; None while that is open."""
        mine = self.option.open_parcels
        if len(mine) == 1:
            return mine[0]
        given = self.given.get("parcel")
        return given if given in mine else None

    @cached_property
    def shipment(self) -> Shipment | None:
        """The same as a row; None for what has not left us, and for things."""
        return next((row for row in self.order.outbound if row.pk == self.parcel), None)

    @property
    def is_rest(self) -> bool:
        """It is about what has not left us yet."""
        return self.parcel == REST and REST in self.option.parcels

    @property
    def is_cancelling(self) -> bool:
        return self.kind == ProblemKind.CHANGED_MIND and self.is_rest

    @property
    def is_recall(self) -> bool:
        """It is about a parcel that is on its way, which has pages of its own."""
        return self.kind in BEFORE_ARRIVAL and not self.is_rest

    @cached_property
    def limits(self) -> dict[OrderLine, int]:
        """Of which things, and how many, it may be told."""
        lines = {line.pk: line for line in self.order.lines.all()}
        if self.kind in OF_THINGS:
            known = {thing.key: thing for thing in self.facts.things}
            return {lines[key]: known[key].limit for key in self.option.open_things}
        if self.is_cancelling:
            units = {line: min(line.to_ship, line.withdrawable) for line in lines.values()}
            return {line: many for line, many in units.items() if many}
        return {}

    @property
    def is_one_thing(self) -> bool:
        """There is nothing to choose from."""
        return list(self.limits.values()) == [1]

    @cached_property
    def items(self) -> list[Item]:
        if self.is_one_thing:
            return [Item(line, 1) for line in self.limits]
        chosen = self.given.get("lines", {})
        return [
            Item(line, chosen[str(line.pk)])
            for line, limit in self.limits.items()
            if 0 < chosen.get(str(line.pk), 0) <= limit
        ]

    @property
    def reasons(self) -> list[str]:
        """Of the kind, which all the chosen things may have now."""
        known = {thing.key: thing for thing in self.facts.things}
        mine = [set(reasons(known[item.line.pk], self.kind, self.now)) for item in self.items]
        return [code for code in CLAIMED_AS.get(self.kind, ()) if all(code in one for one in mine)]

    @property
    def reason(self) -> str:
        if self.is_cancelling:
            return Reason.WITHDRAWN
        mine = self.reasons
        if len(CLAIMED_AS.get(self.kind, ())) == 1:
            return mine[0] if mine else ""
        given = self.given.get("reason", "")
        return given if given in mine else ""

    @property
    def questions(self) -> Mapping[str, tuple[str, ...]]:
        return QUESTIONS.get(self.kind, {})

    @property
    def answers(self) -> dict[str, Any]:
        """Codes of what was asked, and of where the buyer has looked."""
        found: dict[str, Any] = {
            code: given
            for code, possible in self.questions.items()
            if (given := self.given.get(code, "")) in possible
        }
        if self.given.get("looked"):
            found["looked"] = self.given["looked"]
        return found

    @property
    def words(self) -> str:
        return self.given.get("words", "")

    @property
    def video(self) -> str:
        return self.given.get("video", "")

    @property
    def wanted(self) -> list[Wanted]:
        picked = self.given.get("variants", {}) if self.wish == Wish.EXCHANGE else {}
        return [
            Wanted(
                item.line.pk,
                item.quantity,
                self.reason,
                variant=picked.get(str(item.line.pk), ""),
            )
            for item in self.items
        ]

    @cached_property
    def remedies(self) -> tuple[Remedy, ...]:
        """What is offered; nothing where only a person can say."""
        if self.kind not in OF_THINGS or not self.items or not self.reason:
            return ()
        plain = [Wanted(item.line.pk, item.quantity, self.reason) for item in self.items]
        try:
            return self.order.claim_remedies(plain, self.now)
        except Refused:
            return ()

    @property
    def wish(self) -> str:
        """A wish, or TALK; '' while that is open."""
        given = self.given.get("wish", "")
        offered = {remedy.wish for remedy in self.remedies} | {TALK}
        return given if given in offered and self.kind in OF_THINGS else ""

    @property
    def remedy(self) -> Remedy | None:
        return next((one for one in self.remedies if one.wish == self.wish), None)

    @property
    def talks(self) -> bool:
        return self.wish == TALK

    @cached_property
    def allowed(self) -> dict[OrderLine, list[tuple[str, str]]]:
        """What each thing may be exchanged for, by what the store allows."""
        lines = [item.line for item in self.items]
        known = variants.of_lines(self.order, lines)
        return {line: [(row.sku, row.title) for row in known[line.pk]] for line in lines}

    @property
    def other(self) -> str:
        """Which one instead, in words."""
        return self.given.get("other", "") if self.wish == Wish.EXCHANGE else ""

    @property
    def instead(self) -> list[str]:
        """Which ones instead, as the store calls them."""
        picked = self.given.get("variants", {}) if self.wish == Wish.EXCHANGE else {}
        named = {sku: title for some in self.allowed.values() for sku, title in some}
        return [named[sku] for sku in picked.values() if sku in named]

    # --- the way through --------------------------------------------------------------------

    @property
    def steps(self) -> list[str]:
        """The pages of this kind, as far as can be told by now."""
        things = [] if self.is_one_thing else [THINGS]
        if self.kind in OF_THINGS:
            reason = [REASON] if len(CLAIMED_AS[self.kind]) > 1 else []
            exchange = [VARIANT] if self.wish == Wish.EXCHANGE else []
            return [*things, *reason, DETAILS, REMEDY, *exchange, CHECK]
        which = [WHICH] if len(self.option.open_parcels) > 1 else []
        if self.kind in OF_PARCELS:
            look = [LOOK] if self.kind == ProblemKind.NOT_HERE else []
            return [*which, *look, DETAILS, CHECK]
        return [*which, *([*things, CHECK] if self.is_cancelling else [])]

    def is_answered(self, step: str) -> bool:
        match step:
            case "which":
                return self.parcel is not None
            case "look":
                return "looked" in self.given
            case "things":
                return bool(self.items) and self.things_form().is_valid()
            case "reason":
                return bool(self.reason)
            case "details":
                return "words" in self.given and set(self.questions) <= set(self.answers)
            case "remedy":
                return bool(self.wish)
            case "variant":
                return bool(self.other) or self._picked_all
        return False

    @property
    def _picked_all(self) -> bool:
        picked = self.given.get("variants", {})
        return all(
            picked.get(str(line.pk)) in {sku for sku, _ in some}
            for line, some in self.allowed.items()
        )

    @property
    def open_step(self) -> str:
        """The first whose question is open; the last one when none is."""
        steps = self.steps
        return next((step for step in steps[:-1] if not self.is_answered(step)), steps[-1])

    def page(self, step: str = "") -> str:
        """Path of a page that asks; without a step, of the first one."""
        if not step:
            return addresses.order_page(self.order, "problem_kind", kind=self.kind)
        return addresses.order_page(self.order, f"problem_{step}", kind=self.kind)

    @property
    def next_page(self) -> str:
        if self.is_recall and self.shipment:
            mine = {row.pk for row in self.order.recallable(self.now)}
            same = (row.pk for row in self.order.outbound if row.parcel == self.shipment.parcel)
            pk = next((pk for pk in same if pk in mine), self.shipment.pk)
            return addresses.order_page(self.order, "recall", shipment=pk)
        return self.page(self.open_step)

    def page_before(self, step: str) -> str:
        """Where `Back` leads."""
        at = self.steps.index(step)
        return self.page(self.steps[at - 1]) if at else addresses.order_page(self.order, "problem")

    def number_of(self, step: str) -> int:
        return self.steps.index(step) + 1

    # --- the forms --------------------------------------------------------------------------

    def things_form(self, data: Any = None) -> ThingsForm:
        """data: what was posted; else what is kept, which is judged again as it is shown."""
        kept = self.given.get("lines", {})
        if data is None and kept:
            data = MultiValueDict({f"{PREFIX}{pk}": [str(many)] for pk, many in kept.items()})
        return ThingsForm(self.limits, data)

    def look_form(self, data: Any = None) -> LookForm:
        there = self.order.country or self.order.store.country
        return LookForm(
            problem_texts.places(there), data, initial={"looked": self.given.get("looked", [])}
        )

    def reason_form(self, data: Any = None) -> ReasonForm:
        return ReasonForm(self.reasons, data, initial={"reason": self.reason})

    def details_form(self, data: Any = None) -> DetailsForm:
        kept = {name: self.given.get(name, "") for name in (*self.questions, "words", "video")}
        shows = self.kind in OF_THINGS
        return DetailsForm(self.kind, self.questions, data, shows=shows, initial=kept)

    def which_form(
        self, parcels: Mapping[int, Choice], data: Any = None, asked: str = ""
    ) -> WhichForm:
        """asked: the parcel that a link named."""
        return WhichForm(parcels, data, initial={"parcel": self.parcel or asked})

    def remedy_form(self, choices: Mapping[str, Choice], data: Any = None) -> RemedyForm:
        return RemedyForm(choices, data, initial={"wish": self.wish})

    def variant_form(self, data: Any = None) -> VariantForm:
        picked = self.given.get("variants", {})
        in_words = dict.fromkeys((line.pk for line in self.allowed), IN_WORDS if self.other else "")
        kept = {f"{VARIANT_OF}{pk}": picked.get(str(pk), words) for pk, words in in_words.items()}
        return VariantForm(self.allowed, data, initial={**kept, "other": self.other})

    # --- what is sent -----------------------------------------------------------------------

    @property
    def fingerprint(self) -> str:
        """Names what the check page shows, so that nothing else is sent from it."""
        remedy = self.remedy
        shown = [
            self.kind,
            self.parcel,
            [[item.line.pk, item.quantity] for item in self.items],
            self.reason if self.kind in OF_THINGS else "",
            self.answers,
            self.words,
            self.video,
            self.wish,
            self.other,
            self.instead,
            str(remedy and (remedy.amount, remedy.sends_back, remedy.automatic, remedy.voucher)),
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]


def form_of(kind: str) -> str:
    """The name of its draft."""
    return f"problem-{kind}"
