"""A convolutional network that reads handwritten digits, trained on torchffi."""
