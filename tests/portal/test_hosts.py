"""A store's own host name."""

import pytest
from django.core.exceptions import ValidationError

from returns import addresses, tasks
from returns.models import FindAttempt, ShortLink
from tests import people

pytestmark = pytest.mark.django_db

OWN = {"host": "returns.juniper.example"}


@pytest.fixture(autouse=True)
def hosts(settings):
    settings.ALLOWED_HOSTS = ["portal.example", "returns.juniper.example", "other.example"]
    settings.BASE_URL = "https://portal.example"


@pytest.fixture
def store(db):
    return people.open_store(host="returns.juniper.example")


def test_the_whole_walk_goes_without_the_prefix(client, order):
    assert client.get("/", headers=OWN)["Location"] == "/find/"
    page = client.get("/find/", headers=OWN)
    assert page.status_code == 200
    assert 'href="/brand.css"' in page.text
    assert "/s/juniper-pine" not in page.text
    assert client.get("/brand.css", headers=OWN)["Content-Type"].startswith("text/css")
    answer = client.post("/find/", {"number": "JP-20418", "proof": "0123"}, headers=OWN)
    assert answer["Location"] == "/find/code/"
    tasks.judge_attempts()
    answer = client.post("/find/code/", {"code": FindAttempt.objects.get().code}, headers=OWN)
    assert answer["Location"] == "/o/JP-20418/"
    page = client.get("/o/JP-20418/code/?lang=zh-hans", headers=OWN)
    assert page["Location"] == "/o/JP-20418/"
    page = client.get("/o/JP-20418/", headers=OWN)
    assert page.status_code == 200
    assert "/s/juniper-pine" not in page.text


def test_the_signed_link_opens_there_and_asks_for_the_code_there(client, order):
    token = order.store.sign_link(order.number)
    assert client.get(f"/l/{token}", headers=OWN)["Location"] == "/o/JP-20418/"
    answer = client.get("/o/JP-20418/address/", headers=OWN)
    assert answer["Location"] == "/o/JP-20418/code/?next=%2Fo%2FJP-20418%2Faddress%2F"


def test_a_missing_slash_is_put_there_without_the_prefix(client, order):
    assert client.get("/find?why=link", headers=OWN)["Location"] == "/find/?why=link"


def test_pages_of_other_stores_and_of_the_desk_are_not_there(client, order):
    other = people.open_store("tea-house")
    foreign = people.place_order(other)
    code = ShortLink.objects.make(foreign)
    for path in (
        "/s/tea-house/find/",
        f"/s/tea-house/l/{other.sign_link(foreign.number)}",
        "/s/tea-house/o/JP-20418/",
        "/desk/",
        f"/k/{code}",
    ):
        assert client.get(path, headers=OWN).status_code == 404, path
    assert client.get(f"/l/{other.sign_link(foreign.number)}", headers=OWN)["Location"] == (
        "/find/?why=link"
    )


def test_on_the_common_name_its_pages_lead_home(client, order):
    home = "https://returns.juniper.example"
    common = {"host": "portal.example"}
    token = order.store.sign_link(order.number)
    short = ShortLink.objects.make(order)
    for path, led in (
        (f"/s/juniper-pine/l/{token}", f"{home}/l/{token}"),
        ("/s/juniper-pine/find/?why=link", f"{home}/find/?why=link"),
        ("/s/juniper-pine/o/JP-20418/code/", f"{home}/o/JP-20418/code/"),
        (f"/k/{short}", f"{home}/k/{short}"),
    ):
        assert client.get(path, headers=common)["Location"] == led
    assert not client.cookies


def test_short_links_open_there(client, order):
    short = ShortLink.objects.make(order)
    assert client.get(f"/k/{short}", headers=OWN)["Location"] == "/o/JP-20418/"


def test_the_name_is_read_in_capitals_too_and_a_closed_store_has_no_pages(client, store):
    assert client.get("/find/", headers={"host": "Returns.Juniper.EXAMPLE"}).status_code == 200
    store.is_active = False
    store.save()
    for path in ("/", "/find/"):
        assert client.get(path, headers=OWN).status_code == 404


def test_the_health_page_answers_by_any_name(client, store):
    assert client.get("/healthz", headers=OWN).status_code == 200


def test_a_store_without_a_name_of_its_own_stays_where_it_is(client, store):
    people.open_store("tea-house")
    answer = client.get("/s/tea-house/find/", headers={"host": "other.example"})
    assert answer.status_code == 200


def test_two_stores_cannot_have_the_same_name(store):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError), transaction.atomic():
        people.open_store("tea-house", host=store.host)


def test_addresses_in_other_stores_do_not_lose_a_prefix_that_only_looks_alike(store):
    longer = people.open_store("juniper-pine-two")
    assert addresses.store_page(longer, "find") == "/s/juniper-pine-two/find/"


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("shop.elsewhere.example", "HOMEWARD_ALLOWED_HOSTS"),
        ("https://returns.example.com", "HOMEWARD_ALLOWED_HOSTS"),
        ("portal.example.com", "common name of all stores"),
    ],
)
def test_a_host_name_that_cannot_work_is_refused_where_it_is_typed(store, settings, host, words):
    settings.BASE_URL = "https://portal.example.com"
    settings.ALLOWED_HOSTS = ["portal.example.com", "returns.example.com"]
    store.host = host
    with pytest.raises(ValidationError) as refused:
        store.full_clean()
    assert words in str(refused.value.message_dict["host"])


def test_capitals_and_blanks_in_a_host_name_do_not_matter(store, settings):
    settings.ALLOWED_HOSTS = ["returns.example.com"]
    store.host = " Returns.Example.com "
    store.full_clean()
    assert store.host == "returns.example.com"
