import base64
import json
import math
import zlib

import numpy as np
import pytest

from coursekit.course.wire import MAX_ARRAY_BYTES, MAX_DEPTH, WireError, decode, encode


def there_and_back(value):
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)))


def array_message(dtype="uint8", shape=(2,), raw=b"\x01\x02"):
    return {"$array": [dtype, list(shape), base64.b64encode(zlib.compress(raw)).decode()]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        0,
        -7,
        2**53 - 1,
        2**53,
        -(2**200),
        0.1,
        -0.0,
        math.inf,
        -math.inf,
        "text with \N{SNOWMAN} and \x00",
        "",
        [],
        (),
        {},
        [1, [2.5, "x"], None],
        (1, (2, [3])),
        {"a": 1, "$array": [1, 2], "": None},
    ],
    ids=repr,
)
def test_a_plain_value_comes_back_equal_and_of_the_same_type(value):
    back = there_and_back(value)
    assert back == value
    assert type(back) is type(value)


def test_nan_comes_back_as_nan():
    assert math.isnan(there_and_back(math.nan))


def test_the_sign_of_zero_survives():
    assert math.copysign(1, there_and_back(-0.0)) == -1


@pytest.mark.parametrize(
    "dtype",
    ["bool", "int8", "int64", "uint8", "uint64", "float16", "float32", "float64", "complex64", "complex128"],
)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 3, 4), (2, 0, 5)])
def test_an_array_comes_back_with_its_dtype_shape_and_bits(dtype, shape):
    array = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    back = there_and_back(array)
    assert back.dtype == array.dtype
    assert back.shape == array.shape
    assert back.tobytes() == array.tobytes()


def test_a_transposed_array_comes_back_in_the_order_one_sees():
    array = np.arange(6).reshape(2, 3).T
    assert np.array_equal(there_and_back(array), array)


def test_a_decoded_array_can_be_written_to():
    back = there_and_back(np.zeros(3))
    back[0] = 1
    assert back[0] == 1


def test_a_numpy_scalar_becomes_a_plain_number():
    assert type(there_and_back(np.float32(0.5))) is float
    assert type(there_and_back(np.int64(3))) is int
    assert there_and_back(np.bool_(True)) is True
    assert there_and_back(np.str_("c")) == "c"


def test_what_numpy_can_read_travels_as_an_array():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.arange(3.0)

    assert np.array_equal(there_and_back(Tensor()), [0.0, 1.0, 2.0])


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({1, 2}, "a set, which is neither"),
        ((i for i in range(3)), "a generator, which is neither"),
        (object(), "a object, which is neither"),
        (lambda: 0, "a function, which is neither"),
        ({1: 2}, "keys that are not text"),
        (np.array(["a"]), "not numeric"),
        (np.array([None, 1], dtype=object), "not numeric"),
        (2**20000, "more than 4096 characters"),
        (np.broadcast_to(np.uint8(0), MAX_ARRAY_BYTES + 1), "64 MiB is the limit"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_is_not_plain_data_is_refused_with_its_kind(value, message):
    with pytest.raises(WireError, match=message):
        encode(value)


def test_nesting_is_limited_on_both_ways():
    deep = 0
    for _ in range(MAX_DEPTH):
        deep = [deep]
    assert there_and_back(deep) == deep
    with pytest.raises(WireError, match="levels deep"):
        encode([deep])
    with pytest.raises(WireError, match="levels deep"):
        decode([deep])


def test_a_list_that_holds_itself_is_refused():
    endless = []
    endless.append(endless)
    with pytest.raises(WireError, match="levels deep"):
        encode(endless)


def test_the_message_that_the_others_are_broken_from_is_whole():
    assert np.array_equal(decode(array_message()), [1, 2])


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"a": 1, "b": 2},
        {"$pickle": "gASVBgAAAAAAAACMAm9zlC4="},
        {"$array": 3},
        {"$array": ["uint8", [2]]},
        {"$array": [["uint8"], [2], ""]},
        array_message(dtype="object"),
        array_message(dtype="str"),
        array_message(shape=(-1,)),
        array_message(shape=(True, 2)),
        array_message(shape=(2.0,)),
        array_message(shape=("2",)),
        array_message(shape=(1,) * 8 + (2,)),
        array_message(shape=(3,)),
        array_message(shape=(1,)),
        array_message(shape=(2**40, 2**40)),
        {"$array": ["uint8", [2], "not base64!"]},
        {"$array": ["uint8", [2], base64.b64encode(b"not zlib").decode()]},
        {"$int": "f" * 5000},
        {"$int": "seven"},
        {"$int": 7},
        {"$float": "1e400"},
        {"$float": []},
        {"$tuple": 3},
        {"$dict": [[1]]},
        {"$dict": "ab"},
        pytest.param(object(), id="an object"),
    ],
    ids=lambda message: str(message)[:50],
)
def test_a_strangers_message_is_refused_and_nothing_else_happens(message):
    with pytest.raises(WireError):
        decode(message)


def test_a_small_message_cannot_unpack_to_more_than_it_announces():
    bomb = array_message(shape=(10,), raw=bytes(50 * 2**20))
    assert len(json.dumps(bomb)) < 100_000
    with pytest.raises(WireError, match="10 bytes was announced, 11 came"):
        decode(bomb)
