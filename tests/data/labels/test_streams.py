import numpy as np
import pytest

from coursekit.data.labels.streams import generator, generators
from coursekit.errors import InputError


def test_another_purpose_gets_other_numbers_from_the_same_seed():
    a, again, b, plain = (
        rng.random(4)
        for rng in (generator("a", 0), generator("a", 0), generator("b", 0), np.random.default_rng(0))
    )
    assert np.array_equal(a, again)
    assert not np.array_equal(a, b) and not np.array_equal(a, plain)


def test_the_source_of_item_i_does_not_depend_on_n():
    few, many = ([rng.random() for rng in generators("a", n, 1)] for n in (3, 5))
    assert few == many[:3] and len(set(many)) == 5


@pytest.mark.parametrize("seed", [-1, 0.5, None, True])
def test_a_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(InputError, match="seed must be a whole number from 0"):
        generator("a", seed)
