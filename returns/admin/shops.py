"""Shops that are told new addresses: what is entered, and what they were told.

Keys go in and never come out: no page shows one again, no list can be asked about them,
and none is ever sent to a new address unless somebody who has it types it in once more.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from returns import shops
from returns.admin.base import ReadOnly
from returns.admin.channels import KEY, LONGEST_KEY, NONE
from returns.models import ShopAccount, ShopUpdate
from tracking.admin.base import Narrowed
from tracking.admin.connection import check_address, secret_field


def key_fields(shop: str) -> dict[str, forms.CharField]:
    """A field for each key of this shop. Left empty, a key stays as it is."""
    adapter = shops.load(shop)
    found = {
        KEY + name: secret_field(f"{what}.", LONGEST_KEY) for name, what in adapter.KEYS.items()
    }
    for name, what in adapter.OPTIONS.items():
        words = f"{what}. A single {NONE} takes it away."
        found[KEY + name] = secret_field(words, LONGEST_KEY)
    for name, field in found.items():
        field.label = name.removeprefix(KEY).replace("_", " ").capitalize()
    return found


class ShopAccountForm(forms.ModelForm):
    """A class of its own is made of it for each shop, with a field for each of its keys."""

    shop: ClassVar[str] = ""

    class Meta:
        model = ShopAccount
        fields = ["store", "base", "is_active", "refunds"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.instance.shop = self.shop

    def clean_base(self) -> str:
        base = self.cleaned_data["base"]
        if base:
            check_address(base)
        elif shops.load(self.shop).NEEDS_ADDRESS:
            raise forms.ValidationError("Where is it? It begins with https://.")
        return base

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        adapter = shops.load(self.shop)
        typed = {name: data.get(KEY + name, "") for name in (*adapter.KEYS, *adapter.OPTIONS)}
        if self.instance.pk and "base" in self.changed_data:
            self._type_anew(typed)
        known = {name: typed[name] or self.instance.keys.get(name, "") for name in typed}
        for name in adapter.KEYS:
            if not known[name] or known[name] == NONE:
                self.add_error(KEY + name, "The shop shows it in its settings.")
        self.instance.keys = {name: key for name, key in known.items() if key and key != NONE}
        store = data.get("store") or (self.instance.store_id and self.instance.store)
        twins = ShopAccount.objects.filter(store=store, shop=self.shop).exclude(pk=self.instance.pk)
        if store and twins.exists():
            self.add_error(None, f"{store} has an account of this kind: change that one.")
        return data

    def _type_anew(self, typed: Mapping[str, str]) -> None:
        for name, key in typed.items():
            if self.instance.keys.get(name) and not key:
                words = "It goes to another address now: type it in once more."
                self.add_error(KEY + name, words)

    def add_error(self, field: str | None, error: Any) -> None:
        """The model speaks of its keys as of one; each is marked at its own field already."""
        told = getattr(error, "error_dict", None)
        if field is None and told:
            marked = {name for name in told if name == "keys" or name in self.errors}
            error = ValidationError({name: told[name] for name in told if name not in marked})
        super().add_error(field, error)


@admin.register(ShopAccount)
class ShopAccountAdmin(Narrowed):
    list_display = ["store", "shop", "base", "is_active", "refunds"]
    list_display_links = ["store", "shop"]
    list_filter = ["shop", "is_active", "store"]
    list_select_related = ["store"]

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the shop, because each has keys of its own."""
        shop = request.GET.get("shop", "")
        if shop not in shops.SHOPS:
            return self._choose(request)
        context = {"title": f"Connect {shops.SHOPS[shop][0]}"}
        return super().add_view(request, form_url, context | (extra_context or {}))

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Connect a shop",
            "shops": [(slug, label) for slug, (label, _) in shops.SHOPS.items()],
            "page": reverse("admin:returns_shopaccount_add"),
        }
        return TemplateResponse(request, "admin/returns/shopaccount/choose.html", context)

    def get_form(
        self, request: HttpRequest, obj: ShopAccount | None = None, change: bool = False, **more
    ) -> Any:
        shop = _shop_of(request, obj)
        fields = {**key_fields(shop), "shop": shop}
        made = type("ShopAccountFormOfShop", (ShopAccountForm,), fields)
        return super().get_form(request, obj, change=change, form=made, **more)

    def get_fieldsets(self, request: HttpRequest, obj: ShopAccount | None = None) -> Any:
        """Who may only look sees no keys."""
        fields = ShopAccountForm.Meta.fields
        found: list[Any] = [(None, {"fields": ["shop", *fields] if obj else fields})]
        if obj is not None and not self.has_change_permission(request, obj):
            return found
        if keys := key_fields(_shop_of(request, obj)):
            found.append(("Keys", {"fields": [*(["keys_known"] if obj else []), *keys]}))
        return found

    def get_readonly_fields(self, request: HttpRequest, obj: ShopAccount | None = None) -> Any:
        return ["store", "shop", "keys_known"] if obj else []

    @admin.display(description="Keys that are entered")
    def keys_known(self, account: ShopAccount) -> str:
        adapter = account.adapter
        names = [name for name in (*adapter.KEYS, *adapter.OPTIONS) if account.keys.get(name)]
        return ", ".join(name.replace("_", " ") for name in names) or "none"


@admin.register(ShopUpdate)
class ShopUpdateAdmin(ReadOnly, Narrowed):
    """What shops were told, or could not be; where to stands on the page of the change."""

    list_display = ["written_at", "order", "what", "account", "state", "attempts", "said"]
    list_filter = ["state"]
    list_select_related = ["account__store", "change__order"]
    search_fields = ["=change__order__number"]
    search_help_text = "Order number"
    show_full_result_count = False
    list_per_page = 50
    fields = ["order", "what", "account", "state", "attempts", "due_at", "done_at", "said", "key"]
    readonly_fields = ["order", "what", "said", "key"]

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="order")
    def order(self, update: ShopUpdate) -> str:
        return update.change.order.number

    @admin.display(description="what")
    def what(self, update: ShopUpdate) -> str:
        return "the new address" if update.is_wanted else "the old address again"

    @admin.display(description="what was said")
    def said(self, update: ShopUpdate) -> str:
        return update.words or update.last_error


def _shop_of(request: HttpRequest, account: ShopAccount | None) -> str:
    if account is not None:
        return account.shop
    asked = request.GET.get("shop", "")
    return asked if asked in shops.SHOPS else "demo"
