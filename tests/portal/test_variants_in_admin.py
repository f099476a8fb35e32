"""Kinds of products, trust and recalls as staff edit them: with validation, one by one or as a
table."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from returns import variant_table
from returns.models import RecallRule, TrustRule, Variant
from tests import people
from tests.returns.exchanges import kinds

TABLE = """product,sku,title,price,available
shirt,SHIRT-M,"Oat, size M",68.00,yes
shirt,SHIRT-L,"Oat, size L",,no
"""


@pytest.fixture
def boss(db) -> Client:
    client = Client()
    client.force_login(people.staff("boss", is_superuser=True))
    return client


def upload(client: Client, store, text: str | bytes, name: str = "kinds.csv"):
    content = text if isinstance(text, bytes) else text.encode()
    file = SimpleUploadedFile(name, content)
    address = reverse("admin:returns_variant_import")
    return client.post(address, {"store": store.pk, "table": file}, follow=True)


# --- A table --------------------------------------------------------------------------------------


def test_a_table_is_taken_in_and_again_written_anew(boss, store):
    assert "2 kinds are written." in upload(boss, store, TABLE).text
    upload(boss, store, TABLE.replace("68.00", "70.00"))
    found = list(Variant.objects.order_by("sku").values_list("sku", "price", "available"))
    assert found == [("SHIRT-L", None, False), ("SHIRT-M", Decimal(70), True)]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_signs_between_the_columns_are_read(delimiter):
    rows, problems = variant_table.read(
        f"product{delimiter}sku{delimiter}title\na{delimiter}b{delimiter}c"
    )
    assert [(row.product, row.sku, row.title, row.price) for row in rows] == [("a", "b", "c", None)]
    assert problems == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sku,title\nA,B", "The first row has no column product."),
        ("", "The first row has no column product, sku, title."),
        ("product,sku,title\np,,t", "Row 2: sku is empty."),
        ("product,sku,title\np,s,t\np,s,u", "Row 3: the SKU s stands above already."),
        ("product,sku,title,price\np,s,t,cheap", "Row 2: cheap is no price."),
        ("product,sku,title,price\np,s,t,-1", "Row 2: -1 is no price."),
        ("product,sku,title,price\np,s,t,NaN", "Row 2: NaN is no price."),
        ("product,sku,title,price\np,s,t,1.0005", "Row 2: 1.0005 is no price."),
        (f"product,sku,title\np,s,{'t' * 301}", "Row 2: title is longer than 300 characters."),
    ],
)
def test_what_is_wrong_is_said_with_its_row(text, problem):
    assert variant_table.read(text)[1] == [problem]


def test_all_of_a_table_or_nothing_is_written(boss, store):
    shown = upload(boss, store, TABLE + "shirt,,No number,,yes\n")
    assert "Row 4: sku is empty." in shown.text
    assert not Variant.objects.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe\x00", "Save it as CSV in UTF-8"), (b"product,sku,title\n", "There is no row")],
)
def test_what_is_no_such_table_is_said(boss, store, content, said):
    assert said in upload(boss, store, content).text
    assert not Variant.objects.exists()


def test_only_who_may_enter_kinds_takes_in_tables(store):
    client = Client()
    client.force_login(people.staff("lena", "view_variant"))
    assert upload(client, store, TABLE).status_code == 404
    assert not Variant.objects.exists()


# --- One by one -----------------------------------------------------------------------------------


def test_a_kind_is_entered_with_what_it_needs(boss, store):
    address = reverse("admin:returns_variant_add")
    values = {"store": store.pk, "product": "shirt", "sku": "S", "title": " ", "position": 0}
    shown = boss.post(address, values)
    assert "This field is required" in shown.text or "Buyers choose by this." in shown.text
    boss.post(address, values | {"title": "Size S", "price": "-1"})
    assert not Variant.objects.exists()
    boss.post(address, values | {"title": "Size S", "available": "on"})
    found = Variant.objects.get()
    assert (found.title, found.available, found.source) == ("Size S", True, "")
    boss.post(address, values | {"title": "The same again"})
    assert Variant.objects.count() == 1


def test_many_are_taken_off_the_list_at_once(boss, store):
    kinds(store)
    address = reverse("admin:returns_variant_changelist")
    pks = list(Variant.objects.values_list("pk", flat=True))
    boss.post(address, {"action": "take_off", "_selected_action": pks})
    assert not Variant.objects.filter(available=True).exists()
    boss.post(address, {"action": "offer", "_selected_action": pks})
    assert Variant.objects.filter(available=True).count() == 2
    assert "Take in a table" in boss.get(address).text


def test_a_fee_is_said_where_the_buyer_pays(boss, store):
    address = reverse("admin:returns_recallrule_add")
    values = {"store": store.pk, "payer": "buyer", "fee": "0", "offer_percent": "0"}
    assert "Say how much, or let the store pay." in boss.post(address, values).text
    boss.post(address, values | {"fee": "5"})
    assert RecallRule.objects.get().rule.fee == 5
    assert boss.get(reverse("admin:returns_recallrule_changelist")).status_code == 200


def test_the_limits_of_trust_are_edited(boss, store):
    values = {"store": store.pk, "orders": 2, "days": 30, "returns_percent": 101}
    values |= {"claims": 1, "never_posted": 0}
    address = reverse("admin:returns_trustrule_add")
    boss.post(address, values)
    assert not TrustRule.objects.exists()
    boss.post(address, values | {"returns_percent": 50, "sends_ahead": "on"})
    assert TrustRule.objects.get().limits.returns_percent == 50
    assert boss.get(reverse("admin:returns_trustrule_changelist")).status_code == 200
