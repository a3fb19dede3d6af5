"""What torchffi is measured with: a real model, its peers, and the table at the end."""
