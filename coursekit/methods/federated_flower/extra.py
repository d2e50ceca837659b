"""Whether Flower is here, and in the version that this was written for."""

from importlib.metadata import PackageNotFoundError, version

VERSION = "1.41.0"


def why_not() -> str | None:
    """Say why no network can be started, in one line with what to do; None if one can."""
    try:
        found = version("flwr")
    except PackageNotFoundError:
        return "Flower is not installed: pip install 'coursekit[federated]'."
    if found != VERSION:
        return f"Flower {VERSION} is needed, {found} is installed: pip install 'coursekit[federated]'."
    return None
