"""Speech detection by a TorchScript model on torchffi."""
