"""Sheet: all that one page asks for, the terms and where it needs one an address."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.http import QueryDict
from django.utils.translation import gettext as _

from portal.address_page.places import Place
from portal.forms.address import AddressForm
from portal.forms.turning import TermsForm
from portal.templatetags.homeward import problems
from returns import formats
from returns.address_policy import AGAIN
from returns.postal.address import PostalAddress
from tracking.gateways import Aim
from tracking.terms import terms_of

if TYPE_CHECKING:
    from returns.models import AddressChange, Order

NEEDS_ADDRESS = frozenset({Aim.REDIRECT, AGAIN})


class Sheet:
    """data: what was sent, or None. is_kept: it waited for a code, and is only shown once more.
    Without a known country no address can be asked for."""

    def __init__(
        self, one: Place, aim: str, data: QueryDict | None, now: datetime, *, is_kept: bool = False
    ):
        self.one, self.aim, self.now = one, aim, now
        self.offer = one.offers[aim]
        self.said: list[tuple[str, str]] = []
        if is_kept and data is not None:
            data = data.copy()
            data["switch"] = "1"  # what is typed stands in the fields, and nothing is judged
        self.form = self._form(data) if aim in NEEDS_ADDRESS and one.address.country else None
        judges = data is not None and not is_kept and not (self.form and self.form.is_only_shown)
        self.terms = self._terms(data, judges=judges)

    def _terms(self, data: QueryDict | None, *, judges: bool) -> TermsForm:
        if judges or data is None:
            return TermsForm(self.offer, data, now=self.now)
        values = {name: data[name] for name in ("key", "reason", "on") if name in data}
        # The tick is for the price beside it.
        agrees = bool(data.get("agrees")) and data.get("fee") == str(self.offer.fee)
        return TermsForm(self.offer, now=self.now, initial={**values, "agrees": agrees})

    def _form(self, data: QueryDict | None) -> AddressForm:
        country = self.one.address.country
        carrier = self.one.carrier
        return AddressForm(
            country,
            data,
            initial=self.one.address,
            allowed_country=country,
            carrier_terms=terms_of(carrier) if carrier else None,
        )

    @property
    def can_be_asked(self) -> bool:
        return self.form is not None or self.aim not in NEEDS_ADDRESS

    @property
    def is_only_shown(self) -> bool:
        return self.form is not None and self.form.is_only_shown

    @property
    def is_settled(self) -> bool:
        return self.form is None or self.form.is_settled

    def is_valid(self) -> bool:
        """Looks at both parts, so that all problems are told at once."""
        found = [form.is_valid() for form in (self.form, self.terms) if form]
        return all(found) and self._is_served()

    def _is_served(self) -> bool:
        area = self.after and self.offer.refuses(self.after.postcode, self.after.region)
        if not area:
            return True
        words = _("We cannot have it brought to this area: {area}. Choose an address elsewhere.")
        self.say(words.format(area=area))
        return False

    def is_unchanged(self) -> bool:
        """It is to go where it goes already: says so."""
        after = self.after
        if self.aim != Aim.REDIRECT or after is None or not after.same_as(self.one.address):
            return False
        self.say(_("This is the address that we have already. There is nothing to change."))
        return True

    @property
    def after(self) -> PostalAddress | None:
        return self.form.address if self.form else None

    @property
    def key(self) -> str:
        content = self.after.to_json().values() if self.after else ()
        parcel = self.one.shipment.pk if self.one.shipment else None
        return self.terms.once(parcel, self.aim, *content)

    def made_by(self, order: "Order") -> "AddressChange | None":
        """The change that this very form has made already."""
        return order.address_changes.filter(form_key=self.key).first()

    def say(self, words: str) -> None:
        """A problem that is told above all fields."""
        self.said.append(("", words))

    def tell_price(self) -> None:
        """It costs something else than the page had said, so the tick is asked for anew."""
        data = QueryDict(mutable=True)
        data.update({k: v for k, v in self.terms.data.items() if k != "agrees"})
        self.terms = TermsForm(self.offer, data, now=self.now)
        if self.offer.fee:
            words = _("The price has changed while you were here: it is now {amount}.")
            self.say(words.format(amount=formats.money(self.offer.fee, self.offer.currency)))
        else:
            self.say(_("It costs you nothing now. Please look once more, and send it again."))

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [*self.said, *problems(self.form), *problems(self.terms)]
