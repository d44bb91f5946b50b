"""The command line on toy models: what it prints, writes and exits with. Scenarios and specs are replaced by fakes.

Golden files: see tests/reporting/golden.py for the command that rewrites them.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from kmodel.cli import main
from kmodel.kernel import Cluster, Model, Spec, invariant
from kmodel.kubernetes import scenario
from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.scenario.caveats import NONE, Caveats
from kmodel.project import Project
from kmodel.reporting.json_document import API_VERSION
from tests.reporting import examples, lassos
from tests.reporting.golden import same
from tests.toys import two_phase_commit


class InputError(Exception):
    __module__ = "kmodel.kubernetes.scenario"


SETTINGS = Settings()


@attrs.frozen
class Scenario:
    name: str
    nodes: int
    description: str = ""
    ignored_fields: tuple[str, ...] = ("pod/web: spec.volumes", "pod/web: spec.containers[0].image")
    left_out: tuple[str, ...] = ("message loss: no fault asks for it",)
    taking_part: tuple[str, ...] = ("coordinator", "rm0", "rm1")
    engine: str = "exhaustive"
    max_states: int | None = None
    caveats: Caveats = NONE
    assumed: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    expected: frozenset[tuple[str, str]] = frozenset()
    settings: Settings = SETTINGS
    is_plain: bool = False
    catalog: Catalog = BUILT_IN


@invariant
def raises(cluster: Cluster) -> bool:
    """A spec with a mistake in it."""
    return 1 // len(cluster.names(two_phase_commit.SENT)[:0]) == 1


def load(paths: Sequence[Path], *, nodes: int | None, **more: object) -> Scenario:
    text = "".join(path.read_text() for path in paths).strip()
    if text == "malformed":
        raise InputError(f"{paths[0]}:1: spec.nodes: is no number; write a number")
    known = ("holds", "broken", "large", "sampled", "starving", "stuck")
    if text not in known:
        raise InputError(f"{paths[0]}:1: kind: {text} is not modelled; use {', '.join(known)}")
    engine = "hypothesis" if text == "sampled" else "exhaustive"
    return Scenario(text, nodes or 2, engine=engine, max_states=30 if text == "large" else None)


def model(read: Scenario, specs: tuple[Spec, ...]) -> Model:
    if read.name == "broken":
        made = examples.broken_model(read.nodes)
    elif read.name in ("starving", "stuck"):
        made = lassos.model(last_is_left_handed=read.name == "starving")
    else:
        made = two_phase_commit.model(read.nodes)
    return attrs.evolve(made, name=read.name, specs=specs)


SPECS = (two_phase_commit.managers_agree, two_phase_commit.all_commit, examples.all_managers_commit)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Spec]:
    """A project with scenarios, in the working directory; the list has its specs and can be changed."""
    specs = list(SPECS)
    folder = tmp_path / "specs" / "scenarios"
    folder.mkdir(parents=True)
    for name in ("holds", "broken", "large", "sampled", "malformed"):
        (folder / f"{name}.yaml").write_text(name)
    monkeypatch.setattr(scenario, "load", load)
    monkeypatch.setattr(scenario, "model", model)
    monkeypatch.setattr(Project, "specs", property(lambda project: tuple(specs)))
    monkeypatch.setattr(Project, "problem", "")
    monkeypatch.setattr(Project, "folders", (Path("specs"),))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return specs


def run(*arguments: str) -> Result:
    outcome = CliRunner().invoke(main, arguments)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
    return outcome


def steady(text: str) -> str:
    """Blank out what differs from run to run, and leave out what is said where Graphviz is not installed."""
    text = re.sub(r"note +the picture needs Graphviz.*\n", "", text)
    return re.sub(r"\d+\.\d s \([\d,-]+ states/s\)", "0.0 s (0 states/s)", text)


def test_a_scenario_in_which_all_holds() -> None:
    outcome = run("check", "holds", "--spec", "managers_agree", "--spec", "all_commit")
    assert outcome.exit_code == 0
    assert same("check-holds.txt", steady(outcome.stdout))
    assert Path("reports/holds/index.html").exists()


def test_a_violation_is_told_in_full() -> None:
    outcome = run("check", "broken")
    assert outcome.exit_code == 1
    assert same("check-broken.txt", steady(outcome.stdout))
    assert max(map(len, outcome.stdout.splitlines())) <= 80


def test_the_replay_command_of_a_failure_reproduces_it() -> None:
    told = run("check", "broken").stdout
    command = next(line for line in told.splitlines() if line.startswith("replay "))
    assert command == "replay   kmodel replay reports/broken/trace-managers_agree.json"
    outcome = run(*command.split()[2:])
    assert outcome.exit_code == 1
    assert same("replay.txt", outcome.stdout)


def test_a_hazard_is_no_violation_and_is_said() -> None:
    outcome = run("check", "holds")
    assert outcome.exit_code == 0
    assert "KNOWN CAUSE   a manager may abort on its own" in outcome.stdout
    assert "1 documented hazard (not counted as violated)" in " ".join(outcome.stdout.split())
    assert run("replay", "reports/holds/trace-all_managers_commit.json").exit_code == 0


def test_an_exhaustive_run_that_did_not_finish() -> None:
    outcome = run("check", "holds", "--max-states", "20")
    assert outcome.exit_code == 3
    assert "not exhaustive: stopped after 20 states" in outcome.stdout
    assert run("check", "large").exit_code == 3  # the scenario's own bound
    assert run("check", "holds", "--max-depth", "2").exit_code == 3
    assert run("check", "large", "--max-states", "100000").exit_code == 0


def test_several_scenarios_end_with_a_line_each() -> None:
    outcome = run("check", "holds", "broken", "--spec", "managers_agree")
    assert outcome.exit_code == 1
    assert outcome.stdout.splitlines()[-3:] == [
        "SCENARIO   OUTCOME",
        "holds      no spec violated in all 56 states",
        "broken     1 spec violated",
    ]


def test_a_violation_counts_more_than_a_bound() -> None:
    assert run("check", "large", "broken").exit_code == 1
    assert run("check", "broken", "--first").exit_code == 1


@pytest.mark.long
def test_sampling_never_claims_to_be_exhaustive() -> None:
    outcome = run("check", "sampled", "--profile", "ci", "--spec", "managers_agree")
    assert outcome.exit_code == 0
    assert "no violation found" in outcome.stdout
    assert "holds (all" not in outcome.stdout  # that something happens does hold once it was seen


def test_bounds_of_one_engine_are_not_dropped_in_silence_by_the_other() -> None:
    outcome = run("check", "sampled", "--max-states", "5")
    assert outcome.exit_code == 2
    assert outcome.stderr == ("error: --max-states is for the engine exhaustive; add --engine exhaustive\n")
    outcome = run("check", "sampled", "--symmetry", "--first")
    assert outcome.stderr == ("error: --first and --symmetry are for the engine exhaustive; add --engine exhaustive\n")


def test_json_is_one_document_and_nothing_else() -> None:
    outcome = run("check", "broken", "holds", "-o", "json")
    assert outcome.exit_code == 1
    assert outcome.stderr == ""
    document = json.loads(outcome.stdout)
    assert (document["apiVersion"], document["kind"]) == (API_VERSION, "CheckList")
    broken, holds = document["items"]
    assert sorted(broken) == [
        "actions",
        "apiVersion",
        "ends",
        "engine",
        "finished",
        "kind",
        "neverFired",
        "notPutToTheTest",
        "objects",
        "partialOrder",
        "refused",
        "report",
        "scenario",
        "specs",
        "statistics",
        "stopped",
        "symmetry",
    ]
    assert broken["symmetry"] is None
    assert broken["statistics"]["distinctStates"] == 69
    assert broken["neverFired"] == ["crash"]
    assert broken["notPutToTheTest"] == []
    assert broken["scenario"]["ignoredFields"] == ["pod/web: spec.volumes", "pod/web: spec.containers[0].image"]
    assert broken["scenario"]["leftOut"] == ["message loss: no fault asks for it"]
    violated = broken["specs"][0]
    assert (violated["name"], violated["verdict"]) == ("managers_agree", "violated")
    assert violated["trace"]["steps"][2]["changes"] == ["manager[rm1]: working -> committed"]
    assert violated["trace"]["replay"] == "kmodel replay reports/broken/trace-managers_agree.json"
    assert [spec["verdict"] for spec in holds["specs"]] == ["violated", "holds", "holds"]
    assert holds["specs"][0]["standing"] == "hazard"


def test_wide_shows_the_action_of_each_step() -> None:
    assert 'receive_abort(manager="rm1")' in run("check", "broken", "-o", "wide").stdout


def test_files_make_one_scenario_and_are_in_the_replay_command(tmp_path: Path) -> None:
    outcome = run("check", "-f", "specs/scenarios/broken.yaml", "--nodes", "3", "--faults", "crash=1")
    assert outcome.exit_code == 1
    saved = json.loads(Path("reports/broken/trace-managers_agree.json").read_text())
    assert saved["scenario"] == {
        "name": "broken",
        "files": ["../../specs/scenarios/broken.yaml"],
        "nodes": 3,
        "faults": {"crash": 1},
        "assume": [],
        "with": [],
        "hooks": [],
        "do": [],
        "detail": {},
    }


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            "check",
            "nothing to check: name a scenario (broken, holds, large, malformed, sampled) or pass manifests with -f",
        ),
        ("check holdz", "there is no scenario 'holdz'; did you mean holds?"),
        ("check specs", "'specs' is no scenario's name; to read all files in it, write -f specs"),
        ("check malformed", "specs/scenarios/malformed.yaml:1: spec.nodes: is no number; write a number"),
        ("check -f none.yaml", "none.yaml: there is no such file or folder; name a manifest, a scenario or a folder"),
        ("check holds -f x", "give names of scenarios or files with -f, not both; one run checks one kind"),
        ("check holds --spec managers_agre", "there is no spec 'managers_agre'; did you mean managers_agree?"),
        ("check holds --spec zzz", "there is no spec 'zzz'; see kmodel specs"),
        ("replay", "nothing to replay: name a trace-*.json file, or give --path 0/3/1 with -f FILE (not both)"),
        ("replay --path 0/1", "--path is an address within a scenario; say which with -f FILE"),
        ("replay none.json", "none.json: cannot be read: No such file or directory; name a trace-*.json file"),
        (
            "graph",
            "nothing to read: name a scenario (broken, holds, large, malformed, sampled) or pass manifests with -f",
        ),
        (
            "graph holds --group-by colour",
            "there are no cells colour to group by; there are manager, coordinator, prepared, sent",
        ),
        (
            "check holds --reports specs/scenarios/holds.yaml/x",
            "specs/scenarios/holds.yaml/x: cannot be made: Not a directory; name another folder with --reports",
        ),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(arguments: str, line: str) -> None:
    outcome = run(*arguments.split())
    assert outcome.exit_code == 2
    assert outcome.stderr == f"error: {line}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("check holds --faults crash", "'crash' is no fault with its budget; write for example container-crash=1"),
        ("check holds --max-depth 0", "0 is not in the range x>=1"),
        ("check holds --engine fast", "'fast' is not one of 'exhaustive', 'delays', 'hypothesis'"),
        ("explode", "No such command 'explode'"),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: str, said: str) -> None:
    outcome = run(*arguments.split())
    assert outcome.exit_code == 2
    assert said in outcome.stderr
    assert re.fullmatch(r"error: .*; see \w+( check)? --help\n", outcome.stderr)


def test_the_path_of_a_file_is_taken_as_a_scenario() -> None:
    assert run("check", "specs/scenarios/holds.yaml").exit_code == 0
    Path("mine.yaml").write_text("holds")
    assert run("check", "mine.yaml").exit_code == 0


def test_a_mistake_in_a_spec_gets_one_line_with_its_place(project: list[Spec]) -> None:
    project.append(raises)
    outcome = run("check", "holds")
    assert outcome.exit_code == 2
    assert outcome.stderr.count("\n") == 1
    assert re.search(r"spec raises: .*test_cli\.py:\d+, in raises: ZeroDivisionError: ", outcome.stderr)


def test_a_trace_whose_spec_or_scenario_is_gone(project: list[Spec]) -> None:
    run("check", "broken")
    project.pop(0)
    outcome = run("replay", "reports/broken/trace-managers_agree.json")
    assert (outcome.exit_code, outcome.stderr) == (
        2,
        "error: reports/broken/trace-managers_agree.json: there is no spec managers_agree any more; see kmodel specs\n",
    )
    Path("specs/scenarios/broken.yaml").unlink()
    outcome = run("replay", "reports/broken/trace-managers_agree.json")
    assert outcome.exit_code == 2
    assert "specs/scenarios/broken.yaml, which it was made of, is not there; pass it with -f" in outcome.stderr


def test_a_trace_on_another_model_says_where_it_ends() -> None:
    run("check", "broken")
    file = Path("reports/broken/trace-managers_agree.json")
    document = json.loads(file.read_text())
    document["steps"].insert(0, document["steps"][0])
    file.write_text(json.dumps(document))
    outcome = run("replay", str(file))
    assert outcome.exit_code == 2
    assert outcome.stderr == (
        "error: step 2: abort() is not enabled there; the model has changed since the trace was written; "
        "run kmodel check again\n"
    )
    fixed = run("replay", "reports/broken/trace-all_managers_commit.json", "-f", "specs/scenarios/holds.yaml")
    assert fixed.exit_code == 0


def test_replay_by_address_asks_every_spec() -> None:
    address = json.loads(run("check", "broken", "-o", "json").stdout)["items"][0]["specs"][0]["trace"]["address"]
    outcome = run("replay", "--path", address, "-f", "specs/scenarios/broken.yaml", "--no-diff")
    assert outcome.exit_code == 1
    assert "managers_agree: VIOLATED after 3 steps: one manager committed, another aborted" in outcome.stdout
    assert "manager[rm0]" not in outcome.stdout


def test_replay_as_json() -> None:
    run("check", "broken")
    outcome = run("replay", "reports/broken/trace-managers_agree.json", "-o", "json")
    assert outcome.exit_code == 1
    document = json.loads(outcome.stdout)
    assert document["kind"] == "Replay"
    assert [step["actor"] for step in document["steps"]] == ["coordinator", "rm0", "rm1"]
    assert document["specs"][0]["verdict"] == "violated"


def test_graph_writes_files_and_prints_dot() -> None:
    outcome = run("graph", "holds")
    assert outcome.exit_code == 0
    assert "reports/holds/state-graph.dot" in outcome.stdout
    assert Path("reports/holds/state-graph.dot").read_text() == run("graph", "holds", "-o", "dot").stdout[:-1]
    grouped = run("graph", "holds", "--group-by", "coordinator", "-o", "dot").stdout
    assert r"coordinator: init\l16 states\l" in grouped


def test_graph_without_dot_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("kmodel.reporting.draw.SCRIPTS", str(tmp_path))
    assert "apt install graphviz" in run("graph", "holds").stderr
    outcome = run("graph", "holds", "-o", "svg")
    assert outcome.exit_code == 2
    assert "apt install graphviz" in outcome.stderr
    checked = run("check", "holds")
    assert checked.exit_code == 0
    assert "note     the picture needs graphviz-pure or Graphviz" in checked.stdout
    assert "apt install graphviz" in Path("reports/holds/index.html").read_text()


def test_specs_are_listed() -> None:
    assert same("specs.txt", run("specs").stdout)
    assert "two-phase commit cannot help it" in run("specs", "-o", "wide").stdout
    items = json.loads(run("specs", "-o", "json").stdout)["items"]
    assert [item["name"] for item in items] == ["managers_agree", "all_commit", "all_managers_commit"]
    assert items[1]["shows"] == "managers_agree"
    assert run("specs", "--scenario", "holds").exit_code == 0


def test_an_interrupt_prints_the_verdict_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    from kmodel.engines import exhaustive

    explore = exhaustive.explore

    def interrupted(*arguments: object) -> Iterator[object]:
        events = explore(*arguments)  # type: ignore[arg-type]
        yield next(events)
        yield next(events)
        raise KeyboardInterrupt

    monkeypatch.setattr(exhaustive, "explore", interrupted)
    outcome = run("check", "holds", "large")
    assert outcome.exit_code == 3
    assert "no violation found (interrupted after" in outcome.stdout
    assert outcome.stdout.splitlines()[-1] == "large      not checked"


def test_an_interrupt_before_there_is_a_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["kmodel.kubernetes.scenario"], "load", interrupted)
    outcome = run("check", "holds")
    assert (outcome.exit_code, outcome.stderr) == (3, "interrupted\n")


@pytest.mark.parametrize("command", ["check", "replay", "graph", "specs"])
def test_every_help_has_an_example(command: str) -> None:
    text = run(command, "--help").stdout
    assert f"kmodel {command}" in text.split("Examples:")[1]
    assert max(map(len, text.splitlines())) <= 80


def test_help_and_version_load_no_engine() -> None:
    code = "import sys, kmodel.cli; print({'rich', 'hypothesis', 'jinja2', 'numpy'} & set(sys.modules) or 'none')"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert loaded.stdout == "none\n"
    assert re.fullmatch(r"kmodel \d+\.\d+.*\n", run("--version").stdout)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes_commands_and_scenarios(shell: str) -> None:
    script = run("completion", shell).stdout
    assert "_KMODEL_COMPLETE" in script
    asked = {"_KMODEL_COMPLETE": f"{shell}_complete", "COMP_WORDS": "kmodel check hol", "COMP_CWORD": "2"}
    if shell == "fish":
        asked["COMP_CWORD"] = "hol"
    done = CliRunner().invoke(main, [], prog_name="kmodel", env=asked)
    assert "holds" in done.output
