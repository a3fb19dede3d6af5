"""The benchmark: torchffi compared with NumPy, PyTorch and transformers."""
