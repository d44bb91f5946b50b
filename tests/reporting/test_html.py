import base64
import hashlib
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import attrs
import pytest
from jinja2.bccache import Bucket

from kmodel.engines.exhaustive import Bounds
from kmodel.engines.results import Verdict
from kmodel.kernel import Cell, Cluster, Event, Model, Step, invariant, transition
from kmodel.reporting.answer import ObjectEnd, ObjectsAnswer
from kmodel.reporting.folders import folder_name
from kmodel.reporting.html import coverage, page
from kmodel.reporting.source import Source
from kmodel.reporting.templating import _Kept, environment
from tests.reporting.examples import SOURCE, broken_model, result, write_report
from tests.toys import two_phase_commit
from tests.toys.hostile_names import each_hostile_name
from tests.toys.hostile_names import model as of_a_hostile_name

VOID = {"wbr", "meta", "link", "br", "input", "line", "rect", "circle", "path", "img", "hr"}


class Page(HTMLParser):
    """Reads a page, and notes what is not well-formed and what it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)
        self.close()
        self.wrong += self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag == "noscript" and tag in self.open:  # the end of the inner one would end the outer one
            self.wrong.append("<noscript> in <noscript>")
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attributes:
            if tag in ("script", "iframe", "object", "embed"):
                self.loads.append(tag)
            if name in ("src", "href", "xlink:href", "srcset", "data") and not (value or "").startswith(("#", "data:")):
                self.loads.append(f"{tag} {name}={value}")
            if name == "href" and tag == "a":
                self.links.append(value or "")
            if name == "id":
                self.ids.append(value or "")

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    report = write_report(result(broken_model()), SOURCE, tmp_path_factory.mktemp("reports"))
    return report.index.read_text(encoding="utf-8")


def test_the_page_is_well_formed(written: str) -> None:
    read = Page(written)
    assert read.wrong == []
    assert "managers_agree" in read.ids
    assert {link[1:] for link in read.links if link.startswith("#")} <= set(read.ids)


def test_the_page_loads_nothing(written: str) -> None:
    assert Page(written).loads == []
    assert written.count("<script") == 1
    assert not re.search(r"https?://|@import|url\((?!['\"]?data:)", written)


def test_no_style_or_script_but_the_page_s_own_is_in_force(written: str) -> None:
    found = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', written)
    assert found is not None
    allowed = html.unescape(found[1])
    assert allowed.startswith("default-src 'none'; ")
    assert "unsafe" not in allowed
    for tag in ("style", "script"):
        (text,) = re.findall(rf"<{tag}>(.*?)</{tag}>", written, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in allowed
    assert not re.search(r"<[^>]*\s(style|on\w+)=", written)


def test_what_is_wrong_comes_before_what_was_not_put_to_the_test(written: str) -> None:
    order = ("1 spec violated", "What goes wrong", 'id="managers_agree"', "<h2>Verdicts", "Never taken (1)", "Left out")
    places = [written.index(text) for text in order]
    assert places == sorted(places)
    assert coverage(result(broken_model()))[0].transition == "crash"


def test_an_invariant_that_was_not_put_to_the_test_is_named_with_what_never_happens() -> None:
    outcome = result(broken_model())
    held = attrs.evolve(outcome.findings[2], verdict=Verdict.HOLDS, trace=None)
    assert held.spec.name == "all_managers_commit"
    text = page(attrs.evolve(outcome, findings=(held, outcome.findings[3])), SOURCE)
    assert "Not put to the test here (1)" in text
    assert "<b>all_managers_commit</b>. Never: A manager crashes." in text


def test_the_page_says_which_fields_the_model_does_not_read() -> None:
    text = page(result(broken_model()), attrs.evolve(SOURCE, ignored_fields=("pod/web: spec.<volumes>",)))
    assert "<li>pod/web: <code>spec.&lt;volumes&gt;</code></li>" in text


def test_the_page_tells_the_counterexample(written: str) -> None:
    assert "message loss: no fault asks for it" in written
    assert "VIOLATED</b> after 3 steps: one manager committed, another aborted" in written
    assert "<b>manager[rm1]</b>: working -&gt; committed" in written
    assert written.count('class="sequence"') == 3  # the violation, the hazard, and the story of what should happen


def test_a_run_that_was_cut_off_does_not_claim_to_be_complete() -> None:
    text = page(result(two_phase_commit.model(3), Bounds(max_states=20)), SOURCE)
    assert "not exhaustive: stopped after 20 states" in text
    assert "Every reachable state was seen" not in text


def test_the_actions_that_nobody_counted_are_not_called_never_taken() -> None:
    text = page(attrs.evolve(result(broken_model()), fired={}), SOURCE)
    assert "The exploration ended before the actions were counted." in text
    assert "Never taken" not in text


def test_no_value_can_break_the_page() -> None:
    cell: Cell[str] = Cell("<script>")

    def describe(step: Step) -> Event:
        return Event("Normal", "<b>", "pod/</svg>", "a & b </td>")

    @transition(actor="<i>", describe=describe)
    def go(cluster: Cluster) -> Cluster | None:
        return cluster.set(cell, "</code>") if cluster[cell] == "" else None

    @invariant
    def stays(cluster: Cluster) -> bool | str:
        return cluster[cell] == "" or "<img src=x>"

    model = Model((Cluster.of({cell: ""}),), (go.bind(),), (stays,), name="m")
    text = page(result(model), Source("<title>", left_out=("<left>",)))
    assert Page(text).wrong == []
    assert Page(text).loads == []
    assert "<img" not in text


@each_hostile_name
def test_names_are_text_wherever_they_stand(name: str) -> None:
    outcome = result(of_a_hostile_name(name))
    told = ObjectsAnswer(
        (name,), (ObjectEnd(f"pod/{name}", name, name, is_wrong=True, trace=outcome.findings[0].trace),)
    )
    text = page(outcome, Source(name, description=name, left_out=(name,), notes=((name, name),)), found=told)
    read = Page(text)
    assert read.wrong == []
    assert read.loads == []
    assert "alert(1)</script>" not in text
    assert "<svg onload" not in text
    assert "\u202e" not in text
    assert len(text) < 500_000


def test_a_report_replaces_the_one_before(tmp_path: Path) -> None:
    first = write_report(result(broken_model()), SOURCE, tmp_path)
    (first.index.parent / "notes.txt").write_text("mine")
    write_report(result(two_phase_commit.model(2)), SOURCE, tmp_path)
    names = {file.name for file in first.index.parent.iterdir()}
    assert names >= {"index.html", "notes.txt", "state-graph.dot", "trace-all_commit.json"}
    assert "trace-managers_agree.json" not in names


@pytest.mark.parametrize(
    ("name", "folder"), [("pod-creation", "pod-creation"), ("../../x y", "x-y"), ("..", "scenario")]
)
def test_a_scenario_s_name_cannot_leave_the_reports(name: str, folder: str) -> None:
    assert folder_name(name) == folder


def test_a_disk_that_is_full_takes_no_page(tmp_path: Path) -> None:
    """Compiled templates are kept where that can be done, and only there."""
    kept = _Kept(str(tmp_path / "gone"))
    bucket = Bucket(environment("page.js"), "key", "checksum")
    bucket.code = compile("1", "template", "eval")
    kept.dump_bytecode(bucket)
    kept.load_bytecode(bucket)
    assert not list(tmp_path.iterdir())
