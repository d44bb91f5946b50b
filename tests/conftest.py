"""What all tests share."""

import os

pytest_plugins = ["pytester"]

# Tests start many processes, and each would compile all modules anew where the environment forbids to keep bytecode.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
