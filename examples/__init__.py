"""Programs that use torchffi as an application would."""
