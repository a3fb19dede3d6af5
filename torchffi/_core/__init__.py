"""The base of every operation: tensors, lifetimes, backends, dispatch. It imports no operation."""
