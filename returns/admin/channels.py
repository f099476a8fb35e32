"""Accounts at providers of SMS and WhatsApp: what is entered, and the approved texts.

Keys go in and never come out: no page shows one again, no list can be asked about them,
and none is ever sent to a new address unless somebody who has it types it in once more.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.module_loading import import_string

from returns.channels import CHANNELS, HOOKS
from returns.letters.approved import check_parameters
from returns.models import ApprovedTemplate, ChannelAccount
from returns.models.channel_account import CARRIES, kinds
from tracking.admin.base import Narrowed
from tracking.admin.connection import check_address, secret_field

KEY = "key_"
LONGEST_KEY = 500
# Typed into a key that may be left out, it takes the old one away.
NONE = "-"


def needed(provider: str) -> Mapping[str, str]:
    """The names of the keys without which nothing is sent → what they are."""
    return getattr(import_string(CHANNELS[provider][1]), "KEYS", {})


def possible(provider: str) -> Mapping[str, str]:
    """Those that may be left out."""
    return getattr(import_string(CHANNELS[provider][1]), "MORE_KEYS", {})


def key_fields(provider: str) -> dict[str, forms.CharField]:
    """A field for each key of this provider. Left empty, a key stays as it is."""
    found = {}
    for name, words in needed(provider).items():
        found[KEY + name] = secret_field(f"{words}.", LONGEST_KEY)
    for name, words in possible(provider).items():
        found[KEY + name] = secret_field(f"{words}. A single {NONE} takes it away.", LONGEST_KEY)
    for name, field in found.items():
        field.label = name.removeprefix(KEY).replace("_", " ").capitalize()
    return found


class ChannelAccountForm(forms.ModelForm):
    """A class of its own is made of it for each provider, with a field for each of its keys."""

    provider: ClassVar[str] = ""

    class Meta:
        model = ChannelAccount
        fields = ["store", "sender", "prefixes", "position", "is_active", "base"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.instance.provider = self.provider

    def clean_base(self) -> str:
        base = self.cleaned_data["base"]
        if base:
            check_address(base)
        return base

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        had = self.instance.keys
        typed = {name: data.get(KEY + name, "") for name in self._names()}
        if self.instance.pk and "base" in self.changed_data:
            self._type_anew(typed)
        known = {name: typed[name] or had.get(name, "") for name in typed}
        for name in needed(self.provider):
            if not known[name] or known[name] == NONE:
                self.add_error(KEY + name, "The provider shows it in its settings.")
        self.instance.keys = {name: key for name, key in known.items() if key and key != NONE}
        return data

    def _names(self) -> list[str]:
        return [*needed(self.provider), *possible(self.provider)]

    def _type_anew(self, typed: Mapping[str, str]) -> None:
        for name, key in typed.items():
            if self.instance.keys.get(name) and not key:
                words = "It goes to another address now: type it in once more."
                self.add_error(KEY + name, words)

    def add_error(self, field: str | None, error: Any) -> None:
        """The model speaks of its keys as of one; each is marked at its own field already."""
        told = getattr(error, "error_dict", None)
        if field is None and told and "keys" in told:
            error = ValidationError({name: rest for name, rest in told.items() if name != "keys"})
        super().add_error(field, error)


class ApprovedForm(forms.ModelForm):
    kind = forms.ChoiceField()
    language = forms.ChoiceField(choices=settings.LANGUAGES)

    class Meta:
        model = ApprovedTemplate
        fields = ["kind", "language", "name", "provider_language", "parameters", "has_button"]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices: Any = self.fields["kind"]
        choices.choices = [("", "---------"), *short_kinds()]


class ApprovedFormSet(forms.BaseInlineFormSet):
    def clean(self) -> None:
        """What fills the gaps of a text depends on the provider of the account."""
        super().clean()
        for form in self.forms:
            data = getattr(form, "cleaned_data", {})
            if not data.get("kind") or data.get("DELETE") or "parameters" not in data:
                continue
            provider = self.instance.provider
            if problems := check_parameters(data["kind"], provider, data["parameters"]):
                form.add_error("parameters", problems)


class ApprovedInline(admin.StackedInline):
    model = ApprovedTemplate
    form = ApprovedForm
    formset = ApprovedFormSet
    extra = 0
    verbose_name_plural = "approved texts"


@admin.register(ChannelAccount)
class ChannelAccountAdmin(Narrowed):
    list_display = ["store", "provider", "sender", "prefixes", "position", "is_active"]
    list_display_links = ["store", "provider"]
    list_filter = ["provider", "is_active", "store"]
    list_select_related = ["store"]
    inlines = [ApprovedInline]
    change_form_template = "admin/returns/channelaccount/change_form.html"

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the form -----------------------------------------------------------------------------

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """First the provider, because each has keys of its own."""
        provider = request.GET.get("provider", "")
        if provider not in CARRIES:
            return self._choose(request)
        context = {"title": f"Connect {CHANNELS[provider][0]}"}
        return super().add_view(request, form_url, context | (extra_context or {}))

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Connect a provider of messages",
            "providers": [(slug, CHANNELS[slug][0]) for slug in CARRIES],
            "page": reverse("admin:returns_channelaccount_add"),
        }
        return TemplateResponse(request, "admin/returns/channelaccount/choose.html", context)

    def get_form(
        self, request: HttpRequest, obj: ChannelAccount | None = None, change: bool = False, **more
    ) -> Any:
        provider = provider_of(request, obj)
        made = type(
            "ChannelAccountFormOfProvider",
            (ChannelAccountForm,),
            {**key_fields(provider), "provider": provider},
        )
        return super().get_form(request, obj, change=change, form=made, **more)

    def get_fieldsets(self, request: HttpRequest, obj: ChannelAccount | None = None) -> Any:
        """Who may only look sees neither the keys nor the address, which is a key as well."""
        provider = provider_of(request, obj)
        where = ["provider", *ChannelAccountForm.Meta.fields] if obj else self.form_fields
        if obj is not None and not self.has_change_permission(request, obj):
            return [(None, {"fields": where})]
        found: list[Any] = [(None, {"fields": where})]
        if keys := key_fields(provider):
            more = ["keys_known"] if obj else []
            found.append(("Keys", {"fields": [*more, *keys]}))
        if obj is not None and provider in HOOKS:
            found.append(("What it tells us", {"fields": ["address"]}))
        return found

    form_fields = ChannelAccountForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: ChannelAccount | None = None) -> Any:
        return ["store", "provider", "keys_known", "address"] if obj else []

    def get_inlines(self, request: HttpRequest, obj: ChannelAccount | None) -> Any:
        """Only where approved texts are used."""
        adapter = import_string(CHANNELS[provider_of(request, obj)][1])
        return self.inlines if getattr(adapter, "USES_TEMPLATES", False) else []

    @admin.display(description="Keys that are entered")
    def keys_known(self, account: ChannelAccount) -> str:
        names = [*needed(account.provider), *possible(account.provider)]
        known = [name.replace("_", " ") for name in names if account.keys.get(name)]
        return ", ".join(known) or "none"

    @admin.display(description="Address to enter at the provider")
    def address(self, account: ChannelAccount) -> str:
        return format_html("<code>{}</code>", account.hook_address)


def provider_of(request: HttpRequest, account: ChannelAccount | None) -> str:
    if account is not None:
        return account.provider
    asked = request.GET.get("provider", "")
    return asked if asked in CARRIES else "demo"


def short_kinds() -> list[tuple[str, str]]:
    """What is short enough for an approved text; all else goes by email."""
    return [(kind, label) for kind, label in kinds() if not check_parameters(kind, "", "")]
