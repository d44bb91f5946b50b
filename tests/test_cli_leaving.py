import subprocess
import sys

import pytest

BODY = """
import atexit, sys
from kmodel.cli.leaving import run

class Freed:
    def __del__(self):
        print("freed")

def command():
    global held
    held = Freed()
    atexit.register(print, "asked for")
    print("said", end=" ")
    {end}

run(command)
"""


@pytest.mark.parametrize(
    ("end", "code", "said"),
    [
        ("sys.exit(3)", 3, "said asked for\n"),  # nothing is freed, and nothing that was said is lost
        ("raise ValueError", 1, "said asked for\nfreed\n"),
    ],
)
def test_a_command_leaves_at_once_with_its_code_and_an_error_as_ever(end: str, code: int, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", BODY.format(end=end)], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (code, said)
