"""Several workers, several nodes, and nginx in front of them without stickiness: the real programs."""
