"""On which terms a store has parcels turned, and what its buyers read of that at each step."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from returns import address_policy, address_texts
from returns.address_policy import AGAIN, Facts, Offer
from returns.admin.address_words import AIM_WORDS
from returns.models import InterceptionRule, Store
from returns.models.interception_rule import STEPS
from tracking import carriers, figures
from tracking.admin.base import Narrowed
from tracking.admin.lane import carrier_choices
from tracking.gateways import Aim
from tracking.models import GatewayAccount
from tracking.terms import terms_of

# What buyers may ask for while it is on its way.
AIMS = (Aim.REDIRECT, Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE, AGAIN)


class InterceptionRuleForm(forms.ModelForm):
    carrier = forms.ChoiceField(required=False, help_text="Empty: any.")

    class Meta:
        model = InterceptionRule
        fields = [
            "store",
            "carrier",
            "milestone",
            "aim",
            "lane",
            "is_offered",
            "needs_desk",
            "payer",
            "fee",
            "days_from",
            "days_to",
            "chance",
            "not_served",
        ]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields.get("carrier")
        if isinstance(field, forms.ChoiceField):
            choices = carrier_choices("Every carrier")
            # A rule may name one that is in no table of ours.
            if (own := self.instance.carrier) not in dict(choices):
                choices.append((own, own))
            field.choices = choices


@admin.register(InterceptionRule)
class InterceptionRuleAdmin(Narrowed):
    form = InterceptionRuleForm
    list_display = ["store", "called", "milestone", "what", "lane", "is_offered", "payer", "cost"]
    list_display_links = ["store", "called"]
    list_filter = ["store", "aim", "is_offered"]
    list_select_related = ["store"]
    change_list_template = "admin/returns/interceptionrule/change_list.html"
    empty_value_display = "any"

    class Media:
        css = {"all": ["css/desk.css"]}

    def get_fieldsets(self, request: HttpRequest, obj: InterceptionRule | None = None) -> Any:
        names = InterceptionRuleForm.Meta.fields
        at = names.index("is_offered")
        return [
            ("For which parcels", {"fields": names[:at]}),
            ("On which terms", {"fields": names[at:]}),
        ]

    @admin.display(description="carrier", ordering="carrier")
    def called(self, rule: InterceptionRule) -> str:
        return carriers.called(rule.carrier) or "any"

    @admin.display(description="what", ordering="aim")
    def what(self, rule: InterceptionRule) -> str:
        return rule.get_aim_display() or "anything"

    @admin.display(description="fee")
    def cost(self, rule: InterceptionRule) -> str:
        if rule.fee is None:
            return "as the carrier charges"
        return f"{rule.fee:.2f} {rule.store.currency}"

    # --- what comes of them -------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.preview)
        own = [path("preview/", view, name="returns_interceptionrule_preview")]
        return own + super().get_urls()

    def preview(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        form = PreviewForm(request.GET or None)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "What a buyer reads at each step",
            "form": form,
            "tables": list(_tables(form.cleaned_data)) if form.is_valid() else [],
        }
        return TemplateResponse(request, "admin/returns/interceptionrule/preview.html", context)


class PreviewForm(forms.Form):
    store = forms.ModelChoiceField(Store.objects.order_by("name"), to_field_name="slug")
    carrier = forms.ChoiceField(choices=lambda: carrier_choices("Choose"))
    country = forms.RegexField(
        r"^[A-Za-z]{2}$", label="Country that it goes to (its two letters)", required=False
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | more))


@dataclass(frozen=True)
class Table:
    """One thing that may be asked for. rows: the step, whether it is offered then, and what
    is read."""

    title: str
    rows: list[tuple[str, bool, list[str]]]


def _tables(chosen: dict[str, Any]) -> Iterator[Table]:
    store, carrier = chosen["store"], chosen["carrier"]
    facts = _facts(store, carrier, chosen["country"].upper() or store.country)
    rules = [row.rule for row in store.interception_rules.all()]
    found = [
        (
            str(label),
            address_policy.offers(replace(facts, milestone=code), terms_of(carrier), rules),
        )
        for code, label in STEPS
    ]
    for aim in AIMS:
        rows = [(label, each[aim]) for label, each in found]
        title = AIM_WORDS.get(aim, aim)
        yield Table(title, [(step, one.is_possible, _read(one, carrier)) for step, one in rows])


def _read(offer: Offer, carrier: str) -> list[str]:
    if not offer.is_possible:
        return [address_texts.why_not(offer.obstacle, carrier=carrier)]
    return list(address_texts.terms(offer, carrier=carrier, until=None))


def _facts(store: Store, carrier: str, country: str) -> Facts:
    """Of a parcel of the store’s own currency that was never turned."""
    rows = list(GatewayAccount.objects.live().filter(account=store.account_id))
    served = (str(aim) for aim in Aim if any(row.serves(carrier, aim) for row in rows))
    return Facts(
        carrier=carrier,
        lane=store.lane(country),
        origin=store.country,
        destination=country,
        currency=store.currency,
        store_currency=store.currency,
        served=frozenset(served),
        chances=figures.chances(store.account_id, carrier),
    )
