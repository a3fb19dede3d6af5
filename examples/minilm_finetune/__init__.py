"""A classifier of sentences on the MiniLM encoder, whose last layer is trained too."""
