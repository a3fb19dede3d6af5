"""The public names that need a row, the name that a statement calls, and the names without a row."""

from __future__ import annotations

import ast
from typing import Final

import torchffi
from bench.breadth.calls.by_name import ONLY_LIBTORCH
from bench.breadth.operands import OBJECTS
from torchffi._aten.methods import at_first_use
from torchffi._aten.numpy_table import TABLE

# Operators of Python, by their node in the syntax tree.
_BINARY: Final = {
    "Add": "add", "Sub": "sub", "Mult": "mul", "Div": "truediv", "FloorDiv": "floordiv", "Mod": "mod",
    "Pow": "pow", "MatMult": "matmul", "BitAnd": "and", "BitOr": "or", "BitXor": "xor",
    "LShift": "lshift", "RShift": "rshift",
}  # fmt: skip
_UNARY: Final = {"USub": "__neg__", "UAdd": "__pos__", "Invert": "__invert__"}
_COMPARED: Final = {
    "Eq": "__eq__", "NotEq": "__ne__", "Lt": "__lt__", "LtE": "__le__", "Gt": "__gt__",
    "GtE": "__ge__", "In": "__contains__",
}  # fmt: skip
# Functions of Python that call a method.
_CALLED: Final = {
    **{name: f"__{name}__" for name in ("abs", "len", "float", "int", "bool", "complex", "repr")},
    **{f"math.{name}": f"__{name}__" for name in ("floor", "ceil", "trunc")},
    "operator.index": "__index__", "round": "__round__", "list": "__iter__",
    "np.asarray": "__array__", "copy.copy": "__copy__", "copy.deepcopy": "__deepcopy__",
}  # fmt: skip
_MODULES: Final = {"t": "", "F": "nn.functional."}

# Why a public name has no row -> the names.
EXEMPT: Final[dict[str, str]] = {
    "a class, an exception or a context manager": """
        FileFormatError HandleError Tensor TorchError UnavailableError enable_grad no_grad
        inference_mode autograd.inference_mode
        set_grad_enabled use_backend autograd.Function autograd.FunctionCtx optim.Optimizer
        autograd.enable_grad autograd.no_grad autograd.once_differentiable
        autograd.set_grad_enabled
    """,
    "a module": """
        autograd dtypes export fft inductor jit linalg nn ops optim serialization utils
        optim.lr_scheduler
    """,
    "a dtype or a number": """
        bool complex64 complex128 e float32 float64 inf int8 int16 int32 int64 nan newaxis pi uint8
        uint16 uint32 uint64
    """,
    "reads or writes files: see the rows of model files": """
        load load_safetensors safe_open save save_safetensors
    """,
    "would change the measurement": "set_num_threads",
    "frees its operand, so that no second call is possible": """
        tensor_free Tensor.__enter__ Tensor.__exit__
    """,
    "makes a module, whose layers are measured by their calls": "nn.utils.skip_init",
    "examines the installation": "diagnose",
    "needs a GPU": "Tensor.cuda",
    "is called only for operands of other types": "Tensor.__rmatmul__",
    "a number that NumPy reads": "Tensor.__array_priority__",
}


def exempt() -> set[str]:
    """The names without a row."""
    return {name for names in EXEMPT.values() for name in names.split()}


def public() -> set[str]:
    """All public names: functions, methods, operators, attributes, and operators of ATen by name.

    A function that two modules export has the name in the first one.
    """
    found, functions = set[str](), list[object]()
    spaces = (
        ("nn.functional.", torchffi.nn.functional), ("", torchffi), ("linalg.", torchffi.linalg),
        ("fft.", torchffi.fft), ("nn.init.", torchffi.nn.init), ("nn.utils.", torchffi.nn.utils),
        ("nn.", torchffi.nn), ("autograd.", torchffi.autograd), ("optim.", torchffi.optim),
    )  # fmt: skip
    for prefix, module in spaces:
        for name in module.__all__:
            one = getattr(module, name)
            if prefix == "nn." and not _is_function(one):
                continue  # layers: their calls are those of nn.functional
            if _is_function(one):
                if any(one is other for other in functions):
                    continue
                functions.append(one)
            found.add(f"{prefix}{name}.step" if _is_optimizer(one) else f"{prefix}{name}")
    by_name = *TABLE, *ONLY_LIBTORCH.split()
    return found | _methods() | {f"ops.aten.{name}" for name in by_name}


def _is_function(one: object) -> bool:
    """Whether it is a function, or an object in C that passes for one."""
    return callable(one) and not isinstance(one, type)


def _is_optimizer(one: object) -> bool:
    base = torchffi.optim.Optimizer
    return isinstance(one, type) and issubclass(one, base) and one is not base


def _methods() -> set[str]:
    names = set(dir(torchffi.Tensor)) - set(dir(object)) - {"__annotations__", "__module__"}
    names |= {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__repr__"}
    hidden = ("__slots__", "__weakref__", "__dict__", "__hash__")
    return {
        f"Tensor.{name}"
        for name in names
        if name not in hidden and (not name.startswith("_") or name.startswith("__"))
    }


def called_by_name() -> set[str]:
    """The methods that are operators of ATen without a function of their own. Some have rows.

    And the operators that are methods of Tensor, by name.
    """
    methods = (one for one in TABLE if hasattr(torchffi.Tensor, one.partition(".")[0]))
    return {f"Tensor.{name}" for name in at_first_use.NAMES} | {
        f"ops.aten.{one}" for one in methods
    }


# ---- The name that a statement calls


def called(statement: str) -> str:
    """The public name that a statement calls, such as ``"add"``, ``"Tensor.__add__"`` or ``"fft.fft"``.

    Raises:
        ValueError: If it calls none.
    """
    node = ast.parse(statement).body[0]
    if isinstance(node, ast.Expr):
        name = _of_expression(node.value)
    elif isinstance(node, ast.AugAssign):
        name = f"Tensor.__i{_BINARY[type(node.op).__name__]}__"
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        name = "Tensor.__setitem__"
    else:
        name = ""
    if not name:
        raise ValueError(f"{statement!r} is not a call of a public name")
    return name


def _of_expression(node: ast.expr) -> str:
    if isinstance(node, ast.BinOp):
        reflected = "r" if isinstance(node.left, ast.Constant) else ""
        return f"Tensor.__{reflected}{_BINARY[type(node.op).__name__]}__"
    if isinstance(node, ast.UnaryOp):
        return f"Tensor.{_UNARY[type(node.op).__name__]}"
    if isinstance(node, ast.Compare):
        return f"Tensor.{_COMPARED[type(node.ops[0]).__name__]}"
    if isinstance(node, ast.Subscript):
        return "Tensor.__getitem__"
    if isinstance(node, ast.Attribute):
        return _dotted(node)
    if isinstance(node, ast.Call):
        function = ast.unparse(node.func)
        if function == "divmod":
            reflected = "r" if isinstance(node.args[0], ast.Constant) else ""
            return f"Tensor.__{reflected}divmod__"
        if function in _CALLED:
            return f"Tensor.{_CALLED[function]}"
        if isinstance(node.func, ast.Attribute):
            return _dotted(node.func)
    return ""


def _dotted(node: ast.Attribute) -> str:
    root: ast.expr = node
    while isinstance(root, ast.Attribute):
        root = root.value
    text = ast.unparse(node)
    if not isinstance(root, ast.Name):
        # A method of a result, such as (w * w).sum(): of the outermost call.
        inner = node.value
        if node.attr == "remove" and isinstance(inner, ast.Call):
            return _of_expression(inner)
        return f"Tensor.{node.attr}"
    if root.id in _MODULES:
        return _MODULES[root.id] + text.partition(".")[2].removesuffix(".default")
    if OBJECTS.get(root.id, "").startswith("t.optim."):
        return f"{OBJECTS[root.id].partition('(')[0].removeprefix('t.')}.{node.attr}"
    return f"Tensor.{node.attr}"
