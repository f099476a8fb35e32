"""A change of address for somebody on the telephone: who called and how we made sure, where
it shall go, and one button. Reached from the page of an order."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from returns import formats
from returns.address_policy import AGAIN, Offer, Offers
from returns.admin.acts import acting
from returns.admin.address_words import AIM_WORDS, WHY_DESK, obstacle, terms
from returns.models import (
    Actor,
    ActorKind,
    AddressChange,
    NotOffered,
    Order,
    Shipment,
    Verified,
)
from returns.postal import book, checking
from returns.postal import formats as postal
from returns.postal.address import PostalAddress
from returns.postal.checking import Doubt
from tracking import carriers
from tracking.gateways import Aim
from tracking.terms import terms_of

FOLDER = "admin/returns/addresschange"
UNSHIPPED = "unshipped"
# Aims that need to know where to.
SOMEWHERE = frozenset({Aim.REDIRECT, AGAIN})
REASONS: dict[str, str] = {Aim.REDIRECT: "address", AGAIN: "address", Aim.RETURN: "changed_mind"}
# Of what an order has no field for.
LENGTHS = {"district": 120}
DESK = Actor(ActorKind.STAFF)
NO_AMOUNT = Decimal(-1)  # what no offer costs
OTHER_TERMS = "The terms have changed since this page was opened. Read the new ones to the caller."


@dataclass(frozen=True)
class Target:
    """One parcel of an order, or (shipment None) what was not shipped yet."""

    order: Order
    shipment: Shipment | None
    offers: Offers

    @property
    def code(self) -> str:
        """As it stands in an address."""
        return str(self.shipment.pk) if self.shipment else UNSHIPPED

    @property
    def title(self) -> str:
        """`RB123456785GB, Royal Mail: in transit`."""
        if self.shipment is None:
            return "What was not shipped yet"
        parcel = self.shipment.parcel
        if parcel is None:
            return "A parcel without a tracking number"
        named = ", ".join(filter(None, (parcel.number, carriers.called(parcel.carrier))))
        return f"{named}: {parcel.get_milestone_display().lower()}"

    @property
    def carrier(self) -> str:
        """Our code."""
        parcel = self.shipment.parcel if self.shipment else None
        return parcel.carrier if parcel else ""

    @cached_property
    def before(self) -> PostalAddress:
        return self.order.destination_of(self.shipment)

    @property
    def possible(self) -> list[Offer]:
        """None where nobody knows which country it goes to: there is no form for that."""
        known = book.find(self.before.country)
        return [offer for offer in self.offers.possible if known or offer.aim not in SOMEWHERE]

    @property
    def why_not(self) -> str:
        """Why it cannot go to another address."""
        offer = self.offers[Aim.REDIRECT]
        if offer.obstacle:
            return obstacle(offer.obstacle)
        return "The order names no country that we know." if not self.possible else ""


def targets(order: Order) -> list[Target]:
    """What of an order could go elsewhere, whether or not it still may. order: with_goods."""
    found = [Target(order, row, order.address_offers(row, by=DESK)) for row in order.outbound]
    if any(line.to_ship for line in order.lines.all()):
        found.insert(0, Target(order, None, order.address_offers(None, by=DESK)))
    return found


class AskForm(forms.Form):
    """Asks what the order needs: its target decides what may be done, its country which parts
    an address has. doubts: about what was typed; a second press sends it all the same."""

    aim = forms.ChoiceField(label="What shall happen", widget=forms.RadioSelect)
    verified_how = forms.ChoiceField(
        label="How you made sure who is calling",
        choices=Verified.choices,
        widget=forms.RadioSelect,
    )
    verified_note = forms.CharField(
        label="Anything to remember about the call (if there is)", required=False, max_length=300
    )

    def __init__(self, target: Target, data: Mapping[str, Any] | None = None) -> None:
        self.target, self.doubts = target, list[Doubt]()
        super().__init__(data, label_suffix="")
        # Shown anew each time, whatever was sent: which form it is, and on what terms.
        self.key = str((data or {}).get("key") or uuid.uuid4().hex)[:64]
        self.aims = {offer.aim: offer for offer in target.possible}
        self._choose_aim()
        if SOMEWHERE & set(self.aims):
            for field in postal.fields(target.before.country):
                self.fields[field.name] = self._place_field(field)
        if Aim.RESCHEDULE in self.aims:
            self.fields["on"] = forms.DateField(
                label="On which day (for another day)",
                required=False,
                widget=forms.DateInput(attrs={"type": "date"}),
            )
        if fees := {offer.fee for offer in self.aims.values() if offer.fee}:
            self.fields["agreed"] = forms.BooleanField(label=self._agreement(fees), required=False)

    def _choose_aim(self) -> None:
        field = self.fields["aim"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (aim, f"{AIM_WORDS.get(aim, aim)}: {terms(offer)}") for aim, offer in self.aims.items()
        ]
        self.initial["aim"] = next(iter(self.aims))

    def _place_field(self, field: postal.Field) -> forms.Field:
        before = self.target.before
        value = getattr(before, field.name)
        label, hint = str(field.label), str(field.hint)
        if not field.required:
            label = f"{label} (if there is)"
        if field.choices:
            known = book.country(before.country).region(value)
            self.initial[field.name] = known.key if known else ""
            return forms.ChoiceField(
                label=label, required=False, choices=[("", "Choose"), *field.choices]
            )
        self.initial[field.name] = value
        return forms.CharField(
            label=label,
            help_text=hint,
            required=False,
            max_length=_longest(field.name),
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
        )

    def _agreement(self, fees: set[Decimal]) -> str:
        if len(fees) > 1:
            return "The caller agrees to pay what stands above, if it works"
        fee = formats.money(fees.pop(), self.target.order.currency)
        return f"The caller agrees to pay {fee} if it works"

    # --- what the page shows --------------------------------------------------------------

    @property
    def shown(self) -> str:
        """The fees on the page: compared when it is sent."""
        return " ".join(f"{aim}={offer.fee}" for aim, offer in self.aims.items())

    @property
    def seen(self) -> str:
        return " ".join(doubt.code for doubt in self.doubts)

    @property
    def place(self) -> list[forms.BoundField]:
        names = PostalAddress.__dataclass_fields__
        return [self[name] for name in self.fields if name in names]

    # --- what was sent --------------------------------------------------------------------

    @property
    def fee(self) -> Decimal:
        """What the page had said that it costs."""
        shown = dict(part.partition("=")[::2] for part in str(self.data.get("shown", "")).split())
        try:
            amount = Decimal(shown.get(self.cleaned_data.get("aim", ""), "0"))
        except InvalidOperation:
            return NO_AMOUNT
        return amount if amount.is_finite() else NO_AMOUNT

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("aim") in SOMEWHERE:
            self._clean_place(data)
        elif data.get("aim") == Aim.RESCHEDULE:
            self._clean_day(data)
        if data.get("aim") and self.fee > 0 and not data.get("agreed"):
            field = "agreed" if "agreed" in self.fields else None
            self.add_error(field, "Tell the caller what it costs, and tick it when they agree.")
        return data

    def _clean_place(self, data: dict[str, Any]) -> None:
        for field in postal.fields(self.target.before.country):
            if field.required and not data.get(field.name) and field.name not in self.errors:
                self.add_error(field.name, "It is needed for the label.")
        if self.errors:
            return
        if self.address.same_as(self.target.before):
            self.add_error(None, "It goes to this address already. Write the new one over it.")
            return
        known = terms_of(self.target.carrier) if self.target.shipment else None
        self.doubts = checking.doubts(self.address, carrier_terms=known)

    def _clean_day(self, data: dict[str, Any]) -> None:
        tomorrow = timezone.localdate() + timedelta(days=1)
        if "on" not in self.errors and (not data.get("on") or data["on"] < tomorrow):
            self.add_error("on", "Choose a day, from tomorrow on.")

    @property
    def address(self) -> PostalAddress:
        names = (bound.name for bound in self.place)
        values = {name: str(self.cleaned_data.get(name) or "").strip() for name in names}
        return PostalAddress(**values, country=self.target.before.country)

    @property
    def day(self) -> date | None:
        data = self.cleaned_data
        return data.get("on") if data["aim"] == Aim.RESCHEDULE else None

    @property
    def once(self) -> str:
        """The same for the same form with the same wish: sent twice it makes one change, and
        whoever goes back and writes another address has asked for something else."""
        aim = self.cleaned_data["aim"]
        place = self.address.to_json().values() if aim in SOMEWHERE else ()
        parts = [self.key, self.target.code, aim, str(self.day or ""), *place]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def is_settled(self) -> bool:
        """Every doubt was on the page when it was sent."""
        return {doubt.code for doubt in self.doubts} <= set(str(self.data.get("seen")).split())

    def suggested(self, code: str) -> dict[str, str]:
        """What the fields would hold if this doubt is right; empty when it cannot tell."""
        for doubt in self.doubts:
            if doubt.code == code and doubt.suggestion:
                return {bound.name: getattr(doubt.suggestion, bound.name) for bound in self.place}
        return {}

    def carry_out(self, by: Actor) -> AddressChange:
        """Raises NotOffered."""
        data, aim = self.cleaned_data, self.cleaned_data["aim"]
        return self.target.order.change_address(
            aim,
            after=self.address if aim in SOMEWHERE else None,
            shipment=self.target.shipment,
            agreed_fee=self.fee,
            on=self.day,
            reason=REASONS.get(aim, "other"),
            verified_how=data["verified_how"],
            verified_note=data["verified_note"],
            key=self.once,
            by=by,
        )


class AskPages(admin.ModelAdmin):
    """Pages of the admin of changes."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.ask)
        own = [path("for/<int:pk>/", view, name="returns_addresschange_ask")]
        return own + super().get_urls()

    def ask(self, request: HttpRequest, pk: int) -> HttpResponse:
        known = Order.objects.with_goods().select_related("store__account")
        order = known.filter(pk=pk).first()
        if order is None or not may_ask(request):
            raise Http404
        found = targets(order)
        target = _chosen(found, request.GET.get("parcel", ""))
        if target is None:
            return self._page(request, order, found)
        with timezone.override(order.where):
            if request.method != "POST":
                return self._page(request, order, found, AskForm(target))
            return self._sent(request, order, found, AskForm(target, request.POST))

    def _sent(
        self, request: HttpRequest, order: Order, found: list[Target], form: AskForm
    ) -> HttpResponse:
        is_whole = form.is_valid()
        if better := form.suggested(request.POST.get("take", "")):
            form = AskForm(form.target, request.POST.dict() | better)
            form.is_valid()
            return self._page(request, order, found, form)
        if not is_whole or not form.is_settled:
            return self._page(request, order, found, form)
        try:
            change = form.carry_out(acting(request))
        except NotOffered as no:
            return self._not_offered(request, order, form, no.offer)
        how = form.cleaned_data["verified_how"]
        words = f"Asked for by telephone. {dict(Verified.choices)[how]}."
        self.log_change(request, change, words)
        self.message_user(request, _said(change), messages.SUCCESS)
        return redirect("admin:returns_addresschange_change", change.pk)

    def _not_offered(
        self, request: HttpRequest, order: Order, form: AskForm, offer: Offer
    ) -> HttpResponse:
        """The page as it is now, with what was typed; an agreement was to other terms."""
        found = targets(order.with_goods())
        words = obstacle(offer.obstacle) if offer.obstacle else OTHER_TERMS
        target = _chosen(found, form.target.code)
        if target is None:
            self.message_user(request, words, messages.ERROR)
            return self._page(request, order, found)
        typed = {name: value for name, value in form.data.items() if name != "agreed"}
        again = AskForm(target, typed)
        again.is_valid()
        again.errors.pop("agreed", None)
        again.add_error(None, words)
        return self._page(request, order, found, again)

    def _page(
        self, request: HttpRequest, order: Order, found: list[Target], form: AskForm | None = None
    ) -> TemplateResponse:
        old = order.contact_is_new()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Change the address: {order.number}",
            "order": order,
            "targets": found,
            "has_others": sum(bool(target.possible) for target in found) > 1,
            "form": form,
            "goes_to": postal.lines(form.target.before) if form else [],
            "why_desk": WHY_DESK.get(form.target.offers[Aim.REDIRECT].why_desk) if form else "",
            "phone": order.previous_phone if old else order.phone,
            "contact_is_new": old,
            "paid": formats.money(order.paid_total, order.currency),
        }
        return TemplateResponse(request, f"{FOLDER}/ask.html", context)


def _chosen(found: list[Target], code: str) -> Target | None:
    """The one that is named, else the only one; None where nothing is possible, or it has to
    be chosen."""
    possible = [target for target in found if target.possible]
    named = [target for target in possible if target.code == code]
    if named or len(possible) != 1 or code:
        return next(iter(named), None)
    return possible[0]


def _said(change: AddressChange) -> str:
    then = "the carrier is asked" if change.was_shipped else "the warehouse is told"
    if change.aim == AGAIN:
        then = "it waits until the parcel is back"
    if change.told is None:
        return f"Noted. Nobody is named on the order whom we could tell; {then}."
    return f"Noted. The contact on the order is told first, then {then}."


def _longest(name: str) -> int:
    field = None if name in LENGTHS else Order._meta.get_field(name)
    return LENGTHS.get(name) or getattr(field, "max_length", None) or 300


def may_ask(request: HttpRequest) -> bool:
    may = request.user.has_perm
    return may("returns.decide_address") and may("returns.view_order")
