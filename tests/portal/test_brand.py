"""Whatever colour a shop gives, its pages stay readable, in the light and in the dark."""

import re

import pytest

from portal import brand
from returns import addresses

COLOURS = {
    "green": "#2d5f51", "yellow": "#ffd400", "navy": "#0b1f4b", "red": "#d01818",
    "white": "#ffffff", "black": "#000000", "pink": "#ff66aa", "sky": "#00aaff",
    "grey": "#7a7a7a", "neon": "#39ff14", "violet": "#8a2be2",
}  # fmt: skip
every_colour = pytest.mark.parametrize("colour", COLOURS.values(), ids=COLOURS)


def rules(css, ground):
    """The custom properties that `css` sets for the light or for the dark."""
    light, _, dark = css.partition("@media (prefers-color-scheme:dark)")
    return dict(re.findall(r"(--[a-z-]+):(#[0-9a-f]{6})", light if ground == "light" else dark))


@every_colour
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_text_and_buttons_keep_their_contrast(colour, ground):
    told = rules(brand.stylesheet(colour), ground)
    papers = brand.LIGHT_GROUNDS if ground == "light" else brand.DARK_GROUNDS
    for paper in (*papers, told["--wash"]):
        assert brand.contrast(told["--brand-ink"], paper) >= 4.5
    assert brand.contrast(told["--solid"], told["--on-solid"]) >= 4.5


@every_colour
def test_a_button_can_be_told_from_the_sheet(colour):
    assert brand.contrast(brand.light(colour).solid, brand.LIGHT_SHEET) >= 1.25


@every_colour
def test_the_wash_leaves_ordinary_text_readable(colour):
    assert brand.contrast("#5d5548", brand.light(colour).wash) >= 4.5
    assert brand.contrast("#bdb2a0", brand.dark(colour).wash) >= 4.5


def test_a_dark_brand_colour_is_used_as_it_is():
    assert brand.light("#2d5f51").ink == "#2d5f51"
    assert brand.light("#2D5F51").solid == "#2d5f51"


def test_a_bright_brand_colour_keeps_its_own_button_with_black_text():
    assert (brand.light("#ffd400").solid, brand.light("#ffd400").on_solid) == ("#ffd400", "#000000")


@every_colour
def test_a_colour_survives_the_way_there_and_back(colour):
    assert brand.to_hex(brand.to_oklch(colour)) == colour


def test_contrast_is_measured_as_wcag_does():
    assert brand.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert brand.contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("text", ["red", "#fff", "2d5f51#", "#gggggg", "#2d5f51;}"])
def test_what_is_no_colour_is_refused_and_never_written_into_a_stylesheet(text):
    with pytest.raises(ValueError):
        brand.stylesheet(text)


def test_a_shops_colours_are_a_public_stylesheet_from_one_query(
    client, store, django_assert_num_queries
):
    with django_assert_num_queries(1):
        response = client.get(addresses.store_page(store, "brand"))
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"
    assert f"--brand:{store.brand}" in response.text
    assert response.headers["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" not in response.headers.get("Vary", "")
    assert not response.cookies


def test_a_browser_that_has_the_colours_is_not_sent_them_again(client, store):
    address = addresses.store_page(store, "brand")
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"if-none-match": etag})
    assert (again.status_code, again.content) == (304, b"")
    type(store).objects.filter(pk=store.pk).update(brand="#d01818")
    assert client.get(address, headers={"if-none-match": etag}).status_code == 200


def test_a_shop_that_does_not_exist_has_no_colours(client, db):
    assert client.get("/s/nobody/brand.css").status_code == 404


def test_the_stylesheet_lives_in_the_layer_of_the_tokens_so_that_print_wins():
    assert brand.stylesheet("#2d5f51").startswith("@layer tokens{")
