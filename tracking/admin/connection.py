"""Connections to providers: what is entered, and whether they work.

Secrets go in and never come out: no page shows key or salt again, no list can be asked
about them, and neither is ever sent to a new address unless somebody who has them types
them in once more.
"""

import re
import socket
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from tracking import health, providers
from tracking.admin.base import Narrowed
from tracking.models import Connection, Parcel

SECRETS = ("key", "salt")
# What not every provider wants.
SPECIAL = ("customer", "salt", "query_type", "subscribe_type")
VERSION = re.compile(r"/v\d+(\.\d+)?/?$")
REQUEST_TYPE = re.compile(r"[0-9]{3,5}")
# Names that mean this machine or its own net.
INSIDE = (".localhost", ".localdomain", ".local", ".internal", ".home.arpa")


@dataclass(frozen=True)
class Settings:
    """What is entered for a provider besides its key. needs: field → why. takes: may be left
    empty. versioned: its address ends with the version of its interface."""

    needs: Mapping[str, str] = field(default_factory=dict)
    takes: Set[str] = frozenset()
    versioned: bool = False


SETTINGS: dict[str, Settings] = {
    "17track": Settings(versioned=True),
    "kuaidi100": Settings(
        needs={
            "customer": "Kuaidi100 wants its customer code with every query.",
            "salt": "Kuaidi100 signs its pushes with it: make one up, long and random.",
        }
    ),
    "kdniao": Settings(
        needs={"customer": "This is the EBusinessID that Kdniao gave you."},
        takes=frozenset({"query_type", "subscribe_type"}),
    ),
}
# A provider that was added later may take all of it.
USUAL = Settings(takes=frozenset(SPECIAL))


def secret_field(help_text: str, most: int) -> forms.CharField:
    return forms.CharField(
        max_length=most,
        required=False,
        widget=forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "new-password", "class": "vTextField"}
        ),
        help_text=f"{help_text} It is never shown again; empty keeps the old one.",
    )


class ConnectionForm(forms.ModelForm):
    """Left empty, a secret stays as it is."""

    key = secret_field("The provider’s API key.", 200)
    salt = secret_field("Kuaidi100: what its pushes are signed with, as you like.", 100)
    position = forms.IntegerField(
        min_value=0,
        max_value=99,
        required=False,
        initial=0,
        help_text="Order of preference: 0 is asked first, others when it is silent.",
    )

    class Meta:
        model = Connection
        fields = [
            "account",
            "provider",
            "key",
            "customer",
            "salt",
            "is_active",
            "position",
            "daily_quota",
            "base",
            "query_type",
            "subscribe_type",
        ]

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # Then only what was typed counts as changed, and nothing can be printed by mistake.
        for name in SECRETS:
            self.initial[name] = ""

    def clean_key(self) -> str:
        key = self.cleaned_data["key"] or self.instance.key
        if not key:
            raise forms.ValidationError("The provider shows it in its settings.")
        return key

    def clean_salt(self) -> str:
        return self.cleaned_data["salt"] or self.instance.salt

    def clean_position(self) -> int:
        position = self.cleaned_data["position"]
        return self.instance.position if position is None else position

    def clean_base(self) -> str:
        base = self.cleaned_data["base"]
        if base:
            check_address(base)
        return base

    def clean_query_type(self) -> str:
        return checked_type(self.cleaned_data["query_type"])

    def clean_subscribe_type(self) -> str:
        return checked_type(self.cleaned_data["subscribe_type"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        provider = data.get("provider") or self.instance.provider
        if provider:
            self._fit(provider, data)
        if self.instance.pk and "base" in self.changed_data:
            self._type_anew(data)
        return data

    def _fit(self, provider: str, data: Mapping[str, Any]) -> None:
        """What this provider needs is there, and nothing that it would not use."""
        wanted, label = SETTINGS.get(provider, USUAL), providers.label_of(provider)
        for name in SPECIAL:
            if name not in data:  # wrong already
                continue
            if name in wanted.needs and not data[name]:
                self.add_error(name, wanted.needs[name])
            elif name not in wanted.needs and name not in wanted.takes and data[name]:
                self.add_error(name, f"{label} has no such thing: leave it empty.")
        base = data.get("base", "")
        if wanted.versioned and base and not VERSION.search(base):
            self.add_error("base", f"{label}’s address ends with its version: …/track/v2.4/")

    def _type_anew(self, data: Mapping[str, Any]) -> None:
        for name in SECRETS:
            if getattr(self.instance, name) and name not in self.changed_data:
                self.add_error(name, "It goes to another address now: type it in once more.")


def check_address(base: str) -> None:
    """An address that a key may be sent to. Raises ValidationError."""
    try:
        parts = urlsplit(base)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise forms.ValidationError("This is no address.") from None
    if parts.username is not None or parts.password is not None:
        raise forms.ValidationError("No name or password in the address: the key has its field.")
    if parts.query or parts.fragment or "?" in base or "#" in base:
        raise forms.ValidationError("Nothing after ? or #: what is asked is added to it.")
    if settings.PRODUCTION and is_inside(host):
        raise forms.ValidationError("Not this machine or its own net: a provider is elsewhere.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise forms.ValidationError("It must begin with https://, because the key travels there.")


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_inside(host: str) -> bool:
    """Whether it leads to this machine or its own net: by its name, or by an address that
    is not one of the Internet, in any of its spellings. Where a name leads is not looked up."""
    name = host.lower().rstrip(".")
    if f".{name}".endswith(INSIDE):
        return True
    try:
        address = ip_address(name)
    except ValueError:
        try:
            address = ip_address(socket.inet_aton(name))  # 127.1, 0x7f000001
        except OSError:
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_multicast or not address.is_global


def checked_type(value: str) -> str:
    if value and not REQUEST_TYPE.fullmatch(value):
        raise forms.ValidationError("Digits only, as Kdniao’s contract with you says: 8001.")
    return value


def sharing_secrets(connection: Connection) -> QuerySet[Connection]:
    """Those of other accounts that have its key or its salt at the same provider."""
    same = Q(key=connection.key)
    if connection.salt:
        same |= Q(salt=connection.salt)
    others = Connection.objects.filter(same, provider=connection.provider)
    return others.exclude(pk=connection.pk).select_related("account")


@admin.register(Connection)
class ConnectionAdmin(Narrowed):
    form = ConnectionForm
    list_display = [
        "account",
        "provider",
        "position",
        "is_active",
        "state",
        "forged_count",
        "last_forged_at",
    ]
    list_display_links = ["account", "provider"]
    list_filter = ["provider", "is_active"]
    narrowed_by = frozenset({"account", "is_asked"})
    list_select_related = ["account"]
    change_form_template = "admin/tracking/connection/change_form.html"
    change_list_template = "admin/tracking/connection/change_list.html"
    readonly_fields = ["address", "created_at", "forged_count", "last_forged_at"]

    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    # --- the form -----------------------------------------------------------------------------

    def get_fieldsets(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """Who may only look does not see secrets: the admin would print them in clear."""
        secret = obj is not None and not self.has_change_permission(request, obj)
        first = ["account", "provider", "key", "customer", "salt", "is_active"]
        how = ["position", "daily_quota", "base", "query_type", "subscribe_type"]
        found: list[Any] = [
            (None, {"fields": [n for n in first if not (secret and n in SECRETS)]}),
            ("How it is called", {"fields": how}),
        ]
        return [*found, ("What it pushes", {"fields": self.readonly_fields})] if obj else found

    def get_readonly_fields(self, request: HttpRequest, obj: Connection | None = None) -> Any:
        """What is followed belongs to this account at this provider: it stays theirs."""
        fields = super().get_readonly_fields(request, obj)
        return [*fields, "account", "provider"] if obj else fields

    @admin.display(description="Address for its pushes")
    def address(self, obj: Connection) -> str:
        return obj.callback

    @admin.display(description="state")
    def state(self, obj: Connection) -> str:
        return health.Health(obj).words(timezone.now())

    def save_model(self, request: HttpRequest, obj: Connection, form: Any, change: bool) -> None:
        changed = set(form.changed_data)
        if not change:
            obj.save()
        elif changed:
            # Workers count their calls in this row meanwhile.
            obj.save(update_fields=changed)
        if change and changed & {"key", "salt", "customer", "base", "query_type", "is_active"}:
            obj.try_again()
        if obj.is_active and (not change or "is_active" in changed):
            count = Parcel.objects.take_up(obj.account_id)
            if count:
                parcels = "1 parcel" if count == 1 else f"{count} parcels"
                words = f"{parcels} that nobody followed will be looked at now."
                self.message_user(request, words, messages.INFO)
        if others := sharing_secrets(obj):
            words = "The key or the salt is also that of %s: what is pushed to one could be pushed "
            words += "to the other as well. It is better to have its own for each."
            self.message_user(request, words % ", ".join(map(str, others)), messages.WARNING)

    # --- whether they work --------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(require_POST(self.try_again))
        seen = self.admin_site.admin_view(self.health)
        own = [
            path("health/", seen, name="tracking_connection_health"),
            path("<int:pk>/try_again/", again, name="tracking_connection_try_again"),
        ]
        return own + super().get_urls()

    def health(self, request: HttpRequest) -> HttpResponse:
        """How each provider does, what waits for it and what it refuses."""
        if not self.has_view_permission(request):
            raise Http404
        now = timezone.now()
        found = health.look(now)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Providers",
            "now": now,
            "may_change": self.has_change_permission(request),
            "rows": [(row, row.words(now), row.is_bad(now), row.state(now)) for row in found],
        }
        return TemplateResponse(request, "admin/tracking/connection/health.html", context)

    def try_again(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = self.get_object(request, str(pk))
        if connection is None or not self.has_change_permission(request):
            raise Http404
        connection.try_again()
        self.log_change(request, connection, "Tried again.")
        self.message_user(
            request, f"{connection} is asked again within the next minute.", messages.SUCCESS
        )
        return redirect("admin:tracking_connection_health")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        connection = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if connection is not None:
            now = timezone.now()
            row = health.Health(connection)
            context = {"state_words": row.words(now), "is_bad": row.is_bad(now)}
            if connection.failures and self.has_change_permission(request):
                again = reverse("admin:tracking_connection_try_again", args=[connection.pk])
                context["try_again_url"] = again
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))
