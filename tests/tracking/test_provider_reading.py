"""What all adapters share in reading: no secret comes back, and nothing goes on without end."""

import pytest

from tracking.providers import Access, reading
from tracking.providers.reading import discreet

ACCESS = Access(key='K9/+"秘密 x', salt="S7&=<y>")


@pytest.fixture
def lines(caplog):
    """What was logged, from the first line of this process on."""
    reading.tell_once.cache_clear()
    yield lambda: [record.getMessage() for record in caplog.records]
    reading.tell_once.cache_clear()


@pytest.mark.parametrize(
    "shape",
    [
        'K9/+"秘密 x',
        'k9/+"秘密 X',
        'K9/+"秘密\n  x',
        "K9%2F%2B%22%E7%A7%98%E5%AF%86%20x",
        "k9%2f%2b%22%e7%a7%98%e5%af%86%20x",
        "K9%2F%2B%22%E7%A7%98%E5%AF%86+x",
        "K9/%2B%22%E7%A7%98%E5%AF%86%20x",
        'K9/+\\"\\u79d8\\u5bc6 x',
        'K9/+\\"秘密 x',
        "K9/+&quot;秘密 x",
        "S7&=<y>",
        "S7%26%3D%3Cy%3E",
        "S7&amp;=&lt;y&gt;",
    ],
)
def test_a_secret_is_left_out_however_it_is_written(shape):
    assert discreet(f"The key {shape}, it said: {shape}.", ACCESS) == "The key …, it said: …."


def test_it_is_left_out_before_the_words_are_cut():
    assert discreet("w" * 8 + " " + ACCESS.key, ACCESS, 12) == "wwwwwwww …"
    assert discreet("wwww " * 9, ACCESS, 12) == "wwww wwww ww"


def test_one_secret_may_begin_with_the_other():
    assert discreet("abcdef abc", Access(key="abc", salt="abcdef")) == "… …"


@pytest.mark.parametrize("value", ["", None, [], {}, True, 1.5])
def test_what_is_no_text_says_nothing(value):
    assert discreet(value, ACCESS) == ""


def test_without_secrets_nothing_is_left_out():
    assert discreet("What it says.", Access(key="")) == "What it says."
    assert discreet(4711, Access(key="")) == "4711"


def test_what_nobody_knows_is_said_once_and_not_for_ever(lines):
    for _ in range(2):
        for number in range(20_000):
            reading.tell_once("state %r is not known", f"state-{number}")
    assert lines()[:999] == [f"state 'state-{number}' is not known" for number in range(999)]
    assert lines()[999:] == ["too much is not known: from now on nothing is said of it"]


def test_what_is_said_is_short(lines):
    reading.tell_once("event %r is not known", "e" * 2000)
    assert lines() == ["event %r is not known" % ("e" * 60)]
