"""Files of torch.save: read without running anything, and written."""
