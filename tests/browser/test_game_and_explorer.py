"""Two widgets in small notebooks: a game that plays by itself, and a plane of codes to move in."""

import pytest

from .small_notebook import write_notebook

GAME = """\
from coursekit import viz
from coursekit.methods.toy_gan import ToyGan

films = {f"seed {seed}": ToyGan(seed=seed).film(50) for seed in (0, 1)}
viz.ToyGanBench(films)"""
EXPLORER = """\
import numpy as np

from coursekit import viz
from coursekit.methods.vae import decode, encode, train_vae
from coursekit.models import dense_decoder, variational_encoder

images = np.random.default_rng(0).random((64, 8, 8, 1), "float32")
models = {}
for name, epochs in (("one epoch", 1), ("three epochs", 3)):
    encoder, decoder = variational_encoder((8, 8, 1), (16,), 2), dense_decoder((8, 8, 1), (16,), 2)
    train_vae(encoder, decoder, images, epochs, rate=3e-2)
    models[name] = encode(encoder, images), lambda codes, decoder=decoder: decode(decoder, codes)
viz.LatentExplorer(models, np.arange(64) % 10)"""


@pytest.mark.slow
@pytest.mark.browser
def test_a_game_plays_by_itself_while_the_notebook_stays_free_and_an_explorer_answers(tmp_path):
    # Not at the top: without Playwright the marker decides what becomes of the test, not a failed import.
    from .labpage import lab_page

    write_notebook(tmp_path / "small.ipynb", game=GAME, free="print(6 * 7)", explorer=EXPLORER)
    with lab_page(tmp_path) as lab:
        lab.open_file_browser()
        lab.open("small.ipynb")
        lab.run_all()
        assert lab.errors() == {}

        # Stored films: a slider and a menu.
        stored = lab.picture("game")
        lab.move_slider("game", "step", "ArrowLeft")
        earlier = lab.changed_picture("game", stored)
        assert earlier.startswith(b"\x89PNG")
        lab.move_slider("game", "step", "ArrowRight")
        assert lab.changed_picture("game", earlier) == stored
        lab.choose("game", "left", "seed 1")
        picture = lab.changed_picture("game", stored)

        # One click, and picture follows picture; a cell runs in between.
        lab.press("game", "play")
        for _ in range(3):
            picture = lab.changed_picture("game", picture)
        lab.run_cell("free")
        lab.wait_for_text("free", "42")
        picture = lab.changed_picture("game", lab.picture("game"))

        # Paused, it stays as it is, once ticks that were under way are done. The kernel takes each tick
        # between two cells: of three pictures with cells in between, two would differ in a game that runs.
        lab.press("game", "pause")
        pictures = [picture]
        while len(pictures) < 3 or len(set(pictures[-3:])) > 1:
            assert len(pictures) < 12, "the game goes on"
            lab.run_cell("free")
            pictures.append(lab.picture("game"))
        paused = pictures[-1]
        lab.press("game", "step-forward")
        stepped = lab.changed_picture("game", paused)
        lab.press("game", "refresh")
        lab.changed_picture("game", stepped)

        # The plane of codes.
        middle = lab.picture("explorer")
        lab.move_slider("explorer", "code 1", "ArrowRight")
        moved = lab.changed_picture("explorer", middle)
        lab.move_slider("explorer", "code 1", "ArrowLeft")
        assert lab.changed_picture("explorer", moved) == middle
        lab.choose("explorer", "model", "three epochs")
        assert lab.changed_picture("explorer", middle).startswith(b"\x89PNG")

        assert lab.errors() == {}
        assert lab.elsewhere == []
