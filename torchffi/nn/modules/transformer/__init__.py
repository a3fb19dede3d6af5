"""The transformer: its encoder, its decoder, and both."""
