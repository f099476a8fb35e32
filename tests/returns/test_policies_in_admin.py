"""What the desk may not type into policies: refused by field, before it is saved."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from returns.codes import Avoid, Payment, Reason
from returns.models import (
    CarrierAdvice,
    ClaimPolicy,
    Lane,
    LinkKey,
    ReasonPolicy,
    ReturnPolicy,
    Store,
)
from returns.policy import ClaimRule, Rules
from tests.people import open_store


def refused_fields(thing) -> set[str]:
    try:
        thing.full_clean()
    except ValidationError as error:
        return set(error.message_dict)
    return set()


@pytest.mark.parametrize("value", ["0", "366", "10.5", "-1", "many", ""])
def test_case_12_days_to_post_are_whole_days_within_a_year(store, value):
    store.policy.post_days = value
    assert refused_fields(store.policy) == {"post_days"}


@pytest.mark.parametrize("value", ["1", "14", "365"])
def test_usual_days_to_post_are_accepted(store, value):
    store.policy.post_days = value
    assert refused_fields(store.policy) == set()


@pytest.mark.parametrize("value", ["0", "3651", "10.5", "-1", "soon"])
@pytest.mark.parametrize("of_reason", [True, False])
def test_windows_are_whole_days_from_one(store, value, of_reason):
    """Ten years are allowed: warranties are long."""
    thing = ReasonPolicy(policy=store.policy, reason=Reason.FIT) if of_reason else store.policy
    thing.window_days = value
    assert refused_fields(thing) == {"window_days"}


@pytest.mark.parametrize("of_reason", [True, False])
def test_an_empty_window_is_no_mistake(store, of_reason):
    thing = ReasonPolicy(policy=store.policy, reason=Reason.FIT) if of_reason else store.policy
    thing.window_days = None
    assert refused_fields(thing) == set()


@pytest.mark.parametrize("field", ["fee", "keep_below", "automatic_up_to"])
@pytest.mark.parametrize("value", ["-0.01", "ten", "0.0001", "9999999999.99"])
def test_amounts_are_amounts(store, field, value):
    setattr(store.policy, field, value)
    assert refused_fields(store.policy) == {field}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("currency", "usd"),
        ("currency", "$"),
        ("country", "Lt"),
        ("zone", "Vilnius"),
        ("brand", "green"),
        ("answer_hours", "0"),
        ("answer_hours", "91"),
        ("update_days", "0"),
        ("update_days", "11"),
        ("language", "tlh"),
        ("contact_email", "hello"),
        ("slug", "juniper & pine"),
    ],
)
def test_a_store_with_a_wrong_setting_is_refused_by_field(store, field, value):
    setattr(store, field, value)
    assert refused_fields(store) == {field}


def test_one_row_per_reason(store):
    ReasonPolicy.objects.create(policy=store.policy, reason=Reason.FIT)
    assert refused_fields(ReasonPolicy(policy=store.policy, reason=Reason.FIT)) == {"__all__"}
    with pytest.raises(IntegrityError), transaction.atomic():
        ReasonPolicy.objects.create(policy=store.policy, reason=Reason.FIT)


def test_one_policy_per_store(store):
    with pytest.raises(IntegrityError), transaction.atomic():
        ReturnPolicy.objects.create(store=store)


def test_a_host_name_belongs_to_one_store(db):
    open_store(host="returns.example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        open_store("other", host="returns.example.com")
    assert Store.objects.filter(host="").count() == 0
    open_store("third")
    open_store("fourth")  # without one, there may be many


@pytest.mark.parametrize("key_id", ["K1", "k-1", "", "k12345678", "ключ"])
def test_the_name_of_a_link_key_fits_into_a_link(store, key_id):
    assert refused_fields(LinkKey(store=store, key_id=key_id, secret="x")) == {"key_id"}


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"payment": Payment.BUYER}, set()),
        ({"payment": Payment.REPAID}, {"repaid_up_to"}),
        ({"payment": Payment.REPAID, "repaid_up_to": Decimal(20)}, set()),
        ({"payment": Payment.REPAID, "avoid": Avoid.UNTRACKED}, set()),
        ({"payment": Payment.COLLECT}, {"account_number"}),
        ({"payment": Payment.COLLECT, "account_number": "A-1"}, set()),
    ],
)
def test_advice_about_carriers_says_what_the_buyer_must_know(store, values, fields):
    advice = CarrierAdvice(store=store, lane=Lane.DOMESTIC, carrier="ups", **values)
    assert refused_fields(advice) == fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("window_days", "0"),
        ("window_days", "3651"),
        ("part_percent", "101"),
        ("part_percent", "-1"),
        ("voucher_percent", "101"),
        ("keep_below", "-0.01"),
        ("automatic_up_to", "ten"),
        ("reason", "changed_mind"),
        ("reason", "never_came"),
        ("remedies", "refund a_pony"),
        ("remedies", "refund refund"),
        ("remedies", "voucher"),  # of nothing
    ],
)
def test_a_rule_for_claims_that_makes_no_sense_is_refused_by_field(store, field, value):
    row = ClaimPolicy(policy=store.policy, reason=Reason.DAMAGED)
    setattr(row, field, value)
    assert refused_fields(row) == {field}


def test_a_part_of_nothing_is_not_offered(store):
    row = ClaimPolicy(policy=store.policy, reason=Reason.DAMAGED, remedies="repair", part_percent=0)
    assert refused_fields(row) == {"remedies"}


def test_what_is_offered_for_a_claim_is_taken_as_it_is_typed(store):
    row = ClaimPolicy(
        policy=store.policy,
        reason=Reason.DAMAGED,
        remedies="  voucher\n refund ",
        voucher_percent=10,
    )
    assert refused_fields(row) == set()
    assert row.rule(Decimal(7)).remedies == ("voucher", "refund")


def test_a_near_name_is_told(store):
    row = ClaimPolicy(policy=store.policy, reason=Reason.DAMAGED, remedies="part_refnd")
    with pytest.raises(ValidationError) as refused:
        row.full_clean()
    assert "Did you mean part_refund?" in refused.value.message_dict["remedies"][0]


def test_an_empty_rule_for_claims_is_the_usual_one_with_the_keep_limit_of_the_policy(store):
    store.policy.keep_below = Decimal(15)
    ClaimPolicy.objects.create(policy=store.policy, reason=Reason.DAMAGED, photos=False)
    rules = store.policy.rules()
    usual = ClaimRule.usual(Reason.DAMAGED, keep_below=Decimal(15), photos=False)
    assert rules.claim(Reason.DAMAGED) == usual
    assert rules.claim(Reason.MISSING) == ClaimRule.usual(Reason.MISSING, keep_below=Decimal(15))
    assert Rules.from_json(rules.to_json()) == rules


def test_one_rule_for_claims_per_reason(store):
    ClaimPolicy.objects.create(policy=store.policy, reason=Reason.DAMAGED)
    with pytest.raises(IntegrityError), transaction.atomic():
        ClaimPolicy.objects.create(policy=store.policy, reason=Reason.DAMAGED)
