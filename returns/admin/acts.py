"""The pages behind the buttons: what will happen, then done, logged and said."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from returns.admin.buttons import DECISIONS, buttons, may
from returns.admin.decisions import Decision, RowDecision
from returns.admin.pictures import document_file, photo_file
from returns.ledger import Refused
from returns.models import Actor, ReturnAuthorization
from returns.states import IllegalTransition


def acting(request: HttpRequest) -> Actor:
    """The member of staff behind a request to the desk, which lets nobody else in."""
    return Actor.staff(cast(User, request.user))


class Acts(admin.ModelAdmin):
    """A page for each of DECISIONS, and the files of a return."""

    def get_urls(self) -> list[URLPattern]:
        own = [self._url(name, decision) for name, decision in DECISIONS.items()]
        for name, view in (("photo_file", photo_file), ("document_file", document_file)):
            guarded = self.admin_site.admin_view(self._shown_to_viewers(view))
            where = f"<int:pk>/{name}/<uuid:key>/"
            own.append(path(where, guarded, name=f"returns_returnauthorization_{name}"))
        return own + super().get_urls()

    def _url(self, name: str, decision: type[Decision]) -> URLPattern:
        def view(request: HttpRequest, pk: int, row: int | None = None) -> HttpResponse:
            return self._decide(request, pk, name, row)

        row = "<int:row>/" if issubclass(decision, RowDecision) else ""
        guarded = self.admin_site.admin_view(view)
        return path(f"<int:pk>/{name}/{row}", guarded, name=f"returns_returnauthorization_{name}")

    def _shown_to_viewers(self, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        def shown(request: HttpRequest, pk: int, **more: Any) -> HttpResponse:
            if not self.has_view_permission(request):
                raise Http404
            return view(request, pk, **more)

        return shown

    def _decide(
        self, request: HttpRequest, pk: int, name: str, row_pk: int | None = None
    ) -> HttpResponse:
        rma = self.get_object(request, str(pk))
        decision = DECISIONS[name]
        if rma is None or not self.has_view_permission(request) or not may(request, decision, rma):
            raise Http404
        row, fits = self._subject(rma, decision, row_pk)
        if not fits:
            now = row.get_state_display() if hasattr(row, "state") else rma.get_status_display()
            self.message_user(
                request,
                f"{rma.number} is {now} now, so this is no longer possible.",
                messages.ERROR,
            )
            return redirect(self._page(rma))
        if request.method != "POST":
            return self._form(request, rma, decision(rma, row=row))
        form = decision(rma, request.POST, request.FILES, row=row)
        if form.is_valid():
            return self._apply(request, rma, form)
        return self._form(request, rma, form)

    @staticmethod
    def _subject(
        rma: ReturnAuthorization, decision: type[Decision], row_pk: int | None
    ) -> tuple[Any, bool]:
        """What is decided about (None: the return itself), and whether it still can be."""
        if not issubclass(decision, RowDecision):
            return None, decision.fits(rma)
        row = next((row for row in decision.rows(rma) if row.pk == row_pk), None)
        if row is None:
            raise Http404
        return row, decision.takes(row)

    @staticmethod
    def _page(rma: ReturnAuthorization) -> str:
        return reverse("admin:returns_returnauthorization_change", args=[rma.pk])

    def _form(
        self, request: HttpRequest, rma: ReturnAuthorization, form: Decision
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "rma": rma,
            "form": form,
            "title": f"{form.title}: {rma.number}",
            "page": self._page(rma),
            "next": buttons(request, rma, ["inspect", "settle"]),
        }
        return TemplateResponse(request, form.template, context)

    def _apply(
        self, request: HttpRequest, rma: ReturnAuthorization, form: Decision
    ) -> HttpResponse:
        try:
            made = form.carry_out(acting(request))
        except (IllegalTransition, Refused) as error:
            self.message_user(request, form.refused(error), messages.ERROR)
            return redirect(self._page(rma))
        except ValidationError as problem:
            form.add_error(None, problem)
            return self._form(request, rma, form)
        if made:
            self._log(request, rma, form.title)
        self.message_user(request, form.said(), messages.SUCCESS)
        return redirect(form.then(self._page(rma)))

    def _log(self, request: HttpRequest, rma: ReturnAuthorization, title: str) -> None:
        LogEntry.objects.log_actions(
            cast(User, request.user).pk,
            ReturnAuthorization.objects.filter(pk=rma.pk),
            CHANGE,
            change_message=f"{title}.",
        )
