"""The measurements of the benchmark: one module for each kind of case, with its peer."""
