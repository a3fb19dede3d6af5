"""Model files: how their bytes are mapped, checked and read."""
