"""Scenarios: what is explored, read from YAML files: manifests, sizes, requests, faults and budgets."""

from kmodel.kubernetes.manifests import InputError
from kmodel.kubernetes.scenario.building import model
from kmodel.kubernetes.scenario.fields import FIELDS, field_table
from kmodel.kubernetes.scenario.loading import default_nodes, load
from kmodel.kubernetes.scenario.scenario import Engine, Scenario

__all__ = ["FIELDS", "Engine", "InputError", "Scenario", "default_nodes", "field_table", "load", "model"]
