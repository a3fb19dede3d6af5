"""The inputs and outputs of a program: which are the caller's, and which its own tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torchffi._core.tensor import Tensor
from torchffi._export import schema, structure
from torchffi._export.shapes import Constraints, Size, TensorInput, check_constant
from torchffi._export.structure import Node
from torchffi.errors import InvalidArgumentError, NotSupportedError

_OWN = {
    "parameter": "parameter_name",
    "buffer": "buffer_name",
    "tensor_constant": "tensor_constant_name",
}
_WRITTEN = {"buffer_mutation": "buffer_name", "parameter_mutation": "parameter_name"}


class Signature:
    """Turns arguments into the inputs of the graph, and its outputs into results.

    Attributes:
        parameters: The names of the parameters, in their order.
        buffers: The names of the buffers, and whether each is persistent.
        names: The names of the caller's inputs.
        constraints: The ranges of dynamic sizes.
    """

    def __init__(self, program: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> None:
        module = program["graph_module"]
        graph, signature = module["graph"], module["signature"]
        calls = {one["fqn"]: one["signature"] for one in module["module_call_graph"]}
        call = calls[""]
        fields = module.get("treespec_namedtuple_fields") or {}
        self._inputs = structure.parse(call["in_spec"], fields)
        if not isinstance(self._inputs, Node) or len(self._inputs.parts) != 2:
            raise ValueError("in_spec is not of positional and named arguments")
        positional, by_name = self._inputs.parts
        if not isinstance(positional, Node) or not isinstance(by_name, Node):
            raise ValueError("in_spec is not of positional and named arguments")
        self._count, self._keys = len(positional.parts), list(by_name.keys)
        self._outputs = structure.parse(call["out_spec"], fields)
        self._positional = [str(name) for name in call.get("forward_arg_names") or ()]
        self.constraints = Constraints(
            program["range_constraints"], program.get("guards_code") or ()
        )
        self.parameters: list[str] = []
        self.buffers: dict[str, bool] = {}
        self.names: list[str] = []
        self._required: list[Any] = []
        self._constants: dict[int, Any] = {}
        self._own: list[Tensor | None] = []  # None: the next one of the caller's
        for spec, given in zip(signature["input_specs"], graph["inputs"], strict=True):
            self._input(spec, given, graph, tensors)
        self._returned: list[Any] = []
        self._writes: list[tuple[int, Tensor | str]] = []
        for at, spec in enumerate(signature["output_specs"]):
            self._output(at, spec, tensors)
        for spec, count in ((self._inputs, len(self.names)), (self._outputs, len(self._returned))):
            if spec.leaves != count:
                raise ValueError(f"{count} values for {spec.leaves} places of {spec}"[:300])

    def _input(self, spec: Any, given: Any, graph: Any, tensors: Mapping[str, Tensor]) -> None:
        kind, value = schema.only(spec)
        if kind in _OWN:
            name = str(value[_OWN[kind]])
            self._own.append(tensors[name])
            if kind == "parameter":
                self.parameters.append(name)
            elif kind == "buffer":
                self.buffers[name] = bool(value["persistent"])
            return
        if kind not in ("user_input", "constant_input"):
            raise NotSupportedError(f"inputs of the kind {kind} are not supported")
        at = len(self.names)
        self._own.append(None)
        form, held = schema.only(given)
        if form == "as_tensor":
            self.names.append(str(held["name"]))
            self._required.append(TensorInput(graph["tensor_values"][held["name"]]))
        elif form in ("as_sym_int", "as_sym_float", "as_sym_bool"):
            name = str(held["as_name"])
            self.names.append(name)
            sizes = graph["sym_int_values"] if form == "as_sym_int" else {}
            self._required.append(Size(sizes[name]) if name in sizes else None)
        else:
            self.names.append(str(value.get("name") or f"input {at}"))
            self._required.append(None)
            self._constants[at] = schema.plain(form, held)

    def _output(self, at: int, spec: Any, tensors: Mapping[str, Tensor]) -> None:
        kind, value = schema.only(spec)
        if kind in ("user_output", "loss_output"):
            self._returned.append(at)
        elif kind in _WRITTEN:
            self._writes.append((at, tensors[str(value[_WRITTEN[kind]])]))
        elif kind == "user_input_mutation":
            self._writes.append((at, str(value["user_input_name"])))
        else:
            raise NotSupportedError(f"outputs of the kind {kind} are not supported")

    def bind(self, arguments: Sequence[Any], named: Mapping[str, Any], guards: bool) -> list[Any]:
        """The caller's inputs of the graph, checked, in their order.

        Raises:
            TypeError, ValueError: They do not fit the program.
        """
        found = self._inputs.flatten(self._arranged(arguments, named), "arguments")
        values = []
        checked = []
        for at, (place, value) in enumerate(found):
            name, required = self.names[at], self._required[at]
            if at in self._constants:
                check_constant(name, value, self._constants[at])
            elif isinstance(required, TensorInput):
                required.check(value, name)
            elif isinstance(required, Size) and type(value) is not int:
                raise InvalidArgumentError(f"{name}: expected an int, got a {type(value).__name__}")
            values.append(value)
            checked.append((name, self._place(place), required, value))
        self.constraints.check(checked, guards)
        return values

    def _arranged(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
        """The arguments as the program has them, which were given by position or by name."""
        missing = self._positional[len(arguments) : self._count]
        if missing and all(name in named for name in missing):
            arguments = [*arguments, *(named[name] for name in missing)]
            named = {name: value for name, value in named.items() if name not in missing}
        if len(arguments) != self._count or named.keys() != set(self._keys):
            takes = [*self._positional[: self._count], *(["*", *self._keys] if self._keys else [])]
            given = f"{len(arguments)} positional arguments"
            given += f" and the names {', '.join(named)}" if named else ""
            raise InvalidArgumentError(f"got {given}; the program takes ({', '.join(takes)})")
        return tuple(arguments), dict(named)

    def _place(self, path: str) -> str:
        """``L['x']``, as guards name an input, for ``arguments[0][0]``."""
        rest = path.removeprefix("arguments")
        if rest.startswith("[0]["):
            number, _, tail = rest[4:].partition("]")
            names = self._positional
            return f"L['{names[int(number)]}']{tail}" if int(number) < len(names) else path
        return f"L{rest[3:]}"

    def inputs(self, values: Sequence[Any]) -> list[Any]:
        """All inputs of the graph: the program's tensors and the caller's values."""
        given = iter(values)
        return [next(given) if own is None else own for own in self._own]

    def results(
        self, outputs: Sequence[Any], values: Sequence[Any], write: Callable[[Tensor, Any], None]
    ) -> Any:
        """What the program returns; buffers and inputs that it changes are written."""
        for at, target in self._writes:
            if isinstance(target, str):
                target = values[self.names.index(target)]
            write(target, outputs[at])
        return self._outputs.unflatten(iter([outputs[at] for at in self._returned]))
