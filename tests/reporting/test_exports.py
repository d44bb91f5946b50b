"""What other programs read: each export is read here by one that knows nothing of kmodel, or by its format's rules."""

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import itf_py
import junitparser
import networkx
import pytest
from click.testing import CliRunner

from kmodel.cli import main
from kmodel.engines.events import Finished
from kmodel.engines.small_graph import extract
from kmodel.printable import json_text
from kmodel.project import Project
from kmodel.reporting.draw import inline
from kmodel.reporting.graphml import graphml
from kmodel.reporting.html import page as page_of
from kmodel.reporting.itf import itf
from kmodel.reporting.json_document import as_list, check_document
from kmodel.reporting.junit import junit
from kmodel.reporting.lifelines import actors_of, sequence
from kmodel.reporting.markdown import mermaid, plain
from kmodel.reporting.reports import ReportContext, Written, handlers, of_files
from kmodel.reporting.sequence import sequence_svg
from kmodel.reporting.source import Source
from kmodel.reporting.story import story
from tests.reporting import lassos
from tests.reporting.examples import SOURCE, broken_model, result, write_report
from tests.reporting.golden import same
from tests.reporting.test_html import Page
from tests.toys import two_phase_commit
from tests.toys.hostile_names import each_hostile_name
from tests.toys.hostile_names import model as of_a_hostile_name


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(result(broken_model()), SOURCE, tmp_path_factory.mktemp("reports") / "toy").index.parent


def test_junit_is_read_by_junitparser(folder: Path) -> None:
    (suite,) = junitparser.JUnitXml.fromfile(str(folder / "junit.xml"))
    assert (suite.tests, suite.failures, suite.skipped) == (4, 1, 2)
    stands = {case.name: [type(each).__name__ for each in case.result] for case in suite}
    assert stands["managers_agree"] == ["Failure"]
    assert stands["all_commit"] == []
    (failed,) = (case for case in suite if case.name == "managers_agree")
    assert "ReceiveAbort" in failed.result[0].text


def test_an_itf_trace_is_read_by_itf_py(folder: Path) -> None:
    trace = itf_py.trace_from_json(json.loads((folder / "managers_agree.itf.json").read_text()))
    assert len(trace.states) == 4
    assert [state.values["action_taken"] for state in trace.states][1:3] == [
        "abort()",
        'choose_to_abort(manager="rm0")',
    ]
    assert trace.states[-1].values["manager[rm1]"] == "committed"


def test_a_lasso_says_where_it_loops() -> None:
    (finding,) = [each for each in lassos.starving().failures if each.spec.name == "p0_eats_again"]
    assert finding.trace is not None
    assert itf_py.trace_from_json(itf(finding.trace, "toy")).loop == 3


def test_the_graph_is_read_by_networkx() -> None:
    found = extract(two_phase_commit.model(2), 1000)
    read = networkx.read_graphml(io.StringIO(graphml(found, "toy")), force_multigraph=True)
    assert (read.number_of_nodes(), read.number_of_edges()) == (len(found.states), len(found.edges))
    assert [node for node, data in read.nodes(data=True) if data["initial"]] == ["n0"]
    assert networkx.has_path(read, "n0", f"n{len(found.states) - 1}")
    assert {data["actor"] for _, _, data in read.edges(data=True)} == {"coordinator", "rm0", "rm1"}


def test_kmodel_graph_prints_it() -> None:
    example = Path(__file__).parents[2] / "examples/two_phase_commit.py"
    outcome = CliRunner().invoke(main, ["graph", str(example), "-o", "graphml", "--max-states", "5"])
    assert networkx.read_graphml(io.StringIO(outcome.stdout)).number_of_nodes() == 5
    assert outcome.stderr.startswith("note: the first 5 states, not all there are")


def test_sarif_says_what_is_wrong_and_on_which_line(tmp_path: Path) -> None:
    manifest = tmp_path / "pod.yaml"
    manifest.write_text(
        "# a comment\napiVersion: v1\nkind: Pod\nmetadata: {name: large}\nspec:\n"
        "  containers: [{name: a, image: a, resources: {requests: {memory: 64Gi}}}]\n"
    )
    outcome = CliRunner().invoke(main, ["check", "-f", str(manifest), "--reports", str(tmp_path / "reports")])
    assert outcome.exit_code == 1, outcome.output
    document = json.loads((tmp_path / "reports/pod/results.sarif").read_text())
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    (wrong,) = (each for each in run["results"] if each["level"] == "error")
    assert wrong["ruleId"] in rules
    assert wrong["message"]["text"].startswith("pod/large Pending 0/1 nodes are available")
    place = wrong["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == manifest.as_posix()
    assert place["region"]["startLine"] == 2
    assert all(set(each) >= {"ruleId", "level", "message"} for each in run["results"])


def test_a_summary_is_markdown_with_a_diagram(folder: Path) -> None:
    assert same("summary.md", (folder / "summary.md").read_text().replace(str(folder), "reports/toy"))


def test_a_run_that_goes_on_for_ever_is_a_loop_in_its_diagram() -> None:
    (finding,) = [each for each in lassos.starving().failures if each.spec.name == "p0_eats_again"]
    assert finding.trace is not None
    told = list(mermaid(finding.trace, actors_of(lassos.starving().model)))
    assert told[-1] == "    end"
    assert told.count("    loop for ever") == 1


def test_events_are_one_object_a_line(tmp_path: Path) -> None:
    context = ReportContext(Source("toy"), tmp_path / "toy")
    for handle in handlers(of_files(), context):
        handle(Finished(result(two_phase_commit.model(1))))
    *_, last = [json.loads(line) for line in (tmp_path / "toy/events.jsonl").read_text().splitlines()]
    assert (last["event"], last["finished"], last["verdicts"]["managers_agree"]) == ("Finished", True, "holds")


def test_the_list_of_runs_has_each_and_those_that_are_violated_first(folder: Path) -> None:
    write_report(result(two_phase_commit.model(1)), Source("good"), folder.parent / "good")
    (folder.parent / "broken").mkdir(exist_ok=True)
    (folder.parent / "broken/events.jsonl").write_text("{")
    text = (folder.parent / "index.html").read_text()
    assert Page(text).wrong == []
    assert [link for link in Page(text).links if "/" in link] == ["toy/index.html", "good/index.html"]


EXPORTS = (
    "state-graph.dot",
    "junit.xml",
    "results.sarif",
    "summary.md",
    "managers_agree.itf.json",
    "events.jsonl",
    "trace-managers_agree.json",
)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report on the smallest model that has a violation; what is written here goes by no clock and no version."""
    outcome = result(broken_model(2))
    return write_report(outcome, SOURCE, tmp_path_factory.mktemp("small") / "toy").index.parent


@pytest.mark.parametrize("name", EXPORTS)
def test_each_format_is_as_it_was(small: Path, name: str) -> None:
    text = (small / name).read_text(encoding="utf-8").replace(str(small.parent), "reports")
    text = re.sub(r'("name": "kmodel",\s*"version": )"[^"]*"', r'\1"VERSION"', text)
    assert same(f"exports/{name}", text)


def test_the_page_and_the_graph_for_other_programs_are_as_they_were() -> None:
    """Without pictures, which are drawn by a program that may be another one."""
    outcome = result(broken_model(2))
    of_the_page = re.compile(r"(?<=<style>).*?(?=</style>)|(?<=<script>).*?(?=</script>)|'sha256-[^']*'", re.DOTALL)
    assert same("exports/index.html", of_the_page.sub("", page_of(outcome, SOURCE)))
    assert same("exports/state-graph.graphml", graphml(extract(two_phase_commit.model(1), 100), "toy"))


def test_a_run_is_compared_with_the_one_before(tmp_path: Path) -> None:
    def listed() -> str:
        return re.sub(r"<(?!/?t)[^>]*>", "", (tmp_path / "index.html").read_text())

    for model, said in (
        (broken_model(), "<td>–</td>"),
        (broken_model(), "still there: all_managers_commit (hazard), managers_agree"),
        (two_phase_commit.model(2), "resolved: managers_agree; not judged any more: all_managers_commit (hazard)"),
        (broken_model(), "new: all_managers_commit (hazard), managers_agree"),
    ):
        context = ReportContext(Source("toy"), tmp_path / "toy")
        outcome = result(model)
        for handle in handlers(of_files(), context):
            handle(Finished(outcome))
        assert said in listed()


@each_hostile_name
def test_names_are_text_in_every_export(name: str, tmp_path: Path) -> None:
    model = of_a_hostile_name(name)
    context = ReportContext(Source(name, files=(Path("pod.yaml"),)), tmp_path / "toy")
    outcome = result(model)
    for handle in handlers(of_files(), context):
        handle(Finished(outcome))
    assert context.problem is None
    (suite,) = junitparser.JUnitXml.fromstring(junit(Finished(outcome), context).encode())
    assert suite.failures == 1
    written = {file.name: file.read_text() for file in (tmp_path / "toy").iterdir()}
    json.loads(written["results.sarif"])
    itf_py.trace_from_json(json.loads(written["stays.itf.json"]))
    for file in ("junit.xml", "summary.md", "results.sarif"):
        assert "\u202e" not in written[file]
    shown = re.sub(r"^```\w+$.*?^```$", "", written["summary.md"], flags=re.MULTILINE | re.DOTALL)
    assert not re.search(r"(?<!\\)<(?!/?details|/?summary)", shown)
    diagram = re.search(r"```mermaid\n(.*?)```", written["summary.md"], re.DOTALL)
    assert diagram is not None
    assert not re.search(r"[<>\"'#;](?!>)", diagram[1].replace("->>", "").replace("-->>", ""))
    ElementTree.fromstring(graphml(extract(model, 10), name))


def test_markdown_has_no_meaning_in_what_is_shown() -> None:
    assert plain("a|b<c>`d`\n@e") == r"a\|b\<c\>\`d\` \@e"


@pytest.mark.parametrize(
    ("what", "name", "file"),
    [
        ("spec", "pods_are_bound", "specs/pods_are_bound.py"),
        ("scenario", "two-nodes", "specs/scenarios/two-nodes.yaml"),
        ("controller", "cache_operator", "specs/controllers/cache_operator.py"),
    ],
)
def test_what_kmodel_new_writes_is_taken(
    what: str, name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, ["new", what, name]).stdout.startswith(f"wrote    {file}\nnext     kmodel check ")
    again = CliRunner().invoke(main, ["new", what, name])
    assert (again.exit_code, again.stderr) == (2, f"error: {file}: is there already; choose another name\n")
    project = Project.near(tmp_path)
    assert project.problem == "" or what == "scenario"
    found = {
        "spec": {spec.name for spec in project.specs},
        "scenario": set(project.scenarios),
        "controller": {component.name for component in project.catalog.components},
    }[what]
    assert name.replace("_", "-" if what == "controller" else "_") in found
    if what == "scenario":
        assert project.read([Path(file)]).model(()).actions


def test_a_name_that_cannot_be_is_refused() -> None:
    for what, name in (("spec", "Not-A-Name"), ("spec", "class"), ("scenario", "../x"), ("controller", "")):
        outcome = CliRunner().invoke(main, ["new", what, name])
        assert outcome.exit_code == 2
        assert "is no name of a" in outcome.stderr


def test_the_json_of_a_check_is_as_it_was(small: Path) -> None:
    written = Written(small / "index.html", {"managers_agree": small / "trace-managers_agree.json"})
    document = as_list("Check", [check_document(result(broken_model(2)), SOURCE, written)])
    assert same("exports/check.json", json_text(document).replace(str(small.parent), "reports") + "\n")


PLACES = re.compile(r' (?:d|points|[xy]|[cr][xy]|width|height|viewBox|transform)="[^"]*"')


def test_the_pictures_are_as_they_were(small: Path) -> None:
    """The sequence diagram to the letter; of the graph not where things are, which is for the program that draws it."""
    outcome = result(broken_model(2))
    trace = outcome.failures[0].trace
    assert trace is not None
    diagram = sequence_svg(sequence(trace, actors_of(outcome.model)), story(trace))
    assert same("exports/sequence.svg", f"{diagram}\n")
    drawn = PLACES.sub("", inline((small / "state-graph.svg").read_text(encoding="utf-8")))
    assert same("exports/state-graph.svg", f"{drawn.strip()}\n")
