"""Turn an instruction dataset in one language into trustworthy instruction data in two hundred."""

__version__ = "0.1.0"
