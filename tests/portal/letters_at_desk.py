"""What the tests of letters at the desk share: who may send them, and a draft of one."""

from datetime import timedelta

from django.http import HttpResponse
from django.urls import reverse

from returns.models import Case, Notice, NoticeKind, Order, Store
from returns.models.notice import What
from tests import people
from tests.page_checks import CheckedClient
from tests.portal.desk_work import filled_in
from tests.portal.on_the_way import ago, report, sent, the_parcel, wrong
from tracking.incidents import IncidentKind

LIST = "admin:returns_notice_changelist"


def letter_writer(username: str = "ieva", *permissions: str, **values: str) -> CheckedClient:
    """Somebody who sees letters and what they are about; the rest is in `permissions`."""
    views = ("view_notice", "view_order", "view_promise")
    client = CheckedClient()
    client.force_login(people.staff(username, *views, *permissions, **values))
    return client


def trouble(order: Order, kind: str = IncidentKind.DAMAGED) -> Case:
    """The watch finds it, and the worker takes it up."""
    wrong(the_parcel(order), kind, since=ago(hours=1))
    Case.objects.follow()
    return Case.objects.get(order=order, kind=kind)


def draft(store: Store, number: str = "JP-20418", minutes: int = 60, **values) -> Notice:
    """News of trouble that waits so long for a person to read it."""
    Store.objects.filter(pk=store.pk).update(hold_minutes=minutes)
    store.refresh_from_db()
    order = people.place_order(store, number, shipped=False, **values)
    case = trouble(sent(store, report(), number=f"RB{order.pk:09}GB", order=order))
    return Notice.objects.get(kind=NoticeKind.ORDER_NEWS, news__case=case, news__what=What.TROUBLE)


def leave_in(notice: Notice, minutes: int) -> None:
    """Its time comes in so many minutes."""
    at = notice.written_at + timedelta(minutes=minutes)
    Notice.objects.filter(pk=notice.pk).update(held_until=at, due_at=at)


def page(notice: Notice) -> str:
    return reverse("admin:returns_notice_change", args=[notice.pk])


def url(notice: Notice, name: str) -> str:
    return reverse(f"admin:returns_notice_{name}", args=[notice.pk])


def press(client: CheckedClient, notice: Notice, name: str, **changes: str) -> HttpResponse:
    """Opens the page of something to do, fills these in and presses its button."""
    values = filled_in(client, url(notice, name)) | changes
    return client.post(url(notice, name), values, follow=True)
