"""Planning: what of a scenario is explored in which order, with which engine, in how much of the time."""
