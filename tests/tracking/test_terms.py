"""What carriers do with parcels on their way, as apis.md 4 tells it."""

from decimal import Decimal

import pytest

from tracking import terms
from tracking.carriers import CARRIERS
from tracking.gateways import Aim
from tracking.milestones import FINAL, TURNED, Milestone
from tracking.terms import CHINESE, TERMS, Terms, terms_of

M = Milestone


def test_every_carrier_with_terms_of_its_own_is_one_that_we_know():
    assert set(TERMS) <= set(CARRIERS)
    assert len(CHINESE) == len(set(CHINESE))


@pytest.mark.parametrize("carrier", ["", "royal-mail", "Speedy Pigeons"])
def test_any_other_is_asked_by_telephone_and_nothing_is_known_of_its_fee(carrier):
    found = terms_of(carrier)
    assert set(found.aims) == {Aim.REDIRECT, Aim.RETURN}
    assert found.fee_for(Aim.REDIRECT) is None and found.countries is None


@pytest.mark.parametrize("carrier", [*TERMS, ""])
def test_nothing_is_asked_for_once_the_road_is_over_or_leads_back(carrier):
    for steps in terms_of(carrier).aims.values():
        assert steps and not steps & (FINAL | TURNED | {M.READY_FOR_PICKUP, M.ATTEMPTED})


@pytest.mark.parametrize("carrier", [*TERMS, ""])
def test_a_fee_has_a_currency_and_days_are_in_order(carrier):
    found = terms_of(carrier)
    assert (found.fee is None) == (found.currency == "")
    assert 0 <= found.days[0] <= found.days[1]
    assert found.free <= set(found.aims) and set(found.not_served) <= set(found.aims)


def test_ups_takes_it_until_the_first_attempt_and_keeps_it_free_of_charge():
    ups = terms_of("ups")
    for aim in (Aim.REDIRECT, Aim.RETURN, Aim.HOLD, Aim.RESCHEDULE):
        assert ups.takes(aim, M.ANNOUNCED) and ups.takes(aim, M.OUT_FOR_DELIVERY)
        assert not ups.takes(aim, M.ATTEMPTED)
    assert (ups.fee_for(Aim.HOLD), ups.fee_for(Aim.RETURN)) == (Decimal(0), Decimal("16.40"))
    assert ups.countries == {"US", "PR"} and ups.not_served == {Aim.RETURN: {"PR"}}
    assert not ups.takes_po_boxes


@pytest.mark.parametrize("carrier", ["usps", "fedex", "dhl", *CHINESE, ""])
def test_no_other_takes_it_once_it_is_out_for_delivery(carrier):
    found = terms_of(carrier)
    assert found.takes(Aim.REDIRECT, M.IN_TRANSIT) and found.takes(Aim.RETURN, M.CUSTOMS)
    assert not any(found.takes(aim, M.OUT_FOR_DELIVERY) for aim in Aim)


@pytest.mark.parametrize("carrier", ["usps", "fedex", *CHINESE])
def test_these_do_it_within_their_country_only(carrier):
    home = {"CN"} if carrier in CHINESE else {"US", "PR"}
    assert terms_of(carrier).countries and terms_of(carrier).countries <= home


@pytest.mark.parametrize("carrier", CHINESE)
def test_chinese_carriers_take_it_in_transit_and_for_parcels_of_their_own_account(carrier):
    found = terms_of(carrier)
    assert found.own_only and Aim.DEPOT in found.aims
    assert not any(found.takes(aim, M.ANNOUNCED) for aim in Aim)
    assert found.once == (carrier == "sf")


def test_the_depot_is_a_word_of_chinese_carriers():
    assert {code for code, found in TERMS.items() if Aim.DEPOT in found.aims} == set(CHINESE)


def test_fedex_turns_a_parcel_once_and_usps_asks_its_fee_for_everything():
    assert terms_of("fedex").once and not terms_of("usps").once
    fees = {terms_of("usps").fee_for(aim) for aim in terms_of("usps").aims}
    assert fees == {Decimal("19.45")}


def test_what_is_not_named_is_not_taken():
    assert not Terms({}).takes(Aim.REDIRECT, M.IN_TRANSIT)
    assert not terms.USUAL.takes(Aim.HOLD, M.IN_TRANSIT)
