"""Random numbers: a seed repeats, the moments are right."""

from __future__ import annotations

import numpy as np
import pytest

import torchffi as t

N = 200_000


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63 - 1, 2**63, 2**64 - 1, 2**70])
@pytest.mark.parametrize("draw", [t.rand, t.randn, t.torch_randn])
def test_the_same_seed_repeats(draw, seed: int, backend: str) -> None:  # type: ignore[no-untyped-def]
    t.manual_seed(seed)
    first, second = draw((3, 4)).tolist(), draw((3, 4)).tolist()
    t.manual_seed(seed)
    assert draw((3, 4)).tolist() == first
    assert draw((3, 4)).tolist() == second
    assert first != second
    t.manual_seed(seed + 1)
    assert draw((3, 4)).tolist() != first


@pytest.mark.parametrize("name", ["float16", "float32", "float64", "complex64", "complex128"])
def test_moments_are_those_of_the_distribution(name: str, backend: str) -> None:
    dtype = t.dtypes.by_name(name)
    t.manual_seed(5)
    # Six standard errors: a correct generator fails for one seed in a billion, and the seed is fixed.
    normal = t.randn(N, dtype=dtype)
    assert normal.dtype is dtype
    values = normal.numpy().astype(np.complex128)
    assert abs(values.mean()) < 6 / np.sqrt(N)
    assert abs(values.var() - 1) < 6 * np.sqrt(2 / N)
    uniform = t.rand(N, dtype=dtype).numpy().astype(np.complex128)
    parts = [uniform.real, uniform.imag] if name.startswith("complex") else [uniform.real]
    for part in parts:
        assert 0 <= part.min() < 0.01
        assert 0.99 < part.max() < 1
        assert abs(part.mean() - 0.5) < 6 * np.sqrt(1 / 12 / N)


@pytest.mark.parametrize("draw", [t.rand, t.randn])
@pytest.mark.parametrize("dtype", [t.int64, t.bool])
def test_integers_are_refused(draw, dtype, backend: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(TypeError, match=f"{dtype} is not supported"):
        draw(3, dtype=dtype)


@pytest.mark.parametrize("seed", [42, -1, 2**63, 2**64 - 1])
def test_ffi_draws_what_pytorch_draws(seed, ffi_backend: None, torch) -> None:  # type: ignore[no-untyped-def]
    t.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    assert t.randn((3, 4)).tolist() == torch.randn(3, 4, generator=generator).tolist()
    assert t.rand((3, 4)).tolist() == torch.rand(3, 4, generator=generator).tolist()
