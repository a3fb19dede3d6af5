"""Gradients of tensors: what stands behind ``torchffi.autograd``."""
