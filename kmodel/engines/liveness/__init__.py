"""Liveness: what the fair runs of a finished search do for ever."""
