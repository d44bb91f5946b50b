"""What is said of why a violation comes about, also where there is no time to find out."""

from kmodel.reporting.causes import NO_TIME, Causes
from tests.reporting.examples import broken_model, result


def test_where_there_is_no_time_that_is_said() -> None:
    found = result(broken_model())
    violated = found.failures[0]
    said = Causes().sentences(found.model, violated)
    assert said
    assert NO_TIME not in said
    hurried = Causes(0.0).sentences(found.model, violated)
    assert hurried[0] == NO_TIME
    assert said[-1] == hurried[-1]  # where it could no more be avoided
