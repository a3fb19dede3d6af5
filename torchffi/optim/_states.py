"""Groups of parameters and their states: checks, and the layout in which they are saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import chain
from typing import Any

from torchffi import _devices, dtypes
from torchffi._core.dispatch import create_like, moved
from torchffi._core.tensor import Tensor
from torchffi.dtypes import FLOATING
from torchffi.errors import ArgumentError, InvalidArgumentError


def check_group(name: str, group: dict[str, Any]) -> None:
    """Makes ``"params"`` of a group a list of tensors, and ``"param_names"`` their names."""
    if "params" not in group:
        raise InvalidArgumentError(f"{name}: a group of parameters has no 'params'")
    given = group["params"]
    if isinstance(given, (set, frozenset)):
        raise ArgumentError(
            f"{name}: the parameters are a set, whose order changes from run to run; use a list"
        )
    parameters = [given] if isinstance(given, Tensor) else list(given)
    names = [one[0] for one in parameters if isinstance(one, tuple)]
    group["params"] = [one[1] if isinstance(one, tuple) else one for one in parameters]
    if names:
        if len(names) != len(parameters):
            raise InvalidArgumentError(
                f"{name}: {len(names)} of {len(parameters)} parameters have names; give names to all or "
                "none"
            )
        group["param_names"] = names
    for one in group["params"]:
        if not isinstance(one, Tensor):
            raise ArgumentError(f"{name}: a parameter is {type(one).__name__}, expected a Tensor")
        if not one.is_leaf:
            raise InvalidArgumentError(
                f"{name}: a parameter is not a leaf: a recorded operation made it; use "
                "detach().requires_grad_()"
            )


def packed(groups: list[dict[str, Any]], state: Mapping[Any, Any]) -> dict[str, Any]:
    """Groups and states with numbers for parameters, which count through all groups."""
    numbers: dict[int, int] = {}
    saved, start = [], 0
    for group in groups:
        for number, one in enumerate(group["params"], start):
            numbers.setdefault(id(one), number)
        start += len(group["params"])
        options = {key: value for key, value in group.items() if key != "params"}
        saved.append({**options, "params": [numbers[id(one)] for one in group["params"]]})
    by_number = {
        numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in state.items()
    }
    return {"state": by_number, "param_groups": saved}


def unpacked(name: str, groups: list[dict[str, Any]], saved: Mapping[str, Any]) -> dict[str, Any]:
    """States and groups of :func:`packed`, for the parameters of ``groups``."""
    loaded = deepcopy(saved["param_groups"])
    lengths = [len(group["params"]) for group in groups]
    found = [len(group["params"]) for group in loaded]
    if found != lengths:
        raise InvalidArgumentError(
            f"{name}: load_state_dict: the saved groups have {found} parameters, expected {lengths}"
        )
    of_number = dict(
        zip(
            chain.from_iterable(group["params"] for group in loaded),
            chain.from_iterable(group["params"] for group in groups),
            strict=True,
        )
    )
    state: defaultdict[Any, Any] = defaultdict(dict)
    for key, value in saved["state"].items():
        if key in of_number:
            state[of_number[key]] = _fitted(of_number[key], value, key="")
        else:
            state[key] = value
    for group, options in zip(groups, loaded, strict=True):
        options["params"] = group["params"]
        if "param_names" in group:
            options.setdefault("param_names", group["param_names"])
    return {"state": state, "param_groups": loaded}


def _fitted(parameter: Tensor, value: Any, key: Any) -> Any:
    """A value of a state with its tensors on the parameter's device, and of its dtype."""
    if isinstance(value, Tensor):
        value = moved(value, parameter._backend)
        if value.device != parameter.device:
            value = value.to_device(parameter.device)
        if key == "step":
            return value.astype(dtypes.float32, copy=False)
        if parameter.dtype.kind in FLOATING and value.dtype is not parameter.dtype:
            return value.astype(parameter.dtype)
        return value
    if isinstance(value, dict):
        return {key: _fitted(parameter, one, key) for key, one in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return type(value)(_fitted(parameter, one, None) for one in value)  # type: ignore[call-arg]
    return value


def counter(parameter: Tensor, start: float = 0.0) -> Tensor:
    """A counter of steps, a float32 tensor of shape () on the device of the parameter."""
    device = _devices.number(parameter.device)
    return create_like(parameter, "full", dtypes.float32, (), start, dtypes.float32, device)


def count_in_tensors(
    groups: list[dict[str, Any]], state: Mapping[Any, Any], key: str = "step"
) -> None:
    """Replaces counters that are plain numbers, as in old files, by tensors."""
    for group in groups:
        for parameter in group["params"]:
            own = state.get(parameter) or {}
            if key in own and not isinstance(own[key], Tensor):
                own[key] = counter(parameter, float(own[key]))
