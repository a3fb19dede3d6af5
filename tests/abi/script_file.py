"""A TorchScript file, made without PyTorch: a class with methods, and its attributes."""

from __future__ import annotations

import io
import zipfile

CODE = """\
class M(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  calls : int
  def forward(self: __torch__.M, x: Tensor, k: int=2) -> Tensor:
    return torch.mul(x, k)
  def pair(self: __torch__.M, x: Tensor, name: str="a") -> Tuple[Tensor, Dict[str, List[Tensor]]]:
    return (torch.neg(x), {name: [x, torch.abs(x)]})
  def count(self: __torch__.M) -> int:
    self.calls = torch.add(self.calls, 1)
    return self.calls
"""
_TUPLE = b"\x80\x02)."
# GLOBAL, an empty tuple, NEWOBJ, a dict of the attributes, BUILD.
_MODULE = b"\x80\x02c__torch__\nM\n)\x81}(X\x08\0\0\0training\x89X\x05\0\0\0callsK\x00ub."


def script_file(code: str = CODE) -> bytes:
    """The bytes of the file. Its module has the attributes ``training`` and ``calls``."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in (
            ("data.pkl", _MODULE),
            ("code/__torch__.py", code.encode()),
            ("constants.pkl", _TUPLE),
            ("version", b"3\n"),
        ):
            archive.writestr(f"m/{name}", data)
    return out.getvalue()
