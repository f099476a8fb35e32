"""Which kind may be sent instead: what the store allows, what costs no more, and what is still
there when it is asked for."""

from decimal import Decimal

import pytest

from returns import variants
from returns.ledger import Obstacle, Refused
from returns.models import BUYER, Order, OrderLine, ReturnAuthorization, Variant, Wanted
from returns.sources import LineData
from tests.people import open_store, place_order
from tests.returns.exchanges import SHIRT, exchanged, kinds
from tests.returns.returning import DESK
from tests.returns.test_import_orders import told


@pytest.fixture
def order(store) -> Order:
    return place_order(store, lines=SHIRT)


def the_line(order: Order) -> OrderLine:
    return order.with_goods().lines.get()


def titles(order: Order) -> list[str]:
    return [row.title for row in variants.allowed(the_line(order))]


def test_other_kinds_of_the_same_product_may_be_chosen(order):
    kinds(order.store)
    Variant.objects.create(store=order.store, product="cup", sku="CUP", title="Blue")
    Variant.objects.create(
        store=open_store("another"), product="shirt", sku="SHIRT-S", title="Oat, size S"
    )
    assert titles(order) == ["Oat, size L"]


def test_where_the_store_has_told_of_none_words_are_enough(order):
    assert titles(order) == []
    rma = exchanged(order, "", note="Size L, please.")
    assert (rma.note, rma.lines.get().variant) == ("Size L, please.", {})


def test_what_is_sold_out_or_dearer_is_not_offered(order):
    mine = kinds(order.store, ("SHIRT-XL", "Oat, size XL", "68.01"), ("SHIRT-S", "S", "68.00"))
    assert titles(order) == ["Oat, size L", "S"]
    Variant.objects.filter(pk=mine["SHIRT-L"].pk).update(available=False)
    assert titles(order) == ["S"]


def test_a_discount_goes_with_the_exchange_and_lists_are_compared(order):
    """Paid 54.40 for a shirt of 68.00: another one of 68.00 costs the same."""
    OrderLine.objects.update(discount=Decimal("13.60"))
    kinds(order.store, ("SHIRT-S", "Oat, size S", "68.00"), ("SHIRT-C", "Cotton", "34.00"))
    assert titles(order) == ["Cotton", "Oat, size L", "Oat, size S"]
    line = the_line(order)
    assert variants.difference(line, Decimal(68), line.paid) == 0
    assert variants.difference(line, Decimal(34), line.paid) == Decimal("27.20")
    assert variants.difference(line, None, line.paid) == 0


def test_the_difference_is_an_amount_that_can_be_paid(order):
    line = the_line(order)
    assert variants.difference(line, Decimal("67.99"), Decimal("33.33")) == 0
    assert variants.difference(line, Decimal("45.33"), Decimal("68.00")) == Decimal("22.67")


def test_in_another_currency_only_what_costs_the_same_can_be_compared(order):
    Order.objects.update(currency="EUR")
    order.refresh_from_db()
    kinds(order.store, ("SHIRT-S", "Oat, size S", "10.00"))
    assert titles(order) == ["Oat, size L"]


def test_what_was_chosen_is_written_down_as_it_was(order):
    kinds(order.store, ("SHIRT-C", "Cotton, size M", "34.00"))
    rma = exchanged(order, "SHIRT-C")
    Variant.objects.all().delete()
    assert rma.lines.get().variant == {
        "sku": "SHIRT-C",
        "title": "Cotton, size M",
        "price": "34.000",
    }


@pytest.mark.parametrize("sku", ["SHIRT-XXL", "SHIRT-M", "CUP"])
def test_case_58_what_is_not_eligible_is_refused_when_it_is_asked_for(order, sku):
    kinds(order.store)
    Variant.objects.create(store=order.store, product="cup", sku="CUP", title="Blue")
    with pytest.raises(Refused) as refused:
        exchanged(order, sku)
    assert [problem.code for problem in refused.value.problems] == [Obstacle.VARIANT_GONE]
    assert not ReturnAuthorization.objects.exists()


def test_case_58_what_is_sold_out_meanwhile_is_refused_when_it_is_asked_for(order):
    kinds(order.store)
    Variant.objects.update(available=False)
    with pytest.raises(Refused):
        exchanged(order, "SHIRT-L")


def test_for_money_nothing_is_chosen_whatever_was_posted(order):
    kinds(order.store)
    line = order.lines.get()
    wanted = [Wanted(line.pk, 1, "fit", "", "SHIRT-XXL")]
    rma = order.request_return(wanted, wish="refund", by=BUYER, key="form")
    assert rma.lines.get().variant == {}


def test_the_same_again_is_gone_when_its_own_kind_is_sold_out(order):
    mine = kinds(order.store)
    rma = exchanged(order, "", wish="replacement")
    rma.approve(by=DESK)
    assert variants.gone(rma) == []
    Variant.objects.filter(pk=mine["SHIRT-M"].pk).update(available=False)
    assert [row.line_id for row in variants.gone(rma)] == [order.lines.get().pk]


def test_a_kind_that_is_entered_no_more_is_gone(order):
    kinds(order.store)
    rma = exchanged(order)
    assert variants.gone(rma) == []
    Variant.objects.all().delete()
    assert len(variants.gone(rma)) == 1


def test_many_lines_cost_two_questions(store, django_assert_num_queries):
    order = place_order(store, lines=(*SHIRT, ("Cup", "5.00", 1, {"sku": "CUP"})))
    kinds(store)
    fresh = order.with_goods()
    with django_assert_num_queries(2):
        variants.of_lines(fresh, fresh.lines.all())


# --- From orders ----------------------------------------------------------------------------------


def shirt(sku: str, variant: str) -> LineData:
    return LineData(
        source_id=sku,
        title="Linen shirt",
        quantity=1,
        unit_price=Decimal(68),
        sku=sku,
        variant=variant,
        product="8123",
    )


def test_kinds_that_orders_name_are_written_down_but_not_offered(store):
    Order.objects.take_in(store, told(lines=(shirt("SHIRT-M", "Oat, M"),)))
    Order.objects.take_in(
        store,
        told(source_id="2", number="JP-2", lines=(shirt("SHIRT-L", "Oat, L"),)),
    )
    found = list(Variant.objects.order_by("sku").values_list("product", "sku", "title", "source"))
    assert found == [
        ("8123", "SHIRT-L", "Oat, L", "shopify"),
        ("8123", "SHIRT-M", "Oat, M", "shopify"),
    ]
    assert not Variant.objects.filter(available=True).exists()


def test_what_staff_have_entered_stays_as_it_is(store):
    kinds(store)
    Order.objects.take_in(store, told(lines=(shirt("SHIRT-M", "Another name"),)))
    assert Variant.objects.get(sku="SHIRT-M").title == "Oat, size M"
