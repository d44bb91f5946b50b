"""`kmodel survey`: a line for each file, the totals, and the same table as Markdown."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from kmodel.cli import main

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: NAME}\nspec: {containers: [{name: a, image: x}]}\n"
ROLLOUT = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: j}\n"
    "spec: {template: {spec: {containers: [{name: a}]}}}\n"
)
FILES = {
    "a/bad.yaml": "a: [",
    "a/rollout.yaml": f"{POD.replace('NAME', 'p')}---\n{ROLLOUT}",
    "pod.yaml": POD.replace("NAME", "web"),
    "refused.yaml": POD.replace("NAME", "Web"),
    "service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n",
    "values.yaml": "image: nginx\n",
}


def test_a_table_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in FILES.items():
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    outcome = CliRunner().invoke(main, ["survey", "m"])
    assert outcome.exit_code == 0, outcome.output
    totals = (
        "4 of 5 manifests load (1 more is none); of 3 with workloads 2 have all of them modelled; 1 are weakened, "
        "1 have something that is refused"
    )
    assert outcome.stdout.endswith(f"\n{totals}\nreport   reports/survey.md\n")
    told = Path("reports/survey.md").read_text(encoding="utf-8")
    assert told.startswith(f"{totals}\n\n| FILE | LOADS | ")
    rows = [[cell.strip() for cell in line.split(" | ")] for line in told.splitlines()[4:]]
    assert [row[:5] for row in rows] == [
        ["| m/pod.yaml", "yes", "1", "1", "-"],
        ["| m/refused.yaml", "yes", "1", "1", "-"],
        ["| m/service.yaml", "yes", "0", "0", "-"],
        ["| m/values.yaml", "no manifest", "-", "-", "-"],
        ["| m/a/bad.yaml", "no", "-", "-", "-"],
        ["| m/a/rollout.yaml", "yes", "2", "1", "rollout/j"],
    ]
    assert rows[1][5].startswith('pod/Web: 422 Invalid: Pod "Web" is invalid: metadata.name')


def test_nothing_to_survey_is_said() -> None:
    outcome = CliRunner().invoke(main, ["survey"])
    assert (outcome.exit_code, outcome.stderr) == (2, "error: nothing to survey: name files or folders\n")
