"""Numbers in answers as people write them."""

from __future__ import annotations

import pytest

from immunity.why.tell import plain


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (15_830.0, "15,800"),
        (3.21e6, "3.21 million"),
        (999_999.0, "1 million"),
        (2.5e9, "2.5 billion"),
        (12.345, "12.3"),
        (0.0, "0"),
        (0.0123, "0.0123"),
        (-4_321.0, "-4,320"),
        (7.5e13, "7.5e+13"),
        (999.9, "1,000"),
    ],
)
def test_three_digits_without_powers(value: float, said: str) -> None:
    assert plain(value) == said
