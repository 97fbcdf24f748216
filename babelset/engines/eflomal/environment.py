"""The environment that eflomal lives in: its licence is GPL-3, so nothing of it is imported here."""

from __future__ import annotations

from babelset.engines.environment import Tool

EFLOMAL = "eflomal==2.0.0"
TOOL = Tool(
    name="eflomal",
    package="eflomal",
    size="about 150 MB; pip compiles it, which needs a C compiler (apt-get install build-essential python3-dev)",
    pythons=("3.13", "3.12", "3.11", "3.10"),
    parts=((f"installing {EFLOMAL}", (EFLOMAL,)),),
    trial="import eflomal, json; from importlib.metadata import version; "
    'print(json.dumps({"eflomal": version("eflomal")}))',
)
