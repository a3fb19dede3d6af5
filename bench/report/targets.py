"""Targets: the ratios that torchffi must reach, in the order of the table."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """One row: the ratio torchffi / peer of one measurement.

    Attributes:
        key: Identifies the measurement.
        what: Description of the measurement.
        peer: What it is compared with.
        must: The ratio that must be reached.
        aim: The ratio to aim for, or None.
        higher_is_better: Whether the ratio must be at least, not at most, the target.
    """

    key: str
    what: str
    peer: str
    must: float
    aim: float | None
    higher_is_better: bool = False

    def reached(self, ratio: float, limit: float) -> bool:
        """Whether a ratio meets a limit."""
        return ratio >= limit if self.higher_is_better else ratio <= limit


_TRANSFORMERS = "torch + transformers"

TARGETS = (
    Target("add", "a + b, 2x2", "PyTorch", 1.10, 0.85),
    Target("matmul", "a @ b, 2x2", "PyTorch", 1.15, 0.9),
    Target("relu", "relu(a), 2x2", "PyTorch", 1.15, 0.9),
    Target("sum", "a.sum(), 2x2", "PyTorch", 1.15, 0.9),
    Target("getitem", "a[0], 2x2", "PyTorch", 1.15, 0.9),
    Target("reshape", "a.reshape(4), 2x2", "PyTorch", 1.15, 0.9),
    Target("zeros", "zeros((2, 2))", "PyTorch", 1.1, 0.8),
    Target("from_numpy", "from_numpy(a), 2x2", "PyTorch", 1.1, 0.8),
    Target("numpy", "t.numpy(), 2x2", "PyTorch", 1.1, 0.8),
    Target("float", "float(t)", "PyTorch", 1.1, 0.8),
    Target("c_add", "rt_torch_tensor_add + free, in C", "C++ at::add", 1.15, 1.0),
    Target("boxed_add", "ops.aten.add.Tensor(a, b), 2x2", "torch.ops", 1.5, 1.0),
    Target("elementwise_large_1", "a + b, 10^7, 1 thread", "PyTorch", 1.03, 1.0),
    Target("elementwise_large_2", "a + b, 10^7, both threads", "PyTorch", 1.03, 1.0),
    Target("matmul_large_1", "a @ b, 2048x2048, 1 thread", "PyTorch", 1.03, 1.0),
    Target("matmul_large_2", "a @ b, 2048x2048, both threads", "PyTorch", 1.03, 1.0),
    Target("fallback_add", "fallback a + b, 2x2", "NumPy", 2.0, 1.5),
    Target("fallback_large", "fallback a + b, 10^7", "NumPy", 1.03, 1.0),
    Target("first_result", "import and first result", "import torch", 0.3, 0.2),
    Target("import_alone", "import torchffi alone", "import numpy", 1.5, 1.2),
    Target("start_memory", "peak memory of that start", "PyTorch", 0.6, 0.5),
    Target("minilm_cold", "MiniLM, start to first vector", _TRANSFORMERS, 0.25, 0.18),
    Target("export_cold", "MiniLM of torch.export, start to first vector", "PyTorch", 0.55, None),
    Target("export_memory", "peak memory of that start", "PyTorch", 0.6, 0.5),
    Target("script_cold", "TorchScript silero, start to first result", "PyTorch", 0.35, None),
    Target("checkpoint_cold", "torch.save facenet, start to a sum", "PyTorch", 0.2, None),
    Target("minilm_1", "MiniLM, 1 sentence", _TRANSFORMERS, 1.0, 0.9),
    Target("minilm_8", "MiniLM, 8 sentences", _TRANSFORMERS, 1.0, 0.9),
    Target("minilm_64", "MiniLM, 64 sentences", _TRANSFORMERS, 1.0, 0.9),
    Target("export_minilm", "torch.export MiniLM, a call", "PyTorch", 1.0, None),
    Target("export_gpt", "torch.export GPT, a token", "PyTorch", 1.0, None),
    Target("export_cnn", "torch.export CNN, a call", "PyTorch", 1.0, None),
    Target("script_silero", "TorchScript silero, a chunk", "PyTorch", 1.03, None),
    Target("train_mlp", "a step of training, 2 layers of 32", "PyTorch", 1.0, None),
    Target("train_cnn", "a step of training, CNN of the digits", "PyTorch", 1.05, 0.95),
    Target("train_encoder", "a step of training, 4-layer encoder", "PyTorch", 1.05, 0.95),
    Target("million_bytes", "10^6 live tensors, memory", "PyTorch", 1.0, 0.7),
    Target("million_seconds", "10^6 live tensors, make and drop", "PyTorch", 1.0, 0.7),
    Target("two_threads", "two threads, 256x256 @ and +", "one thread", 1.8, 1.95, True),
    Target("alive", "a + b with 10^6 live tensors", "with 10 live", 1.10, None),
)
