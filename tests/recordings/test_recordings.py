"""Each recording is explained whole: a run of the model writes exactly what a real control plane wrote.

What the comparison leaves out is listed for each recording in `expected/`: the writes that change no field that the
model has, with the fields that they change, and how many of each kind there are. Rewrite the lists with
`KMODEL_REWRITE_GOLDEN=1 pytest tests/recordings`; read the diff before you commit.
"""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.recordings.recording import DATA, Line, load
from tests.recordings.search import explain

EXPECTED = Path(__file__).parent / "expected"
RECORDINGS = (
    *("pod-creation", "pod-deletion", "replicaset", "unschedulable", "service", "node-dies", "node-partition"),
    *("kubelet-restart", "scheduler-killed", "kcm-killed", "errors", "namespace-deletion", "quota"),
    *("deployment", "deployment-stuck", "crash-loop", "statefulset", "job", "garbage", "daemonset"),
)


def test_all_recordings_are_tested() -> None:
    assert {file.stem for file in DATA.glob("*.jsonl")} == set(RECORDINGS)


@pytest.mark.parametrize("name", RECORDINGS)
def test_a_run_of_the_model_writes_what_the_control_plane_wrote(name: str) -> None:
    lines = load(name)
    explained = explain(lines)
    text = listing(lines, explained.verdicts)
    file = EXPECTED / f"{name}.txt"
    if os.environ.get("KMODEL_REWRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == text


def verdict_of(said: str) -> str:
    return said.partition(":")[0]


def listing(lines: tuple[Line, ...], verdicts: tuple[str, ...]) -> str:
    """Return what is said of a recording: how many lines were explained how, and what each write leaves out."""
    counts = Counter(verdicts)
    text = [f"{len(lines)} lines: " + ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))]
    groups: dict[str, list[Line]] = {}
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict in ("silent", "nothing"):
            who = line.by.removeprefix("system:serviceaccount:kube-system:")
            said = f"{verdict}: {who} {line.verb} {line.target} ({line.code})"
            groups.setdefault(said, []).append(line)
    for said, those in sorted(groups.items()):
        text.append(f"{said}: {len(those)}")
        fields = {path for line in those for change in line.changes for path in change.paths}
        no_field = ["only times, which the trimmed recording leaves out"] if verdict_of(said) == "silent" else []
        text += [f"    {path}" for path in sorted(fields) or no_field]
    return "\n".join(text) + "\n"
