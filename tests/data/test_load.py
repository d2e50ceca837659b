import re
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from coursekit.data import ImageSet, load, names
from coursekit.data.registry import card, options, origin
from coursekit.errors import InputError

CARDS = Path(__file__).parents[2] / "datasets"
# Sets that are downloaded are loaded in test_downloaded_sets.py.
HERE = [name for name in names() if origin(name) != "real, downloaded"]


@pytest.mark.parametrize("name", HERE)
def test_each_data_set_loads_and_brings_its_card(name):
    data = load(name, n=1)
    assert len(data) == 1
    assert data.card == card(name)


@pytest.mark.parametrize("name", names())
def test_each_card_is_filled_in(name):
    assert card(name).name == name
    for field in ("title", "source", "licence", "citation", "unit", "limits"):
        assert getattr(card(name), field), f"{name}: card without {field}"


@pytest.mark.parametrize("name", names())
def test_each_data_set_has_a_page_that_agrees_with_its_card(name):
    page = (CARDS / f"{name}.md").read_text(encoding="utf-8")
    words = " ".join(page.split())
    assert card(name).title in words
    for doi in re.findall(r"doi:(\S+?)\.?$", card(name).citation):
        assert doi in words
    assert f"[{name}]({name}.md)" in (CARDS / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", HERE)
def test_each_class_number_has_a_name(name):
    data = load(name, n=1)
    if data.targets is not None and data.targets.ndim == 1:
        assert data.targets.max() < len(data.card.class_names)
    elif data.targets is not None:
        assert data.targets.shape[-1] == len(data.card.class_names)


def test_the_first_eight_of_sixteen_digits_are_the_eight():
    eight, sixteen = load("digits", n=8, seed=3), load("digits", n=16, seed=3)
    assert np.array_equal(sixteen.images[:8], eight.images)
    assert np.array_equal(sixteen.targets[:8], eight.targets)


def test_data_are_made_on_one_core(monkeypatch):
    threads = []

    def watched(n, seed):
        threads.extend(
            library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"
        )
        return ImageSet(np.zeros((n, 2, 2, 1), "float32"))

    monkeypatch.setattr("coursekit.data.simulate.monolayer.monolayer", watched)
    load("monolayer", n=1)
    assert threads
    assert set(threads) == {1}


def test_unknown_name_lists_the_known_ones_and_the_nearest():
    with pytest.raises(
        InputError, match=r"'digit'. Did you mean 'digits'\? There are: bearing, bloodmnist, brains"
    ):
        load("digit")


def test_unknown_option_lists_the_known_ones_and_the_nearest():
    with pytest.raises(InputError, match=r"no option 'sise'. Did you mean 'size'\? It has: size, digit_px"):
        load("digits", sise=28)


@pytest.mark.parametrize("n", [0, -1, 2.0, "all", True])
def test_n_that_is_no_count_is_refused(n):
    with pytest.raises(InputError, match="n must be a whole number"):
        load("digits", n=n)


@pytest.mark.parametrize("seed", [-1, 0.5, None])
def test_seed_that_is_no_whole_number_is_refused(seed):
    with pytest.raises(InputError, match="seed must be a whole number"):
        load("digits", seed=seed)


def test_numpy_numbers_are_whole_numbers_too():
    assert len(load("digits", n=np.int64(3), seed=np.int64(1))) == 3


def test_each_data_set_says_where_it_comes_from():
    assert {origin(name) for name in names()} == {"simulated", "real, on disk", "real, downloaded"}
    assert origin("monolayer") == "simulated"
    assert origin("digits") == origin("ihc") == "real, on disk"
    assert origin("nist_cells") == "real, downloaded"


def test_options_come_with_their_defaults():
    assert options("digits") == {"size": 32, "digit_px": 20}
    assert options("pathmnist") == {"part": "train"}


@pytest.mark.parametrize("ask", [card, options, origin])
def test_an_unknown_name_is_refused_whatever_is_asked(ask):
    with pytest.raises(InputError, match=r"no data set called 'digit'. Did you mean 'digits'"):
        ask("digit")
