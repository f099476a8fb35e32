"""`manage.py import_orders` and `manage.py buyer_link`, as a merchant uses them."""

import io
import json
import shutil

import pytest
from django.core.management import CommandError, call_command

from returns import links, sources
from returns.models import LinkKey, Order
from tests.people import LINK_KEY
from tests.returns import recordings


class Run:
    """What one call of a command said, and its exit status."""

    def __init__(self, command: str, *args: object):
        out, err = io.StringIO(), io.StringIO()
        self.status, self.end = 0, ""
        try:
            call_command(command, *map(str, args), stdout=out, stderr=err)
        except CommandError as error:
            self.status, self.end = error.returncode, str(error)
        self.out, self.err = out.getvalue(), err.getvalue().splitlines()


def importing(name: object, *args: object) -> Run:
    path = recordings.path(name) if isinstance(name, str) else name
    return Run("import_orders", path, "--store", "juniper-pine", *args)


def test_a_good_file_goes_in(store):
    run = importing("shopify/order-partly-refunded.json")
    assert (run.status, run.out, run.err) == (0, "Orders: 1 new.\n", [])
    assert Order.objects.get().number == "JP-20418"


def test_the_same_file_again_changes_nothing(store):
    importing("woocommerce/order-completed.json")
    assert importing("woocommerce/order-completed.json").out == "Orders: 1 unchanged.\n"


def test_good_orders_go_in_beside_wrong_ones(store):
    run = importing("shopify/orders-wrapped.json")
    assert run.status == 1
    assert run.out == "Orders: 2 new.\n"
    assert run.err == [
        "order 2 (#1002), line_items[0].quantity: “-1” is too small, the least is 1",
        "order 2 (#1002), line_items[0].price: “abc” is not an amount",
    ]
    assert run.end == "2 problems; orders with a problem were left out."


def test_strict_takes_all_or_nothing(store):
    run = importing("shopify/orders-wrapped.json", "--strict")
    assert (run.status, run.end) == (1, "2 problems; nothing was written.")
    assert not Order.objects.exists()


def test_strict_writes_nothing_when_a_number_is_taken(store, tmp_path):
    order = json.loads(recordings.path("shopify/order-old-shape.json").read_text())
    file = tmp_path / "orders.json"
    file.write_text(json.dumps([order, order | {"id": 2}]))
    run = importing(file, "--strict")
    assert run.err == [
        "order 2 (#1001), number: the number 1001 belongs to another order already, which came "
        "from shopify with the id 450000001"
    ]
    assert not Order.objects.exists()
    assert importing(file).out == "Orders: 1 new.\n"


def test_a_table_tells_what_it_did_not_read(store):
    run = importing("table/orders.csv")
    assert run.out.splitlines() == [
        "Note: not read, because not known: warehouse",
        "Orders: 2 new.",
    ]


def test_an_order_without_lines_is_named(store, tmp_path):
    order = json.loads(recordings.path("shopify/order-old-shape.json").read_text())
    del order["line_items"]
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order))
    assert importing(file).err == [
        "the order (#1001), line_items: is missing; an order needs at least one line"
    ]


def test_a_file_that_is_no_order_file_writes_nothing(store, tmp_path):
    file = tmp_path / "orders.json"
    file.write_text('{"orders": [{"id": 1, ')
    run = importing(file)
    assert run.status == 1
    assert run.err == ["the JSON ends too early, in line 1; the file seems cut off"]


def test_a_file_over_the_limit_is_refused_before_it_is_read(store, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST_FILE", 1024 * 1024)
    file = tmp_path / "orders.csv"
    with file.open("wb") as handle:
        handle.truncate(1024 * 1024 + 1)
    monkeypatch.setattr("pathlib.Path.read_bytes", lambda self: pytest.fail("it was read"))
    assert importing(file).err == ["the file is larger than 1 MB; please split it"]


def test_the_source_can_be_named(store, tmp_path):
    file = tmp_path / "renamed"
    shutil.copy(recordings.path("table/orders.csv"), file)
    assert importing(file, "--source", "table").out.endswith("Orders: 2 new.\n")
    assert importing(file, "--source", "shopify").status == 1


def test_an_unknown_store_is_named(store):
    run = Run("import_orders", recordings.path("table/orders.csv"), "--store", "nope")
    assert (run.status, run.end) == (1, "There is no store “nope”. Known: juniper-pine.")


def test_a_missing_file_is_named(store, tmp_path):
    assert "cannot be read" in importing(tmp_path / "none.csv").end


def test_file_and_store_must_be_said():
    assert Run("import_orders").end == "Say which file, and for which store: FILE --store SLUG."


def test_the_columns_are_printed_without_a_store():
    out = Run("import_orders", "--columns").out
    assert "order_number" in out and "快递单号" in out


def test_the_buyer_link_is_the_signed_one(store, order):
    link = Run("buyer_link", "juniper-pine", "#JP-20418").out.strip()
    assert link.endswith("/s/juniper-pine/l/v1.k1.JP-20418.0.02587471d1a6705881e182159f51d81d")
    assert link.startswith("http")


def test_a_buyer_link_may_end(store, order, client):
    link = Run("buyer_link", "juniper-pine", "JP-20418", "--days", 7).out.strip()
    token = links.read(link.rpartition("/")[2])
    assert token and token.expiry > 0 and token.genuine(LINK_KEY, "juniper-pine")
    assert client.get(link[link.index("/s/") :], follow=True).status_code == 200


def test_a_link_for_an_order_to_come_is_made_and_said_so(store):
    run = Run("buyer_link", "juniper-pine", "JP-9")
    assert "/l/v1.k1.JP-9.0." in run.out
    assert run.err == ["Note: this order has not arrived yet; the link works once it has."]


@pytest.mark.parametrize("days", [-1, 4000])
def test_days_beyond_reason_are_refused(store, days):
    assert Run("buyer_link", "juniper-pine", "1", f"--days={days}").end == "--days is 1 to 3650."


def test_without_a_live_key_there_is_no_link(store):
    LinkKey.objects.all().delete()
    run = Run("buyer_link", "juniper-pine", "1")
    assert (run.status, run.end) == (
        1,
        "The store “juniper-pine” has no live link key; add one in the admin.",
    )


def test_an_unknown_store_has_no_links(db):
    assert Run("buyer_link", "nope", "1").end == "There is no store “nope”. Known: none yet."
