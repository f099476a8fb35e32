"""What the tests of the desk share: its people, a return in each state, its pages."""

from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone

from returns.models import BUYER, Actor, Finding, Found, Order, ReturnAuthorization, Wanted
from tests import people
from tests.page_checks import CheckedClient
from tracking.milestones import Milestone
from tracking.models import Parcel, ScanReport

LIST = "admin:returns_returnauthorization_changelist"
WAYBILL = "RB103456786GB"


def at_desk(username: str, *permissions: str) -> CheckedClient:
    """A member of staff who sees returns and orders and may do `permissions`; every page
    that they get is checked."""
    client = CheckedClient()
    views = ("view_returnauthorization", "view_order")
    client.force_login(people.staff(username, *views, *permissions))
    return client


def clerk() -> Actor:
    """Somebody else of the staff, who was there before."""
    return Actor.staff(people.staff("clerk", first_name="Cora"))


def page(rma: ReturnAuthorization) -> str:
    return reverse("admin:returns_returnauthorization_change", args=[rma.pk])


def url(rma: ReturnAuthorization, name: str, row: Any = None) -> str:
    args = [rma.pk] if row is None else [rma.pk, row.pk]
    return reverse(f"admin:returns_returnauthorization_{name}", args=args)


def filled_in(client: CheckedClient, address: str) -> dict[str, Any]:
    """What the form at this address would send when nobody changes anything."""
    form = client.get(address).context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    for name, value in values.items():
        if hasattr(form.fields[name], "written"):
            values[name] = form.fields[name].prepare_value(value)
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


def send(
    client: CheckedClient, rma: ReturnAuthorization, name: str, row: Any = None, **changes: Any
) -> HttpResponse:
    """Opens a page of the return, changes these fields and presses its button."""
    address = url(rma, name, row)
    values = filled_in(client, address) | changes
    return client.post(address, {k: v for k, v in values.items() if v is not None}, follow=True)


def approved(store: Any, lines: tuple = (("Linen shirt", "68.00", 2),), **more: Any):
    """A return of all units of all lines, allowed by rule."""
    values = {name: more.pop(name) for name in ("wish", "reason", "key") if name in more}
    order = people.place_order(store, lines=lines, **more)
    return ask_for_all(order, **values)


def ask_for_all(
    order: Order, wish: str = "refund", reason: str = "changed_mind", key: str = "form"
) -> ReturnAuthorization:
    wanted = [Wanted(line.pk, line.quantity, reason, "Too wide") for line in order.lines.all()]
    rma = order.request_return(wanted, by=BUYER, key=key, wish=wish)
    if rma.status == "requested":
        rma.approve(by=BUYER)
    return rma


def arrived(rma: ReturnAuthorization, number: str = WAYBILL) -> ReturnAuthorization:
    """The carrier says that it is here."""
    rma.name_parcel(number, "royal-mail", by=BUYER)
    parcel = Parcel.objects.get(number=number)
    parcel.record([ScanReport(at=timezone.now(), milestone=Milestone.DELIVERED, place="Vilnius")])
    ReturnAuthorization.objects.follow()
    return read(rma)


def received(rma: ReturnAuthorization, by: Actor, **short: int) -> ReturnAuthorization:
    """All of it is here, but for `missing` units of the first line."""
    counts = {row.pk: row.approved for row in rma.lines.all()}
    counts[min(counts)] -= short.get("missing", 0)
    rma.receive(Found(counts), by=by, key="first")
    return read(rma)


def inspected(rma: ReturnAuthorization, by: Actor, **short: int) -> ReturnAuthorization:
    """All that came is taken, but for `refused` units of the first line."""
    rma = received(rma, by, missing=short.get("missing", 0))
    rows = list(rma.lines.all())
    findings = {row.pk: Finding("as_new", row.received) for row in rows if row.received}
    if refused := short.get("refused", 0):
        taken = rows[0].received - refused
        findings[rows[0].pk] = Finding("used", taken, words="One was worn.")
    rma.inspect(findings, by=by)
    return read(rma)


def read(rma: ReturnAuthorization) -> ReturnAuthorization:
    return ReturnAuthorization.objects.select_related("order__store__account").get(pk=rma.pk)
