"""A later change of policy does not touch what was sold."""

from decimal import Decimal

from django.utils import timezone

from returns.codes import RETURN_REASONS, Payer, Reason
from returns.ledger import availability
from returns.models import ReasonPolicy, Wanted
from returns.models.event import BUYER
from returns.policy import Rules
from tests.people import place_order


def test_case_14_sold_goods_keep_the_rules_of_the_day_they_were_sold(store):
    old = place_order(store)
    before = old.lines.get().rules
    policy = store.policy
    policy.window_days, policy.fee, policy.automatic_up_to = 1, Decimal(20), Decimal(0)
    policy.offers_exchange = False
    policy.save()
    ReasonPolicy.objects.create(policy=policy, reason=Reason.FIT, offered=False)
    ReasonPolicy.objects.create(policy=policy, reason=Reason.LATE, window_days=2)
    new = place_order(store, "JP-2")
    assert old.lines.get().rules == before != new.lines.get().rules
    assert Reason.FIT in before.reasons and Reason.FIT not in new.lines.get().rules.reasons

    (line,) = old.with_goods().lines.all()
    (other,) = new.with_goods().lines.all()
    assert availability(line, timezone.now()).limit == 1
    assert availability(other, timezone.now()).limit == 0
    rma = old.request_return([Wanted(line.pk, 1, Reason.FIT)], by=BUYER, key="form")
    assert (rma.estimated_fee, rma.estimated_total) == (0, 68)


def test_case_13_each_line_keeps_its_own_rules(store):
    order = place_order(
        store,
        lines=(
            ("Shirt", "30.00", 1),
            (
                "Shoes",
                "90.00",
                1,
                {
                    "rules_json": Rules(
                        window_days=100,
                        post_days=3,
                        reasons={
                            Reason.FIT: store.rules().reasons[Reason.FIT],
                        },
                    ).to_json()
                },
            ),
        ),
    )
    shirt, shoes = order.with_goods().lines.all()
    assert (shoes.window_end() - shirt.window_end()).days in (69, 70, 71)
    rma = order.request_return(
        [Wanted(shirt.pk, 1, Reason.FIT), Wanted(shoes.pk, 1, Reason.FIT)], by=BUYER, key="form"
    )
    assert rma.post_days == 3  # one parcel: the shortest counts


def test_a_reason_without_a_row_has_the_usual_rule(store):
    rules = store.policy.rules()
    assert list(rules.reasons) == list(RETURN_REASONS)
    assert rules.reasons[Reason.FAULTY].payer == Payer.STORE
    assert rules.reasons[Reason.FIT].payer == Payer.BUYER
    ReasonPolicy.objects.create(
        policy=store.policy,
        reason=Reason.FIT,
        payer=Payer.STORE,
        photos=True,
        automatic=False,
        window_days=60,
    )
    fit = store.rules().reasons[Reason.FIT]
    assert (fit.payer, fit.photos, fit.automatic, fit.window_days) == ("store", True, False, 60)


def test_a_store_without_a_policy_gets_the_usual_one(store):
    store.policy.delete()
    store.refresh_from_db()
    assert store.rules().window_days == 30
