"""Who somebody is shows in the shape of some words, whoever it is."""

import time

import pytest

from returns.discreet import names_somebody

LONG = 5000
MOST_SECONDS = 1.0


@pytest.mark.parametrize(
    "text",
    [
        "Write to my neighbour: anna@example.org",
        "anna＠example.org",
        "My other number is 07911 123456.",
        "07911-123-456",
        "020 – 7946 – 0018",
        "07.70.09.00.77",
        "(0117) 496 0123",
        "０７９１１１２３４５６",
        "07911\u200b12\u200b3456",
        "٠٧٩١١١٢٣٤٥٦",
        "我的新号码是13900139000，谢谢",
        "GB29 NWBK 6016 1331 9268 19",
        "de89370400440532013000",
        "MT84 MALT ABCD EFGH IJKL MTLC AST1 2S",
        "It was 24.11.2026, call 07911 123456",
        "Order 20418, or 204180",
    ],
)
def test_these_words_name_somebody(text):
    assert names_somebody(text, ["20418"])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Is it on its way?",
        "We write to you by Tuesday 24 November 2026, 18:00.",
        "24.11.2026",
        "It left on 24.11. 18:00",
        "2026-11-24 18:00",
        "24-11-2026, 18:00",
        "2026年11月24日 18:00",
        "68.00 USD for 2 shirts of 34.00",
        "Between 10-12 or 14-16, please",
        "It travels as RB123456785GB.",
        "rb123456785gb",
        "It travels as ＲＢ１２３４５６７８５ＧＢ.",
        "快递单号RB123456785GB已发出。",
        "About JP-204180",
        "Size 42, colour 1001",
    ],
)
def test_these_words_do_not(text):
    assert not names_somebody(text, ["RB123456785GB", "JP-204180"])


@pytest.mark.parametrize("piece", ["1 ", "1--- ", "ab12", "a", "1.", "12-"])
def test_the_longest_message_is_looked_through_in_no_time(piece):
    begun = time.process_time()
    for _ in range(20):
        names_somebody(f"{piece * (LONG // len(piece))}x", ["1", "12"])
    assert time.process_time() - begun < MOST_SECONDS
