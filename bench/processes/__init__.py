"""Child processes of the benchmark: those that are measured, and how they are started."""
