"""What was declared is written once, chained by its hash, and erased only as a whole."""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from returns import tasks
from returns.models import (
    Store,
    Unchangeable,
    Withdrawal,
    WithdrawalOutcome,
    WithdrawalReceipt,
)
from returns.models.withdrawal import months_before
from tests.people import open_store
from tests.returns.withdrawing import declared, eu_order, eu_store, on_its_page, work

pytestmark = pytest.mark.django_db
WHEN = datetime(2026, 11, 24, 17, 3, 21, 987654, tzinfo=UTC)


@pytest.fixture
def order():
    return eu_order()


def spoil(withdrawal: Withdrawal, **values) -> None:
    """As somebody with a hand in the database could."""
    column, value = next(iter(values.items()))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE returns_withdrawal SET {column} = %s WHERE id = %s", [value, withdrawal.pk]
        )


def test_it_holds_what_was_typed_and_when_to_the_second_in_utc(order):
    made = declared(order, at=WHEN, contract=" JP-20418, the blue one", parts="One shirt")
    row = Withdrawal.objects.get()
    assert (row.name, row.contract) == ("Sarah Whitcombe", " JP-20418, the blue one")
    assert (row.parts, row.email, row.language) == ("One shirt", "sarah@example.com", "en")
    assert row.received_at == WHEN.replace(microsecond=0)
    assert row.content["received_at"] == "2026-11-24T17:03:21Z"
    assert made.number.startswith("WD-")


def test_its_hash_can_be_checked_without_us(order):
    row = declared(order, at=WHEN, parts="两件")
    text = json.dumps(row.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert row.digest == hashlib.sha256(text.encode()).hexdigest()
    assert Withdrawal.objects.get().is_intact


def test_each_names_the_one_before_it_in_its_store(order):
    first, second = declared(order), declared(order)
    other = declared(eu_order(eu_store(slug="pear"), "P-1"))
    assert (first.previous, second.previous, other.previous) == ("", first.digest, "")
    assert Withdrawal.objects.broken(order.store) == []


@pytest.mark.parametrize(
    "change", [{"name": "Bob"}, {"received_at": "2026-01-01 00:00:00+00:00"}, {"parts": "x"}]
)
def test_case_68_a_change_behind_our_back_shows(order, change):
    first, second, third = declared(order), declared(order), declared(order)
    spoil(second, **change)
    assert Withdrawal.objects.broken(order.store) == [second.number]
    assert Withdrawal.objects.get(pk=first.pk).is_intact
    assert Withdrawal.objects.get(pk=third.pk).is_intact


def test_case_68_one_that_is_missing_shows(order):
    _first, second, third = declared(order), declared(order), declared(order)
    with connection.cursor() as cursor:
        for table in ("withdrawaloutcome", "withdrawalreceipt"):
            cursor.execute(f"DELETE FROM returns_{table} WHERE withdrawal_id = %s", [second.pk])
        cursor.execute("DELETE FROM returns_withdrawal WHERE id = %s", [second.pk])
    assert Withdrawal.objects.broken(order.store) == [third.number]


@pytest.mark.parametrize(
    "act",
    [
        lambda row: row.save(),
        lambda row: row.save(update_fields=["name"]),
        lambda row: row.delete(),
        lambda row: Withdrawal.objects.update(name="Bob"),
        lambda row: Withdrawal.objects.filter(pk=row.pk).update(parts=""),
        lambda row: Withdrawal.objects.filter(pk=row.pk).delete(),
        lambda row: Withdrawal.objects.bulk_update([row], ["name"]),
        lambda row: row.store.withdrawals.all().delete(),
        lambda row: Withdrawal.objects.bulk_create([row], update_conflicts=True),
        lambda row: Withdrawal.objects.update_or_create(pk=row.pk, defaults={"name": "Bob"}),
    ],
)
def test_case_68_nothing_changes_or_deletes_it(order, act):
    row = declared(order)
    row.name = "Somebody else"
    with pytest.raises(Unchangeable), transaction.atomic():
        act(row)
    assert Withdrawal.objects.get().name == "Sarah Whitcombe"


def test_case_68_its_store_cannot_be_deleted_with_it(order):
    store = declared(order).store
    order.delete()
    with pytest.raises(ProtectedError):
        store.delete()
    assert Store.objects.filter(pk=store.pk).exists()


def test_case_68_it_outlives_its_order(order):
    made = declared(order)
    work()
    order.delete()
    assert Withdrawal.objects.get().is_intact
    assert WithdrawalOutcome.objects.get(pk=made.pk).order is None


def test_case_22_the_same_form_twice_is_one(order):
    first = declared(order, key="k")
    second = declared(order, key="k", name="Typed anew")
    assert first.pk == second.pk
    assert Withdrawal.objects.count() == WithdrawalReceipt.objects.count() == 1


def test_the_same_key_in_another_store_is_another(order):
    declared(order, key="k")
    declared(eu_order(eu_store(slug="pear"), "P-1"), key="k")
    assert Withdrawal.objects.count() == 2


def test_the_chain_cannot_fork(order):
    first = declared(order)
    fork = Withdrawal(
        store=order.store,
        number="WD-2222-2222",
        key="x",
        name="x",
        contract="x",
        email="x@example.com",
        received_at=timezone.now(),
        previous="",
        digest="0" * 64,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        fork.save()
    assert first.previous == ""


def test_who_and_what_may_not_be_empty(order):
    with pytest.raises(IntegrityError), transaction.atomic():
        declared(order, name="")


def test_after_its_time_all_of_it_is_erased_and_the_rest_stays_sound(order):
    old = timezone.now() - timedelta(days=5 * 366)
    gone, kept = on_its_page(order, at=old), declared(order)
    rma = order.returns.filter(withdrawal=gone).first()
    tasks.tidy()
    assert list(Withdrawal.objects.all()) == [kept]
    assert not WithdrawalOutcome.objects.filter(pk=gone.pk).exists()
    assert not WithdrawalReceipt.objects.filter(pk=gone.pk).exists()
    assert Withdrawal.objects.broken(order.store) == []
    if rma:
        rma.refresh_from_db()
        assert rma.withdrawal is None
    declared(order)
    assert Withdrawal.objects.broken(order.store) == []


def test_each_store_says_how_long_it_keeps_them(order):
    pear = open_store("pear", withdrawal="eu", withdrawals_kept_months=12)
    at = timezone.now() - timedelta(days=400)
    declared(order, at=at), declared(eu_order(pear, "P-1"), at=at)
    assert Withdrawal.objects.erase_old() == 1
    assert Withdrawal.objects.get().store == order.store


def test_months_are_counted_by_the_calendar():
    assert months_before(datetime(2026, 3, 31, tzinfo=UTC), 1) == datetime(2026, 2, 28, tzinfo=UTC)
    assert months_before(datetime(2026, 1, 5, tzinfo=UTC), 13) == datetime(2024, 12, 5, tzinfo=UTC)
