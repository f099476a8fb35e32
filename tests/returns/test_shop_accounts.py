"""Shops at the desk: keys that stay in, and what each was told."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.urls import reverse

from returns.models import ShopAccount, ShopUpdate, Store
from tests import people
from tests.page_checks import CheckedClient
from tests.returns.unshipped import move, start, take_in, the_order, told
from tests.tracking.desk import shown

pytestmark = pytest.mark.django_db

ADD = "admin:returns_shopaccount_add"
TOKEN = "shpat_nobody-reads-this"
BASE = "https://juniper.myshopify.example"


def member(username: str, *permissions: str) -> CheckedClient:
    client = CheckedClient()
    client.force_login(people.staff(username, *permissions))
    return client


@pytest.fixture
def owner(db) -> CheckedClient:
    return member("owner", *(f"{verb}_shopaccount" for verb in ("add", "change", "view")))


@pytest.fixture
def reader(db) -> CheckedClient:
    return member("reader", "view_shopaccount", "view_shopupdate")


def add(client: CheckedClient, store: Store, shop: str = "shopify", **values: str):
    given = {"store": str(store.pk), "base": BASE, "is_active": "on", "key_token": TOKEN}
    return client.post(f"{reverse(ADD)}?shop={shop}", given | values, follow=True)


def connected(store: Store, **values) -> ShopAccount:
    keys = {"token": TOKEN}
    return ShopAccount.objects.create(store=store, shop="shopify", base=BASE, keys=keys, **values)


def page(account: ShopAccount) -> str:
    return reverse("admin:returns_shopaccount_change", args=[account.pk])


def change(client: CheckedClient, account: ShopAccount, **values: str):
    return client.post(page(account), {"base": account.base, "is_active": "on"} | values)


def test_first_the_shop_is_chosen_because_each_has_keys_of_its_own(owner):
    words = shown(owner.get(reverse(ADD)))
    for label in ("Shopify", "WooCommerce", "Webhook of the merchant"):
        assert label in words
    form = owner.get(reverse(ADD), {"shop": "woocommerce"}).text
    assert 'name="key_consumer_key"' in form and 'name="key_token"' not in form


@pytest.mark.parametrize(
    ("shop", "given"),
    [
        ("shopify", {"key_token": TOKEN, "key_version": "2027-01"}),
        ("woocommerce", {"key_consumer_key": "ck_1", "key_consumer_secret": "cs_1"}),
        ("webhook", {"key_secret": "long-and-random"}),
        ("demo", {"base": ""}),
    ],
)
def test_an_account_is_made_with_its_keys(owner, store, shop, given):
    add(owner, store, shop, **given)
    account = ShopAccount.objects.get()
    keys = {name.removeprefix("key_"): key for name, key in given.items() if name != "base"}
    assert (account.shop, account.store, account.keys) == (shop, store, keys)
    account.full_clean()


def test_a_missing_key_and_a_missing_address_are_said_at_their_own_fields(owner, store):
    words = shown(add(owner, store, base="", key_token=""))
    assert "Where is it?" in words
    assert "The shop shows it in its settings." in words
    assert not ShopAccount.objects.exists()


@pytest.mark.parametrize(
    ("base", "why"),
    [
        ("http://juniper.example", "It must begin with https://"),
        ("https://me:secret@juniper.example", "No name or password"),
        ("https://juniper.example/?token=1", "Nothing after ?"),
        ("https://127.0.0.1/", "Not this machine"),
        ("https://10.0.0.8/", "Not this machine"),
        ("https://shop.internal/", "Not this machine"),
    ],
)
def test_keys_go_to_no_address_that_is_not_safe(owner, store, settings, base, why):
    settings.PRODUCTION = True
    settings.SECURE_SSL_REDIRECT = False
    assert why in shown(add(owner, store, base=base))
    assert not ShopAccount.objects.exists()


def test_no_page_shows_a_key_again(owner, reader, store):
    account = connected(store)
    for client in (owner, reader):
        answer = client.get(page(account))
        assert answer.status_code == 200
        assert TOKEN not in answer.text
    assert "token" in shown(owner.get(page(account)))
    assert TOKEN not in add(owner, store, base="http://x.example", key_token=TOKEN).text


def test_left_empty_a_key_stays_as_it_is(owner, store):
    account = connected(store)
    assert change(owner, account, is_active="").status_code == 302
    account.refresh_from_db()
    assert (account.keys, account.is_active) == ({"token": TOKEN}, False)
    assert TOKEN not in str([entry.change_message for entry in LogEntry.objects.all()])


def test_an_optional_key_can_be_taken_away(owner, store):
    account = connected(store)
    change(owner, account, key_version="2027-01")
    change(owner, account, key_version="-")
    account.refresh_from_db()
    assert account.keys == {"token": TOKEN}


def test_a_key_goes_to_no_new_address_by_itself(owner, store):
    account = connected(store)
    answer = change(owner, account, base="https://elsewhere.example")
    assert "type it in once more" in shown(answer)
    account.refresh_from_db()
    assert account.base == BASE
    change(owner, account, base="https://elsewhere.example", key_token="another")
    account.refresh_from_db()
    assert account.keys == {"token": "another"}


def test_a_store_has_one_account_of_a_kind(owner, store):
    connected(store)
    assert "has an account of this kind" in shown(add(owner, store))
    assert ShopAccount.objects.count() == 1


def test_who_may_only_look_changes_nothing(reader, store):
    account = connected(store)
    assert change(reader, account, base="https://elsewhere.example").status_code == 403
    assert reader.get(reverse(ADD)).status_code == 403


def test_an_account_without_what_it_needs_is_not_whole(store):
    with pytest.raises(ValidationError) as raised:
        ShopAccount(store=store, shop="woocommerce").full_clean()
    assert set(raised.value.message_dict) == {"keys", "base"}


# --- what shops were told ---------------------------------------------------------------------


@pytest.fixture
def update(store) -> ShopUpdate:
    take_in(store, told())
    connected(store)
    start(move(the_order()))
    ShopUpdate.objects.update(state="dead", last_error="Shopify has closed the shop (402).")
    return ShopUpdate.objects.get()


def test_the_list_says_what_each_shop_was_told_and_what_it_said(reader, update):
    rows = reader.get(reverse("admin:returns_shopupdate_changelist"))
    words = shown(rows)
    for part in ("JP-20418", "the new address", "Given up", "has closed the shop (402)."):
        assert part in words
    assert "Mission" not in rows.text and TOKEN not in rows.text


def test_the_list_asks_no_more_for_more_rows(reader, update, django_assert_max_num_queries):
    for _ in range(4):
        ShopUpdate.objects.create(
            change=update.change, account=update.account, address=update.address, state="done"
        )
    with django_assert_max_num_queries(12):
        reader.get(reverse("admin:returns_shopupdate_changelist"))


def test_nobody_edits_what_was_told(reader, update):
    address = reverse("admin:returns_shopupdate_change", args=[update.pk])
    assert "the new address" in shown(reader.get(address))
    assert reader.post(address, {"state": "due"}).status_code == 403
    assert reader.get(reverse("admin:returns_shopupdate_add")).status_code == 403
