"""How long a text message is on its way: in segments, of which each is paid for.

The basic alphabet of telephones (GSM 03.38) takes 160 signs in one message and 153 in each
of several; a few signs count twice. Any other sign turns the whole message into UCS-2, with
70 and 67. A sign that counts twice is never cut in two.
"""

MOST_SEGMENTS = 2

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
COUNTS_TWICE = frozenset("^{}\\[~]|€\f")
# Signs of good typesetting, as telephones write them.
PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "×": "x",
        "•": "-",
        "\u00a0": " ",
        "\u202f": " ",
    }
)


def plain(text: str) -> str:
    """In the basic alphabet where that is possible without losing a letter; else as it is."""
    simple = text.translate(PLAIN)
    return simple if is_basic(simple) else text


def is_basic(text: str) -> bool:
    return all(sign in BASIC or sign in COUNTS_TWICE for sign in text)


def segments(text: str) -> int:
    """Messages that the carriers make of it."""
    if is_basic(text):
        costs, alone, together = [2 if sign in COUNTS_TWICE else 1 for sign in text], 160, 153
    else:
        costs, alone, together = [2 if ord(sign) > 0xFFFF else 1 for sign in text], 70, 67
    if sum(costs) <= alone:
        return 1
    count, room = 1, together
    for cost in costs:
        if cost > room:
            count, room = count + 1, together
        room -= cost
    return count


def fits_sms(text: str) -> bool:
    return segments(plain(text)) <= MOST_SEGMENTS
