"""The wheel, installed into an environment of its own: what comes with it, and what a project outside adds to it.

The project is one file, tests/scenario/own_component.py, with a component, its kind, cells, fault and spec.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import attrs
import pytest

pytestmark = pytest.mark.long  # environments are installed

ROOT = Path(__file__).parents[1]
OWN_FILE = ROOT / "tests/scenario/own_component.py"
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  nodeName: n1
  nodeSelector: {disk: none}
  containers: [{name: main, image: nginx}]
"""
SCENARIO = f"""
apiVersion: kmodel.dev/v1alpha1
kind: Scenario
spec:
  stored: [rp/all]
---
apiVersion: example.dev/v1
kind: Reaper
metadata: {{name: all}}
spec: {{limit: 1}}
---{POD}"""


@attrs.frozen
class Installed:
    """An environment with kmodel, and a folder in which its programs are started."""

    programs: Path
    folder: Path

    def run(self, program: str, *arguments: str, exit_code: int = 0) -> str:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PYTHONPATH"))}
        outcome = subprocess.run(
            [self.programs / "python", "-m", "pytest", *arguments]
            if program == "pytest"
            else [self.programs / program, *arguments],
            cwd=self.folder,
            env={**kept, "COLUMNS": "120", "CI": ""},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert outcome.returncode == exit_code, f"{program} {arguments}\n{outcome.stdout}\n{outcome.stderr}"
        return outcome.stdout

    def write(self, name: str, text: str) -> None:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment with the wheel, whose other packages are those of this one."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for name in ("kmodel", "specs", "examples"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build(*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source))
    (wheel,) = folder.glob("kmodel-*.whl")
    venv = folder / "venv"
    build(sys.executable, "-m", "venv", "--without-pip", str(venv))
    python = venv / "bin/python"
    build(*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    take_over_machine_code(site / "kmodel")
    return python.parent


def build(*command: str) -> None:
    outcome = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert outcome.returncode == 0, outcome.stderr


def take_over_machine_code(package: Path) -> None:
    """Give the installed package what Numba has compiled already: it would be the same, a minute later."""
    for cached in (ROOT / "kmodel").rglob("__pycache__/*.nb?"):
        target = package / cached.relative_to(ROOT / "kmodel")
        target.parent.mkdir(exist_ok=True)
        shutil.copy2(cached, target)
    for file in (ROOT / "kmodel/engines").rglob("*.py"):  # by whose times Numba tells whether it still holds
        times = file.stat()
        os.utime(package / file.relative_to(ROOT / "kmodel"), ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture
def installed(programs: Path, tmp_path: Path) -> Installed:
    return Installed(programs, tmp_path)


def document(text: str) -> Any:
    return json.loads(text)["items"][0]


def test_in_an_empty_folder_the_built_in_specs_and_scenarios_are_there(installed: Installed) -> None:
    installed.write("pod.yaml", POD.replace("  nodeSelector: {disk: none}\n", ""))
    where = [str(installed.programs / "python"), "-c", "import kmodel; print(kmodel.__file__)"]
    told = subprocess.run(where, cwd=installed.folder, capture_output=True, text=True, timeout=60, check=True).stdout
    assert str(installed.programs.parent) in told
    assert "no_node_is_overcommitted" in installed.run("kmodel", "specs")
    check = document(installed.run("kmodel", "check", "-f", "pod.yaml", "-o", "json"))
    assert {"no_node_is_overcommitted", "a_pod_is_bound_once"} <= {spec["name"] for spec in check["specs"]}
    trace = "reports/pod/trace-a_write_is_acknowledged.json"
    assert "kubectl/admin" in installed.run("kmodel", "replay", trace)
    assert (
        "did you mean pod-creation"
        in subprocess.run(
            [installed.programs / "kmodel", "check", "pod-creatio"],
            cwd=installed.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        ).stderr
    )


def test_the_incidents_come_with_it(installed: Installed) -> None:
    assert "K15" in installed.run("kmodel", "incidents")
    assert "VIOLATED no_node_is_overcommitted" in installed.run("kmodel", "check", "--incident", "K15", exit_code=1)
    assert "holds (all 34 states)" in installed.run("kmodel", "check", "--incident", "K15", "--fixed")


def test_a_component_in_one_file_of_a_project_takes_part_everywhere(installed: Installed) -> None:
    installed.write("specs/reaper.py", OWN_FILE.read_text(encoding="utf-8"))
    installed.write("specs/scenarios/reaping.yaml", SCENARIO)
    check = document(installed.run("kmodel", "check", "reaping", "--faults", "reaper-restart=1", "-o", "json"))
    verdicts = {spec["name"]: spec["verdict"] for spec in check["specs"]}
    assert verdicts["a_pod_is_reaped"] == verdicts["transitions_ok"] == "holds"
    assert "reaper" in check["scenario"]["takingPart"]
    assert check["scenario"]["faults"] == {"reaper-restart": 1}
    page = (installed.folder / "reports/reaping/index.html").read_text(encoding="utf-8")
    assert "Delete a pod that failed." in page
    assert "restart_reaper" in page
    assert "reaper" in installed.run("kmodel", "replay", "reports/reaping/trace-a_pod_is_reaped.json", "-o", "wide")
    told = installed.run("pytest", "-v", "-k", "a_pod_is_reaped or transitions_ok")
    assert "specs/reaper.py::a_pod_is_reaped[reaping] PASSED" in told
    assert "access.py::transitions_ok[reaping] PASSED" in told


def test_only_what_is_mine_is_asked_if_that_is_said(installed: Installed) -> None:
    installed.write("specs/reaper.py", OWN_FILE.read_text(encoding="utf-8"))
    installed.write("specs/scenarios/reaping.yaml", SCENARIO)
    assert [
        spec["name"] for spec in json.loads(installed.run("kmodel", "specs", "--only-mine", "-o", "json"))["items"]
    ] == ["a_pod_is_reaped"]
    told = installed.run("pytest", "--collect-only", "-q", "--kmodel-only-mine")
    assert [line for line in told.splitlines() if "::" in line] == ["specs/reaper.py::a_pod_is_reaped[reaping]"]
    built_in = installed.run("pytest", "--collect-only", "-q", "--pyargs", "kmodel.specs")
    assert "transitions_ok[reaping]" in built_in
    assert "[pod-creation]" not in built_in


def test_a_file_may_be_added_from_anywhere_and_the_trace_knows_it(installed: Installed) -> None:
    installed.write("elsewhere/reaper.py", OWN_FILE.read_text(encoding="utf-8"))
    installed.write("specs/user_spec.rb", "describe User")  # another program's folder
    installed.write("reaping.yaml", SCENARIO)
    added = ("--with", "elsewhere/reaper.py")
    check = document(installed.run("kmodel", "check", "-f", "reaping.yaml", *added, "-o", "json"))
    assert {"a_pod_is_reaped", "transitions_ok"} <= {spec["name"] for spec in check["specs"]}
    assert "reaper" in installed.run("kmodel", "replay", "reports/reaping/trace-a_pod_is_reaped.json")
