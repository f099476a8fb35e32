"""Evidence packs at the desk: one button on the page of an order, a return or a case; the page
of one, which shows how far it is; and its files, whose fetching is written down."""

import secrets
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from returns.admin.acts import acting
from returns.admin.base import ReadOnly
from returns.admin.filters import StoreFilter
from returns.admin.pictures import may_see_papers
from returns.evidence.audience import Audience
from returns.models import Case, EvidencePack, Order, ReturnAuthorization
from returns.models.evidence_pack import Step
from returns.served import streamed
from tracking.admin.base import Narrowed

FOLDER = "admin/returns/evidencepack"
LANGUAGES = [("en", "English"), ("zh-hans", "中文")]
KINDS = {"pdf": "application/pdf", "zip": "application/zip"}
SHOWN = 10


def may_make(request: HttpRequest) -> bool:
    return request.user.has_perm("returns.make_evidence")


def ask_url(order: Order, **about: int) -> str:
    """about: return=… or case=…, by their keys."""
    url = reverse("admin:returns_evidencepack_ask", args=[order.pk])
    query = "&".join(f"{name}={pk}" for name, pk in about.items())
    return f"{url}?{query}" if query else url


def packs(request: HttpRequest, order: Order, **about: int) -> dict[str, Any]:
    """What the pages of an order, a return and a case show: the button, and the packs that
    there are."""
    if not may_make(request):
        return {}
    rows = order.evidence_packs.select_related("user")[:SHOWN]
    return {"packs": rows, "pack_url": ask_url(order, **about)}


class PackForm(forms.Form):
    """To be checked against its order: a return or a case of another one is none."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    audience = forms.ChoiceField(label="For whom", widget=forms.RadioSelect)
    language = forms.ChoiceField(
        label="In which language", choices=LANGUAGES, widget=forms.RadioSelect
    )

    def __init__(self, request: HttpRequest, order: Order, *args: Any, **more: Any) -> None:
        super().__init__(*args, **({"label_suffix": ""} | more))
        field = self.fields["audience"]
        assert isinstance(field, forms.ChoiceField)
        # The buyer’s own holds the papers that they sent for customs.
        papers = may_see_papers(request)
        field.choices = [
            choice for choice in Audience.choices if papers or choice[0] != Audience.BUYER
        ]
        self.fields["key"].initial = secrets.token_urlsafe(16)
        self.fields["audience"].initial = Audience.CARRIER
        self.fields["language"].initial = "en"


@admin.register(EvidencePack)
class EvidencePackAdmin(ReadOnly, Narrowed):
    list_display = ["asked_at", "order_linked", "about", "audience", "language", "made_by", "how"]
    list_filter = ["audience", "state", StoreFilter]
    list_select_related = ["order__store", "authorization", "case", "user"]
    list_per_page = 50
    search_fields = ["order__number", "authorization__number"]
    search_help_text = "Order number, or return number"
    fields = ("asked_at",)  # the page lays everything out itself
    change_form_template = f"{FOLDER}/change_form.html"
    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """They hold whole addresses: for those who make them, and nobody else."""
        return may_make(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_make(request)

    @admin.display(description="order", ordering="order__number")
    def order_linked(self, pack: EvidencePack) -> str:
        url = reverse("admin:returns_order_change", args=[pack.order_id])
        return format_html('<a href="{}">{}</a>', url, pack.order.number)

    @admin.display(description="about")
    def about(self, pack: EvidencePack) -> str:
        return about(pack)

    @admin.display(description="asked for by", ordering="user__username")
    def made_by(self, pack: EvidencePack) -> str:
        return str(pack.user or pack.get_asked_by_display())

    @admin.display(description="how far")
    def how(self, pack: EvidencePack) -> str:
        return how_far(pack)

    # --- making one -----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "ask/<int:order>/",
                self.admin_site.admin_view(self.ask),
                name="returns_evidencepack_ask",
            ),
            path(
                "<int:pk>/file/<uuid:key>/<str:what>/",
                self.admin_site.admin_view(self.file),
                name="returns_evidencepack_file",
            ),
        ]
        return own + super().get_urls()

    def ask(self, request: HttpRequest, order: int) -> HttpResponse:
        if not may_make(request):
            raise Http404
        row = get_object_or_404(Order.objects.select_related("store"), pk=order)
        rma, case = self._about(request, row)
        form = PackForm(request, row, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            pack = EvidencePack.objects.ask(
                row,
                audience=form.cleaned_data["audience"],
                language=form.cleaned_data["language"],
                by=acting(request),
                key=f"desk-{form.cleaned_data['key']}"[:64],
                authorization=rma,
                case=case,
            )
            return redirect("admin:returns_evidencepack_change", pack.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Make an evidence pack: {row.number}",
            "order": row,
            "rma": rma,
            "case": case,
            "form": form,
            "page": _page(row, rma, case),
        }
        return TemplateResponse(request, f"{FOLDER}/ask.html", context)

    @staticmethod
    def _about(
        request: HttpRequest, order: Order
    ) -> tuple[ReturnAuthorization | None, Case | None]:
        """The return or the case that its address names; of this order, else 404."""
        rma = case = None
        if pk := request.GET.get("return", ""):
            rma = get_object_or_404(order.returns, pk=pk) if pk.isdecimal() else None
        if pk := request.GET.get("case", ""):
            case = get_object_or_404(order.cases, pk=pk) if pk.isdecimal() else None
        return rma, case

    # --- the page of one --------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        pack = self.get_object(request, object_id)
        context: dict[str, Any] = {}
        if pack is not None:
            context = {
                "title": f"Evidence pack: {pack.order.number}",
                "subtitle": None,
                "about": about(pack),
                "how": how_far(pack),
                "files": _files(pack),
                "page": _page(pack.order, pack.authorization, pack.case),
            }
        return super().change_view(request, object_id, form_url, context | (extra_context or {}))

    def file(self, request: HttpRequest, pk: int, key: UUID, what: str) -> HttpResponseBase:
        """One of its files; who fetched it is written down."""
        pack = EvidencePack.objects.filter(pk=pk, key=key).select_related("order").first()
        if pack is None or not may_make(request) or what not in KINDS or not pack.is_ready:
            raise Http404
        if pack.audience == Audience.BUYER and not may_see_papers(request):
            raise Http404
        answer = handed_out(pack, what)
        if request.method == "GET":
            LogEntry.objects.log_actions(
                cast(User, request.user).pk,
                EvidencePack.objects.filter(pk=pack.pk),
                CHANGE,
                change_message=f"Fetched: {what.upper()}.",
            )
        return answer


def handed_out(pack: EvidencePack, what: str) -> HttpResponseBase:
    """One of the two files, as an attachment. Raises Http404 when it is gone."""
    name = pack.pdf if what == "pdf" else pack.zip
    return streamed(name, KINDS[what], f"{pack.order.ref}-{pack.audience}.{what}")


def about(pack: EvidencePack) -> str:
    if pack.authorization:
        return f"Return {pack.authorization.number}"
    if pack.case:
        return f"The parcel of: {pack.case.get_kind_display().lower()}"
    return "The whole order"


def how_far(pack: EvidencePack) -> str:
    if pack.has_failed:
        return "Could not be made"
    if pack.is_ready or pack.step == Step.EXPIRED:
        return str(pack.get_step_display())
    return f"{pack.percent} %: {pack.get_step_display().lower()}"


def _files(pack: EvidencePack) -> list[tuple[str, str, int, str]]:
    """Name, address, size and fingerprint of what can be fetched."""
    if not pack.is_ready:
        return []

    def url(what: str) -> str:
        return reverse("admin:returns_evidencepack_file", args=[pack.pk, pack.key, what])

    return [
        ("PDF", url("pdf"), pack.pdf_bytes, pack.pdf_sha256),
        ("ZIP", url("zip"), pack.zip_bytes, pack.zip_sha256),
    ]


def _page(order: Order, rma: ReturnAuthorization | None, case: Case | None) -> str:
    """Where one came from."""
    if rma:
        return reverse("admin:returns_returnauthorization_change", args=[rma.pk])
    if case:
        return reverse("admin:returns_case_change", args=[case.pk])
    return reverse("admin:returns_order_change", args=[order.pk])
