"""Between which countries goods pass customs."""

# fmt: off
EUROPEAN_UNION = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})
# fmt: on
# Within each of these goods travel without a customs form.
UNIONS = (EUROPEAN_UNION | {"MC"}, frozenset({"CH", "LI"}))


def passes_customs(origin: str, destination: str) -> bool:
    """Whether goods between two countries (ISO 3166 alpha-2) meet customs on the way."""
    return origin != destination and not any({origin, destination} <= union for union in UNIONS)
