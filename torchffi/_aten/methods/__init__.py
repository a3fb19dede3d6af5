"""Methods of Tensor with PyTorch's names, by how they are called."""
