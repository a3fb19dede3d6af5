"""The backend on LibTorch, through the C ABI."""
