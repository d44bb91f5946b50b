"""Sampling by Hypothesis: runs chosen by swarm testing, failures shrunk, the example database, statistics."""

from kmodel.engines.runs.amounts import PROFILES, Samples
from kmodel.engines.runs.hypothesis.machine import state_machine
from kmodel.engines.runs.hypothesis.sampling import explore, settings_of

__all__ = ["PROFILES", "Samples", "explore", "settings_of", "state_machine"]
