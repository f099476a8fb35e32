"""What was typed becomes a number, with its likely carriers and what may have been meant."""

import time

import phonenumbers
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from returns.codes import Avoid
from tracking.carriers import CARRIERS
from tracking.numbers import (
    UNTRACKED,
    assess,
    avoid,
    checks,
    corrections,
    is_mistyped,
    is_plausible,
    normalise,
    recognise,
)
from tracking.numbers.formats import COUNTRIES, FORMATS, POSTS, SISTERS

UPS = "1Z999AA10123456784"
LABEL = "420787459400111206206406260787"
FEDEX, FEDEX_MISTYPED = "986578788855", "986587788855"


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("RB123456785GB", "RB123456785GB"),
        (" rb 1234 5678 5 gb ", "RB123456785GB"),
        ("RB-123.456-785_GB", "RB123456785GB"),
        ("ＲＢ１２３４５６７８５ＧＢ", "RB123456785GB"),
        ("ｒｂ１２３－４５６－７８５ｇｂ", "RB123456785GB"),
        ("RB\u200b123456\ufeff785\u00adGB\u200e", "RB123456785GB"),
        ("RB123\u2013456\u2014785\u2212GB", "RB123456785GB"),
        ("RB123 456\u00a0785\u3000GB\r\n", "RB123456785GB"),
        ("SF١٢٣٤٥٦٧٨٩٠١٢٣", "SF1234567890123"),
        ("*986578788855*", FEDEX),
        ("#9865 7878 8855,", FEDEX),
        ("(00) 1 0614141 234567890 8", "00106141412345678908"),
        ("\x1d" + LABEL, LABEL),
        # in words
        ("Tracking No.: 9865 7878 8855", FEDEX),
        ("单号：SF1234567890123", "SF1234567890123"),
        ("顺丰SF1234567890123", "SF1234567890123"),
        ("运单号 1234567890", "1234567890"),
        ("My number is rb123456785gb, thanks!", "RB123456785GB"),
        # a space near the end leaves no shorter number behind
        ("YT1234567890123 456", "YT1234567890123456"),
    ],
)
def test_a_number_is_read_however_it_is_written(written, number):
    assert normalise(written) == number
    assert is_plausible(number)


@pytest.mark.parametrize(
    ("pasted", "number"),
    [
        (f"https://www.ups.com/track?loc=en_US&tracknum={UPS}&requester=ST/trackdetails", UPS),
        (f"http://wwwapps.ups.com/WebTracking/track?track=yes&trackNums={UPS}", UPS),
        (f"https://www.fedex.com/fedextrack/?trknbr={FEDEX}", FEDEX),
        (f"https://www.fedex.com/apps/fedextrack/?tracknumbers={FEDEX}&x=1", FEDEX),
        (
            "https://tools.usps.com/go/TrackConfirmAction?qtc_tLabels1=1"
            "&tLabels=9400%201112%200620%206406%202607%2087%2C",
            "9400111206206406260787",
        ),
        (
            "https://www.royalmail.com/track-your-item#/tracking-results/RB123456785GB",
            "RB123456785GB",
        ),
        ("https://auspost.com.au/mypost/track/details/997123456789", "997123456789"),
        ("https://www.laposte.fr/outils/suivre-vos-envois?code=6A12345678901", "6A12345678901"),
        ("https://t.17track.net/en#nums=RR123456785CN", "RR123456785CN"),
        ("https://somebody.example/x/RB123456785GB/y?id=20418", "RB123456785GB"),
        ("See www.dhl.com/en/express/tracking.html?AWB=3318810025", "3318810025"),
    ],
)
def test_a_number_is_taken_out_of_the_address_of_a_tracking_page(pasted, number):
    assert normalise(pasted) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "I do not have one",
        "https://shop.example/orders/?id=12345678",
        f"{UPS}, RB123456785GB",
        f"https://t.17track.net/en#nums={UPS},RB123456785GB",
        "RВ123456785GB",  # the second letter is Cyrillic
        "123",
        "ABCDEFGH123",
        "<script>alert(12345)</script>",
    ],
)
def test_what_is_no_single_number_stays_recognisably_none(text):
    assert not is_plausible(normalise(text))
    assert not assess(text).guesses and not assess(text).corrections


def test_at_most_forty_signs_are_kept():
    assert normalise("9" * 100) == "9" * 40
    assert is_plausible("9" * 40) and not is_plausible("9" * 41)


def test_only_the_beginning_of_a_long_text_is_read():
    assert normalise(" " * 5000 + "RB123456785GB" + ", thanks" * 5000) == "RB123456785GB"
    assert normalise("thanks, " * 5000 + "RB123456785GB") == ""


PIECES = (
    "RB123456785GB", "1Z999AA10123456784", "12345", "SF1234567890123", "https://", "/", "?", "#",
    "tracknum=", "www.ups.com/track?tracknum=", "&", "%20", "%2C", ":", "//", "(00)", " ", "-",
    ".", ",", "\u200b", "单号", "é", "ß", "ﬃ", "ΐ", "①", "½", "\x1d", "\n", "a", "ＲＢ", "_", "*",
)  # fmt: skip
anything = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=12).map("".join))


@given(anything)
def test_reading_a_number_again_changes_nothing(text):
    number = normalise(text)
    assert normalise(number) == number
    assert len(number) <= 40 and number.isascii() and number == number.upper()


# --- likely carriers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "carrier", "checked"),
    [
        ("RB123456785GB", "royal-mail", True),
        ("LX123456785US", "usps", True),
        ("RR123456785CN", "china-post", True),
        ("EA123456785CN", "ems", True),
        ("CY123456785DE", "dhl-paket", True),
        ("RR123456785DE", "deutsche-post", True),
        ("LA123456785FR", "la-poste", True),
        ("CD123456785NL", "postnl", True),
        ("RL123456785LT", "lp-express", True),
        ("RN123456785CA", "canada-post", True),
        ("CE123456785AU", "australia-post", True),
        ("RB123456785CV", "", True),
        (UPS, "ups", True),
        ("1Z5R89390357567127", "ups", True),
        ("K1506235620", "ups", True),
        (FEDEX, "fedex", True),
        ("041441760228964", "fedex", True),
        ("9611020987654312345672", "fedex", True),
        ("1001921334250001000300779017972697", "fedex", True),
        ("000123450000000027", "fedex", True),
        ("32971514560102447849175802862014", "fedex", True),
        ("03071790000523483741", "usps", True),
        ("9400111206206406260787", "usps", True),
        (LABEL, "usps", True),
        ("3318810025", "dhl", True),
        ("JJD0099999999", "dhl", False),
        ("JVGL0999999990", "dhl", False),
        ("00340434123456789012", "dhl-paket", True),
        ("GM2951173225174494", "dhl-ecommerce", False),
        ("09980000020033F", "dpd", True),
        ("008182709980000020033350276C", "dpd", True),
        ("TBA000000000000", "amazon", False),
        ("C11031500001879", "ontrac", True),
        ("D10011354453707", "ontrac", True),
        ("LX17635036", "lasership", False),
        ("1LS717793482164", "lasership", False),
        ("1LS71190136181271", "lasership", False),
        ("7035114477138472", "canada-post", True),
        ("320595463938", "purolator", True),
        ("GFUS01011884214464", "gofo", False),
        ("LTN74207623N1", "landmark", False),
        ("D576002440000001718010", "canpar", False),
        ("SP029692510000920746", "spee-dee", False),
        ("JD0002242617644732", "yodel", False),
        ("3SABCD1234567", "postnl", False),
        ("6A12345678901", "la-poste", False),
        ("YT2229521272164446", "yunexpress", False),
        ("4PX3000123456789CN", "4px", False),
        ("LP00123456789012", "cainiao", False),
        # within China
        ("SF1234567890123", "sf", False),
        ("SFA123456789012", "sf", False),
        ("YT1234567890123", "yto", False),
        ("75123456789012", "zto", False),
        ("771234567890123", "sto", False),
        ("JD0012345678901", "jd", False),
        ("JDVA12345678901", "jd", False),
        ("JT1234567890123", "jt", False),
        ("DPK123456789012", "deppon", False),
        ("PA12345678901", "china-post", False),
        ("9612345678901", "china-post", False),
        ("1012345678901", "ems", False),
        ("621123456789012", "cainiao", False),
    ],
)
def test_the_likeliest_carrier_comes_first(number, carrier, checked):
    first = recognise(number)[0]
    assert (first.carrier, first.checked) == (carrier, checked)
    assert not is_mistyped(number) and corrections(number) == []


def test_beside_what_is_proven_only_recommended_carriers_are_named():
    assert [guess.carrier for guess in recognise("00340434123456789012")] == ["dhl-paket"]
    both = recognise("00340434123456789012", ["usps"])
    assert {guess.carrier for guess in both} == {"dhl-paket", "usps"}


def test_the_length_tells_yunexpress_from_yto():
    assert [guess.carrier for guess in recognise("YT1234567890123456")] == ["yunexpress"]
    assert [guess.carrier for guess in recognise("YT1234567890123")] == ["yto"]
    assert recognise("YT12345678901234") == []


def test_a_right_check_digit_comes_before_a_look_that_many_numbers_have():
    carriers = [guess.carrier for guess in recognise(FEDEX)]
    assert carriers[0] == "fedex" and "sf" in carriers
    assert "fedex" not in [guess.carrier for guess in recognise(FEDEX_MISTYPED)]


def test_fourteen_digits_name_several_carriers_and_at_most_four():
    carriers = [guess.carrier for guess in recognise("75123456789012")]
    assert carriers[0] == "zto" and "dpd" in carriers
    assert len(carriers) == len(set(carriers)) == 4
    assert "zto" in [guess.carrier for guess in recognise("71123456789012")][:2]


def test_a_carrier_that_the_shop_recommends_comes_first_where_it_fits():
    assert recognise("75123456789012", ["dpd"])[0].carrier == "dpd"
    assert recognise(FEDEX, ["sf"])[0].carrier == "sf"
    assert recognise(FEDEX, ["royal-mail"]) == recognise(FEDEX)
    # What is proven is proven.
    assert recognise(UPS, ["sf", "fedex"])[0].carrier == "ups"


def test_a_number_of_nobody_we_know_has_no_carrier():
    assert recognise("AB12CD34EF56") == [] == corrections("AB12CD34EF56")
    assert not is_mistyped("AB12CD34EF56")


@given(st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", max_size=45))
def test_carriers_are_few_and_each_is_named_once(number):
    carriers = [guess.carrier for guess in recognise(number)]
    assert len(carriers) == len(set(carriers)) <= 4


# --- mistyped -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number",
    [
        "RB123456786GB",
        "RB123456785XX",  # no such country
        "1Z999AA10123456785",
        "9400111206206406260788",
        "9611020987654312345673",
        "C11031500001889",
        "008182709980000020033350276A",
    ],
)
def test_a_number_whose_only_formats_have_another_check_digit_is_mistyped(number):
    assert is_mistyped(number)
    assert recognise(number) == []


def test_a_number_that_could_be_somebody_else_s_is_not_called_mistyped():
    assert not is_mistyped(FEDEX_MISTYPED)
    assert corrections(FEDEX_MISTYPED) == []


def test_but_it_is_where_the_shop_has_recommended_the_carrier_whose_check_digit_fails():
    assert is_mistyped(FEDEX_MISTYPED, ["fedex", "usps"])
    assert FEDEX in [one.number for one in corrections(FEDEX_MISTYPED, ["fedex", "usps"])]
    assert not is_mistyped(FEDEX_MISTYPED, ["fedex", "sf"])
    assert not is_mistyped(FEDEX_MISTYPED, ["royal-mail"])
    assert not is_mistyped(FEDEX, ["fedex"])
    assert not is_mistyped("JJD0099999999", ["dhl"])


# --- what may have been meant -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant", "changed", "instead_of"),
    [
        ("RBO123456785GB", "RB123456785GB", (), (2,)),  # an O too many
        ("RB1O3456786GB", "RB103456786GB", (3,), (3,)),  # O for 0
        ("RBI23456785GB", "RB123456785GB", (2,), (2,)),
        ("RBL23456785GB", "RB123456785GB", (2,), (2,)),
        ("RB1234567BSGB", "RB123456785GB", (9, 10), (9, 10)),  # both letters
        ("R8123456785GB", "RB123456785GB", (1,), (1,)),  # 8 for B
        ("RB123456785G8", "RB123456785GB", (12,), (12,)),
        ("RB123456785GGB", "RB123456785GB", (), (11,)),  # typed twice
        ("RB1O34S6786GB", "RB103456786GB", (3, 6), (3, 6)),
        ("lZ999AA10123456784", UPS, (0,), (0,)),
        ("1Z999AA1O123456784", UPS, (8,), (8,)),
        ("12999AA10123456784", UPS, (1,), (1,)),
        ("94O011120620640626O787", "9400111206206406260787", (2, 18), (2, 18)),
        ("98657878885S", FEDEX, (11,), (11,)),
        ("YTO123456789012", "YT0123456789012", (2,), (2,)),
        ("5F1234567890123", "SF1234567890123", (0,), (0,)),
        ("35ABCD1234567", "3SABCD1234567", (1,), (1,)),
        ("YT11234567890123", "YT1234567890123", (), (2,)),
        ("TY1234567890123", "YT1234567890123", (0, 1), (0, 1)),
    ],
)
def test_the_number_that_was_meant_is_suggested_first(typed, meant, changed, instead_of):
    assessment = assess(typed)
    first = assessment.corrections[0]
    assert first.number == meant
    assert first.carrier == recognise(meant)[0].carrier
    assert (first.changed, first.instead_of) == (changed, instead_of)


def test_the_mistake_of_the_drawn_page_has_one_suggestion():
    assert [one.number for one in corrections("RBO123456785GB")] == ["RB123456785GB"]


def test_an_obvious_letter_leaves_no_room_for_other_guesses():
    assert [one.number for one in corrections("1Z999AA1O123456784")] == [UPS]
    assert len(corrections("1Z999AA10123456785")) == 3


def test_swapped_neighbours_are_found_by_the_check_digit():
    suggested = {one.number: one for one in corrections("RB213456785GB")}
    assert suggested["RB123456785GB"].changed == (2, 3)
    assert suggested["RB123456785GB"].instead_of == (2, 3)


def test_a_sign_left_out_beside_its_like_is_put_back():
    number = _postal("01234567", service="RO")
    [one] = corrections(number.replace("RO0", "RO"))
    assert (one.number, one.changed, one.instead_of) == (number, (2,), ())


def test_without_a_check_digit_a_lost_digit_is_not_guessed():
    assert corrections("YT123456789012") == []


def _postal(serial, service="RB", country="GB"):
    numbers = (f"{service}{serial}{digit}{country}" for digit in "0123456789")
    return next(number for number in numbers if checks.postal(number))


serials = st.text("0123456789", min_size=8, max_size=8)
LOOKS = {"0": "OQ", "1": "IL", "8": "B", "5": "S", "2": "Z", "6": "G"}


@given(serials, st.data())
def test_a_letter_typed_for_a_digit_always_finds_back(serial, data):
    number = _postal(serial)
    places = [at for at in range(2, 11) if number[at] in LOOKS]
    assume(places)
    at = data.draw(st.sampled_from(places))
    letter = data.draw(st.sampled_from(LOOKS[number[at]]))
    typed = number[:at] + letter + number[at + 1 :]
    assert corrections(typed)[0].number == number


@given(serials, st.integers(2, 9))
def test_swapped_neighbours_find_back_unless_others_fit_as_well(serial, at):
    number = _postal(serial)
    typed = number[:at] + number[at + 1] + number[at] + number[at + 2 :]
    assume(is_mistyped(typed))
    suggested = [one.number for one in corrections(typed)]
    assert number in suggested or len(suggested) == 3


VALID = [
    UPS,
    LABEL,
    FEDEX,
    "RB103456786GB",
    "C11031500001879",
    "YT1234567890123",
    "SFA123456789012",
]
slips = st.one_of(
    st.text("0O1IL8BSZ5G6Q2RB", min_size=5, max_size=40),
    st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=5, max_size=40),
    st.tuples(st.sampled_from(VALID), st.integers(0, 29), st.sampled_from("0O1ILB8S5Z2G6Q")).map(
        lambda slip: slip[0][: slip[1]] + slip[2] + slip[0][slip[1] + 1 :]
    ),
)


@given(slips, st.sets(st.sampled_from(sorted(CARRIERS)), max_size=3))
def test_suggestions_are_at_most_three_and_better_than_what_was_typed(number, expected):
    suggested = corrections(number, sorted(expected))
    numbers = [one.number for one in suggested]
    assert len(numbers) <= 3 and len(set(numbers)) == len(numbers)
    assert number not in numbers
    for one in suggested:
        # Each is a number that we would take without a word.
        assert corrections(one.number) == [] and not is_mistyped(one.number)
        assert one.carrier in {guess.carrier for guess in recognise(one.number, [one.carrier])}
        # The signs outside of the marks are those that were typed, in their order.
        kept = [sign for at, sign in enumerate(one.number) if at not in one.changed]
        typed = [sign for at, sign in enumerate(number) if at not in one.instead_of]
        assert kept == typed and one.changed + one.instead_of


# --- kinds to avoid -----------------------------------------------------------------------------


def test_a_small_packet_without_tracking_is_better_avoided():
    assert avoid(_postal("12345678", service="UA", country="CN")) == UNTRACKED == Avoid.UNTRACKED
    assert avoid(_postal("12345678", service="RA", country="CN")) == ""
    assert avoid(UPS) == avoid("") == ""


def test_a_number_with_a_wrong_check_digit_gets_no_advice_about_its_kind():
    assert avoid("UA123456780CN") == ""


# --- all at once --------------------------------------------------------------------------------


def test_a_page_gets_everything_at_once():
    right = assess("rb 1234 5678 5 gb")
    assert right.number == "RB123456785GB"
    assert [guess.carrier for guess in right.guesses] == ["royal-mail"]
    assert (right.corrections, right.mistyped, right.avoid) == ([], False, "")

    swapped = assess("RB 2134 5678 5 GB", ["royal-mail"])
    assert swapped.number == "RB213456785GB" and swapped.mistyped and swapped.guesses == []
    assert "RB123456785GB" in [one.number for one in swapped.corrections]


@given(anything)
def test_nothing_that_anybody_types_breaks_it(text):
    assessment = assess(text)
    assert assessment.number == normalise(text)
    assert len(assessment.corrections) <= 3


@pytest.mark.parametrize(
    "text",
    [
        "1" * 100_000,
        "https://" + "?tracknum=" * 20_000,
        "A:" * 50_000,
        "(00)" * 30_000,
        "- . " * 30_000,
        "O0" * 20,
        "GM" + "A" * 38,
        "RB123456785GB " * 10_000,
        "\u200b" * 100_000,
        "ﷺ" * 10_000,
    ],
)
def test_long_and_hostile_texts_take_no_time(text):
    start = time.process_time()
    assess(text)
    assert time.process_time() - start < 0.5


# --- the table ----------------------------------------------------------------------------------


def test_the_table_names_only_carriers_that_we_have():
    assert {one.carrier for one in FORMATS} - {""} <= set(CARRIERS)
    assert {*POSTS.values(), *SISTERS.values()} <= set(CARRIERS)
    names = [one.name for one in FORMATS]
    assert len(names) == len(set(names))


def test_the_countries_of_postal_numbers_are_those_of_iso_3166():
    # Telephones know all of them but uninhabited ones, and Kosovo and two islands besides.
    telephones = set(phonenumbers.SUPPORTED_REGIONS) - {"AC", "TA", "XK"}
    assert telephones <= COUNTRIES
    assert COUNTRIES - telephones == {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}
    assert {*POSTS, *(country for country, _ in SISTERS)} <= COUNTRIES
