"""Operators of LibTorch called by name, with tensors."""
