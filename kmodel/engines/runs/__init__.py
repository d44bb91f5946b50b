"""The engines that sample runs: random walks, Hypothesis, and fair rounds for what goes on for ever."""
