"""All that knows Kubernetes: its objects, the components of its control plane, and scenarios of them."""
