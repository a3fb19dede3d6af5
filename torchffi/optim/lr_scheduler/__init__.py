"""Learning rates that change with the steps, by PyTorch's names."""
