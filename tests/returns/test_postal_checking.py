"""What is doubtful about an address is told with what to do, and what is right is left alone."""

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from returns.postal import book
from returns.postal.address import PostalAddress
from returns.postal.checking import doubts, likely_postcodes, phone_trouble
from returns.postal.formats import lines
from tracking.terms import terms_of

NEW_YORK = PostalAddress(
    "Bob", street="350 5th Ave", city="New York", region="NY", postcode="10118", country="US"
)
RIGHT = [
    NEW_YORK,
    PostalAddress("Sarah", street="27 Redland Road", city="Bristol", postcode="BS6 6AG",
                  phone="0117 496 0123", country="GB"),
    # A house with a name, and a farm.
    PostalAddress("Ann", street="Rose Cottage", street2="Mill Lane", city="Wells",
                  postcode="BA5 2AB", country="GB"),
    PostalAddress("Ann", street="Rose Cottage, Mill Lane", city="Wells", postcode="BA5 2AB",
                  country="GB"),
    PostalAddress("Ann", street="Hill Farm", city="Wells", postcode="BA5 2AB", country="GB"),
    PostalAddress("Seán", street="Knockmore House", city="Ballina", region="Co. Mayo",
                  country="IE"),
    PostalAddress("Ali", street="Behind the Blue Mosque", city="Dubai", region="دبي",
                  country="AE"),
    PostalAddress("Rao", street="Near Hanuman Temple", city="Pune", region="Maharashtra",
                  postcode="411001", country="IN"),
    PostalAddress("Ana", street="Carretera Vieja s/n", city="Toledo", postcode="45001",
                  region="Toledo", country="ES"),
    PostalAddress("张伟", phone="13812345678", street="文三路90号", city="杭州市", region="浙江省",
                  postcode="310012", country="CN"),
    PostalAddress("张伟", phone="13812345678", street="文三路九十号", city="杭州市",
                  region="浙江省", country="CN"),
    PostalAddress("张伟", phone="18412345678-1234", street="浙江大学紫金港校区", city="杭州市",
                  region="浙江省", country="CN"),
    PostalAddress("山田", street="神宮前１－２－３", city="渋谷区", region="東京都",
                  postcode="150-0001", country="JP"),
    PostalAddress("Lars", street="Storgatan 1", city="Lund", postcode="222 22", country="SE"),
    PostalAddress("Lars", street="Storgatan 1", city="Lund", postcode="22222", country="SE"),
    PostalAddress("陳", street="彌敦道1號", city="尖沙咀", region="Kowloon", country="HK"),
]  # fmt: skip


def codes(address: PostalAddress, **options) -> list[str]:
    return [doubt.code for doubt in doubts(address, **options)]


def only(address: PostalAddress, **options):
    (doubt,) = doubts(address, **options)
    return doubt


@pytest.mark.parametrize("address", RIGHT)
def test_a_right_address_is_left_alone(address):
    assert codes(address, carrier_terms=terms_of("ups")) == []


# --- house numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "street"),
    [
        ("US", "5th"),
        ("DE", "Hauptstraße"),
        ("GB", "Redland Road"),
        ("FR", "rue de la Paix"),
        ("AU", "Pitt Street"),
        ("CN", "文三路"),
        ("JP", "神宮前"),
        ("RU", "улица Ленина"),
    ],
)
def test_a_street_without_a_number_is_asked_about(country, street):
    street = "Fifth Avenue" if country == "US" else street
    assert "number" in codes(PostalAddress("Bob", street=street, country=country))


def test_no_number_is_made_up():
    doubt = only(NEW_YORK.changed(street="Fifth Avenue"))
    assert (doubt.code, doubt.field, doubt.suggestion) == ("number", "street", None)


@pytest.mark.parametrize("country", ["IE", "AE", "IN", "SA", "MY", "KE", "CR"])
def test_countries_where_houses_go_without_numbers_are_not_asked(country):
    assert "number" not in codes(PostalAddress("Bob", street="The Old House", country=country))


@pytest.mark.parametrize("street2", ["12", "Apt 3", "Nr. ７"])
def test_a_number_in_the_second_line_will_do(street2):
    assert codes(NEW_YORK.changed(street="Fifth Avenue", street2=street2)) == []


# --- postcodes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "typed", "meant"),
    [
        # Another spacing or case only.
        ("GB", "bs14qa", "BS1 4QA"),
        ("GB", "BS14QA", "BS1 4QA"),
        ("GB", "bs1 4qa", "BS1 4QA"),
        ("NL", "1234ab", "1234 AB"),
        ("CA", "k1a0b1", "K1A 0B1"),
        ("JP", "1500001", "150-0001"),
        ("PL", "00950", "00-950"),
        ("US", "100011234", "10001-1234"),
        # Letters and digits that look alike.
        ("GB", "BSI 4QA", "BS1 4QA"),
        ("GB", "BS1 40A", "BS1 4OA"),
        ("GB", "M2 SBQ", "M2 5BQ"),
        ("US", "9O2IO", "90210"),
        ("DE", "5O667", "50667"),
        ("CA", "KIA OBI", "K1A 0B1"),
        ("NL", "l234 AB", "1234 AB"),
        ("CN", "31OO12", "310012"),
        # Nobody can tell.
        ("US", "902", ""),
        ("DE", "hello", ""),
        ("GB", "BS1", ""),
    ],
)
def test_a_mistyped_postcode_is_asked_about_with_what_it_may_mean(country, typed, meant):
    address = PostalAddress("Bob", street="1 A", phone="13812345678", postcode=typed,
                            country=country)  # fmt: skip
    found = [each for each in doubts(address) if each.code == "postcode"]
    (doubt,) = found
    assert (doubt.suggestion.postcode if doubt.suggestion else "") == meant
    assert doubt.instead == meant
    assert doubt.is_slight == (bool(meant) and book.fold(meant) == book.fold(typed))


def test_nothing_but_the_postcode_changes_with_a_suggestion():
    doubt = only(NEW_YORK.changed(postcode="1O118"))
    assert doubt.suggestion == NEW_YORK


def test_every_country_takes_the_examples_of_its_own_postcodes():
    for known in map(book.country, sorted(book.codes())):
        for postcode in known.examples if "postcode" in known.shown else ():
            address = PostalAddress("Bob", street="1 A", postcode=postcode, country=known.code)
            assert "postcode" not in codes(address), (known.code, postcode)


def test_where_both_can_be_meant_the_one_of_the_region_comes_first():
    us = book.country("US")
    assert likely_postcodes("1OOO1", us, "NY") == ["10001"]
    assert likely_postcodes("1000", us) == []


@pytest.mark.parametrize(
    ("address", "region"),
    [
        (NEW_YORK.changed(postcode="90210"), "CA"),
        (
            PostalAddress("张伟", phone="13812345678", street="文三路90号", city="杭州市",
                          region="江苏省", postcode="310012", country="CN"),
            "浙江省",
        ),
        (
            PostalAddress("Ana", street="Calle 1", city="Madrid", region="Barcelona",
                          postcode="28001", country="ES"),
            "M",
        ),
    ],
)  # fmt: skip
def test_a_postcode_of_another_region_is_told_with_the_one_that_fits(address, region):
    doubt = only(address)
    assert doubt.code == "postcode_region"
    assert doubt.suggestion is not None
    assert doubt.suggestion == address.changed(region=region)


def test_the_sentence_names_both_as_they_read():
    doubt = only(NEW_YORK.changed(postcode="90210"))
    assert "90210" in doubt.words
    assert "New York" in doubt.words
    assert doubt.instead == "California"


@pytest.mark.parametrize(
    ("typed", "meant"), [("Calfornia", "CA"), ("Nwe York", "NY"), ("Somewhere", "")]
)
def test_a_region_that_no_list_has_is_told_with_the_nearest(typed, meant):
    doubt = next(
        each
        for each in doubts(NEW_YORK.changed(region=typed, postcode=""))
        if each.code == "region"
    )
    assert (doubt.suggestion.region if doubt.suggestion else "") == meant


def test_a_region_is_found_by_the_postcode_when_it_was_left_out():
    doubt = only(NEW_YORK.changed(region=""))
    assert doubt.code == "no_region"
    assert doubt.suggestion == NEW_YORK


@pytest.mark.parametrize("region", ["NY", "New York", "new york", "US-NY"])
def test_a_region_counts_under_all_its_names(region):
    assert codes(NEW_YORK.changed(region=region)) == []


# --- phones --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "country", "trouble"),
    [
        ("13812345678", "CN", ""),
        ("+86 138 1234 5678", "CN", ""),
        ("86-13812345678", "CN", ""),
        ("18412345678-1234", "CN", ""),
        ("13812345678转1234", "CN", ""),
        ("021-58881234", "CN", ""),
        ("+44 117 496 0123", "CN", ""),
        ("(212) 736-3100", "US", ""),
        ("01174960123", "GB", ""),
        ("138123", "CN", "short"),
        ("1381234567", "CN", "short"),
        ("7363100", "US", "area"),
        ("011", "GB", "short"),
        ("12", "GB", "short"),
        ("1381234567890123", "CN", "long"),
        ("call me", "US", "short"),
        ("----------", "DE", "short"),
    ],
)
def test_a_phone_that_cannot_be_called_is_told(typed, country, trouble):
    assert phone_trouble(typed, country) == trouble


def test_a_short_phone_is_a_doubt_about_the_phone():
    doubt = only(NEW_YORK.changed(phone="736"))
    assert (doubt.code, doubt.field) == ("phone", "phone")


# --- boxes ---------------------------------------------------------------------------------------

BOXES = [
    ("US", "PO Box 123"),
    ("US", "P.O. Box 123"),
    ("US", "p o box 9"),
    ("AU", "Locked Bag 20"),
    ("NZ", "Private Bag 3"),
    ("DE", "Postfach 10 20 30"),
    ("DE", "Packstation 101"),
    ("FR", "BP 12"),
    ("FR", "12 rue X, B.P. 4"),
    ("FR", "Boîte postale 5"),
    ("CH", "Case postale 4"),
    ("IT", "Casella Postale 12"),
    ("ES", "Apartado de correos 12"),
    ("PT", "Apartado 12"),
    ("AR", "Casilla de Correo 1"),
    ("BR", "Caixa Postal 5"),
    ("NL", "Postbus 5"),
    ("NO", "Postboks 7"),
    ("SE", "Box 123"),
    ("PL", "Skrytka pocztowa 3"),
    ("HU", "Pf. 12"),
    ("RU", "а/я 15"),
    ("GR", "Τ.Θ. 12"),
    ("CN", "杭州市邮政信箱 12"),
    ("CN", "100号信箱"),
    ("HK", "郵政信箱1號"),
    ("JP", "私書箱 1号"),
    ("KR", "사서함 1호"),
    ("AE", "P.O. Box 1234"),
]


@pytest.mark.parametrize(("country", "street"), BOXES)
def test_a_box_is_doubted_when_the_carrier_brings_nothing_there(country, street):
    address = PostalAddress("Bob", street=street, country=country)
    assert "po_box" in codes(address, carrier_terms=terms_of("ups"))
    assert "po_box" not in codes(address, carrier_terms=terms_of("usps"))
    assert "po_box" not in codes(address)


@pytest.mark.parametrize(
    ("country", "street"),
    [
        ("GB", "Boxhill Road 5"),
        ("GB", "BP Garage, 12 High Street"),
        ("US", "12 Box Canyon Road"),
        ("US", "RR 2 Box 152"),
        ("CO", "Calle 5, Apartadó"),
        ("DE", "Am Postplatz 3"),
        ("CN", "信息路12号"),
        ("AE", "Villa 12, Street 4, Al Barsha, P.O. Box 1234"),
        ("FR", "12 rue BPI"),
    ],
)
def test_what_only_looks_like_a_box_is_none(country, street):
    address = PostalAddress("Bob", street=street, country=country)
    assert "po_box" not in codes(address, carrier_terms=terms_of("ups"))


# --- the rest ------------------------------------------------------------------------------------


def test_what_is_missing_on_an_order_is_named_one_by_one():
    assert codes(PostalAddress(country="US")) == [
        "no_name", "no_street", "no_city", "no_region", "no_postcode",
    ]  # fmt: skip
    assert "no_name" not in codes(PostalAddress(company="Acme", country="US"))
    assert "no_phone" in codes(PostalAddress(country="CN"))


def test_without_a_country_nothing_else_is_judged():
    assert codes(PostalAddress(street="1", country="")) == ["country"]
    assert codes(PostalAddress(street="1", country="XX")) == ["country"]


def test_a_line_longer_than_a_label_is_cut_at_a_comma():
    street = "Apartment 12, 350 Fifth Avenue South West"
    doubt = only(NEW_YORK.changed(street=street))
    assert (doubt.code, doubt.is_slight) == ("long", True)
    assert doubt.suggestion is not None
    assert doubt.suggestion.street == "Apartment 12"
    assert doubt.suggestion.street2 == "350 Fifth Avenue South West"
    # Nothing better can be said, so nothing is.
    assert codes(NEW_YORK.changed(street="1" * 36)) == []
    assert codes(NEW_YORK.changed(street=street, street2="x")) == []


def test_a_chinese_street_that_says_the_city_again_is_put_right():
    address = PostalAddress("张伟", phone="13812345678", street="浙江省杭州市西湖区文三路90号",
                            city="杭州市", region="浙江省", country="CN")  # fmt: skip
    doubt = only(address)
    assert doubt.code == "repeated"
    assert doubt.suggestion == address.changed(street="文三路90号", district="西湖区")


def test_every_doubt_has_words_in_both_languages_and_a_code_of_its_own():
    bad = PostalAddress("", street="Fifth Avenue PO Box", city="", region="Calfornia",
                        postcode="9O2", phone="1", country="US")  # fmt: skip
    english = doubts(bad, carrier_terms=terms_of("ups"))
    assert len({each.code for each in english}) == len(english) > 4
    with override("zh-hans"):
        chinese = doubts(bad, carrier_terms=terms_of("ups"))
    assert [each.code for each in chinese] == [each.code for each in english]
    assert all(each.words for each in [*english, *chinese])


TYPED = st.text(max_size=20) | st.sampled_from(
    ["PO Box 1", "BS1 4QA", "浙江省", "+", "１２３", "ß"]
)


@given(
    st.sampled_from(sorted(book.codes())),
    st.fixed_dictionaries({}, optional=dict.fromkeys(PostalAddress().to_json(), TYPED)),
)
def test_no_address_makes_it_stumble(country, values):
    address = PostalAddress(**(values | {"country": country}))
    found = doubts(address, carrier_terms=terms_of("ups"))
    assert len({doubt.code for doubt in found}) == len(found)
    assert all(doubt.suggestion != address for doubt in found)
    assert isinstance(lines(address), list)
    assert address.same_as(address)
