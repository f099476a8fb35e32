"""The buyer's answers about a return, seen against the order of this moment."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from portal.forms.exchange import LATER, NOW
from portal.forms.returns import PREFIX, ItemsForm, Row
from returns import addresses, ledger, variants
from returns.codes import RETURN_WISHES, Wish
from returns.ledger import Availability
from returns.models import BUYER, Draft, Order, OrderLine, Variant, Wanted
from returns.outlook import Outlook
from returns.texts import REASONS

FORM = "return"  # the draft's name


@dataclass(frozen=True)
class Item:
    """One line that goes back, with what is known about it."""

    can: Availability
    quantity: int
    reason: str
    comment: str

    @property
    def line(self) -> OrderLine:
        return self.can.line

    @property
    def is_answered(self) -> bool:
        return self.reason in self.can.reasons

    @property
    def row(self) -> Row:
        return Row(self.can)

    @property
    def reason_words(self) -> Any:
        return REASONS[self.reason].label


class Answers:
    """The draft of a return, judged by the order as it is now.

    What was answered and is no longer possible counts as not answered, so `next_page`
    leads back to it and its page says why.
    """

    def __init__(self, order: Order, draft: Draft, now: datetime):
        self.order, self.draft = order, draft
        self.cans = [ledger.availability(line, now) for line in order.lines.all()]

    @classmethod
    def kept(cls, order: Order) -> Self:
        """What the buyer has answered so far; nothing yet is an empty draft."""
        return cls(order, Draft.objects.of(order, FORM), timezone.now())

    def keep(self, **answers: Any) -> None:
        """Adds answers to the draft; None takes one back."""
        self.draft.keep(**answers)
        for seen in ("items", "kinds", "offers_ahead"):
            self.__dict__.pop(seen, None)

    @property
    def given(self) -> Mapping[str, Any]:
        return self.draft.answers

    @property
    def quantities(self) -> dict[str, int]:
        return self.given.get("lines", {})

    def items_form(self, data: Any = None) -> ItemsForm:
        """data: what was posted; else what is kept, which is judged again as it is shown."""
        if data is None and self.quantities:
            data = MultiValueDict(
                {f"{PREFIX}{line_id}": [str(n)] for line_id, n in self.quantities.items()}
            )
        return ItemsForm(self.cans, data)

    @cached_property
    def items(self) -> list[Item]:
        """What is to go back, in the order of the order."""
        return [
            Item(
                can,
                self.quantities[str(can.line.pk)],
                self.given.get(f"reason-{can.line.pk}", ""),
                self.given.get(f"comment-{can.line.pk}", ""),
            )
            for can in self.cans
            if self.quantities.get(str(can.line.pk))
        ]

    def item(self, line_id: int) -> Item | None:
        return next((item for item in self.items if item.line.pk == line_id), None)

    @property
    def wishes(self) -> list[str]:
        """What every line of it may be sent back for."""
        lines = [item.line for item in self.items] or [can.line for can in self.cans if can.limit]
        offered = [set(line.rules.wishes) for line in lines]
        mine = [code for code in RETURN_WISHES if all(code in some for some in offered)]
        return [str(code) for code in mine] or [Wish.REFUND]

    @property
    def wish(self) -> str:
        given = self.given.get("wish", "")
        if len(self.wishes) == 1:
            return self.wishes[0]
        return given if given in self.wishes else ""

    @cached_property
    def kinds(self) -> dict[int, list[Variant]]:
        """What each line may be exchanged for, by what the store allows; none where it has told
        us of none, or no exchange is offered."""
        if Wish.EXCHANGE not in self.wishes:
            return {}
        return variants.of_lines(self.order, [item.line for item in self.items])

    def kind(self, item: Item) -> Variant | None:
        """The one that was chosen instead; one that is sold out by now was not."""
        given = self.given.get(f"variant-{item.line.pk}", "")
        offered = self.kinds.get(item.line.pk, ()) if self.wish == Wish.EXCHANGE else ()
        return next((row for row in offered if row.sku == given), None)

    @property
    def to_choose(self) -> list[Item]:
        """What there are kinds of to choose from."""
        if self.wish != Wish.EXCHANGE:
            return []
        return [item for item in self.items if self.kinds.get(item.line.pk)]

    @property
    def needs_words(self) -> bool:
        """There is something for an exchange that can only be told in words."""
        return not all(self.kinds.get(item.line.pk) for item in self.items)

    @property
    def other(self) -> str:
        given = self.given.get("other", "")
        return given if self.wish == Wish.EXCHANGE and self.needs_words else ""

    @cached_property
    def offers_ahead(self) -> bool:
        """Whether the new goods may go before the old ones are back."""
        wants_words = self.wish == Wish.EXCHANGE and self.needs_words
        if wants_words or self.order.may_have_ahead(self.wish, timezone.now()) is None:
            return False
        try:
            return not self.preview().keeps_goods
        except ledger.Refused:
            return False

    @property
    def ahead(self) -> str:
        """NOW or LATER; '' while that is open, or not offered."""
        given = self.given.get("ahead", "")
        return given if given in (NOW, LATER) and self.offers_ahead else ""

    @property
    def steps(self) -> int:
        """Where there is nothing to choose from, nothing is asked."""
        return 3 if len(self.wishes) == 1 else 4

    @property
    def wanted(self) -> list[Wanted]:
        return [
            Wanted(
                item.line.pk,
                item.quantity,
                item.reason,
                item.comment,
                kind.sku if (kind := self.kind(item)) else "",
            )
            for item in self.items
        ]

    # --- the way through ---

    def page(self, name: str, **kwargs: Any) -> str:
        """Path of one of the pages that ask."""
        return addresses.order_page(self.order, name, **kwargs)

    @property
    def is_complete(self) -> bool:
        return self.next_page == self.page("return_check")

    @property
    def next_page(self) -> str:
        """The first page whose question is open; the last one when none is."""
        if not self.items_form().is_valid():
            return self.page("return_items")
        for item in self.items:
            if not item.is_answered:
                return self.page("return_reason", line=item.line.pk)
        if not self.wish:
            return self.page("return_wish")
        if self.wish == Wish.EXCHANGE and self.needs_words and not self.other:
            return self.page("return_wish")
        for item in self.to_choose:
            if self.kind(item) is None:
                return self.page("return_which", line=item.line.pk)
        if self.offers_ahead and not self.ahead:
            return self.page("return_at_once")
        return self.page("return_check")

    def page_before_kind(self, line_id: int | None = None) -> str:
        """Where `Back` leads from choosing for a line, or from what is asked after that."""
        ids = [item.line.pk for item in self.to_choose]
        before = ids[: ids.index(line_id)] if line_id in ids else ids
        if before:
            return self.page("return_which", line=before[-1])
        return self.page("return_wish") if self.steps == 4 else self.page_before(wish=True)

    def page_before(self, line_id: int | None = None, *, wish: bool = False) -> str:
        """Where `Back` leads: from a line's reason, from the wish, else from the check."""
        if line_id is None and not wish:
            return self.page("return_at_once") if self.offers_ahead else self.page_before_kind()
        ids = [item.line.pk for item in self.items]
        before = ids[: ids.index(line_id)] if line_id in ids else ids
        if before:
            return self.page("return_reason", line=before[-1])
        return self.page("return_items")

    def preview(self) -> Outlook:
        """What would come of it if it were sent now. Raises Refused as sending would."""
        return self.order.preview_return(self.wanted, wish=self.wish, by=BUYER)

    @property
    def asks_for_photos(self) -> bool:
        return any(item.line.rules.reasons[item.reason].photos for item in self.items)

    def fingerprint(self, outlook: Outlook) -> str:
        """Names what the check page shows, so that nothing else is sent from it."""
        shown = [
            [
                [item.line_id, item.quantity, item.reason, item.comment, item.variant]
                for item in self.wanted
            ],
            self.wish,
            self.other,
            self.ahead,
            str(outlook.total),
            str(outlook.fee),
            outlook.payer,
            outlook.keeps_goods,
        ]
        return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]
