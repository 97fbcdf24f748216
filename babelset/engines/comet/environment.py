"""The environment that unbabel-comet lives in, because it cannot live beside today's vLLM, transformers or datasets."""

from __future__ import annotations

from babelset.engines.environment import Tool

COMET = "unbabel-comet==2.2.7"  # pinned, for without a pin a resolver goes back to ancient versions, and fails
TORCH = "torch==2.13.0"
# numpy 2, transformers 5 and setuptools 81 break it; sentencepiece after 0.2.1 does not import beside protobuf 4
REST = (
    COMET, "transformers>=4.57,<5", "numpy<2", "huggingface-hub<1", "protobuf<5", "sentencepiece==0.2.1",
    "setuptools<81",
)  # fmt: skip
TOOL = Tool(
    name="comet",
    package="unbabel-comet",
    size="about 1.4 GB, and 5 GB more where torch comes with CUDA",
    pythons=("3.12", "3.11", "3.10"),  # for which NumPy 1 has wheels
    parts=(("installing torch", (TORCH,)), (f"installing {COMET} and what it needs", (TORCH, *REST))),
    trial="import comet, json; from importlib.metadata import version; "
    'print(json.dumps({name: version(name) for name in ("unbabel-comet", "torch", "transformers", "numpy")}))',
)
