"""Where a customs form is needed and where not."""

import pytest

from tracking.customs import passes_customs


@pytest.mark.parametrize(
    ("origin", "destination", "meets"),
    [
        ("LT", "LT", False),  # within a country
        ("DE", "LT", False),  # within the European Union
        ("FR", "MC", False),  # Monaco belongs to its customs area
        ("CH", "LI", False),
        ("CH", "DE", True),
        ("GB", "LT", True),
        ("NO", "SE", True),
        ("CN", "HK", True),
    ],
)
def test_customs_stands_between_countries_but_not_within_a_union(origin, destination, meets):
    assert passes_customs(origin, destination) is meets
    assert passes_customs(destination, origin) is meets
