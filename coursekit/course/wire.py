"""Plain values to JSON and back: what a question bank stores and what a sandboxed worker may reply.

Only None, booleans, numbers, text, lists, tuples, dictionaries and numeric arrays travel. Nothing is pickled
and nothing that is decoded can run, so a reply from hostile code is data, however it was made. This file uses
NumPy and the standard library alone, because the worker runs it where coursekit is not installed.
"""

import base64
import math
import zlib
from typing import Any

import numpy as np

MAX_ARRAY_BYTES = 64 * 2**20
MAX_DEPTH = 16
_DTYPES = {
    *("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
}


class WireError(ValueError):
    """A value that can't travel, or a message that is not one of ours."""


def encode(value: Any, depth: int = 0) -> Any:
    """Turn a plain value into something that `json.dumps` takes.

    Args:
        value: None, bool, int, float, str, list, tuple, dict with text keys, a numeric array, or anything
            that NumPy can read as a numeric array (a Keras tensor, for example).
        depth: how deep in a nested value we are; callers leave it alone.

    Returns:
        JSON-ready data; `decode` gives the value back, arrays with their dtype and shape.

    Raises:
        WireError: for any other type, for more than 16 levels, or for an array above 64 MiB.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"nested more than {MAX_DEPTH} levels deep")
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is int:
        # JSON readers differ on huge integers; text is exact everywhere.
        return value if abs(value) < 2**53 else {"$int": _short(hex(value), 4096)}
    if type(value) is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if type(value) is list:
        return [encode(item, depth + 1) for item in value]
    if type(value) is tuple:
        return {"$tuple": [encode(item, depth + 1) for item in value]}
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise WireError("a dictionary with keys that are not text")
        return {"$dict": [[key, encode(item, depth + 1)] for key, item in value.items()]}
    if isinstance(value, np.generic):
        plain = value.item()
        if isinstance(plain, np.generic):
            raise WireError(f"a {value.dtype.name}, which is wider than numbers can travel")
        return encode(plain, depth + 1)
    return _encode_array(value)


def decode(data: Any, depth: int = 0) -> Any:
    """Turn what `encode` made, or what a stranger sent in its place, into a plain value.

    Args:
        data: the output of `json.loads`.
        depth: how deep in a nested value we are; callers leave it alone.

    Raises:
        WireError: if `data` is not of the form that `encode` writes, or is larger than it would write.
    """
    if depth > MAX_DEPTH:
        raise WireError(f"nested more than {MAX_DEPTH} levels deep")
    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if isinstance(data, list):
        return [decode(item, depth + 1) for item in data]
    if isinstance(data, dict) and len(data) == 1:
        ((kind, body),) = data.items()
        try:
            return _DECODERS[kind](body, depth + 1)
        except WireError:
            raise
        except (KeyError, TypeError, ValueError, OverflowError, MemoryError, zlib.error) as error:
            raise WireError(f"malformed {_short(str(kind), 20)}: {type(error).__name__}") from None
    raise WireError(f"not a wire value: {type(data).__name__}")


def _short(text: str, limit: int) -> str:
    if len(text) > limit:
        raise WireError(f"more than {limit} characters")
    return text


def _encode_array(value: Any) -> dict[str, Any]:
    if not isinstance(value, np.ndarray) and not hasattr(value, "__array__"):
        raise WireError(f"a {type(value).__name__}, which is neither a number, text, a list nor an array")
    array = np.array(value, subok=False, order="C")
    if array.dtype.name not in _DTYPES:
        raise WireError(f"an array of {array.dtype.name}, which is not numeric")
    if array.nbytes > MAX_ARRAY_BYTES:
        raise WireError(
            f"an array of {array.nbytes / 2**20:.0f} MiB; {MAX_ARRAY_BYTES // 2**20} MiB is the limit"
        )
    packed = base64.b64encode(zlib.compress(array.tobytes(), 6)).decode("ascii")
    return {"$array": [array.dtype.name, list(array.shape), packed]}


def _decode_array(body: Any, _depth: int) -> np.ndarray:
    name, shape, packed = body
    if name not in _DTYPES:
        raise WireError("an array of a type that is not numeric")
    if not all(type(side) is int and side >= 0 for side in shape) or len(shape) > 8:
        raise WireError("an array with an impossible shape")
    size = math.prod(shape) * np.dtype(name).itemsize
    if size > MAX_ARRAY_BYTES:
        raise WireError(f"an array of {size / 2**20:.0f} MiB; {MAX_ARRAY_BYTES // 2**20} MiB is the limit")
    # A decompressor with a limit: a few kilobytes can claim to be gigabytes.
    raw = zlib.decompressobj().decompress(base64.b64decode(packed, validate=True), size + 1)
    if len(raw) != size:
        raise WireError(f"an array of {size} bytes was announced, {len(raw)} came")
    return np.frombuffer(raw, dtype=name).reshape(shape).copy()


_DECODERS = {
    "$array": _decode_array,
    "$int": lambda body, _depth: int(_short(body, 4200), 16),
    "$float": lambda body, _depth: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[body],
    "$tuple": lambda body, depth: tuple(decode(item, depth) for item in list(body)),
    "$dict": lambda body, depth: {str(key): decode(item, depth) for key, item in body},
}
