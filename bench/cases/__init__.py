"""What the benchmark measures: one module for each kind of case, with its peer."""
