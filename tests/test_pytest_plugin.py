"""The pytest plugin, on small projects of its own."""

import json
import re
import textwrap
from pathlib import Path
from xml.etree import ElementTree

import pytest

# A project whose scenarios are toys: the first word of a scenario file is the number of managers of a two-phase commit.
CONFTEST = """
import attrs, pathlib
from kmodel.kernel import ModelError
from kmodel.project import Project
from kmodel.reporting.answer import CellsAlone
from kmodel.reporting.source import Source
from kmodel.kubernetes.scenario import InputError
from tests.toys import two_phase_commit
from tests.toys.mutants import two_phase_commit_that_disagrees
@attrs.frozen
class Toy(CellsAlone):
    path: pathlib.Path
    made: object
    source: Source
    engine: str
    told: dict
    def model(self, specs):
        layout = self.made.initial[0].layout
        applying = [spec.within(layout) for spec in specs]
        return attrs.evolve(self.made, name=self.path.stem, specs=tuple(spec for spec in applying if spec is not None))

def read(project, paths):
    path, = paths
    size, engine, *rest = path.read_text().split()
    if "bad" in rest:
        raise InputError("scenarios/bad.yaml", 3, "spec.faults", "is no fault", "remove it")
    made = two_phase_commit_that_disagrees(int(size)) if "mutant" in rest else two_phase_commit.model(int(size))
    told = {"max_states": int(word[1:]) for word in rest if word.startswith("<")}
    name = next((word.partition("=")[2] for word in rest if word.startswith("called=")), path.stem)
    return Toy(path, made, Source(name, (path,), left_out=("kube-proxy: no Service asks for it",)), engine, told)
Project.read = read
from kmodel.engines import exhaustive
explore = exhaustive.explore
def noted(model, *options):
    open("explored.txt", "a").write(model.name + "\\n")
    return explore(model, *options)
exhaustive.explore = noted
"""

SPECS = '''
from kmodel.kernel import Cells, invariant, sometimes
MANAGER, UNICORN = Cells("manager"), Cells("unicorn")

def states(cluster):
    return {cluster[MANAGER[name]] for name in cluster.names(MANAGER)}

@invariant(needs=MANAGER)
def managers_agree(cluster):
    """No manager commits while another aborts."""
    return not {"committed", "aborted"} <= states(cluster) or "one committed, another aborted"

@sometimes(shows=managers_agree)
def all_commit(cluster):
    """All managers commit."""
    return states(cluster) == {"committed"}
'''

MORE_SPECS = '''
from kmodel.kernel import Cells, invariant, sometimes
from specs.agreement import MANAGER, UNICORN, managers_agree, states

@invariant(hazard="managers are free to abort")
def nobody_aborts(cluster):
    """Nobody aborts."""
    return "aborted" not in states(cluster)

@sometimes
def pigs_fly(cluster):
    """Pigs fly."""
    return False

@invariant(needs=UNICORN)
def unicorns_are_white(cluster):
    """Unicorns are white."""
    return True
'''


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    pytester.makeini("[pytest]\naddopts = --kmodel-only-mine")
    pytester.makeconftest(CONFTEST)
    write(pytester, "specs/agreement.py", SPECS)
    write(pytester, "specs/more/habits.py", MORE_SPECS)
    write(pytester, "specs/test_helpers.py", "def test_one(): pass\n")
    scenario(pytester, "small", "2 exhaustive")
    return pytester


def write(project: pytest.Pytester, name: str, text: str) -> None:
    path = project.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")


def scenario(project: pytest.Pytester, name: str, text: str) -> None:
    write(project, f"specs/scenarios/{name}.yaml", text)


def run(project: pytest.Pytester, *args: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:randomly", *args, timeout=120)


def explored(project: pytest.Pytester) -> list[str]:
    file = project.path / "explored.txt"
    return sorted(file.read_text().split()) if file.exists() else []


def test_there_is_an_item_per_spec_and_scenario_and_collecting_explores_nothing(project: pytest.Pytester) -> None:
    scenario(project, "large", "3 exhaustive")
    result = run(project, "--collect-only", "-q")
    assert result.outlines[:10] == [
        "specs/agreement.py::managers_agree[large]",
        "specs/agreement.py::managers_agree[small]",
        "specs/agreement.py::all_commit[large]",
        "specs/agreement.py::all_commit[small]",
        "specs/more/habits.py::nobody_aborts[large]",
        "specs/more/habits.py::nobody_aborts[small]",
        "specs/more/habits.py::pigs_fly[large]",
        "specs/more/habits.py::pigs_fly[small]",
        "specs/more/habits.py::unicorns_are_white[no scenario]",
        "specs/test_helpers.py::test_one",
    ]
    result.stdout.fnmatch_lines(["10 tests collected*"])
    assert explored(project) == []


def test_a_run_that_goes_on_for_ever_fails_its_item_with_the_story(project: pytest.Pytester) -> None:
    write(
        project,
        "specs/runs.py",
        """
        from kmodel.kernel import converges, eventually
        from specs.agreement import states

        @eventually
        def all_commit_at_last(cluster):
            "All managers commit at last."
            return states(cluster) == {"committed"} or "not all have committed"

        @converges(hazard="an abort is for ever")
        def they_commit_for_ever(cluster):
            return states(cluster) == {"committed"}

        @eventually
        def all_decide(cluster):
            return states(cluster) <= {"committed", "aborted"}
        """,
    )
    result = run(project, "specs/runs.py", "-rx")
    result.assert_outcomes(passed=1, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "all_commit_at_last: after * steps, in a deadlock (nothing can happen any more)",
            "and then nothing, for ever",
            "not as desired: not all have committed",
            "replay   kmodel replay *trace-all_commit_at_last.json",
            "small: exhaustive: all 56 states; 1 violated, 2 documented hazard, 1 never happen, 2 hold, 1 happen",
        ]
    )
    result.stdout.fnmatch_lines(["XFAIL specs/runs.py::they_commit_for_ever*an abort is for ever (violated after*"])


def test_verdicts_become_outcomes_and_the_summary_tells_them_apart(project: pytest.Pytester) -> None:
    result = run(project, "-rsx", "-v")
    result.assert_outcomes(passed=3, xfailed=1, skipped=2)
    result.stdout.fnmatch_lines_random(
        [
            "specs/agreement.py::managers_agree?small? PASSED*",
            "XFAIL specs/more/habits.py::nobody_aborts?small? - documented hazard: managers are free to abort*",
            "SKIPPED*never happens in this scenario, in all 56 states*",
            "SKIPPED*no scenario has what this spec needs: unicorn",
            "*= kmodel =*",
            "small: exhaustive: all 56 states; 1 documented hazard, 1 never happen, 1 hold, 1 happen",
            "  left out, for reasons given in the report: kube-proxy",
            "in none of these scenarios does it happen: specs.more.habits.pigs_fly",
            "  report: reports/small/index.html",
        ]
    )
    assert explored(project) == ["small"]
    assert (project.path / "reports/small/index.html").exists()


def test_a_violation_is_told_as_a_story_that_can_be_replayed(project: pytest.Pytester) -> None:
    scenario(project, "mutant", "2 exhaustive mutant")
    result = run(project, "-k", "managers_agree")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ managers_agree?mutant? _*",
            "managers_agree: one committed, another aborted",
            "The spec says: No manager commits while another aborts.",
            "",
            "STEP   TYPE     REASON            OBJECT * MESSAGE",
            "1*     Normal   Prepare * rm0 * A working manager prepares and says so.",
            "7*     Normal   * rm? *",
            "",
            "* of 7 steps decide: *",
            "replay   kmodel replay reports/mutant/trace-managers_agree.json",
            "report   reports/mutant/index.html",
            "mutant: exhaustive: all * states; *1 violated, *",
            "FAILED specs/agreement.py::managers_agree?mutant? - managers_agree: one*",
        ]
    )
    assert not [word for word in ("Traceback", "def ") if word in result.stdout.str()]
    trace = json.loads((project.path / "reports/mutant/trace-managers_agree.json").read_text())
    assert len(trace["steps"]) == 7


@pytest.mark.long
def test_last_failed_and_exit_first(project: pytest.Pytester) -> None:
    scenario(project, "mutant", "2 exhaustive mutant")
    scenario(project, "mutant-too", "2 exhaustive mutant")
    result = run(project, "-x")
    result.stdout.fnmatch_lines(["*stopping after 1 failures*"])
    assert result.parseoutcomes()["failed"] == 1
    run(project)
    run(project, "--lf").assert_outcomes(failed=2)


def test_an_item_can_be_named(project: pytest.Pytester) -> None:
    run(project, "specs/agreement.py::all_commit[small]").assert_outcomes(passed=1)
    run(project, "specs/more").assert_outcomes(xfailed=1, skipped=2)


@pytest.mark.long
def test_workers_share_what_they_explore(project: pytest.Pytester) -> None:
    scenario(project, "large", "3 exhaustive")
    scenario(project, "mutant", "2 exhaustive mutant")
    result = run(project, "-n", "2", "--dist", "load")
    result.assert_outcomes(passed=6, failed=1, xfailed=3, skipped=4)
    assert explored(project) == ["large", "mutant", "small"]
    result.stdout.fnmatch_lines(
        [
            "replay   kmodel replay reports/mutant/trace-managers_agree.json",
            "large: exhaustive: all 288 states; *",
            "mutant: exhaustive: *",
            "small: exhaustive: all 56 states; *",
        ]
    )


def test_junit_xml_tells_of_items_and_violations(project: pytest.Pytester) -> None:
    scenario(project, "mutant", "2 exhaustive mutant")
    run(project, "--junitxml=junit.xml", "-k", "managers_agree")
    cases = {case.get("name"): case for case in ElementTree.parse(project.path / "junit.xml").iter("testcase")}
    assert set(cases) == {"managers_agree[small]", "managers_agree[mutant]"}
    assert cases["managers_agree[small]"].get("classname") == "specs.agreement"
    failure = cases["managers_agree[mutant]"].find("failure")
    assert failure is not None
    assert failure.text is not None
    assert "kmodel replay reports/mutant/trace-managers_agree.json" in failure.text


def test_a_scenario_with_an_error_is_one_clear_line_and_the_others_are_explored(project: pytest.Pytester) -> None:
    scenario(project, "bad", "2 exhaustive bad")
    line = "scenarios/bad.yaml:3: spec.faults: is no fault; remove it"
    result = run(project)
    result.assert_outcomes(passed=3, failed=1, xfailed=1, skipped=2)
    result.stdout.fnmatch_lines(["*_ scenario?bad? _*", line, f"bad: not explored: {line}", "FAILED *scenario?bad?*"])
    assert "Traceback" not in result.stdout.str()
    run(project, "specs/more").assert_outcomes(failed=1, xfailed=1, skipped=2)


def test_a_spec_file_with_an_error_is_one_clear_line(project: pytest.Pytester) -> None:
    write(
        project, "specs/broken.py", "from kmodel.kernel import invariant\n\n@invariant\ndef f(cluster): return x\n1/0\n"
    )
    write(project, "specs/worse.py", "def f(:\n")
    result = run(project, "--continue-on-collection-errors")
    result.assert_outcomes(errors=2, passed=3, xfailed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "specs/broken.py:5: cannot be imported: ZeroDivisionError: division by zero; correct that line",
            "specs/worse.py:1: is no Python: *; correct the syntax",
        ]
    )
    assert "Traceback" not in result.stdout.str()


def test_an_impure_spec_is_one_clear_line(project: pytest.Pytester) -> None:
    write(
        project,
        "specs/impure.py",
        """
        import itertools
        from kmodel.kernel import invariant
        calls = itertools.count()

        @invariant
        def is_lucky(cluster):
            return next(calls) % 2 == 0
        """,
    )
    result = run(project, "-k", "is_lucky")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["spec is_lucky is not deterministic: *", "small: not explored: spec is_lucky is not*"])
    assert "Traceback" not in result.stdout.str()


def test_a_sampled_scenario_is_never_said_to_hold(project: pytest.Pytester) -> None:
    scenario(project, "small", "2 hypothesis")
    result = run(project, "--hypothesis-profile=ci", "--hypothesis-show-statistics", "-rs")
    result.assert_outcomes(passed=3, xfailed=1, skipped=2)
    result.stdout.fnmatch_lines(
        [
            "*= Hypothesis Statistics =*",
            "small:",
            "  - during generate phase *",
            "small: sampled: * runs of up to 100 steps by Hypothesis, * distinct states seen; *1 no violation found*",
            "SKIPPED *not reached: (not seen to happen; sampled: *",
        ]
    )
    assert explored(project) == []


@pytest.mark.long
def test_the_profile_is_ci_where_ci_is_set(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario(project, "small", "3 hypothesis")
    monkeypatch.setenv("CI", "1")
    summaries = {next(line for line in run(project).outlines if line.startswith("small: sampled")) for _ in range(2)}
    assert len(summaries) == 1


@pytest.mark.long
def test_options_choose_engine_and_bound(project: pytest.Pytester) -> None:
    result = run(project, "--kmodel-engine=hypothesis", "-k", "managers_agree")
    result.stdout.fnmatch_lines(["small: sampled: *"])
    result = run(project, "--kmodel-max-states=5", "-k", "managers_agree")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["small: not exhaustive: stopped after 5 states; *no violation found*"])
    scenario(project, "small", "2 exhaustive <7")
    run(project, "-k", "managers_agree").stdout.fnmatch_lines(["small: not exhaustive: stopped after 7 states; *"])
    result = run(project, "--kmodel-max-states=0")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --kmodel-max-states is 0; it must be at least 1"])


def test_a_project_without_specs_is_left_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_one="def test_one(): pass")
    result = pytester.runpytest_subprocess(timeout=60)
    result.assert_outcomes(passed=1)
    assert "kmodel =" not in result.stdout.str()


def test_sys_exit_in_a_spec_file_is_a_collection_error(project: pytest.Pytester) -> None:
    write(project, "specs/leaves.py", "import sys\nsys.exit(0)\n")
    result = run(project)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["specs/leaves.py:2: ends the program when it is imported: sys.exit(0); remove that line"]
    )
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_sys_exit_in_a_spec_fails_its_item(project: pytest.Pytester) -> None:
    write(
        project,
        "specs/leaves.py",
        """
        import sys
        from kmodel.kernel import invariant

        @invariant
        def leaves(cluster):
            sys.exit(0)
        """,
    )
    result = run(project, "-k", "leaves")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["spec leaves: specs/leaves.py:*, in leaves: SystemExit: 0"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_sys_exit_in_what_a_spec_needs_refuses_the_scenario(project: pytest.Pytester) -> None:
    needs = "import sys\nfrom kmodel.kernel import invariant\n@invariant(needs=lambda layout: sys.exit(0))\n"
    write(project, "specs/leaves.py", needs + "def f(cluster): return True\n")
    result = run(project)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["scenario small: specs/leaves.py:3, in <lambda>: SystemExit: 0"])
    assert "INTERNALERROR" not in result.stdout.str() + result.stderr.str()


def test_a_folder_without_a_spec_is_no_success(pytester: pytest.Pytester) -> None:
    write(pytester, "specs/a.py", "def f(cluster): return True")
    result = run(pytester, "--kmodel-only-mine", "specs/a.py")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["specs/a.py defines no spec: f is not decorated; write @invariant above a function"])
    write(
        pytester, "specs/a.py", "from kmodel.kernel import invariant\nclass A:\n  @invariant\n  def f(c): return True"
    )
    result = run(pytester, "--kmodel-only-mine", "specs/a.py")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["specs/a.py: the spec f is in the class A, where nobody asks it; move it out of the class"]
    )


def test_a_spec_that_was_not_judged_is_skipped_and_does_not_pass(project: pytest.Pytester) -> None:
    write(
        project,
        "specs/runs.py",
        """
        from kmodel.kernel import eventually

        @eventually
        def they_end(cluster):
            return False
        """,
    )
    result = run(project, "-k", "they_end", "--kmodel-max-states=5", "-rs")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines(["SKIPPED*not judged: (stopped after 5 states; runs are judged only once all states *"])


def test_specs_of_one_name_in_two_files_have_traces_of_their_own(project: pytest.Pytester) -> None:
    scenario(project, "small", "2 exhaustive mutant")
    text = "from specs.agreement import *\n@invariant\ndef s(cluster):\n    return 'aborted' not in states(cluster)\n"
    for name in ("one", "two"):
        write(project, f"specs/{name}.py", text)
    result = run(project, "specs/one.py", "specs/two.py", "-k", "s[small]")
    result.assert_outcomes(failed=2)
    assert {"specs/one.py::s[small]", "specs/two.py::s[small]"} <= set(re.findall(r"FAILED (\S+)", result.stdout.str()))
    replayed = [f"replay   kmodel replay reports/small/trace-{name}.s.json" for name in ("one", "two")]
    result.stdout.fnmatch_lines_random(replayed)


def test_scenarios_of_one_name_share_no_report(project: pytest.Pytester) -> None:
    scenario(project, "small-too", "2 exhaustive called=small")
    scenario(project, "small", "2 exhaustive called=small")
    result = run(project, "-k", "managers_agree")
    result.assert_outcomes(passed=2)
    reports = [f"  report: reports/small-{name}/index.html" for name in ("small", "small-too")]
    result.stdout.fnmatch_lines_random(reports)
