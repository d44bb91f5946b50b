"""Ways to explore a model. All take the same model, ask the same specs and emit the same events."""
