"""The warehouse is asked for parcels that somebody else signed for: it is here, or it is not."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from returns.admin.acts import acting
from returns.admin.base import ReadOnly
from returns.admin.filters import StoreFilter
from returns.models import SignatureQuestion
from returns.models.signature import Asked, Told
from returns.states import IllegalTransition
from tracking.admin.base import Narrowed

FOLDER = "admin/returns/signaturequestion"


def may_answer(request: HttpRequest, question: SignatureQuestion) -> bool:
    """Who opens parcels says whether one is here; what the buyer told, whoever looks after
    the case notes (signature_acts.py)."""
    return question.asks == Asked.WAREHOUSE and request.user.has_perm("returns.receive_return")


class OpenFilter(admin.SimpleListFilter):
    title = "answer"
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("waiting", "Waited for"), ("given", "Given")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[SignatureQuestion]
    ) -> QuerySet[SignatureQuestion]:
        match self.value():
            case "waiting":
                return queryset.filter(answered_at=None, ended_at=None)
            case "given":
                return queryset.exclude(answered_at=None)
        return queryset


class HereForm(forms.Form):
    told = forms.ChoiceField(
        label="Look for it, then say",
        choices=[(Told.HERE.value, "It is here"), (Told.MISSING.value, "It is not here")],
        widget=forms.RadioSelect,
    )


@admin.register(SignatureQuestion)
class SignatureQuestionAdmin(ReadOnly, Narrowed):
    list_display = ["number", "return_linked", "asks", "asked_at", "told", "answered_at"]
    list_filter = [OpenFilter, "asks", StoreFilter]
    list_select_related = ["order__store", "authorization", "parcel", "user"]
    list_display_links = None
    list_per_page = 50
    search_fields = ["parcel__number", "order__number", "authorization__number"]
    search_help_text = "Tracking number, order number or return number"
    ordering = ["asked_at"]
    empty_value_display = ""

    class Media:
        css = {"all": ["css/desk.css"]}

    @admin.display(description="parcel", ordering="parcel__number")
    def number(self, question: SignatureQuestion) -> str:
        return question.parcel.number

    @admin.display(description="return or order")
    def return_linked(self, question: SignatureQuestion) -> str:
        rma = question.authorization
        name, pk = ("returnauthorization", rma.pk) if rma else ("order", question.order_id)
        url = reverse(f"admin:returns_{name}_change", args=[pk])
        return format_html('<a href="{}">{}</a>', url, rma.number if rma else question.order.number)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        @admin.display(description="do")
        def do(question: SignatureQuestion) -> str:
            if not question.is_open or not may_answer(request, question):
                return ""
            url = reverse("admin:returns_signaturequestion_answer", args=[question.pk])
            return format_html('<a class="button" href="{}">Is it here?</a>', url)

        return [*self.list_display, do]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.answer)
        own = [path("<int:pk>/answer/", view, name="returns_signaturequestion_answer")]
        return own + super().get_urls()

    def answer(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = SignatureQuestion.objects.select_related("order__store", "authorization", "parcel")
        question = get_object_or_404(found, pk=pk)
        if not self.has_view_permission(request) or not may_answer(request, question):
            raise Http404
        if not question.is_open:
            return self._too_late(request)
        form = HereForm(request.POST if request.method == "POST" else None, label_suffix="")
        if form.is_valid():
            return self._apply(request, question, form.cleaned_data["told"])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Is it here? {question.parcel.number}",
            "question": question,
            "scans": question.parcel.scans.exclude(signed="")[:3],
            "form": form,
        }
        return TemplateResponse(request, f"{FOLDER}/answer.html", context)

    def _apply(self, request: HttpRequest, question: SignatureQuestion, told: str) -> HttpResponse:
        try:
            question.answer(told, by=acting(request))
        except IllegalTransition:
            return self._too_late(request)
        LogEntry.objects.log_actions(
            request.user.pk or 0,
            SignatureQuestion.objects.filter(pk=question.pk),
            CHANGE,
            change_message=f"{question.get_told_display()}.",
        )
        if told == Told.HERE and question.authorization:
            self.message_user(request, "Noted. Now it is opened and counted.", messages.SUCCESS)
            return redirect("admin:returns_returnauthorization_receive", question.authorization_id)
        words = "Noted. We search for it with the carrier; the buyer does not wait for that."
        self.message_user(request, words, messages.SUCCESS)
        return redirect("admin:returns_signaturequestion_changelist")

    def _too_late(self, request: HttpRequest) -> HttpResponse:
        words = "Somebody else was faster: this is answered."
        self.message_user(request, words, messages.WARNING)
        return redirect("admin:returns_signaturequestion_changelist")
