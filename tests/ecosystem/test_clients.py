"""Libraries on the Array API standard give the same results for torchffi's tensors as for NumPy.

SciPy reads SCIPY_ARRAY_API when it is imported: conftest.py sets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import array_api_extra as xpx
import einops.array_api as einops
import numpy as np
import pytest
import scipy.fft
import scipy.signal
import scipy.special
import scipy.stats
from sklearn import config_context
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.preprocessing import StandardScaler

import torchffi as t

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

_random = np.random.default_rng(0)
TABLE = _random.normal(size=(60, 5))
TARGET = TABLE @ np.arange(5.0) + 0.1 * _random.normal(size=60)
LABELS = (TARGET > 0).astype(np.int64)
COLUMN, OTHER = np.abs(TABLE[:, 0]) + 0.1, np.abs(TABLE[:, 1]) + 0.1
UNIT = np.abs(TABLE) / np.abs(TABLE).max()
CUBE = TABLE.reshape(4, 15, 5)
SECTION = np.array([[1, 0.2, 0.1, 1, 0.3, 0.2]])
NUMERATOR, DENOMINATOR = np.array([1, 0.2]), np.array([1, 0.3])


class Call(NamedTuple):
    """A function and its arguments; the arrays among them become tensors."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]
    name: str


def call(function: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
    name = f"{function.__module__.partition('.')[0]}.{function.__name__}"
    return pytest.param(Call(function, arguments, keywords, name), id=name)


def _leaves(result: Any) -> Iterator[Any]:
    """The arrays and numbers in a nested result."""
    if isinstance(result, (t.Tensor, np.ndarray, np.generic, float, int)):
        yield result
    elif isinstance(result, dict):
        for value in result.values():
            yield from _leaves(value)
    elif isinstance(result, (tuple, list)):
        for value in result:
            yield from _leaves(value)
    else:
        for name in ("statistic", "pvalue", "mean_direction", "mean_resultant_length"):
            if hasattr(result, name):
                yield from _leaves(getattr(result, name))


def _tensors(value: Any) -> Any:
    if isinstance(value, list):
        return [_tensors(one) for one in value]
    return t.asarray(value) if isinstance(value, np.ndarray) else value


def _check_same(result: Any, expected: Any, rtol: float) -> None:
    found, wanted = list(_leaves(result)), list(_leaves(expected))
    assert len(found) == len(wanted) > 0
    assert any(isinstance(one, t.Tensor) for one in found), "no tensor came back"
    for one, other in zip(found, wanted, strict=True):
        assert np.shape(other) == getattr(one, "shape", ())
        np.testing.assert_allclose(np.asarray(one), other, rtol=rtol, atol=1e-12)


def _check_call(case: Call, backend: str, rtol: float = 1e-9) -> None:
    expected = case.function(*case.arguments, **case.keywords)
    keywords = {name: _tensors(value) for name, value in case.keywords.items()}
    result = case.function(*map(_tensors, case.arguments), **keywords)
    assert {one.backend for one in _leaves(result) if isinstance(one, t.Tensor)} == {backend}
    _check_same(result, expected, rtol)


# ---- SciPy

_SPECIAL_UNARY = (
    "entr", "erf", "erfc", "expit", "gammaln", "i0", "i0e", "i1", "i1e", "log_ndtr",
    "log_softmax", "logit", "logsumexp", "ndtr", "ndtri", "psi", "softmax",
)  # fmt: skip
_SPECIAL_BINARY = (
    "betaln", "chdtr", "gammainc", "gammaincc", "rel_entr", "stdtr", "stdtrit", "xlogy", "zeta",
)  # fmt: skip
_STATS_SAMPLE = (
    "describe", "differential_entropy", "entropy", "gmean", "hmean", "iqr", "jarque_bera",
    "kurtosis", "kurtosistest", "median_abs_deviation", "moment", "normaltest", "pmean", "sem",
    "skew", "skewtest", "tmax", "tmean", "tmin", "tstd", "tvar", "variation", "wilcoxon",
    "zscore", "circmean", "circstd", "circvar", "rankdata",
)  # fmt: skip
_STATS_PAIR = (
    "bartlett", "cramervonmises_2samp", "f_oneway", "mannwhitneyu", "pearsonr", "ttest_ind",
    "ttest_rel",
)  # fmt: skip
_FFT = (
    "dct", "dctn", "dst", "fft", "fft2", "fftn", "fftshift", "hfft", "idct", "idctn", "ifft",
    "ifftn", "ihfft", "irfft", "irfftn", "rfft", "rfft2", "rfftn",
)  # fmt: skip

SCIPY = [
    *(call(getattr(scipy.special, name), UNIT) for name in _SPECIAL_UNARY),
    *(call(getattr(scipy.special, name), UNIT + 1.5, UNIT / 2 + 0.2) for name in _SPECIAL_BINARY),
    *(
        call(getattr(scipy.stats, name), COLUMN, *([2.0] if name == "pmean" else []))
        for name in _STATS_SAMPLE
    ),
    *(call(getattr(scipy.stats, name), COLUMN, OTHER) for name in _STATS_PAIR),
    call(scipy.stats.ttest_1samp, COLUMN, 0.5),
    call(scipy.stats.trim_mean, COLUMN, 0.1),
    call(scipy.stats.quantile, COLUMN, 0.3),
    call(scipy.stats.chisquare, COLUMN, np.flip(COLUMN)),
    call(scipy.stats.power_divergence, COLUMN),
    call(scipy.stats.combine_pvalues, np.linspace(0.1, 0.9, 5)),
    call(scipy.stats.directional_stats, TABLE),
    *(call(getattr(scipy.fft, name), TABLE) for name in _FFT),
    call(scipy.signal.detrend, TABLE),
    call(scipy.signal.convolve, COLUMN, OTHER),
    call(scipy.signal.fftconvolve, COLUMN, OTHER),
    call(scipy.signal.oaconvolve, COLUMN, OTHER),
    call(scipy.signal.correlate, COLUMN, OTHER),
    call(scipy.signal.hilbert, COLUMN),
    call(scipy.signal.resample, COLUMN, 30),
    call(scipy.signal.medfilt, COLUMN, 3),
    call(scipy.signal.wiener, COLUMN, 3),
    call(scipy.signal.sosfilt, SECTION, COLUMN),
    call(scipy.signal.lfilter, NUMERATOR, DENOMINATOR, COLUMN),
    call(scipy.signal.filtfilt, NUMERATOR, DENOMINATOR, COLUMN),
    call(scipy.signal.savgol_filter, COLUMN, 5, 2),
    call(scipy.signal.upfirdn, np.array([1.0, 2.0]), COLUMN),
]


@pytest.mark.parametrize("case", SCIPY)
def test_scipy_gives_what_it_gives_for_numpy(case: Call, backend: str) -> None:
    _check_call(case, backend)


# ---- einops


def _rearranged(x: Any) -> Any:
    return einops.rearrange(x, "a b c -> c (a b)")


def _reduced(x: Any) -> Any:
    return einops.reduce(x, "a b c -> c", "mean")


def _repeated(x: Any) -> Any:
    return einops.repeat(x, "a b c -> a 2 (b c)")


def _packed(x: Any) -> Any:
    packed, shapes = einops.pack([x, x], "a * c")
    return packed, *einops.unpack(packed, shapes, "a * c")


@pytest.mark.parametrize("function", [_rearranged, _reduced, _repeated, _packed])
def test_einops_gives_what_it_gives_for_numpy(function: Any, backend: str) -> None:
    _check_same(function(t.asarray(CUBE)), function(CUBE), 1e-12)


# ---- array-api-extra

EXTRA = [
    call(xpx.angle, CUBE + 1j * CUBE[::-1]),
    call(xpx.atleast_nd, COLUMN, ndim=3),
    call(xpx.cov, TABLE),
    call(xpx.create_diagonal, COLUMN),
    call(xpx.deg2rad, COLUMN),
    call(xpx.isclose, COLUMN, COLUMN + 1e-12),
    call(xpx.isin, LABELS, LABELS[:3]),
    call(xpx.kron, TABLE[:3], TABLE[:4]),
    call(xpx.nan_to_num, np.array([1.0, np.nan, np.inf, -np.inf])),
    call(xpx.nunique, LABELS),
    call(xpx.one_hot, LABELS, 2),
    call(xpx.pad, TABLE, 2),
    call(xpx.rad2deg, COLUMN),
    call(xpx.searchsorted, np.sort(COLUMN), OTHER),
    call(xpx.setdiff1d, LABELS, LABELS[:1]),
    call(xpx.sinc, COLUMN),
    call(xpx.union1d, LABELS, LABELS + 1),
]


@pytest.mark.parametrize("case", EXTRA)
def test_array_api_extra_gives_what_it_gives_for_numpy(case: Call, backend: str) -> None:
    _check_call(case, backend)


def test_array_api_extra_partitions(backend: str) -> None:
    x = t.asarray(COLUMN)
    for values in (xpx.partition(x, 7), t.take(x, xpx.argpartition(x, 7))):
        found = values.numpy()
        np.testing.assert_array_equal(np.sort(found), np.sort(COLUMN))
        assert found[:7].max() <= found[7] <= found[8:].min()


def test_array_api_extra_sets_elements_where_it_is_told(backend: str) -> None:
    x = t.asarray(COLUMN)
    expected = COLUMN.copy()
    expected[expected > 1] += 2
    _check_same(xpx.at(x, x > 1).add(2), expected, 1e-12)


def test_array_api_extra_applies_a_function_where_the_mask_is_true(backend: str) -> None:
    x = t.asarray(TABLE)
    result = xpx.apply_where(x > 0, x, t.sqrt, fill_value=-1)
    with np.errstate(invalid="ignore"):
        _check_same(result, np.where(TABLE > 0, np.sqrt(TABLE), -1), 1e-12)


# ---- scikit-learn


def _pca(solver: str) -> Callable[..., Any]:
    def fit(x: Any, y: Any, labels: Any) -> Any:
        model = PCA(
            n_components=2,
            svd_solver=solver,
            random_state=0,
            power_iteration_normalizer="QR",
            iterated_power=4,
        ).fit(x)
        return model.components_, model.explained_variance_, model.transform(x)

    return fit


def _ridge(x: Any, y: Any, labels: Any) -> Any:
    model = Ridge(alpha=0.5, solver="svd").fit(x, y)
    return model.coef_, model.predict(x)


def _logistic_regression(x: Any, y: Any, labels: Any) -> Any:
    model = LogisticRegression(solver="lbfgs", tol=1e-8).fit(x, labels)
    return model.coef_, model.predict_proba(x), model.predict(x)


def _standard_scaler(x: Any, y: Any, labels: Any) -> Any:
    model = StandardScaler().fit(x)
    scaled = model.transform(x)
    return model.mean_, model.scale_, scaled, model.inverse_transform(scaled)


@pytest.mark.parametrize(
    "fit",
    [
        pytest.param(_pca("full"), id="PCA-full"),
        pytest.param(_pca("covariance_eigh"), id="PCA-covariance_eigh"),
        pytest.param(_pca("randomized"), id="PCA-randomized"),
        pytest.param(_ridge, id="Ridge"),
        pytest.param(_logistic_regression, id="LogisticRegression"),
        pytest.param(_standard_scaler, id="StandardScaler"),
    ],
)
def test_scikit_learn_gives_what_it_gives_for_numpy(fit: Any, backend: str) -> None:
    expected = fit(TABLE, TARGET, LABELS)
    with config_context(array_api_dispatch=True):
        result = fit(t.asarray(TABLE), t.asarray(TARGET), t.asarray(LABELS))
    assert all(isinstance(one, t.Tensor) for one in _leaves(result))
    _check_same(result, expected, 1e-6)
