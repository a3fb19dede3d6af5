"""Values of new parameters."""
