"""The specs that come with kmodel, and in scenarios/ the scenarios: `kmodel.specs` once it is installed."""
