"""Operators of LibTorch called by name."""
