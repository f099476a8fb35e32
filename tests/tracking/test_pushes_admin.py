"""Connections and pushes on the desk: keys go in and stay in, pushes are read, not edited."""

import tracemalloc

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django_q.models import OrmQ

from tests.tracking.seventeentrack import KEY, NUMBER, body, connect, send
from tracking import tasks
from tracking.models import Account, Connection, Parcel, Push
from tracking.work import WorkState

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("owner"))
    return client


@pytest.fixture
def reader() -> Client:
    """Somebody who may look at pushes, and no more."""
    user = get_user_model().objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_push"))
    client = Client()
    client.force_login(user)
    return client


def save(owner: Client, connection: Connection, **values: str):
    values = {"account": str(connection.account_id), "provider": "17track"} | values
    return owner.post(f"/desk/tracking/connection/{connection.pk}/change/", values, follow=True)


def test_a_connection_is_made_with_its_key(owner):
    account = Account.objects.create(name="juniper", country="GB")
    values = {"account": account.pk, "provider": "17track", "key": " secret ", "is_active": "on"}
    owner.post("/desk/tracking/connection/add/", values)
    assert Connection.objects.get().key == "secret"


def test_a_connection_without_a_key_is_refused(owner):
    account = Account.objects.create(name="juniper", country="GB")
    values = {"account": account.pk, "provider": "17track", "is_active": "on"}
    answer = owner.post("/desk/tracking/connection/add/", values)
    assert "The provider shows it in its settings." in answer.content.decode()
    assert not Connection.objects.exists()


def test_the_key_is_never_shown_again(owner):
    connection = connect()
    save(owner, connection, key="another-secret", is_active="on")
    pages = [
        "/desk/tracking/connection/",
        f"/desk/tracking/connection/{connection.pk}/change/",
        f"/desk/tracking/connection/{connection.pk}/history/",
        f"/desk/tracking/account/{connection.account_id}/change/",
    ]
    for page in pages:
        text = owner.get(page).content.decode()
        assert "juniper" in text
        assert "another-secret" not in text and KEY not in text, page
    assert "secret" not in LogEntry.objects.get().get_change_message()
    assert "secret" not in f"{connection} {connection!r}"


def test_an_empty_key_keeps_the_old_one(owner):
    connection = connect()
    save(owner, connection, key="")
    connection.refresh_from_db()
    assert (connection.key, connection.is_active) == (KEY, False)
    save(owner, connection, key="a-new-key")
    connection.refresh_from_db()
    assert connection.key == "a-new-key"


def test_the_page_tells_the_address_for_the_provider(owner, settings):
    settings.BASE_URL = "https://returns.example.com"
    connection = connect("山月茶器")
    page = owner.get(f"/desk/tracking/connection/{connection.pk}/change/").content.decode()
    assert "https://returns.example.com/hooks/17track/account/" in page


def test_an_account_needs_no_slug_of_its_own(owner):
    owner.post(
        "/desk/tracking/account/add/",
        {
            "name": "Juniper & Pine",
            "zone": "UTC",
            "country": "GB",
            "opens": "09:00",
            "closes": "18:00",
        },
    )
    assert Account.objects.get().slug == "juniper-pine"


def test_a_push_is_shown_as_it_came_and_cannot_be_changed(owner):
    connect()
    send(body("two-carriers"))
    push = Push.objects.get()
    page = owner.get(f"/desk/tracking/push/{push.pk}/change/").content.decode()
    assert "<pre>{\n" in page and "包裹已揽收" in page
    assert "Save" not in page
    assert owner.get("/desk/tracking/push/add/").status_code == 403
    assert owner.post(f"/desk/tracking/push/{push.pk}/delete/", {"post": "yes"}).status_code == 403


def test_whatever_came_can_be_shown(owner):
    connect()
    send(b"<script>\xff\x00 not JSON")
    tasks.process_pushes()
    push = Push.objects.get()
    page = owner.get(f"/desk/tracking/push/{push.pk}/change/").content.decode()
    assert "&lt;script&gt;\\xff" in page and "It is not JSON." in page


@pytest.mark.parametrize(
    "content",
    [
        b'{"data":' + b"[" * 300 + b",".join([b"0"] * 9000) + b"]" * 300 + b"}",
        b'{"data":' + b"[" * 300 + b",".join([b"0"] * 100_000) + b"]" * 300 + b"}",
        b"[" * 19_000,
        "秘".encode() * 600_000,
        b"\xff" * 2_000_000,
    ],
    ids=["deep", "deep and large", "too deep", "large", "rubbish"],
)
def test_a_page_shows_no_more_of_a_push_than_a_page_takes(owner, content):
    push = Push.objects.create(
        account=connect().account, provider="17track", delivery="d", body=content
    )
    tracemalloc.start()
    try:
        page = owner.get(f"/desk/tracking/push/{push.pk}/change/")
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert page.status_code == 200
    assert len(page.content) < 1_000_000
    assert most < 10_000_000
    assert f"{len(content):,} bytes in all" in page.text or len(content) < 20_000


def test_what_is_small_is_laid_out_and_what_is_not_stands_as_it_came(owner):
    account = connect().account
    for name, content in (("s", b'{"a":["b"]}'), ("l", b'{"a":["b"]}' + b" " * 20_000)):
        Push.objects.create(account=account, provider="17track", delivery=name, body=content)
    small, large = Push.objects.order_by("-delivery")
    laid_out = "<pre>{\n  &quot;a&quot;: [\n    &quot;b&quot;\n  ]\n}</pre>"
    assert laid_out in owner.get(f"/desk/tracking/push/{small.pk}/change/").text
    as_it_came = owner.get(f"/desk/tracking/push/{large.pk}/change/").text
    assert "<pre>{&quot;a&quot;:[&quot;b&quot;]}" in as_it_came


def test_the_list_says_in_short_what_came_of_a_push(owner):
    account = connect().account
    said = "\n".join(f"RX{number}: no parcel" for number in range(1000))
    push = Push.objects.create(
        account=account, provider="17track", delivery="d", body=b"{}", outcome=said
    )
    page = owner.get("/desk/tracking/push/").text
    assert "RX0: no parcel" in page and "RX11: no parcel" in page and "RX20:" not in page
    assert said[:200].replace("\n", " ").split()[-1] + "…" in page
    assert "RX999: no parcel" in owner.get(f"/desk/tracking/push/{push.pk}/change/").text


def test_pushes_that_were_given_up_are_found(owner):
    connect()
    send(b"garbage")
    send(body("delivered"))
    tasks.process_pushes()
    page = owner.get("/desk/tracking/push/?state=dead").content.decode()
    assert "1 push" in page and NUMBER not in page
    assert NUMBER in owner.get(f"/desk/tracking/push/?q={NUMBER}").content.decode()


def test_the_list_does_not_read_the_bodies(owner, django_assert_max_num_queries):
    connect()
    for content in (b"garbage", body("delivered"), body("at-customs")):
        send(content)
    with django_assert_max_num_queries(8) as captured:
        owner.get("/desk/tracking/push/")
    assert not [query for query in captured.captured_queries if '"body"' in query["sql"]]


def again(client: Client, push: Push):
    values = {"action": "process_again", "_selected_action": [push.pk]}
    return client.post("/desk/tracking/push/", values, follow=True)


def test_a_push_is_processed_again_from_the_list(owner, django_capture_on_commit_callbacks):
    account = connect().account
    send(body("delivered"))
    tasks.process_pushes()
    parcel = Parcel.objects.announce(account, NUMBER, "royal-mail")
    OrmQ.objects.all().delete()
    with django_capture_on_commit_callbacks(execute=True):
        answer = again(owner, Push.objects.get())
    assert "1 will be processed again." in answer.content.decode()
    assert [ring.func() for ring in OrmQ.objects.all()] == ["tracking.tasks.process_pushes"]
    tasks.process_pushes()
    assert parcel.scans.count() == 7


def test_who_may_only_look_cannot_process_again(reader):
    connect()
    send(body("delivered"))
    tasks.process_pushes()
    push = Push.objects.get()
    assert push.delivery in reader.get(f"/desk/tracking/push/{push.pk}/change/").content.decode()
    again(reader, push)
    assert Push.objects.get().state == WorkState.DONE
