"""Keys of indexing that hold tensors, on LibTorch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torchffi._libtorch.calls import c_function

Raw = int
Make = Callable[..., Any]

_LAST = 2**63 - 1
_slice, _unsqueeze = c_function("slice"), c_function("unsqueeze")
_ndim, _numel = c_function("ndim"), c_function("numel")


def tensor_index(
    make: Make, x: Any, keys: tuple[Any, ...], index: type, mask: Any, number: Callable[..., Raw]
) -> tuple[Any, list[Raw], Any] | None:
    """A key with tensors in two steps: the view by its slices and Nones, or the tensor itself without
    these; and the indices of the view, 0 for a whole axis. Third what must stay alive until they are
    used. None for other keys.

    Args:
        make: Makes a view.
        x: The tensor.
        keys: The key.
        index: The class of tensors of indices.
        mask: The class of masks.
        number: Returns the index tensor of an integer, with which the tensors broadcast, from
            ``index``, ``x`` and the integer.
    """
    view, found, axis, tensors = x, [], 0, 0
    for place, key in enumerate(keys):
        kind = type(key)
        if kind is index:
            found.append(key._data)
            tensors += 1
        elif kind is slice:
            start, stop, step = key.start, key.stop, key.step
            if not (start is stop is step is None):
                start = 0 if start is None else start
                stop = _LAST if stop is None else stop
                step = 1 if step is None else step
                if not (type(start) is type(stop) is type(step) is int) or step < 1:
                    return None
                view = make(_slice, view._data, axis, start, stop, step)
                if view is None:
                    return None
            found.append(0)
        elif kind is mask:
            width = _ndim(key._data)
            if width < 1 or _numel(key._data) < 1:  # 0-d, or empty: its shape may differ
                return None
            found.append(key._data)
            axis += width - 1
            tensors += 1
        elif kind is int:
            found.append(number(index, x, key))
        elif key is None:
            view = make(_unsqueeze, view._data, axis)
            if view is None:
                return None
            found.append(0)
        elif key is Ellipsis:
            missing = _ndim(view._data) - axis
            for behind in keys[place + 1 :]:
                if behind is Ellipsis:
                    return None
                missing -= _ndim(behind._data) if type(behind) is mask else behind is not None
            if missing < 0:
                return None
            found += [0] * missing
            axis += missing - 1
        else:
            return None
        axis += 1
    return (view, found, keys) if tensors else None
