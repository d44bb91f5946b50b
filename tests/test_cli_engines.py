"""`kmodel check` with its other engines and reductions: simulation, symmetry, threads, and what an exploration took."""

import json
import re

import pytest

from tests.test_cli import project as project  # the fixture: a project in the working directory
from tests.test_cli import run


def test_symmetry_tells_orbits_and_the_states_that_they_represent() -> None:
    outcome = run("check", "holds", "--symmetry")
    assert outcome.exit_code == 0
    told = " ".join(outcome.stdout.split())
    assert "34 orbits, 94 generated, depth 8" in told
    assert "up to renaming of rm0, rm1: 34 orbits for 56 states" in told
    assert "no spec violated in all 56 states" in told
    document = json.loads(run("check", "holds", "--symmetry", "-o", "json").stdout)["items"][0]
    assert document["statistics"]["distinctStates"] == 34
    symmetry = document["symmetry"]
    assert symmetry.pop("rules") == symmetry.pop("rulesShown") > 10
    assert symmetry == {"groups": [["rm0", "rm1"]], "orbits": 34, "representedStates": 56, "note": None}


def test_symmetry_is_for_the_exhaustive_engine() -> None:
    assert run("check", "sampled", "--symmetry").exit_code == 2


def test_partial_order_says_why_nothing_is_left_out() -> None:
    outcome = run("check", "holds", "--partial-order")
    assert outcome.exit_code == 0
    told = " ".join(outcome.stdout.split())
    assert "REDUCTION nothing left out: in no state are some of the steps independent of the others" in told
    assert "8 actions can change what managers_agree looks at" in told
    assert "no spec violated in all 56 states" in told
    document = json.loads(run("check", "holds", "--partial-order", "-o", "json").stdout)["items"][0]
    assert document["partialOrder"]["expandedInPart"] == 0
    assert document["partialOrder"]["expandedInFull"] == document["statistics"]["distinctStates"] == 56


@pytest.mark.parametrize("options", [("--symmetry",), ("--resume",), ("--simulate", "5"), ("--engine", "hypothesis")])
def test_what_partial_order_does_not_go_together_with(options: tuple[str, ...]) -> None:
    outcome = run("check", "holds", "--partial-order", *options)
    assert outcome.exit_code == 2
    assert re.match(r"error: (--)?partial-order", outcome.stderr)
    assert len(outcome.stderr.splitlines()) == 1


def test_a_simulation_says_how_far_it_went_and_never_that_an_invariant_holds() -> None:
    outcome = run("check", "holds", "--simulate", "50", "--steps", "40", "--seed", "3")
    assert outcome.exit_code == 0
    assert "not exhaustive: sampled: 50 walks of up to 40 steps, seed 3" in outcome.stdout
    assert re.search(r"managers_agree +no violation found \(sampled\)", outcome.stdout)
    assert run("check", "sampled", "--simulate", "5").exit_code == 0  # whatever the scenario's own engine is


def test_a_violation_met_by_a_simulation_replays() -> None:
    outcome = run("check", "broken", "--simulate", "200", "--first", "-o", "json")
    assert outcome.exit_code == 1
    (document,) = json.loads(outcome.stdout)["items"]
    (violated,) = [spec for spec in document["specs"] if spec["standing"] == "violated"]
    assert (document["engine"], document["finished"]) == ("simulation", False)
    assert run(*violated["trace"]["replay"].split()[1:]).exit_code == 1
    (again,) = json.loads(run("check", "broken", "--simulate", "200", "--first", "-o", "json").stdout)["items"]
    for each in (document, again):
        each["statistics"].pop("seconds")
    assert document == again


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--simulate", "5", "--engine", "hypothesis"), "--simulate is an engine of its own"),
        (("--simulate", "5", "--max-states", "9"), "--max-states is for the engine exhaustive"),
        (("--seed", "5"), "add --simulate N"),
        (("--simulate", "0"), "0 is not in the range x>=1"),
    ],
)
def test_options_of_a_simulation_that_do_not_go_together(options: tuple[str, ...], said: str) -> None:
    outcome = run("check", "holds", *options)
    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_few_delays_say_how_many_and_never_that_an_invariant_holds() -> None:
    outcome = run("check", "holds", "--engine", "delays", "--delays", "1")
    assert outcome.exit_code == 0
    told = " ".join(outcome.stdout.split())
    assert re.search(r"not exhaustive: every run with at most 1 delay, \d+ states", told)
    assert re.search(r"managers_agree no violation found \(every run with at most 1 delay, \d+ states\)", told)
    assert run("check", "holds", "--delays", "1").stderr.count("add --engine delays") == 1


def test_with_delays_enough_a_violation_is_found_and_what_is_finished_holds() -> None:
    outcome = run("check", "holds", "--engine", "delays", "--delays", "99")
    assert "no spec violated in all 56 states" in " ".join(outcome.stdout.split())
    assert run("check", "broken", "--engine", "delays", "--delays", "99").exit_code == 1


def test_threads_change_nothing_but_the_time() -> None:
    one, two = (run("check", "holds", "-o", "json", "--threads", threads).stdout for threads in ("1", "2"))
    documents = [json.loads(text)["items"][0] for text in (one, two)]
    for document in documents:
        document["statistics"].pop("seconds")
    assert documents[0] == documents[1]


def test_verbose_says_what_the_exploration_took() -> None:
    said = run("check", "holds", "-v").stdout
    assert re.search(r"COST +[\d,]+ states/s, [\d,]+ transitions/s", said)
    assert re.search(r"[\d,]+ calls of transitions, [\d,]+ of specs", said)
    assert "values of the widest cells" in said
    assert "this engine keeps no statistics" in run("check", "holds", "-v", "--simulate", "3").stdout
    assert "COST" not in run("check", "holds").stdout


def test_symmetry_goes_with_threads_a_memory_budget_and_checkpoints() -> None:
    outcome = run("check", "holds", "--symmetry", "--threads", "2", "--max-memory", "1Gi", "--resume")
    assert outcome.exit_code == 0
    assert outcome.stderr.startswith("note     there is no checkpoint")
    assert "34 orbits for 56 states" in outcome.stdout


def test_fingerprints_tell_the_probability_of_a_collision() -> None:
    outcome = run("check", "holds", "--fingerprints")
    assert outcome.exit_code == 0
    told = " ".join(outcome.stdout.split())
    up_to = "up to a collision of 128-bit fingerprints, probability below 4.8e-36"
    assert f"every reachable state was seen {up_to}" in told
    assert f"no spec violated in all 56 states {up_to}" in told
    assert "all 56 states)" not in told
    document = json.loads(run("check", "holds", "--fingerprints", "-o", "json").stdout)["items"][0]
    assert document["statistics"]["collisionProbability"] == pytest.approx(4.6e-36, rel=0.01)
    exact = json.loads(run("check", "holds", "-o", "json").stdout)["items"][0]
    assert exact["statistics"]["collisionProbability"] is None


@pytest.mark.parametrize("other", ["--symmetry", "--partial-order", "--resume", "--max-memory=2Gi"])
def test_fingerprints_do_not_go_with_what_needs_the_states(other: str) -> None:
    outcome = run("check", "holds", "--fingerprints", other)
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith("error: fingerprints cannot be combined with")
