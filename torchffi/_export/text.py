"""The text of a graph."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torchffi._export import schema
from torchffi._export.shapes import TensorInput
from torchffi.errors import DTypeError


def graph(graph: Mapping[str, Any], indent: str = "") -> str:
    """The inputs, the nodes and the outputs of a graph, one a line."""
    values = graph["tensor_values"]
    lines = [f"{indent}inputs: {', '.join(_input(one, values) for one in graph['inputs'])}"]
    for node in graph["nodes"]:
        lines += _node(node, values, indent)
    lines.append(f"{indent}return {', '.join(_argument(one) for one in graph['outputs'])}")
    return "\n".join(lines)


def signature(
    graph: Mapping[str, Any], specification: Mapping[str, Any]
) -> tuple[list[str], list[str]]:
    """The caller's inputs and the results of a graph, each with its dtype and sizes."""
    values = graph["tensor_values"]
    inputs = []
    for spec, given in zip(specification["input_specs"], graph["inputs"], strict=True):
        kind, value = schema.only(spec)
        if kind == "constant_input":
            inputs.append(f"{value['name']} = {_argument(given)}")
        elif kind == "user_input":
            inputs.append(_input(given, values))
    outputs = [
        _result(given, values)
        for spec, given in zip(specification["output_specs"], graph["outputs"], strict=True)
        if schema.only(spec)[0] in ("user_output", "loss_output")
    ]
    return inputs, outputs


def _input(argument: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    kind, value = schema.only(argument)
    return _typed(value["name"], values) if kind == "as_tensor" else _argument(argument)


def _typed(name: str, values: Mapping[str, Any]) -> str:
    try:
        return f"{name}: {TensorInput(values[name])}" if name in values else name
    except DTypeError as error:
        return f"{name}: {error}"


def _node(node: Mapping[str, Any], values: Mapping[str, Any], indent: str) -> list[str]:
    results = ", ".join(_result(one, values) for one in node["outputs"])
    inner: list[str] = []
    arguments = []
    for one in node["inputs"]:
        kind, value = schema.only(one["arg"])
        if kind == "as_graph":
            arguments.append(str(value["name"]))
            inner += [f"{indent}    {value['name']}:", graph(value["graph"], indent + "        ")]
        elif one.get("kind") == 2:
            arguments.append(f"{one['name']}={_argument(one['arg'])}")
        else:
            arguments.append(_argument(one["arg"]))
    target = str(node["target"]).removeprefix("torch.ops.")
    return [f"{indent}{results} = {target}({', '.join(arguments)})", *inner]


def _result(argument: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    kind, value = schema.only(argument)
    if kind == "as_tensor":
        return _typed(value["name"], values)
    if kind == "as_tensors":
        return f"[{', '.join(_typed(one['name'], values) for one in value)}]"
    return _argument(argument)


def _argument(argument: Mapping[str, Any]) -> str:
    kind, value = schema.only(argument)
    if schema.is_plain(kind):
        found = schema.plain(kind, value)
        return str(found) if kind in ("as_scalar_type",) else repr(found)
    if isinstance(value, str):  # the name of a size
        return value
    if isinstance(value, list):
        return f"[{', '.join(map(_element, value))}]"
    return _element(value)


def _element(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_element, value))}]"
    return str(value["name"]) if "name" in value else _argument(value)
