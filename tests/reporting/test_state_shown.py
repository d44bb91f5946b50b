"""States of a model of one's own, as tables with what changed."""

from kmodel.engines.retracing import follow_path
from kmodel.reporting.state_shown import StateTable, all_cells, marked, state_text
from tests.toys import two_phase_commit


def test_the_cells_of_one_s_own_model_are_a_table() -> None:
    (table,) = all_cells(follow_path(two_phase_commit.model(2), "0/0").last)
    assert table.headings == ("CELL", "VALUE")
    assert ("manager[rm1]", "working") in table.rows


def test_what_a_step_changed_is_marked_and_what_is_gone_is_told() -> None:
    before = (StateTable("pods", ("NAME", "STATUS"), (("a", "Pending"), ("b", "Running"), ("c", "Running"))),)
    after = (StateTable("pods", ("NAME", "STATUS"), (("a", "Running"), ("b", "Running"))),)
    assert state_text(marked(after, before), 80) == (
        "Pods\n    NAME   STATUS\n*   a      Running\n    b      Running\n-   c      Running"
    )
    assert state_text(marked((), before), 80).count("\n-") == 3


def test_no_value_moves_the_cursor() -> None:
    table = StateTable("pods", ("NAME",), (("\x1b[2J\u202e<script>",),))
    text = state_text(marked((table,), ()), 80)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<script>" in text
