"""What is told of runs that go on for ever, and of where the system comes to rest."""

import json
import re
from pathlib import Path

import attrs
import pytest

from kmodel.engines.exhaustive import Bounds
from kmodel.engines.results import Ends, Finding, Result, Verdict
from kmodel.engines.retracing import ReplayError, follow_actions, follow_path, objection, recheck_all
from kmodel.engines.small_graph import extract, neighbourhood
from kmodel.kernel import Cluster, SpecKind, Trace, confluent
from kmodel.pytest_plugin.jobs import ScenarioJob
from kmodel.pytest_plugin.outcomes import explored
from kmodel.reporting import dot, trace_file
from kmodel.reporting.failure import failure_text
from kmodel.reporting.html import page
from kmodel.reporting.lifelines import actors_of, sequence
from kmodel.reporting.pictures import pictures
from kmodel.reporting.sequence import sequence_svg
from kmodel.reporting.story import event_table, story
from kmodel.reporting.wording import Standing, ends, kind_in_words, overall, untested, word
from tests.reporting.examples import result
from tests.reporting.golden import same
from tests.reporting.lassos import SOURCE, model, p0_eats_again, starving, stuck
from tests.reporting.test_html import Page


def found(outcome: Result, name: str) -> Finding:
    return next(finding for finding in outcome.findings if finding.spec.name == name)


def lasso(outcome: Result, name: str) -> Trace:
    trace = found(outcome, name).trace
    assert trace is not None
    assert trace.cycle is not None
    return trace


@pytest.mark.parametrize(
    ("outcome", "name", "words"),
    [
        (
            starving(),
            "p0_eats_again",
            "VIOLATED after 3 steps, and then for ever (6 steps): p0 does not hold f0 and f1",
        ),
        (
            stuck(),
            "p0_eats_again",
            "VIOLATED after 3 steps, in a deadlock (only the environment could still act): p0 does not hold f1",
        ),
        (
            starving(),
            "the_forks_lie_still",
            "documented hazard: philosophers do not stop to eat "
            "(violated after 3 steps, and then for ever (3 steps): f0 held)",
        ),
        (starving(), "somebody_eats_at_last", "holds (all 25 states, on every fair run)"),
        (
            starving(),
            "a_second_meal_is_forgotten",
            "holds (all 25 states, on every fair run), but not put to the test",
        ),
        (
            starving(),
            "all_end_alike",
            "holds (all 1 state in which the system comes to rest), but not put to the test",
        ),
        (
            result(model(last_is_left_handed=True), Bounds(max_states=5)),
            "p0_eats_again",
            "not judged (stopped after 5 states; runs are judged only once all states are known)",
        ),
    ],
)
def test_verdicts_on_runs_in_words(outcome: Result, name: str, words: str) -> None:
    assert str(word(found(outcome, name), outcome)) == words


def test_a_run_that_ends_is_a_deadlock_only_if_the_system_can_do_nothing() -> None:
    outcome = stuck()
    finding = found(outcome, "p0_eats_again")
    assert [idle.action.transition.environment for idle in finding.idle] == [True]
    alone = attrs.evolve(finding, idle=())
    assert str(word(alone, outcome)).startswith("VIOLATED after 3 steps, in a deadlock (nothing can happen any more):")
    eater = next(action for action in outcome.model.actions if not action.transition.environment)
    lazy = attrs.evolve(finding, idle=(attrs.evolve(finding.idle[0], action=eater),))
    assert str(word(lazy, outcome)).startswith("VIOLATED after 3 steps, where nothing need happen any more:")


def test_a_run_from_the_initial_state_on() -> None:
    outcome = starving()
    finding = found(outcome, "p0_eats_again")
    trace = lasso(outcome, "p0_eats_again")
    first = trace.steps[trace.cycle].before  # type: ignore[index]
    at_once = attrs.evolve(trace, initial=first, steps=trace.steps[trace.cycle :], address=(0,) * 7, cycle=0)
    told = str(word(attrs.evolve(finding, trace=at_once), outcome))
    assert told.startswith("VIOLATED for ever from the initial state on (6 steps):")
    assert event_table(at_once).splitlines()[1] == "for ever, from the initial state on:"
    nothing = Trace(first, (), (0,), 0)
    assert event_table(nothing) == "the initial state, before any step\nand nothing, for ever"


@pytest.mark.parametrize(("name", "outcome"), [("starving", starving()), ("stuck", stuck())])
def test_the_failure_tells_the_stem_the_cycle_and_who_is_idle(name: str, outcome: Result) -> None:
    text = failure_text(found(outcome, "p0_eats_again"), SOURCE, index=Path("reports/dining-3/index.html"))
    assert max(map(len, text.splitlines())) <= 80
    assert same(f"failure-{name}.txt", text + "\n")


def test_the_trace_file_of_a_lasso(tmp_path: Path) -> None:
    trace = lasso(stuck(), "p0_eats_again")
    trace_file.save(tmp_path / "t.json", trace, SOURCE, p0_eats_again, "p0 does not hold f1")
    assert same("trace-stuck.json", (tmp_path / "t.json").read_text(encoding="utf-8"))
    trace = lasso(starving(), "p0_eats_again")
    trace_file.save(tmp_path / "t.json", trace, SOURCE)
    saved = trace_file.load(tmp_path / "t.json")
    of = starving().model
    assert follow_actions(of, saved.initial, saved.choices, saved.cycle) == trace
    assert follow_path(of, saved.address) == trace


@pytest.mark.parametrize("cycle", [-1, 10, "x"])
def test_a_cycle_that_is_not_on_the_trace_is_damage(tmp_path: Path, cycle: object) -> None:
    file = tmp_path / "t.json"
    trace_file.save(file, lasso(starving(), "p0_eats_again"), SOURCE)
    file.write_text(json.dumps({**json.loads(file.read_text()), "cycle": cycle}))
    with pytest.raises(trace_file.TraceFileError, match="is damaged"):
        trace_file.load(file)


@pytest.mark.parametrize("path", ["~", "~0", "0~1~2", "0~x", "0/~1", "0~/1"])
def test_an_address_of_a_lasso_that_is_none(path: str) -> None:
    with pytest.raises(ReplayError, match="or 0/3~1/2 if the last are for ever"):
        follow_path(model(last_is_left_handed=True), path)


@pytest.mark.parametrize("outcome", [starving(), stuck()])
def test_replay_finds_what_the_engine_found(outcome: Result) -> None:
    for finding in outcome.findings:
        if finding.trace is None or finding.trace.cycle is None:
            continue
        assert objection(outcome.model, finding.trace) is None
        again = {each.spec: each for each in recheck_all(outcome.model, finding.trace)}[finding.spec]
        assert again == finding


def test_replay_judges_no_run_that_is_unfair_or_does_not_come_back() -> None:
    of = starving().model
    trace = lasso(starving(), "p0_eats_again")
    unfair = follow_path(of, "0~")
    assert objection(of, unfair) == (
        'no fair run goes on like this for ever, since it would take take_first(philosopher="p0") at last'
    )
    open_ended = attrs.evolve(trace, steps=trace.steps[:-1], address=trace.address[:-1])
    assert objection(of, open_ended) == "the cycle does not come back to the state that it begins in"
    for each in (unfair, open_ended):
        assert {finding.verdict for finding in recheck_all(of, each)} == {Verdict.NOT_JUDGED}


def test_where_the_system_comes_to_rest_in_words() -> None:
    outcome = stuck()
    assert outcome.ends is not None
    assert ends(outcome) == "the system comes to rest in 5 states, after 3 to 7 steps"

    def told(found: Ends | None) -> str | None:
        return ends(attrs.evolve(outcome, ends=found))

    assert told(None) is None
    assert told(Ends(0, 0, ())) == "the system never comes to rest"
    one = outcome.ends.traces[:1]
    assert told(Ends(1, 1, one)) == "the system comes to rest in 1 state, after 3 steps"
    assert told(Ends(6, 1, one)) == "the system comes to rest in 6 states (1 up to names), after 3 steps"
    assert told(Ends(99, 99, outcome.ends.traces)) == (
        "the system comes to rest in 99 states, the nearest after 3 steps"
    )


def test_a_spec_of_ends_where_there_are_none() -> None:
    @confluent
    def ends_alike(cluster: Cluster) -> object:
        """All ends are alike."""
        return cluster.values

    of = model(last_is_left_handed=True)
    outcome = result(attrs.evolve(of, actions=of.actions[:-2], specs=(ends_alike,)))
    assert str(word(outcome.findings[0], outcome)) == "holds (the system never comes to rest), but not put to the test"
    assert untested(outcome) == outcome.findings


def test_what_holds_only_by_strong_fairness_says_so() -> None:
    outcome = starving()
    held = attrs.evolve(found(outcome, "somebody_eats_at_last"), needs_strong_fairness=True)
    outcome = attrs.evolve(outcome, findings=(held,))
    assert str(word(held, outcome)) == "holds (all 25 states, on every strongly fair run)"
    assert overall(outcome) == "no spec violated in all 25 states; 1 spec only by strong fairness"


def test_what_symmetry_leaves_open_is_not_counted_as_holding() -> None:
    of = stuck().model
    outcome = result(attrs.evolve(of, specs=(p0_eats_again,)))
    left = Finding(p0_eats_again, Verdict.NOT_JUDGED, "check it without symmetry")
    assert overall(attrs.evolve(outcome, findings=(left,))) == "1 spec not judged"


def test_the_page_tells_the_cycle_the_idle_and_the_ends() -> None:
    text = page(starving(), SOURCE)
    assert Page(text).wrong == []
    assert Page(text).loads == []
    steps = re.sub(r'<table class="state">.*?</table>', "", text, flags=re.DOTALL)
    rows = [re.sub(r"<[^>]+>", " ", row).strip() for row in re.findall(r"<tr.*?</tr>", steps, re.DOTALL)]
    first = rows.index("and then for ever:")
    assert [rows[first - 1][0], rows[first + 1][0]] == ["3", "4"]
    assert "and again from step 4 on" in rows
    assert "<li><code>take_first(philosopher=&#34;p0&#34;)</code> not enabled after step 5</li>" in text
    assert "The system comes to rest in 1 state, after 4 steps." in text
    assert "<b>a_second_meal_is_forgotten</b>. Nothing ever waits for the conclusion" in text
    several = page(stuck(), SOURCE)
    assert several.count("other than 1 in") == 4
    assert "<b>meals</b>: 0 -&gt; 1" in several


def test_the_diagram_has_a_band_round_what_is_taken_for_ever() -> None:
    outcome = starving()
    trace = lasso(outcome, "p0_eats_again")
    diagram, lines = sequence(trace, actors_of(outcome.model)), story(trace)
    svg = sequence_svg(diagram, lines, trace.cycle)
    (band,) = re.findall(r'<rect class="cycle" x="4" y="(\d+)" width="\d+" height="(\d+)"', svg)
    top, height = map(int, band)
    dots = [int(y) for y in re.findall(r'<circle cx="\d+" cy="(\d+)"', svg)]
    assert [top < y < top + height for y in dots] == [False] * 3 + [True] * 6
    assert ">for ever</text>" in svg
    assert 'class="cycle"' not in sequence_svg(diagram, lines)
    assert ">for ever: nothing happens</text>" in sequence_svg(diagram, lines, len(lines))


def edges_for_ever(source: str) -> set[tuple[str, str]]:
    return set(re.findall(r"(\d+) -> (\d+) \[.*:invis:", source))


def test_the_state_graph_shows_the_cycle_in_a_style_of_its_own() -> None:
    outcome = starving()
    trace = lasso(outcome, "p0_eats_again")
    whole, near = extract(outcome.model, 250), neighbourhood(outcome.model, trace, 250)
    for graph, source in (
        (whole, dot.whole(whole, "m", [trace])),
        (near, dot.around(near, trace, "m")),
    ):
        cycle = {(str(graph.number(step.before)), str(graph.number(step.next))) for step in trace.steps[trace.cycle :]}
        assert edges_for_ever(source) == cycle
        assert ">taken for ever</td>" in source
    assert "taken for ever" not in dot.whole(whole, "m")
    (drawn,) = pictures(outcome.model, [found(outcome, "p0_eats_again")], svg=False)
    assert "drawn as double lines" in drawn.caption


def test_every_kind_has_words() -> None:
    assert {kind_in_words(kind) for kind in SpecKind} >= {
        "leads to",
        "always eventually",
        "finitely often",
        "invariant",
    }


def test_pytest_outcomes_of_every_kind() -> None:
    outcome = starving()
    job = ScenarioJob(SOURCE.name, True, outcome.model, SOURCE, "exhaustive", {}, SOURCE.name)
    told = explored(job, outcome, "no report", 80).outcomes
    assert {key.rpartition(".")[2]: (each.standing, each.label) for key, each in told.items()} == {
        "p0_eats_again": (Standing.VIOLATED, "violated"),
        "somebody_eats_at_last": (Standing.HOLDS, "hold"),
        "a_second_meal_is_forgotten": (Standing.HOLDS, "hold"),
        "nobody_sits_down_again": (Standing.VIOLATED, "violated"),
        "the_forks_lie_still": (Standing.HAZARD, "documented hazard"),
        "all_end_alike": (Standing.HOLDS, "hold"),
    }
