"""The cases in which other shops went wrong: each that is ours has a test named after it, so that
the list can be read off `pytest --collect-only -q | grep case_`."""

import re
from pathlib import Path

# 74 to 82 are about tracking, whose tests are named by what they say.
OURS = {*range(1, 74), 83, 84, 85}
NAMED = re.compile(r"^(?:    )?def test_case_((?:\d\d_)+)", re.MULTILINE)


def test_every_case_has_a_test_that_is_named_after_it():
    here = Path(__file__).parent
    named = {
        int(number)
        for path in here.rglob("test_*.py")
        for found in NAMED.findall(path.read_text())
        for number in found.strip("_").split("_")
    }
    assert named >= OURS, sorted(OURS - named)
