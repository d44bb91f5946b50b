"""Running code in processes of its own, under several hash seeds, to see that nothing rests on the order of a set."""

import os
import subprocess
import sys


def printed(code: str, seeds: tuple[str, ...] = ("0", "1")) -> list[str]:
    """Return what the code prints under each of the hash seeds."""
    return [
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout
        for seed in seeds
    ]
