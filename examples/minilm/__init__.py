"""The all-MiniLM-L6-v2 sentence encoder on torchffi."""
