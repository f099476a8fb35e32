"""What every answer says about being kept, indexed and passed on."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/", "/nowhere", "/healthz", "/static/css/site.css", "/desk/"])
def test_nothing_is_indexed_and_no_address_is_passed_to_other_sites(path):
    answer = Client().get(path)
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert answer["Referrer-Policy"] == "same-origin"


def test_pages_are_not_kept():
    for path in ("/", "/nowhere"):
        assert Client().get(path)["Cache-Control"] == "private, no-store"


def test_static_files_may_be_kept():
    assert "no-store" not in Client().get("/static/css/site.css")["Cache-Control"]
