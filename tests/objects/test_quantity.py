"""Quantities: Kubernetes's own examples, and what must hold of all of them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kmodel.kubernetes.manifests.quantity import BINARY, DECIMAL, LARGEST, QuantityError, millicores, parse, whole_units

digits = st.text("0123456789", min_size=1, max_size=12)
numbers = st.one_of(
    digits, st.builds("{}.{}".format, digits, digits), st.builds("{}.".format, digits), st.builds(".{}".format, digits)
)
suffixes = st.one_of(
    st.sampled_from([*BINARY, *DECIMAL]), st.builds("{}{}".format, st.sampled_from("eE"), st.integers(-20, 20))
)
quantities = st.builds("{}{}{}".format, st.sampled_from(["", "+", "-"]), numbers, suffixes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("100m", Fraction(1, 10)),
        ("0.5", Fraction(1, 2)),
        ("1.5Gi", 3 * 2**29),
        ("100Mi", 100 * 2**20),
        ("256M", 256 * 10**6),
        ("1E", 10**18),
        ("1E3", 1000),
        ("1e-3", Fraction(1, 1000)),
        ("1Ei", 2**60),
        (".5", Fraction(1, 2)),
        ("1.", 1),
        ("-1Ki", -1024),
        ("+5", 5),
        ("0.9n", Fraction(1, 10**9)),  # rounded away from zero
        ("8Ei", LARGEST),  # capped
        ("-8Ei", -LARGEST),
    ],
)
def test_known_quantities(text: str, value: Fraction | int) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "m",
        ".",
        "+",
        "-",
        "Mi",
        "1 Mi",
        "1mi",
        "1MI",
        "1K",
        "1ki",
        "1e",
        "1e1.5",
        "1Kii",
        "0x10",
        "1_000",
        "--1",
        "١",
        "1\n",
    ],
)
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(QuantityError, match="is not a quantity"):
        parse(text)


@pytest.mark.parametrize("text", ["1e99999999999999", "1e65", "1e-65"])
def test_exponents_are_bounded(text: str) -> None:
    with pytest.raises(QuantityError, match="exponent"):
        parse(text)


def test_what_64_bits_cannot_hold_is_an_error() -> None:
    with pytest.raises(QuantityError, match="64 bits"):
        whole_units("10E")
    with pytest.raises(QuantityError, match="64 bits"):
        millicores("1E")


@given(quantities)
def test_rounding_is_away_from_zero_and_by_less_than_one(text: str) -> None:
    value = parse(text)
    for unit, read in ((1, whole_units), (1000, millicores)):
        try:
            rounded = read(text)
        except QuantityError:
            assert abs(value * unit) > LARGEST
        else:
            assert 0 <= abs(rounded) - abs(value * unit) < 1
            assert rounded * value >= 0


@given(quantities.filter(lambda text: text[0] not in "+-"))
def test_a_sign_only_changes_the_sign(text: str) -> None:
    assert parse(f"-{text}") == -parse(text)
    assert parse(f"+{text}") == parse(text)


@given(st.integers(0, 10**6), st.sampled_from(["Ki", "Mi", "Gi"]))
def test_binary_suffixes_are_powers_of_1024(number: int, suffix: str) -> None:
    assert whole_units(f"{number}{suffix}") == number * 1024 ** (["Ki", "Mi", "Gi"].index(suffix) + 1)


@given(st.integers(0, 10**9))
def test_a_millicore_is_exact(number: int) -> None:
    assert millicores(f"{number}m") == number
    assert millicores(str(Fraction(number)) if number < 10 else str(number)) == number * 1000


@given(st.text(max_size=20))
def test_any_text_is_a_quantity_or_an_error(text: str) -> None:
    try:
        parse(text)
    except QuantityError as error:
        fix = error.fix
    else:
        fix = "none is needed"
    assert fix
