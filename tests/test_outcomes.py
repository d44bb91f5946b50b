"""How a check ends, with spec files and manifests as users write them: exit codes, words, and what is never lost."""

import errno
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kmodel.cli import main
from kmodel.cli.exit_codes import ExitCode, table, worst
from kmodel.reporting import html, trace_file
from kmodel.reporting.folders import report_folders
from kmodel.reporting.source import Source

README = Path(__file__).parents[1] / "README.md"
SERVICE = """
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {ports: [{port: 80}], selector: {app: web}}
"""
HEAD = """
import sys
from kmodel.kubernetes.components.etcd import stored
from kmodel.kernel import always_eventually, invariant, sometimes
SERVICES = stored("services")

def is_stored(cluster):
    return cluster[SERVICES["web"]] is not None
"""
STORED = """
@invariant
def {name}(cluster):
    "No service is stored."
    return not is_stored(cluster) or "service/web is stored"
"""
HOLDS = """
@invariant
def it_holds(cluster):
    return is_stored(cluster) or True
"""
PIGS_FLY = """
@sometimes
def pigs_fly(cluster):
    return is_stored(cluster) and False
"""
AT_LAST = """
@always_eventually
def it_is_there_at_last(cluster):
    return is_stored(cluster)
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project with a manifest and no spec, in the working directory."""
    before = set(sys.modules)
    (tmp_path / "specs").mkdir()
    (tmp_path / "web.yaml").write_text(SERVICE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("specs"):
            del sys.modules[name]


def write(name: str, *texts: str) -> None:
    file = Path("specs", name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(texts), encoding="utf-8")


def run(*arguments: str) -> Result:
    outcome = CliRunner().invoke(main, arguments)
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), outcome.exc_info
    return outcome


def check(*options: str) -> Result:
    return run("check", "--only-mine", "-f", "web.yaml", *options)


def refused(*options: str) -> str:
    outcome = check(*options)
    assert outcome.exit_code == ExitCode.USAGE
    assert re.fullmatch(r"error: .*\n", outcome.stderr)
    return outcome.stderr.removeprefix("error: ").rstrip("\n")


def test_the_readme_has_the_table_of_exit_codes() -> None:
    assert table() in README.read_text(encoding="utf-8")
    assert [code.value for code in ExitCode] == [0, 1, 2, 3]


def test_a_violation_counts_more_than_anything_else() -> None:
    assert worst(ExitCode) is ExitCode.VIOLATED
    assert worst([ExitCode.UNFINISHED, ExitCode.OK]) is ExitCode.UNFINISHED
    assert worst([]) is ExitCode.OK


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "def f(cluster): return True",
            "specs/a.py defines no spec: f is not decorated; write @invariant above a function",
        ),
        ("X = 1", "specs/a.py defines no spec: it defines no function; write @invariant above a function"),
        (
            "class Specs:\n    def f(self, cluster): return True",
            "specs/a.py defines no spec: Specs.f is not decorated; write @invariant above a function",
        ),
        (
            "from kmodel.kernel import invariant\nclass Specs:\n    @invariant\n    def f(cluster): return True",
            "specs/a.py: the spec f is in the class Specs, where nobody asks it; move it out of the class",
        ),
        (None, "specs: there is no spec file; write one with a function below @invariant"),
    ],
)
def test_where_there_is_no_spec_to_ask_that_is_said_and_no_success(text: str | None, line: str) -> None:
    if text is not None:
        write("a.py", text)
    assert refused() == line
    outcome = run("specs", "--only-mine")
    assert (outcome.exit_code, outcome.stderr) == (ExitCode.USAGE, f"error: {line}\n")


def test_a_spec_that_was_named_must_apply() -> None:
    write("a.py", HEAD, HOLDS, "UNICORNS = stored('unicorns')\n@invariant(needs=UNICORNS)\ndef u(cluster): return True")
    assert refused("--spec", "u") == "spec u says nothing of web, which lacks what it needs: etcd/unicorns"
    assert check().exit_code == ExitCode.OK


def test_two_specs_of_one_name_in_one_file_are_refused() -> None:
    write("a.py", HEAD, "def made():", textwrap.indent(HOLDS, "    "), "    return it_holds\na, b = made(), made()")
    assert re.fullmatch(r"specs/a\.py:\d+: two specs are called it_holds; rename one of the functions", refused())


@pytest.mark.parametrize("code", ["0", "3", "'stop'"])
@pytest.mark.parametrize("where", ["file", "spec", "step spec", "temporal spec", "needs"])
def test_sys_exit_in_somebodys_code_is_one_line_and_never_a_success(code: str, where: str) -> None:
    leave = f"sys.exit({code})"
    texts = {
        "file": leave,
        "spec": f"@invariant\ndef f(cluster):\n    {leave}",
        "step spec": f"@sometimes\ndef f(step):\n    {leave}",
        "temporal spec": f"@always_eventually\ndef f(cluster):\n    {leave}",
        "needs": f"@invariant(needs=lambda layout: {leave})\ndef f(cluster): return True",
    }
    write("a.py", HEAD, HOLDS, texts[where])
    told = refused()
    assert "specs/a.py:" in told
    if where == "file":
        assert told.endswith(f"ends the program when it is imported: sys.exit({code.strip(chr(39))}); remove that line")


def test_a_mistake_is_told_of_the_file_in_which_it_is() -> None:
    write("a.py", "import sys\nimport importlib\nimportlib.import_module(__package__ + '.helper')\n")
    write("helper.py", "x = 1\n1/0\n")
    assert refused() == "specs/helper.py:2: cannot be imported: ZeroDivisionError: division by zero; correct that line"


def test_what_the_kernel_refuses_is_told_with_the_users_line() -> None:
    write("a.py", HEAD, "x = 1\n@invariant(each=SERVICES)\ndef f(cluster): return True\n")
    assert re.fullmatch(r"specs/a\.py:\d+: spec f is asked of whole clusters; `each` is for temporal specs", refused())


def test_a_spec_that_was_not_judged_is_no_success() -> None:
    write("a.py", HEAD, AT_LAST)
    for option in ("--partial-order", "--fingerprints"):
        outcome = check(option)
        assert outcome.exit_code == ExitCode.UNFINISHED
        assert outcome.stdout.splitlines()[-1] == "web: 1 spec not judged"
        (spec,) = json.loads(check(option, "-o", "json").stdout)["items"][0]["specs"]
        assert (spec["verdict"], spec["standing"]) == ("not judged", "not-judged")
    assert check().exit_code == ExitCode.VIOLATED  # nobody need create it


def test_what_never_happens_is_not_violated_in_json() -> None:
    write("a.py", HEAD, HOLDS, PIGS_FLY)
    outcome = check("-o", "json")
    assert outcome.exit_code == ExitCode.OK
    specs = {spec["name"]: spec["verdict"] for spec in json.loads(outcome.stdout)["items"][0]["specs"]}
    assert specs == {"it_holds": "holds", "pigs_fly": "never happens"}


def test_specs_of_one_name_in_two_files_are_told_apart_everywhere() -> None:
    write("s.py", HEAD, STORED.format(name="s"))
    write("t.py", HEAD, STORED.format(name="s"), "@sometimes(shows=s)\ndef it_is_stored(cluster): return False")
    outcome = check()
    assert outcome.exit_code == ExitCode.VIOLATED
    replays = [line.split()[-1] for line in outcome.stdout.splitlines() if line.startswith("replay ")]
    assert replays == ["reports/web/trace-s.s.json", "reports/web/trace-t.s.json"]
    for file, name in zip(replays, ("s.s", "t.s"), strict=True):
        again = run("replay", file)
        assert again.exit_code == ExitCode.VIOLATED
        assert f"\n{name}: VIOLATED" in again.stdout
    page = Path("reports/web/index.html").read_text(encoding="utf-8")
    assert {'id="s.s"', 'id="t.s"', 'href="#s.s"', 'href="#t.s"'} <= set(re.findall(r'(?:id|href)="[^"]+"', page))
    assert refused("--spec", "s") == "2 specs are called s; write s.s or t.s"
    (item,) = json.loads(check("--spec", "t.s", "-o", "json").stdout)["items"]
    assert [spec["name"] for spec in item["specs"]] == ["t.s", "it_is_stored"]
    assert "s.s" in run("specs", "--only-mine").stdout


def test_a_spec_with_the_name_of_a_built_in_one_is_asked_by_its_full_name() -> None:
    name = "no_invalid_object_is_stored"
    write("storage.py", HEAD, STORED.format(name=name))
    for asked in (name, f"storage.{name}"):
        outcome = run("check", "-f", "web.yaml", "--spec", asked)
        # What the packages are called depends on which folders specs/ this process has read before.
        mine_or_built_in = rf"(specs(?:_[0-9a-f]{{8}})?\.storage\.{name}) or ((?:kmodel\.)?specs\.storage\.{name})"
        told = re.fullmatch(rf"error: 2 specs are called {asked}; write {mine_or_built_in}\n", outcome.stderr)
        assert told is not None
    assert told is not None
    mine, built_in = told[1], told[2]
    assert mine != built_in
    assert run("check", "-f", "web.yaml", "--spec", built_in).exit_code == ExitCode.OK
    assert run("check", "-f", "web.yaml", "--spec", mine).exit_code == ExitCode.VIOLATED
    again = run("replay", f"reports/web/trace-{mine}.json")
    assert again.exit_code == ExitCode.VIOLATED
    assert f"\n{mine}: VIOLATED" in again.stdout


def test_a_trace_file_is_read_when_its_spec_is_the_only_one_of_its_name_left() -> None:
    write("s.py", HEAD, STORED.format(name="s"))
    write("t.py", HEAD, STORED.format(name="s"))
    check()
    Path("specs/s.py").unlink()
    assert run("replay", "reports/web/trace-t.s.json").exit_code == ExitCode.VIOLATED


@pytest.mark.parametrize("why", [errno.ENOSPC, errno.EACCES])
def test_a_violation_is_told_before_the_report_and_stays_one_without_it(
    why: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(path: Path, text: str) -> None:
        raise OSError(why, "No space left on device", str(path))

    write("a.py", HEAD, STORED.format(name="s"))
    monkeypatch.setattr(html, "write", fails)
    monkeypatch.setattr(trace_file, "write", fails)
    outcome = check()
    assert outcome.exit_code == ExitCode.VIOLATED
    assert outcome.stderr == (
        "error: reports/web: the report cannot be written: No space left on device; name another folder with "
        "--reports\n"
    )
    assert "VIOLATED s: service/web is stored" in outcome.stdout
    assert re.search(r"^replay   kmodel replay --path 0[/\d]* -f web.yaml$", outcome.stdout, re.MULTILINE)
    assert outcome.stdout.splitlines()[-1] == "web: 1 spec violated"
    assert "STEP" in outcome.output.partition("error: ")[0]
    document = json.loads(check("-o", "json").stdout)["items"][0]
    assert document["report"] is None
    assert document["specs"][0]["verdict"] == "violated"


def test_a_success_without_its_report_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(path: Path, text: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    write("a.py", HEAD, HOLDS)
    monkeypatch.setattr(html, "write", fails)
    assert check().exit_code == ExitCode.USAGE


def test_a_report_is_written_while_another_process_clears_its_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    write("a.py", HEAD, HOLDS)
    unlink = Path.unlink

    def unlinked_by_another(path: Path, missing_ok: bool = False) -> None:
        if path.name == "index.html":
            unlink(path)
        unlink(path, missing_ok)

    assert check().exit_code == ExitCode.OK
    monkeypatch.setattr(Path, "unlink", unlinked_by_another)
    assert check().exit_code == ExitCode.OK


def test_a_file_of_a_report_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    from kmodel.reporting.files import write as write_file

    file = tmp_path / "a.txt"
    write_file(file, "old")
    with pytest.raises(OSError, match="name too long"):
        write_file(tmp_path / ("x" * 300), "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "specs", "web.yaml"]


def test_nothing_that_somebody_writes_reaches_terminal_or_page_as_a_control_character() -> None:
    escape = "\\x1b[31m\\x07\\u202e\\x9b\\ud800"
    write(
        "a.py",
        HEAD,
        f'@invariant\ndef s(cluster):\n    "Never {escape} stored."\n',
        f'    return not is_stored(cluster) or "it {escape} is"\n',
    )
    Path("web.yaml").write_text(SERVICE.replace("{name: web}", '{name: web, annotations: {a: "b\\e[31m"}}'))
    Path("reports").mkdir()
    shown = [
        check().output,
        check("-o", "wide").output,
        check("-o", "json").output,
        run("specs", "--only-mine").output,
        run("specs", "--only-mine", "-o", "wide").output,
        run("replay", "reports/web/trace-s.json").output,
        check("--spec", "x\x1b[31m").output,
        run("check", "a\nb\x1b").output,
        *(file.read_text(encoding="utf-8") for file in Path("reports/web").glob("*.*")),
    ]
    assert len(shown) > 10
    for text in shown:
        assert re.sub(r"[\n\t]", "", text).isprintable()
    assert "Never \\x1b[31m\\x07\\u202e\\x9b\\ud800 stored." in " ".join(shown[0].split())
    assert run("check", "a\nb").stderr.count("\n") == 1


def test_scenarios_of_one_name_get_a_report_each() -> None:
    sources = [Source("web", (Path(f"{file}.yaml"),)) for file in ("a", "b")]
    assert report_folders([*sources, Source("other"), Source("Web")]) == ("web-a", "web-b", "other", "Web")
    assert len(set(report_folders([Source("a/b"), Source("a-b"), Source("a b")]))) == 3
    assert report_folders(sources[:1]) == ("web",)
    write("a.py", HEAD, HOLDS)
    for name in ("a", "b"):
        file = Path("specs/scenarios", f"{name}.yaml")
        file.parent.mkdir(exist_ok=True)
        head = "apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nmetadata: {name: web}\nspec: {}\n---"
        file.write_text(head + SERVICE)
    assert run("check", "a", "b").exit_code == ExitCode.OK
    assert sorted(path.name for path in Path("reports").iterdir() if path.is_dir()) == ["web-a", "web-b"]


def test_two_scenario_files_of_one_name_are_refused() -> None:
    write("a.py", HEAD, HOLDS)
    for ending in ("yaml", "yml"):
        write(f"scenarios/a.{ending}", SERVICE)
    outcome = run("check", "a")
    assert outcome.exit_code == ExitCode.USAGE
    assert outcome.stderr == (
        "error: specs/scenarios/a.yml: a.yaml beside it has the same name, 'a'; rename one of the two\n"
    )
