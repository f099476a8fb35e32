"""What was chosen instead is sold out: another one, or the money."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from portal.access import OrderRequest, order_view
from portal.forms.exchange import ChooseAgainForm
from portal.pages import form_page, render_page
from portal.return_page.reading import found
from portal.views.return_page import moved_on, posted
from returns import addresses, variants
from returns.ledger import Refused
from returns.models import BUYER, OrderLine, ReturnAuthorization, Variant
from returns.states import SETTLED, IllegalTransition

CONFLICT = 409  # something else was faster
MONEY_NOW = _("If you choose your money, we send it within a few days and write to you then.")
MONEY_LATER = _("If you choose your money, we send it when your parcel is here and we have looked.")


@form_page
@order_view(bare=True)
def choose_again(request: OrderRequest, number: str) -> HttpResponse:
    """Sent twice, it is done once: the page of the return says what was chosen."""
    rma = found(request, number)
    page = addresses.return_page(rma)
    if rma.variant_gone_at is None:
        return redirect(page)
    form = ChooseAgainForm(_offered(rma), posted(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            if form.chosen:
                rma.choose_again(form.chosen, by=BUYER)
            else:
                rma.take_money(by=BUYER)
            return redirect(page)
        except IllegalTransition:
            fresh = found(request, number)
            gone = fresh.variant_gone_at is None
            return redirect(page) if gone else moved_on(request, fresh)
        except Refused:  # sold out while the page was open: it is not on the list any more
            rma, status = found(request, number), CONFLICT
            form = ChooseAgainForm(_offered(rma), request.POST)
            form.is_valid()
    when = MONEY_NOW if rma.status in SETTLED else MONEY_LATER
    context = {"rma": rma, "form": form, "back": page, "money_when": when}
    return render_page(request, "return_variant", context, status=status)


def _offered(rma: ReturnAuthorization) -> dict[OrderLine, list[Variant]]:
    """For every line for which nothing can be sent, what there is instead."""
    gone = variants.gone(rma) or list(rma.lines.select_related("line"))
    lines = [row.line for row in gone]
    for line in lines:
        line.order = rma.order
    offered = variants.of_lines(rma.order, lines)
    return {line: offered[line.pk] for line in lines}
