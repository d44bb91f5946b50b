"""What `kmodel check` says of the user's own objects before all else."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from kmodel.cli import main

POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: main, image: nginx, envFrom: [{configMapRef: {name: settings}}]}
"""


def check(tmp_path: Path, *options: str) -> tuple[int, str]:
    (tmp_path / "pod.yaml").write_text(POD, encoding="utf-8")
    arguments = ["check", "-f", str(tmp_path / "pod.yaml"), "--nodes", "1", "--reports", str(tmp_path), *options]
    outcome = CliRunner(env={"COLUMNS": "100"}).invoke(main, arguments)
    return outcome.exit_code, outcome.stdout


def test_of_a_model_that_is_seen_whole_all_endings_are_told(tmp_path: Path) -> None:
    code, text = check(tmp_path)
    assert code == 1
    assert text.startswith("IN THE END    pod/web  CreateContainerConfigError")
    assert "STUCK pod/web" in text


def test_of_a_large_one_the_normal_run_says_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodel.cli.user_objects.MANY_ACTIONS", 1)
    code, text = check(tmp_path, "--max-states", "20")
    assert code == 1
    assert text.startswith("NORMALLY      pod/web  CreateContainerConfigError")
    assert "pod: pod/web CreateContainerConfigError; no violation found" in " ".join(text.split())
    code, text = check(tmp_path, "--max-states", "20", "-o", "json")
    (told,) = json.loads(text)["items"][0]["objects"]
    assert (told["status"], told["wrong"], told["address"]) == ("CreateContainerConfigError", True, None)


def test_of_a_small_one_that_is_not_seen_whole_the_normal_run_says_it_at_the_end(tmp_path: Path) -> None:
    code, text = check(tmp_path, "--max-states", "20")
    assert code == 1
    assert text.startswith("NORMALLY      pod/web  CreateContainerConfigError")


def test_the_normal_run_takes_no_longer_than_the_command_may(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kmodel.cli.user_objects.MANY_ACTIONS", 1)
    code, text = check(tmp_path, "--max-time", "0.001s")
    assert code == 3
    assert "NORMALLY      not known: there was no time" in text


def test_all_that_is_said_of_a_check_that_passes_is_seen_at_a_glance(tmp_path: Path) -> None:
    good = f"{POD.partition('  - {name')[0]}  - {{name: main, image: nginx}}\n"
    scenario = "apiVersion: kmodel.dev/v1alpha1\nkind: Scenario\nspec: {calls: fused}\n---"
    (tmp_path / "pod.yaml").write_text(f"{scenario}{good}", encoding="utf-8")
    arguments = ["check", "-f", str(tmp_path / "pod.yaml"), "--nodes", "1", "--reports", str(tmp_path)]
    outcome = CliRunner(env={"COLUMNS": "80"}).invoke(main, [*arguments, "--engine", "exhaustive"])
    assert outcome.exit_code == 0, outcome.output
    said = [line for line in outcome.stdout.splitlines() if not line.startswith("report ")]  # a path may be long
    assert 10 < len(said) < 20
    assert max(map(len, said)) <= 80
    assert outcome.stdout.startswith("IN THE END    pod/web  Running 1/1\n")
    assert "no spec violated in all" in said[-1] + said[-2]


def test_the_detail_of_parts_is_chosen_on_the_command_line_and_said(tmp_path: Path) -> None:
    detail = "calls=fused,kubelet=coarse,clientCaches=prompt"
    faults = "lost-answer=1,lost-event=1,failed-start=1"
    code, text = check(tmp_path, "--detail", detail, "--faults", faults, "--engine", "delays", "--delays", "0", "-v")
    assert code in (0, 1)
    told = " ".join(text.split())
    assert "DETAIL calls: fused, so nothing comes between a request and its answer kubelet: coarse, so" in told
    assert "clientCaches: prompt, so events of watches arrive at once, and none is lost" in told
    assert "lost-answer: cannot happen with calls: fused" in told
    assert "lost-event: cannot happen with clientCaches: prompt" in told
    assert "failed-start: cannot happen with kubelet: coarse" in told
    assert told.endswith("; with calls=fused, kubelet=coarse, clientCaches=prompt")


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        ("calls=foo", "error: --detail: calls=foo: is no detail of it; use one of split, fused"),
        ("call=fused", 'error: --detail: call: is no part whose detail can be chosen; did you mean "calls"?'),
        ("calls", "error: Invalid value for '--detail': 'calls' is no part with its detail; write for example"),
    ],
)
def test_a_detail_that_is_none_is_told_in_one_line(tmp_path: Path, detail: str, line: str) -> None:
    (tmp_path / "pod.yaml").write_text(POD, encoding="utf-8")
    outcome = CliRunner().invoke(main, ["check", "-f", str(tmp_path / "pod.yaml"), "--detail", detail])
    assert outcome.exit_code == 2
    assert outcome.stderr.startswith(line)
    assert outcome.stderr.count("\n") == 1
