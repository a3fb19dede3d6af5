"""Tensors, lifetimes, backends and dispatch: the base of all functions, none of which it imports."""
