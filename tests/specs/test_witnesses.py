"""No spec is vacuous: each has a witness that happens in a bundled scenario, and each hazard strikes in one."""

from collections.abc import Mapping
from functools import cache

import pytest

from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.kubernetes.scenario import load
from kmodel.kubernetes.scenario.building import model
from kmodel.project.spec_files import find_scenarios
from tests.specs.mutants import INVARIANTS, ROOT, SPECS, TEMPORAL, WITNESSES

pytestmark = pytest.mark.xdist_group("witnesses")  # one worker explores the scenarios for all
MOST_STATES = 8_000  # a witness is not far from the start: this much of a scenario has to show it
MANY_STATES = 20_000
SCENARIOS = {file.stem: file for file in find_scenarios(ROOT / "specs")}
HAZARDS = sorted(name for name, spec in INVARIANTS.items() if spec.hazard)


@cache
def _results() -> Mapping[str, Result]:
    return {name: _explored(name, MOST_STATES) for name in SCENARIOS}


def _explored(name: str, most: int) -> Result:
    return result_of(model(load([SCENARIOS[name]]), SPECS), Bounds(max_states=most))


def _findings(spec: str) -> dict[str, Finding]:
    return {
        scenario: finding
        for scenario, result in _results().items()
        for finding in result.findings
        if finding.spec.name == spec
    }


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
def test_every_witness_happens_in_a_bundled_scenario(name: str) -> None:
    findings = _findings(name)
    happens = [scenario for scenario, finding in findings.items() if finding.verdict is Verdict.HOLDS]
    assert happens, f"it is asked in {sorted(findings)}, and happens in none"


@pytest.mark.parametrize("name", HAZARDS)
def test_every_hazard_strikes_in_a_bundled_scenario(name: str) -> None:
    findings = _findings(name)
    strikes = [scenario for scenario, finding in findings.items() if finding.is_hazard]
    assert strikes, f"it is asked in {sorted(findings)}, and is violated in none"
    assert all(findings[scenario].trace is not None for scenario in strikes)


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_bundled_scenario_violates_nothing_but_hazards(name: str) -> None:
    assert not _told(_results()[name])


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_nor_does_it_further_on(name: str) -> None:
    assert not _told(_explored(name, MANY_STATES))


def _told(result: Result) -> list[str]:
    return [f"{finding.spec.name}: {finding.reason}" for finding in result.failures]
