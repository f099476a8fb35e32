"""Check digits: known numbers pass, and each way of counting finds the errors it promises.

The numbers are public examples of the carriers and of open data (tracking_number_data, MIT),
of GS1 (SSCC), of ISO 7064 (a GRid) and of the usual descriptions of Luhn and Identcode.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.numbers import checks

DIGITS = "0123456789"
KNOWN = {
    checks.postal: ["RB123456785GB", "RB103456786GB", "RB123456785CV", "EE473124829GB"],
    checks.ups: ["1Z999AA10123456784", "1Z5R89390357567127", "1ZXX3150YW44070023"],
    checks.ups_waybill: ["K1506235620", "J4603636537", "V0490119172"],
    checks.fedex_express: ["986578788855", "477179081230", "799531274483"],
    checks.fedex_34: [
        "1001921334250001000300779017972697",
        "1002297871540001000300790695517286",
        "9622001560001234567100794808390594",
    ],
    checks.fedex_astra: ["32971514560102447849175802862014"],
    checks.fedex_ground: ["041441760228964", "568283610012000", "568283610012734"],
    checks.fedex_96: ["9611020987654312345672"],
    checks.fedex_18: ["000123450000000027"],
    checks.usps_20: ["03071790000523483741", "71123456789123456787", "71969010756003077385"],
    checks.usps: [
        "9400111206206406260787",
        "420787459400111206206406260787",
        "4201002334249200190132607600833457",
        "4201028200009261290113185417468510",
        "92748931507708513018050063",
        "9101026837331000039521",
    ],
    checks.container: ["106141412345678908", "00106141412345678908"],
    checks.dhl_express: ["3318810025", "73891051146", "8487135506"],
    checks.dhl_identcode: ["563102430313"],
    checks.dpd: ["09980000020033F", "008182709980000020033350276C", "A12425GABC1234002M"],
    checks.ontrac: ["C11031500001879", "C10999911320231", "D10011354453707"],
    checks.canada_post: ["0073938000549297", "7035114477138472"],
    checks.luhn: ["320595463938", "287809468872", "79927398713"],
}
# Of these the last sign is the check digit, and every single wrong digit before it is found:
# weights that share no factor with ten, Luhn, and mod 37,36.
FIND_EVERY_DIGIT = [
    checks.fedex_ground,
    checks.usps_20,
    checks.container,
    checks.canada_post,
    checks.luhn,
    checks.dpd,
]


def _all(checked):
    return [
        pytest.param(check, number, id=f"{check.__name__}-{number}")
        for check in checked
        for number in KNOWN[check]
    ]


def _with(number, at, sign):
    return number[:at] + sign + number[at + 1 :]


@pytest.mark.parametrize(("check", "number"), _all(KNOWN))
def test_a_known_number_passes_and_with_any_other_check_digit_fails(check, number):
    at = {checks.postal: 10, checks.fedex_astra: 27}.get(check, len(number) - 1)
    others = set(DIGITS) - {number[at]}
    assert check(number)
    # The older numbers of twenty digits have two ways of counting.
    passing = {digit for digit in others if check(_with(number, at, digit))}
    assert len(passing) <= (check is checks.usps_20), passing


@pytest.mark.parametrize(("check", "number"), _all(FIND_EVERY_DIGIT))
def test_each_single_wrong_digit_is_found(check, number):
    first = 2 if check is checks.container and len(number) == 20 else 0
    for at in range(first, len(number) - 1):
        for digit in set(DIGITS) - {number[at]}:
            wrong = _with(number, at, digit)
            if check is checks.usps_20:  # may be right in the other way of counting
                assert not _counted_like(number, wrong), wrong
            else:
                assert not check(wrong), wrong


def _counted_like(number, wrong):
    """Whether `wrong` passes in the same way of counting as `number` does."""
    return any(
        checks.canada_post(prefix + number) and checks.canada_post(prefix + wrong)
        for prefix in ("", "91")
    )


serials = st.text(DIGITS, min_size=8, max_size=8)


def _postal(serial):
    return [n for digit in DIGITS if checks.postal(n := f"RB{serial}{digit}GB")]


@given(serials)
def test_every_postal_serial_has_exactly_one_check_digit(serial):
    assert len(_postal(serial)) == 1


@given(serials, st.integers(2, 9), st.sampled_from(DIGITS))
def test_a_wrong_digit_in_a_postal_number_is_found_unless_five_stands_for_two_remainders(
    serial, at, digit
):
    [number] = _postal(serial)
    if digit != number[at] and number[10] != "5":
        assert not checks.postal(_with(number, at, digit))


@given(serials, st.integers(2, 8))
def test_swapped_neighbours_in_a_postal_number_are_found_likewise(serial, at):
    [number] = _postal(serial)
    swapped = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    if swapped != number and number[10] != "5":
        assert not checks.postal(swapped)


ups_serials = st.text(DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=15, max_size=15)


@given(ups_serials)
def test_every_ups_serial_has_exactly_one_check_digit(serial):
    assert sum(checks.ups(f"1Z{serial}{digit}") for digit in DIGITS) == 1


@given(st.text(DIGITS, min_size=15, max_size=15), st.integers(0, 14), st.sampled_from(DIGITS))
def test_ups_finds_a_wrong_digit_unless_a_doubled_one_is_off_by_five(serial, at, digit):
    [right] = [one for one in DIGITS if checks.ups(f"1Z{serial}{one}")]
    wrong = _with(serial, at, digit)
    if digit != serial[at]:
        unseen = at % 2 == 1 and abs(int(digit) - int(serial[at])) == 5
        assert checks.ups(f"1Z{wrong}{right}") is unseen


@given(st.text(DIGITS, min_size=9, max_size=10), st.data())
def test_dhl_express_finds_a_wrong_digit_unless_it_is_off_by_seven(serial, data):
    number = serial + str(int(serial) % 7)
    at = data.draw(st.integers(0, len(serial) - 1))
    digit = data.draw(st.sampled_from(DIGITS))
    assert checks.dhl_express(number)
    if digit != number[at]:
        unseen = abs(int(digit) - int(number[at])) == 7
        assert checks.dhl_express(_with(number, at, digit)) is unseen


@given(st.text(DIGITS, min_size=11, max_size=11))
def test_every_fedex_express_serial_has_exactly_one_check_digit(serial):
    assert sum(checks.fedex_express(serial + digit) for digit in DIGITS) == 1


@given(st.text(DIGITS, min_size=14, max_size=14), st.integers(0, 13), st.sampled_from(DIGITS))
def test_every_dpd_serial_has_exactly_one_check_sign_and_each_wrong_digit_is_found(
    serial, at, digit
):
    signs = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    [right] = [sign for sign in signs if checks.dpd(serial + sign)]
    assert digit == serial[at] or not checks.dpd(_with(serial, at, digit) + right)


def test_the_routing_digits_of_a_usps_label_do_not_count():
    serial = "9400111206206406260787"
    assert checks.usps("42078745" + serial)
    assert checks.usps("42000000" + serial)
    assert checks.usps("420787451234" + serial)
    assert not checks.usps("43078745" + serial)
    assert not checks.usps("42078745" + serial[:-1] + "8")


def test_a_letter_of_a_ups_number_counts_by_its_place_in_the_alphabet():
    assert checks.ups("1Z999AA10123456784")
    assert not checks.ups("1Z999AB10123456784")
    # K stands where the count of ten begins again: ten letters on, the same digit.
    assert checks.ups("1Z999AK10123456784")
