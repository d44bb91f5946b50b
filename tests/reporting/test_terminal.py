"""What is printed: the summary, the event table, a failure; compared with golden files (see golden.py)."""

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import attrs
from rich.console import Console

from kmodel.engines.events import Event, Finished, Found, Progress, Started
from kmodel.engines.exhaustive import Bounds, explore
from kmodel.engines.results import Finding, Result, Verdict
from kmodel.kernel import Cluster, Hazard, Spec, invariant
from kmodel.reporting.failure import failure_text, replay_command
from kmodel.reporting.handler import drive
from kmodel.reporting.progress import ProgressLine, ProgressNotes, counts
from kmodel.reporting.source import Source
from kmodel.reporting.story import event_table
from kmodel.reporting.summary import FEW_SPECS, print_summary
from kmodel.reporting.wording import all_states, overall, word
from tests.reporting import lassos
from tests.reporting.examples import SOURCE, broken_model, result
from tests.reporting.golden import same
from tests.toys import pods, two_phase_commit


def printed(outcome: Result, source: Source = SOURCE, *, verbose: bool = False) -> str:
    out = io.StringIO()
    print_summary(Console(file=out, width=80, highlight=False), source, outcome, verbose=verbose)
    return out.getvalue()


def test_summary_of_every_standing() -> None:
    text = printed(result(broken_model()))
    assert max(map(len, text.splitlines())) <= 80
    assert same("summary-broken.txt", text)


def test_summary_when_all_holds() -> None:
    assert same("summary-holds.txt", printed(result(two_phase_commit.model(3)), Source("two-phase-commit-3")))


def test_summary_that_says_all() -> None:
    assert same("summary-verbose.txt", printed(result(broken_model()), verbose=True))


def test_of_many_notes_the_first_are_told_and_how_many_there_are() -> None:
    many = attrs.evolve(SOURCE, notes=tuple(("MISSING", f"secret/{number}") for number in range(9)))
    outcome = result(broken_model())
    lines = printed(outcome, many).splitlines()
    first = lines.index("MISSING       secret/0")
    assert lines[first + 3 : first + 5] == ["              secret/3", "              and 5 more; -v lists them"]
    assert "secret/8" in printed(outcome, many, verbose=True)


def test_what_may_be_done_about_what_is_missing_is_told_once() -> None:
    missing = attrs.evolve(SOURCE, notes=tuple(("MISSING", f"secret/{name}; add it: {name}") for name in "ab"))
    outcome = result(broken_model())
    assert "MISSING       secret/a; add it: a\n              secret/b\n" in printed(outcome, missing)
    assert "secret/b; add it: b\n" in printed(outcome, missing, verbose=True)


def test_how_coarsely_parts_are_modelled_takes_a_line_and_verbose_says_why() -> None:
    coarse = attrs.evolve(SOURCE, notes=tuple(("DETAIL", f"{part}: fused, so all at once") for part in ("calls", "io")))
    outcome = result(broken_model())
    assert "DETAIL        calls: fused; io: fused (-v says what that leaves out)\n" in printed(outcome, coarse)
    assert "calls: fused, so all at once\n" in printed(outcome, coarse, verbose=True)


def test_of_many_specs_those_that_hold_are_counted() -> None:
    def named(number: int) -> Spec:
        def always(cluster: Cluster) -> bool:
            return True

        always.__name__ = f"so_it_is_{number}"
        return invariant(always)

    outcome = result(broken_model())
    held = [Finding(named(number), Verdict.HOLDS, "in all 69 reachable states") for number in range(9)]
    many = attrs.evolve(outcome, findings=(*outcome.findings, *held))
    assert same("summary-many.txt", printed(many))
    assert "so_it_is_8" in printed(many, verbose=True)


def hazardous(*hazards: tuple[Hazard, ...]) -> Result:
    """Return a result in which a spec is broken for each of these, and others hold."""
    outcome = result(broken_model())
    struck = next(finding for finding in outcome.findings if finding.is_hazard)
    held = [finding for finding in outcome.findings if not (finding.is_failure or finding.is_hazard)]
    broken = [attrs.evolve(struck, spec=attrs.evolve(struck.spec, hazards=each)) for each in hazards]
    return attrs.evolve(outcome, findings=(*broken, *held * FEW_SPECS))


LATE, GONE = Hazard("Events come late. All wait [v1.34, a.go]."), Hazard("Nodes go.")


def test_a_cause_of_hazards_is_told_once_and_the_others_are_counted() -> None:
    outcome = hazardous((LATE,), (LATE, GONE), (LATE,), (LATE,))
    text = printed(outcome)
    assert "HAZARDS       all_managers_commit, all_managers_commit and 2 more\n" in text
    assert "KNOWN CAUSE   Events come late. (1 of 2; -v)\n" in text
    whole = printed(outcome, verbose=True)
    assert whole.count("documented hazard after 1 step: the spec returned") == 4
    assert (
        "Events come late. All wait [v1.34, a.go]. (4 specs)\n              Nodes go. (all_managers_commit)\n" in whole
    )


def test_of_few_hazards_each_is_told_in_a_line() -> None:
    outcome = hazardous((GONE,), (GONE,))
    why = "a manager that is called by a long name " * 3
    outcome = attrs.evolve(outcome, findings=tuple(attrs.evolve(each, reason=why) for each in outcome.findings))
    lines = printed(outcome).splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("HAZARDS"))
    told = "all_managers_commit: a manager that is called by a long name a …"
    assert lines[first : first + 3] == [f"HAZARDS       {told}", f"              {told}", "KNOWN CAUSE   Nodes go."]


def test_a_long_first_sentence_of_a_cause_is_cut_after_two_lines() -> None:
    lines = printed(hazardous((Hazard("so it goes on and on " * 20),))).splitlines()
    (first,) = (number for number, line in enumerate(lines) if line.startswith("KNOWN CAUSE"))
    assert len(lines) == first + 2
    assert lines[-1].endswith("… (-v tells more)")


def test_of_names_as_many_are_told_as_fit_in_a_line() -> None:
    outcome, many = result(broken_model()), tuple(f"controller-{number}: not asked for" for number in range(9))
    text = printed(outcome, attrs.evolve(SOURCE, left_out=many))
    assert "LEFT OUT      controller-0, controller-1, controller-2, controller-3 and 5 more\n" in text
    whole = " ".join(printed(outcome, attrs.evolve(SOURCE, left_out=many), verbose=True).split())
    assert "controller-7, controller-8: not asked for EXPLORED" in whole


def test_a_single_name_that_does_not_fit_is_told_all_the_same() -> None:
    name = "ServiceAccount " + ", ".join(f"account-{number}" for number in range(9))
    stored = attrs.evolve(SOURCE, notes=(("ONLY STORED", f"{name}: stored as it is"),))
    assert "ONLY STORED   ServiceAccount account-0, " in printed(result(broken_model()), stored)


def test_summary_when_a_bound_was_hit() -> None:
    outcome = result(two_phase_commit.model(3), Bounds(max_states=20))
    # How far an engine gets in the last level before it stops is its own affair.
    outcome = attrs.evolve(outcome, states=20, generated=26, depth=2, fired={"abort()": 4})
    assert same("summary-bound.txt", printed(outcome))


def test_no_two_verdicts_are_worded_alike() -> None:
    holds, broken = result(two_phase_commit.model(2)), result(broken_model())
    bounded = result(two_phase_commit.model(2), Bounds(max_states=5))
    unjudged = result(lassos.stuck().model, Bounds(max_states=5))
    never = next(finding for finding in broken.findings if finding.is_vacuous)
    told = [
        (holds.findings[0], holds),
        (broken.findings[0], broken),
        (never, broken),
        (bounded.findings[0], bounded),
        (unjudged.findings[0], unjudged),
    ]
    words = [word(finding, outcome).verdict for finding, outcome in told]
    assert words == ["holds", "VIOLATED", "never happens", "no violation found", "not judged"]
    assert [finding.verdict for finding, _ in told] == list(Verdict)
    assert len({word(finding, outcome).standing for finding, outcome in told}) == len(told)


def test_what_holds_but_was_not_put_to_the_test_says_so() -> None:
    outcome = result(broken_model())
    vacuous = next(finding for finding in outcome.findings if finding.is_vacuous)
    held = Finding(vacuous.spec.shows or vacuous.spec, Verdict.HOLDS, "in all 69 reachable states")
    outcome = attrs.evolve(outcome, findings=(held, vacuous))
    assert str(word(held, outcome)) == "holds (all 69 states), but not put to the test"
    assert (
        str(word(vacuous, outcome)) == "never happens in all 69 states, so all_managers_commit is not put to the test"
    )
    assert overall(outcome) == "no spec violated in all 69 states; 1 spec not put to the test"
    assert "NOT TESTED    all_managers_commit: nothing happens here that could violate it\n" in printed(outcome)
    reached = attrs.evolve(vacuous, verdict=Verdict.HOLDS)
    assert str(word(held, attrs.evolve(outcome, findings=(held, vacuous, reached)))) == "holds (all 69 states)"


def test_what_was_never_put_to_the_test_and_what_is_violated_are_counted_apart() -> None:
    # The spec that a_manager_crashes is beside is violated, so it was put to the test, if by something else.
    assert overall(result(broken_model())) == (
        "1 spec violated; 1 documented hazard (not counted as violated); 1 `sometimes` not happening"
    )


def test_a_bounded_run_never_claims_all_states() -> None:
    bounded = result(two_phase_commit.model(2), Bounds(max_states=5))
    assert overall(bounded) == "no violation found; not exhaustive: stopped after 5 states"
    assert "all 5" not in printed(bounded)
    assert "every reachable" not in printed(bounded)


def test_a_reduced_run_says_what_it_visited_and_that_traces_need_not_be_shortest() -> None:
    outcome = result(pods.model(2, 1), Bounds(partial_order=True))
    text = " ".join(printed(outcome).split())
    assert "2,714 distinct states, 8,619 generated" in text
    assert "REDUCTION partial order: 916 states expanded by all steps, 1,798 by some;" in text
    assert "a counterexample is not necessarily the shortest" in text
    assert "every reachable state was seen" not in text
    assert all_states(outcome) == "all states, 2,714 of them visited"


def test_what_is_the_same_for_all_specs_is_told_once() -> None:
    why = "sampled: 20 runs of up to 100 steps, 60 distinct states seen"
    outcome = result(two_phase_commit.model(2), Bounds(max_states=5))
    findings = (
        attrs.evolve(outcome.findings[0], reason=why),
        attrs.evolve(outcome.findings[1], reason=f"not seen to happen; {why}"),
    )
    outcome = attrs.evolve(outcome, findings=findings, stopped=why)
    assert [str(word(finding, outcome).in_short) for finding in findings] == [
        "no violation found (sampled)",
        "not reached (sampled)",
    ]
    assert " ".join(printed(outcome).split()).count(why) == 1


def test_event_table_at_80_columns() -> None:
    failure = result(broken_model()).failures[0]
    assert failure.trace is not None
    text = event_table(failure.trace, diffs=True)
    assert max(map(len, text.splitlines())) <= 80
    assert same("event-table.txt", text + "\n")


def test_wide_event_table_has_one_line_per_step() -> None:
    failure = result(broken_model()).failures[0]
    assert failure.trace is not None
    text = event_table(failure.trace, wide=True)
    assert len(text.splitlines()) == 1 + len(failure.trace.steps)
    assert same("event-table-wide.txt", text + "\n")


def test_failure_names_the_replay_command_and_the_report() -> None:
    failure = result(broken_model()).failures[0]
    text = failure_text(failure, SOURCE, trace_file=Path("reports/x/trace-y.json"), index=Path("reports/x/index.html"))
    assert same("failure.txt", text + "\n")


def test_without_a_file_a_trace_is_replayed_by_its_address() -> None:
    failure = result(broken_model()).failures[0]
    assert failure.trace is not None
    source = Source("x", (Path("my pod.yaml"),), nodes=2, faults=(("container-crash", 1),))
    assert replay_command(failure.trace, source) == (
        f"kmodel replay --path {failure.trace.path} -f 'my pod.yaml' --nodes 2 --faults container-crash=1"
    )


def test_progress_in_words() -> None:
    assert counts(Progress(12_000, 8, 3_000, 2.0)) == "12,000 states, depth 8, 6,000 states/s"
    assert counts(Progress(12_000, 8, 3_000, 0.0, 3 << 20)) == "12,000 states, depth 8, 3 Mi on disk"
    full = Progress(12_000, 8, 3_000, 0.0, 5 << 30, "no checkpoint: the disk is full")
    assert counts(full) == "12,000 states, depth 8, 5.0 Gi on disk; no checkpoint: the disk is full"


def test_an_interrupt_ends_with_what_was_found_so_far() -> None:
    outcome = result(broken_model())
    seen: list[type] = []

    def interrupted() -> Iterator[Event]:
        yield Started(outcome.model, "exhaustive")
        yield Progress(30, 3, 12, 0.5)
        yield Found(outcome.failures[0])
        raise KeyboardInterrupt

    driven = drive(interrupted(), lambda event: seen.append(type(event)))
    assert driven.interrupted
    assert seen == [Started, Progress, Found, Finished]
    verdicts = {finding.spec.name: finding.verdict for finding in driven.result.findings}
    assert verdicts["managers_agree"] is Verdict.VIOLATED
    assert verdicts["all_commit"] is Verdict.NO_VIOLATION_FOUND
    text = printed(driven.result)
    assert "not exhaustive: interrupted after 30 states" in text
    assert "NEVER FIRED" not in text  # nobody counted


def test_an_interrupt_in_a_handler_ends_the_engine() -> None:
    ended = []

    def engine() -> Iterator[Event]:
        try:
            yield from explore(broken_model())
        finally:
            ended.append(True)

    def interrupt(event: Event) -> None:
        if isinstance(event, Found):
            raise KeyboardInterrupt

    assert drive(engine(), interrupt).interrupted
    assert ended


def test_the_progress_line_gives_the_terminal_back_after_an_error() -> None:
    out = io.StringIO()
    line = ProgressLine(Console(file=out, force_terminal=True, width=80))
    with closing(line):
        line(Started(two_phase_commit.model(1), "exhaustive"))
        line(Progress(10, 2, 4, 1.0))  # and then no Finished, since the model is impure
    assert out.getvalue().count("\x1b[?25l") == out.getvalue().count("\x1b[?25h") == 1  # the cursor


def test_without_a_terminal_there_is_no_progress_line() -> None:
    out = io.StringIO()
    drive(explore(two_phase_commit.model(2)), ProgressLine(Console(file=out, width=80)))
    assert out.getvalue() == ""


def test_without_a_terminal_a_line_is_told_now_and_then() -> None:
    told: list[str] = []
    notes = ProgressNotes(told.append, seconds_between=30)
    for seconds in (10.0, 31.0, 45.0, 62.0):
        notes(Progress(states=round(seconds) * 1_000, depth=8, waiting=0, seconds=seconds))
    assert told == [
        "31,000 states, depth 8, 1,000 states/s, after 31 s",
        "62,000 states, depth 8, 1,000 states/s, after 62 s",
    ]
