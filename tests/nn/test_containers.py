"""Containers: their operations give what PyTorch's give."""

from __future__ import annotations

import copy
import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

import torchffi as t

# Statements on `c`, by the constructor of `c`; `n` is nn, `w` a tensor.
CASES = {
    "n.Sequential(n.Linear(2, 3), n.ReLU(), n.Linear(3, 1))": """
        c.append(n.Tanh()); c.extend([n.Tanh(), n.ELU()]); c.insert(1, n.Tanh())
        c.insert(-1, n.Tanh()); c.insert(3, n.Tanh()); del c[0]; del c[-1]; del c[1:]; del c[::2]
        c[1] = n.Tanh(); c[-1] = n.Tanh(); c = c[1:]; c = c[:-1]; c = c[-1]; c = c + c; c += c[:2]
        c = c * 2; c = 2 * c; c *= 2; c.pop(1); c = c.pop(-1); c.extend(c[:2]); c.append(c[0])
    """,
    "n.Sequential(OrderedDict(a=n.Linear(2, 3), b=n.ReLU()))": """
        c = c[1:]; c = c[0]; del c[0]; c.append(n.Tanh()); c = c + c; c.a = n.Tanh(); c[1] = n.Tanh()
        c = n.Sequential(OrderedDict([*c.named_children()]))
    """,
    "n.ModuleList([n.Linear(2, 3), n.Linear(2, 3), n.ReLU()])": """
        c.append(n.Tanh()); c.extend([n.Tanh(), n.Tanh()]); c.insert(0, n.Tanh()); c.insert(3, n.Tanh())
        del c[1]; del c[-1]; del c[:2]; c[0] = n.Tanh(); c = c[1:]; c = c[::2]
        c = c + [n.Tanh()]; c += [n.Tanh()]; c.pop(0); c = c.pop(-2); c = n.ModuleList()
        c.append(n.Sequential(n.ReLU(), n.Tanh())).append(n.Sequential(n.ReLU(), n.Tanh()))
        c = n.ModuleList(iter([n.Tanh()]))
    """,
    "n.ModuleDict({'b': n.Linear(2, 3), 'a': n.ReLU()})": """
        c['d'] = n.Tanh(); c['b'] = n.Tanh(); del c['b']; c.pop('a'); c = c.pop('a'); c.clear()
        c.update({'z': n.Tanh(), 'c': n.ELU()}); c.update([['z', n.Tanh()], ('b', n.ELU())])
        c.update(n.ModuleDict({'q': n.Tanh()})); c = n.ModuleDict([('z', n.Tanh())]); c = n.ModuleDict()
        c = n.ModuleList(c.values()); c = n.Sequential(OrderedDict(c.items()))
    """,
    "n.ParameterList([n.Parameter(w), w, 3, 'x'])": """
        c.append(w); c.append(5); c.extend([w, w]); c[2] = w; c[-1] = n.Parameter(w[0])
        c += [w]; c = c[1:]; c = c[::-1]; c = n.ParameterList(); c = n.ParameterList(iter([w]))
    """,
    "n.ParameterDict({'b': n.Parameter(w), 'a': w, 'c': 3})": """
        c['d'] = w; c['a'] = w[0]; c['c'] = w; del c['b']; c.pop('a'); c.pop('c'); c.popitem(); c.clear()
        c.update({'z': w, 'd': w}); c.update([('z', w), ['d', 2]]); c.update(OrderedDict(z=w, d=w))
        c = c.copy(); c = c | n.ParameterDict({'q': w}); c |= n.ParameterDict({'q': w, 'a': w[0]})
        c.setdefault('a', 5); c.setdefault('e', w); c = c.fromkeys(['z', 'a'], 5)
        c = n.ParameterDict(); c.get('a'); c.get('nothing', 4)
    """,
}
ALL = [
    (new, statement.strip())
    for new, text in CASES.items()
    for line in text.splitlines()
    for statement in line.split(";")
    if statement.strip()
]
ITEMS = """
    len(c); kind(list(c)[-1]); c * 1.5; c.__setitem__(0, 4); c.__setitem__('a', 4); [*map(kind, c)]
    kind(c[0]); kind(c[-1]); kind(c[len(c) - 1]); kind(c['a']); 'a' in c; 'nothing' in c
    [*c.keys()]; [*c.items()][-1]; [*map(kind, c.values())]; [*map(kind, reversed(c))]
    kind(c.get('a')); c.get('no', 7); c[9]; c[-9]; c['no']; c.pop('no'); c.insert(9, c[0]); c * 0
    c.update(3); c.extend(3); c.update([3])
    [name for name, _ in c.named_parameters()]; [name for name, _ in c.named_children()]
""".replace("\n", ";").split(";")


ABSENT = ("c[0]", "c[-1]", "c[len", "c[9]", "c[-9]", "c['no']", "pop('no')")


def text(value: Any) -> str:
    """The text of a container, with PyTorch's names of dtypes as ours."""
    shown = repr(value).replace("torch.FloatTensor", "float32")
    return shown.replace("torch.float32", "float32")


def kind(value: Any) -> str:
    return str(list(value.shape)) if hasattr(value, "shape") else str(value)


def names_of(library: Any, new: str) -> dict[str, Any]:
    library.manual_seed(3)
    names = {"n": library.nn, "w": library.ones((2, 3)), "OrderedDict": OrderedDict}
    return {**names, "kind": kind, "c": eval(new, names)}


def tried(library: Any, new: str, expression: str) -> tuple[str, type | None]:
    """The text of the value; or the kind of the error."""
    try:
        return text(eval(expression, names_of(library, new))), None
    except Exception as error:
        kinds = (IndexError, KeyError, TypeError, ValueError, AttributeError, NotImplementedError)
        return "", next(kind for kind in kinds if isinstance(error, kind))


@pytest.mark.parametrize(("new", "statement"), ALL)
def test_operations_are_those_of_pytorch(
    new: str, statement: str, ffi_backend: None, torch: Any
) -> None:
    found = []
    for library in (t, torch):
        names = names_of(library, new)
        exec(statement, names)
        found.append(names["c"])
    ours, theirs = found
    assert text(ours) == text(theirs)
    state = ours.state_dict()
    assert list(state) == list(theirs.state_dict())
    for name, expected in theirs.state_dict().items():
        np.testing.assert_array_equal(state[name].numpy(), expected.numpy())


@pytest.mark.parametrize(
    ("new", "expression"),
    [
        (new, one.strip())
        for new in CASES
        for one in ITEMS
        if one.strip() and not ("ParameterDict" in new and any(absent in one for absent in ABSENT))
    ],
)
def test_items_and_errors_are_those_of_pytorch(
    new: str, expression: str, ffi_backend: None, torch: Any
) -> None:
    assert tried(t, new, expression) == tried(torch, new, expression)


def test_a_missing_name_of_a_dict_of_parameters_is_a_key_error() -> None:
    """PyTorch's is an AttributeError, or for an integer a TypeError."""
    parameters = t.nn.ParameterDict({"a": t.ones(2)})
    for name in ("no", "keys", "training", 0):
        with pytest.raises(KeyError, match=str(name)):
            parameters[name]
        with pytest.raises(KeyError, match=str(name)):
            parameters.pop(name)
    assert list(parameters) == ["a"]


def test_a_module_is_inserted_before_a_negative_index() -> None:
    """PyTorch's list has a KeyError."""
    modules = t.nn.ModuleList([t.nn.ReLU(), t.nn.Tanh()])
    modules.insert(-1, t.nn.ELU())
    assert [type(one).__name__ for one in modules] == ["ReLU", "ELU", "Tanh"]
    assert [name for name, _ in modules.named_children()] == ["0", "1", "2"]


@pytest.mark.parametrize(("name", "more"), [("Sequential", 1), ("ModuleList", 0)])
def test_a_refused_module_changes_nothing(name: str, more: int) -> None:
    container = t.nn.Sequential(t.nn.ReLU(), t.nn.Tanh())
    container = container if more else t.nn.ModuleList(container)
    before = repr(container)
    with pytest.raises(TypeError, match="expected a Module"):
        container.insert(1, 3)
    with pytest.raises(TypeError, match="expected a Module"):
        container.append("x")
    assert repr(container) == before


def test_a_chain_is_trained_by_its_parameters(ffi_backend: None) -> None:
    chain = t.nn.Sequential(t.nn.Linear(2, 3), t.nn.Tanh(), t.nn.Linear(3, 1))
    chain(t.ones((4, 2))).sum().backward()
    assert [p.grad is not None for p in chain.parameters()] == [True] * 4


@pytest.mark.parametrize("again", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
@pytest.mark.parametrize("new", CASES)
def test_copies_have_the_same_members(new: str, again: Any, backend: str) -> None:
    container = names_of(t, new)["c"]
    copied = again(container)
    assert type(copied) is type(container)
    assert repr(copied) == repr(container)
    assert list(copied.state_dict()) == list(container.state_dict())
    for name, tensor in container.state_dict().items():
        np.testing.assert_array_equal(copied.state_dict()[name].numpy(), tensor.numpy())
