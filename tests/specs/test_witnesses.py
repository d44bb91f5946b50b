"""No spec is vacuous: each has a witness that happens in a bundled scenario, and each hazard strikes in one."""

from collections.abc import Mapping

import pytest

from kmodel.pytest_plugin.outcomes import Explored, Outcome
from kmodel.reporting.wording import Standing
from tests.specs.mutants import INVARIANTS, SPECS, TEMPORAL, WITNESSES

HAZARDS = sorted(name for name, spec in (INVARIANTS | TEMPORAL).items() if spec.hazard)
Bundled = Mapping[str, Explored]

pytestmark = pytest.mark.long  # all scenarios are explored


def standings(bundled: Bundled, origin: str) -> dict[str, Standing]:
    """Return how a spec stands in each scenario in which it is asked."""
    return {name: each.outcomes[origin].standing for name, each in bundled.items() if origin in each.outcomes}


def test_names_tell_specs_apart() -> None:
    assert len(INVARIANTS) + len(TEMPORAL) + len(WITNESSES) == len(SPECS)


@pytest.mark.parametrize("name", sorted(INVARIANTS))
def test_every_invariant_has_a_witness(name: str) -> None:
    shown = [spec.shows.name for spec in WITNESSES.values() if spec.shows is not None]
    assert name in shown, f"add a `sometimes` that shows {name}"


@pytest.mark.parametrize("name", sorted(WITNESSES))
def test_every_witness_shows_an_invariant(name: str) -> None:
    shown = WITNESSES[name].shows
    assert shown is not None, f"name the spec that {name} shows not to be vacuous"
    assert (INVARIANTS | TEMPORAL)[shown.name] is shown


@pytest.mark.parametrize("name", sorted(WITNESSES))
def test_every_witness_happens_in_a_bundled_scenario(name: str, bundled: Bundled) -> None:
    found = standings(bundled, WITNESSES[name].origin)
    assert Standing.HOLDS in found.values(), f"it is asked in {sorted(found)}, and happens in none"


@pytest.mark.parametrize("name", HAZARDS)
def test_every_hazard_strikes_in_a_bundled_scenario(name: str, bundled: Bundled) -> None:
    found = standings(bundled, (INVARIANTS | TEMPORAL)[name].origin)
    assert Standing.HAZARD in found.values(), f"it is asked in {sorted(found)}, and is violated in none"


@pytest.mark.parametrize("name", sorted(TEMPORAL))
def test_every_temporal_spec_is_put_to_the_test_and_holds_in_a_bundled_scenario(name: str, bundled: Bundled) -> None:
    origin = TEMPORAL[name].origin
    found = {scenario: each.outcomes[origin] for scenario, each in bundled.items() if origin in each.outcomes}
    assert any(map(holds, found.values())), f"of {sorted(found)} none puts it to the test"


def holds(outcome: Outcome) -> bool:
    """Tell whether it is so on every fair run, also under the weaker fairness, and was put to the test."""
    weak = "strongly fair" not in outcome.text
    return outcome.standing is Standing.HOLDS and weak and "not put to the test" not in outcome.text
