"""An address is told apart from another, and goes into an order and comes out as it was."""

import pytest

from returns.models import Order
from returns.postal.address import PostalAddress

BRISTOL = PostalAddress(
    name="Sarah Whitcombe",
    phone="+44 117 496 0123",
    street="27 Redland Road",
    street2="Flat 3",
    city="Bristol",
    postcode="BS6 6AG",
    country="GB",
)
HANGZHOU = PostalAddress(
    name="张伟",
    phone="13812345678",
    street="文三路90号",
    district="西湖区",
    city="杭州市",
    region="浙江省",
    postcode="310012",
    country="CN",
    latin_name="Zhang Wei",
    latin_street="Wensan Road 90",
)


def test_json_gives_back_all_of_it():
    assert PostalAddress.from_json(HANGZHOU.to_json()) == HANGZHOU


def test_json_of_another_time_is_read_as_far_as_it_goes():
    assert PostalAddress.from_json({"city": None, "planet": "Mars"}) == PostalAddress()


def test_the_phone_of_an_order_is_no_part_of_its_address():
    assert "phone" not in HANGZHOU.order_values()


@pytest.mark.parametrize("address", [BRISTOL, HANGZHOU])
def test_every_value_fits_a_field_of_the_order(address):
    assert {field.name for field in Order._meta.fields} >= set(address.order_values())


@pytest.mark.parametrize(
    ("address", "street", "street2"),
    [
        (HANGZHOU, "西湖区文三路90号", ""),
        (
            PostalAddress(street="테헤란로 1", district="강남구", country="KR"),
            "강남구 테헤란로 1",
            "",
        ),
        (
            PostalAddress(street="Rua A 1", street2="Apto 2", district="Centro", country="BR"),
            "Rua A 1",
            "Apto 2, Centro",
        ),
        (
            PostalAddress(street="1 High St", district="Onehunga", country="NZ"),
            "1 High St",
            "Onehunga",
        ),
    ],
)
def test_an_order_has_the_district_where_its_label_does(address, street, street2):
    values = address.order_values()
    assert (values["street"], values["street2"]) == (street, street2)


def test_the_district_comes_out_of_the_street_again():
    order = Order(**HANGZHOU.order_values(), phone=HANGZHOU.phone)
    found = PostalAddress.of(order)
    assert (found.district, found.street) == ("西湖区", "文三路90号")
    assert found.order_values() == HANGZHOU.order_values()


@pytest.mark.parametrize(
    ("country", "region", "city", "street"),
    [
        ("CN", "Zhejiang", "杭州市", "西湖区文三路90号"),
        ("CN", "浙江", "杭州", "西湖区文三路90号"),
        ("CN", "浙江省", "杭州市", "西湖区 文三路90号"),
        ("CN", "浙江省", "杭州市", "西湖区"),
        ("CN", "北京市", "北京市", "朝阳区建国路88号"),
        ("CN", "Nowhere", "杭州市", "西湖区文三路90号"),
        ("KR", "경기도", "수원시", "영통구 광교로 1"),
        ("GB", "England", "Bristol", "27 Redland Road"),
        ("XX", "", "", "1"),
    ],
)
def test_an_order_is_never_changed_by_being_read(country, region, city, street):
    order = Order(country=country, region=region, city=city, street=street, street2="2")
    values = PostalAddress.of(order).order_values()
    assert values["street"] == street
    assert values["street2"] == "2"


@pytest.mark.parametrize(
    "values",
    [
        {"street": "27, REDLAND ROAD"},
        {"street": "27 Redland Road, Flat 3", "street2": ""},
        {"postcode": "bs66ag"},
        {"region": "England"},
        {"city": "BRISTOL "},
        {"name": "Bob"},
        {"phone": ""},
    ],
)
def test_the_same_door_is_known_however_it_is_written(values):
    assert BRISTOL.same_place(BRISTOL.changed(**values))


@pytest.mark.parametrize(
    "values",
    [
        {"street": "28 Redland Road"},
        {"street2": "Flat 4"},
        {"postcode": "BS6 6AH"},
        {"city": "Bath"},
        {"country": "IE"},
    ],
)
def test_another_door_is_told_apart(values):
    assert not BRISTOL.same_place(BRISTOL.changed(**values))
    assert not BRISTOL.same_as(BRISTOL.changed(**values))


def test_a_region_is_the_same_under_all_its_names():
    springfield = PostalAddress(street="1 Main St", city="Springfield", region="IL", country="US")
    assert springfield.same_place(springfield.changed(region="Illinois"))
    assert not springfield.same_place(springfield.changed(region="MO"))
    assert HANGZHOU.same_place(HANGZHOU.changed(region="Zhejiang"))


def test_the_district_counts_wherever_it_stands():
    joined = HANGZHOU.changed(district="", street="西湖区文三路90号")
    assert HANGZHOU.same_place(joined)


def test_another_name_at_the_same_door_is_another_address():
    assert BRISTOL.same_as(BRISTOL.changed(name="sarah  whitcombe"))
    assert not BRISTOL.same_as(BRISTOL.changed(name="Bob"))
    assert not BRISTOL.same_as(BRISTOL.changed(phone="+44 117 496 0124"))


def test_gateways_get_every_field_that_they_know():
    address = HANGZHOU.gateway_address()
    assert (address.district, address.phone, address.name) == ("西湖区", "13812345678", "张伟")
    assert address.country == "CN"
