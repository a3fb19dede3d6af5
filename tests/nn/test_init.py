"""New parameters: PyTorch's values on LibTorch, and the same distributions on NumPy."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import torchffi as t

CALLS = """
    uniform_(x); uniform_(x, -2, 3.5); normal_(x); normal_(x, 1.5, 0.25); constant_(x, 3.25); ones_(x)
    zeros_(x); xavier_uniform_(x); xavier_uniform_(x, 1.7); xavier_normal_(x)
    xavier_normal_(x, gain=0.3)
    kaiming_uniform_(x); kaiming_uniform_(x, a=0.5, mode='fan_out'); kaiming_normal_(x)
    kaiming_normal_(x, 0, 'fan_out', 'relu'); kaiming_uniform_(x, nonlinearity='tanh')
    trunc_normal_(x); trunc_normal_(x, std=0.02); trunc_normal_(x, 0.5, 0.1, 0.4, 0.7)
    trunc_normal_(x, 0., 1., 2., 3.); trunc_normal_(x, 0., 1., 0.5, 1.2)
    trunc_normal_(x, 1., 0.5, -0.1, 0.1)
    orthogonal_(x); orthogonal_(x, gain=2)
"""
OF_SHAPES = [
    (call.strip(), shape)
    for line in CALLS.splitlines()
    for call in line.split(";")
    if call.strip()
    for shape in [(40, 30), (8, 20), (6, 5, 3)]
] + [
    ("eye_(x)", (3, 4)),
    ("dirac_(x)", (3, 4, 5)),
    ("dirac_(x, 2)", (4, 3, 3, 2)),
    ("dirac_(x, groups=3)", (6, 2, 3, 3, 2)),
    ("sparse_(x, 0.3)", (11, 7)),
    ("sparse_(x, sparsity=0.9, std=2)", (20, 3)),
]
GAINS = """
    linear conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d sigmoid tanh relu
    leaky_relu selu
""".split()  # noqa: SIM905
NAMES = sorted({call.partition("(")[0] for call, _ in OF_SHAPES})


def filled(library: Any, call: str, shape: tuple[int, ...], dtype: str) -> Any:
    x = library.zeros(shape, dtype=getattr(library, dtype))
    library.manual_seed(7)
    result = eval(f"init.{call}", {"init": library.nn.init, "x": x})
    assert result is x
    return x.numpy()


def test_every_function_is_called() -> None:
    assert {*NAMES, "calculate_gain"} == set(t.nn.init.__all__)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("call", "shape"), OF_SHAPES)
def test_values_on_libtorch_are_those_of_pytorch(
    call: str, shape: tuple[int, ...], dtype: str, ffi_backend: None, torch: Any
) -> None:
    expected = filled(torch, call, shape, dtype)
    np.testing.assert_array_equal(filled(t, call, shape, dtype), expected)


def test_a_mean_far_from_the_limits_warns(backend: str) -> None:
    with pytest.warns(UserWarning, match="trunc_normal_: mean 5.0 is more than 2 std from"):
        x = t.nn.init.trunc_normal_(t.zeros(50), 5.0, 1.0, -2.0, 2.0).numpy()
    assert (np.abs(x) <= 2).all()


# Functions whose values have the same mean, deviation and limits on NumPy.
RANDOM = [
    call for call, shape in OF_SHAPES if shape == (40, 30) and not call.startswith(("c", "o", "z"))
]


@pytest.mark.parametrize("call", RANDOM)
def test_values_on_numpy_have_the_distribution_of_pytorch(
    call: str, numpy_backend: None, torch: Any
) -> None:
    found, expected = (filled(one, call, (400, 300), "float64") for one in (t, torch))
    assert found.std() == pytest.approx(expected.std(), rel=0.01, abs=1e-12)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.02 * expected.std() + 1e-12)
    assert found.min() == pytest.approx(expected.min(), abs=expected.std())
    assert found.max() == pytest.approx(expected.max(), abs=expected.std())
    again = filled(t, call, (400, 300), "float64")
    np.testing.assert_array_equal(found, again)


@pytest.mark.parametrize(
    ("call", "shape"), [one for one in OF_SHAPES if one[0][:2] in ("co", "on", "ze", "ey", "di")]
)
def test_values_without_chance_are_those_of_pytorch_on_numpy(
    call: str, shape: tuple[int, ...], numpy_backend: None, torch: Any
) -> None:
    np.testing.assert_array_equal(
        filled(t, call, shape, "float32"), filled(torch, call, shape, "float32")
    )


@pytest.mark.parametrize("shape", [(6, 9), (9, 6), (4, 2, 5)])
def test_orthogonal_rows_or_columns(shape: tuple[int, ...], backend: str) -> None:
    x = filled(t, "orthogonal_(x, 3)", shape, "float64").reshape(shape[0], -1)
    product = x @ x.T if x.shape[0] < x.shape[1] else x.T @ x
    np.testing.assert_allclose(product, 9 * np.eye(len(product)), atol=1e-12)


def test_sparse_columns_on_numpy(numpy_backend: None) -> None:
    x = filled(t, "sparse_(x, 0.31)", (10, 50), "float32")
    assert ((x == 0).sum(0) == 4).all()
    assert len({tuple(column) for column in (x == 0).T}) > 20


def test_a_seed_for_one_call(ffi_backend: None, torch: Any) -> None:
    expected = torch.nn.init.normal_(torch.zeros(9), generator=torch.Generator().manual_seed(3))
    np.testing.assert_array_equal(t.nn.init.normal_(t.zeros(9), generator=3).numpy(), expected)


@pytest.mark.parametrize("name", NAMES)
def test_parameters_are_not_recorded_and_stay_leaves(name: str, ffi_backend: None) -> None:
    call, shape = next(one for one in OF_SHAPES if one[0].startswith(f"{name}("))
    x = t.zeros(shape).requires_grad_()
    eval(f"init.{call}", {"init": t.nn.init, "x": x})
    assert x.is_leaf and x.requires_grad


def test_arguments_are_those_of_pytorch(torch: Any) -> None:
    for name in t.nn.init.__all__:
        ours, theirs = (
            [(p.name, p.default) for p in inspect.signature(getattr(one, name)).parameters.values()]
            for one in (t.nn.init, torch.nn.init)
        )
        assert ours == theirs, name


def test_gains_are_those_of_pytorch(torch: Any) -> None:
    for name in GAINS:
        assert t.nn.init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert t.nn.init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain(
        "leaky_relu", 0.3
    )


@pytest.mark.parametrize(
    ("call", "shape", "message"),
    [
        (
            "calculate_gain('gelu')",
            (1,),
            "calculate_gain: nonlinearity is 'gelu', expected one of conv1d",
        ),
        (
            "calculate_gain('leaky_relu', True)",
            (1,),
            "calculate_gain: param is True, expected a slope",
        ),
        ("eye_(x)", (3,), r"eye_: tensor has shape \(3,\), expected 2 axes"),
        ("dirac_(x, 2)", (3, 4, 5), r"dirac_: tensor has shape \(3, 4, 5\), expected 3 to 5 axes"),
        (
            "xavier_normal_(x)",
            (3,),
            r"xavier_normal_: tensor has shape \(3,\), expected at least 2",
        ),
        (
            "kaiming_normal_(x, mode='in')",
            (3, 3),
            "kaiming_normal_: mode is 'in', expected 'fan_in'",
        ),
        ("orthogonal_(x)", (3,), r"orthogonal_: tensor has shape \(3,\), expected at least 2"),
        ("sparse_(x, 0.5)", (3, 3, 3), r"sparse_: tensor has shape \(3, 3, 3\), expected 2 axes"),
        ("trunc_normal_(x, generator=3)", (3,), "trunc_normal_: generator must be None"),
        ("normal_(x, 0., -1.)", (3,), "normal_: normal expects std >= 0"),
    ],
)
def test_errors_name_the_function(call: str, shape: Any, message: str, backend: str) -> None:
    with pytest.raises(ValueError, match=message):
        eval(f"init.{call}", {"init": t.nn.init, "x": t.zeros(shape)})


def test_what_is_no_tensor_is_refused(backend: str) -> None:
    with pytest.raises(TypeError, match="ones_: expected a Tensor, got ndarray"):
        t.nn.init.ones_(np.zeros(3))


def test_a_tensor_without_elements_is_left_alone(backend: str) -> None:
    with pytest.warns(UserWarning, match="kaiming_uniform_: the tensor has no elements"):
        assert t.nn.init.kaiming_uniform_(t.zeros((0, 3))).shape == (0, 3)
    assert t.nn.init.orthogonal_(t.zeros((0, 3))).shape == (0, 3)
