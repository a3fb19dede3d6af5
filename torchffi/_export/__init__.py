"""Programs of torch.export: from the JSON of an archive to a plan of operator calls."""
