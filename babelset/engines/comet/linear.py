"""Matrix products in the forms that processors are fast in; sums, norms and softmax stay in float32."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any, Literal

from babelset.errors import ConfigError

Form = Literal["fp32", "fp16", "bf16", "int8"]
Dtype = Literal["auto", "fp32", "fp16", "bf16", "int8"]
Linear = Callable[[Any], Any]  # a matrix of rows -> the matrix of their products

PRIVATE = (
    ("mkldnn", "_linear_pointwise"),
    ("mkldnn", "_reorder_linear_weight"),
    ("mkldnn", "_is_mkldnn_bf16_supported"),
    ("onednn", "qlinear_pointwise"),
    ("onednn", "qlinear_prepack"),
)
LEAST = 1e-30  # keeps a row of zeros from being divided by zero


def form_of(dtype: Dtype, device: str) -> Form:
    """
    The form that `dtype` means on `device`; `auto`: fp16 on a GPU, bf16 on a CPU that multiplies it, else fp32.

    ConfigError where the device cannot do it.
    """
    if dtype == "int8" and device != "cpu":
        raise ConfigError(f"dtype=int8 works on the CPU only, not on {device}: use fp16 or bf16")
    if dtype == "int8" and not (_has_onednn() and _says("_is_vnni_supported")):
        raise ConfigError("dtype=int8 needs an x86 processor with VNNI, and torch with oneDNN: use fp32")
    if dtype != "auto":
        return dtype
    if device != "cpu":
        return "fp16"
    return "bf16" if _has_onednn() and _says("_is_avx512_bf16_supported") else "fp32"


def _says(name: str) -> bool:
    """What torch says of this processor; no where it cannot say, as torch 2.5 of bf16."""
    import torch

    return bool(getattr(torch.cpu, name, bool)())


def linear(weight: Any, bias: Any, form: Form, device: str, gelu: bool = False) -> Linear:
    """
    What multiplies rows by a weight and adds the bias; with `gelu`, GELU of that.

    >>> linear(torch.eye(2), torch.ones(2), "fp32", "cpu")(torch.zeros(1, 2))
    tensor([[1., 1.]])
    """
    import torch

    if form == "int8":
        return _quantized(weight, bias, gelu)
    dtype = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[form]
    weight, bias = weight.to(device, dtype), bias.to(device, dtype)
    if device == "cpu" and _has_onednn() and _packs(form):
        return _packed(weight, bias, gelu)

    def plain(rows: Any) -> Any:
        found = torch.nn.functional.linear(rows.to(dtype), weight, bias)
        return torch.nn.functional.gelu(found) if gelu else found

    return plain


def _has_onednn() -> bool:
    """
    Whether torch has oneDNN's products for x86, which torch.compile uses: public ones pack the weight each time.

    They are private to torch: where one is gone, all products are the public ones, and int8 is refused.
    """
    import torch

    x86 = platform.machine().lower() in ("x86_64", "amd64")
    there = (hasattr(getattr(torch.ops, library), name) for library, name in PRIVATE)
    return x86 and torch.backends.mkldnn.is_available() and all(there)


def _packs(form: Form) -> bool:
    """Whether oneDNN packs weights of `form`: fp16 never, bf16 where the processor multiplies it."""
    import torch

    return form == "fp32" or (form == "bf16" and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _packed(weight: Any, bias: Any, gelu: bool) -> Linear:
    import torch

    onednn, then, dtype = torch.ops.mkldnn, "gelu" if gelu else "none", weight.dtype
    packed = onednn._reorder_linear_weight(weight)
    return lambda rows: onednn._linear_pointwise(rows.to(dtype), packed, bias, then, [], "none")


def _quantized(weight: Any, bias: Any, gelu: bool) -> Linear:
    """Bytes, with a scale for each row of the weight and for each row of what it is given: none depends on others."""
    import torch

    onednn, scales = torch.ops.onednn, weight.abs().amax(1).clamp_(min=LEAST) / 127
    packed = onednn.qlinear_prepack((weight / scales[:, None]).round_().to(torch.int8), None)
    zeros = torch.zeros(len(bias), dtype=torch.long)

    def quantized(rows: Any) -> Any:
        rows = rows.float()
        steps = rows.abs().amax(1, keepdim=True).clamp_(min=LEAST) / 127
        signed = (rows / steps).round_().to(torch.int8)
        shifted = signed.view(torch.uint8).bitwise_xor_(128)  # adds 128, the zero point: oneDNN wants unsigned bytes
        product = onednn.qlinear_pointwise(
            shifted, 1.0, 128, packed, scales, zeros, None, 1.0, 0, torch.float32, "none", [], "none"
        )
        found = torch.addcmul(bias, product, steps)
        return torch.nn.functional.gelu(found) if gelu else found

    return quantized
