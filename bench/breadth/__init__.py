"""The breadth benchmark: every public operation at three sizes, on both backends and with both peers."""
