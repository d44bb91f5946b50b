"""Sampling by Hypothesis: runs chosen by swarm testing, failures shrunk, the example database, statistics."""

from kmodel.engines.runs.hypothesis.machine import state_machine
from kmodel.engines.runs.hypothesis.sampling import PROFILES, explore, settings_of

__all__ = ["PROFILES", "explore", "settings_of", "state_machine"]
