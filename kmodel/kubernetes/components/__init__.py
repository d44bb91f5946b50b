"""The actors of the control plane and the nodes: pure transitions, a file or folder each."""
