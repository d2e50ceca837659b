import base64
from typing import ClassVar

import numpy as np
import pytest

from coursekit.errors import CourseError, InputError
from coursekit.methods import toy_gan
from coursekit.methods.toy_gan import PLANE_DATA, ToyFrame, ToyGan
from coursekit.viz import ToyGanBench
from coursekit.viz.toy_gan_bench import OWN

PNG = b"\x89PNG\r\n\x1a\n"
RING = PLANE_DATA["ring"]


def frame(step, modes):
    """A generator that puts its points on the first so many of the eight dots."""
    points = np.tile(RING.centres[: max(modes, 1)], (20, 1)) + (0 if modes else 9)
    chances = np.linspace(0, 1, 25).reshape(5, 5)
    warped = np.stack(np.meshgrid([-0.5, 0.5], [-0.5, 0.5]), axis=-1) * (1 + step / 1000)
    return ToyFrame(step, points, chances, warped, 0.6, 0.4)


FILMS = {
    "spread": [frame(0, 0), frame(50, 5), frame(100, 8)],
    "stuck": [frame(0, 0), frame(50, 1), frame(100, 1)],
}


class Pretence:
    """A game that takes no time."""

    made: ClassVar[list[dict]] = []

    def __init__(self, **settings):
        self.settings = settings
        self.made.append(settings)
        self.steps_done = 0

    def step(self, steps):
        self.steps_done += steps

    def frame(self, points):
        return frame(self.steps_done, min(self.steps_done // 25, 8))


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.setattr(toy_gan, "ToyGan", Pretence)
    monkeypatch.setattr(Pretence, "made", [])
    return ToyGanBench(FILMS, seed=4)


def shown(bench):
    return {name: control.value for name, control in bench.controls.items()}


def test_the_first_state_is_the_end_of_the_first_two_films_and_trains_nothing(bench):
    data, _ = bench._repr_mimebundle_()
    assert base64.b64decode(data["image/png"], validate=True) == bench.picture.value
    assert bytes(bench.picture.value).startswith(PNG)
    assert shown(bench) == {"left": "spread", "right": "stuck", "step": 100}
    assert "Step 100: spread covers 8 of 8; stuck covers 1 of 8" in data["text/plain"]
    assert Pretence.made == []


@pytest.mark.parametrize(("control", "value"), [("step", 50), ("left", "stuck"), ("right", "spread")])
def test_every_control_changes_the_picture_and_back(bench, control, value):
    before, old = bench.picture.value, bench.controls[control].value
    bench.controls[control].value = value
    assert bytes(bench.picture.value).startswith(PNG)
    assert bench.picture.value != before
    bench.controls[control].value = old
    assert bench.picture.value == before


def test_between_two_frames_the_earlier_is_shown(bench):
    assert [bench._films["spread"][bench._at("spread", step)].step for step in (0, 49, 50, 99, 300)] == [
        0,
        0,
        50,
        50,
        100,
    ]
    assert bench._finding("spread", "stuck", 75) == "Step 75: spread covers 5 of 8; stuck covers 1 of 8"


def test_each_tick_of_play_trains_a_little_and_shows_it(bench):
    pictures = [bench.picture.value]
    for tick in (1, 2, 3):
        bench.play.value = tick
        pictures.append(bench.picture.value)
        assert shown(bench) == {"left": "spread", "right": OWN, "step": 25 * tick}
    assert len(set(pictures)) == 4
    assert [f.step for f in bench._films[OWN]] == [0, 25, 50, 75]
    assert bench._modes[OWN] == [0, 1, 2, 3]
    assert len(Pretence.made) == 1
    assert bench.status.value == "your own game: step 75"


def test_a_tick_draws_once_when_the_own_game_is_in_view(bench, monkeypatch):
    bench.step_button.click()
    drawn = []
    monkeypatch.setattr(bench, "_draw", lambda **values: drawn.append(values) or PNG)
    bench.step_button.click()
    assert drawn == [{"left": "spread", "right": OWN, "step": 50}]


def test_one_can_go_back_through_the_own_game_and_beyond_the_films(bench):
    for _ in range(6):
        bench.step_button.click()
    assert bench.controls["step"].max == bench.controls["step"].value == 150
    assert bench._finding("spread", OWN, 150).endswith("covers 6 of 8")
    newest = bench.picture.value
    bench.controls["step"].value = 50
    assert bench._finding("spread", OWN, 50).endswith("covers 2 of 8")
    assert bench.picture.value != newest
    bench.step_button.click()  # goes on from the end, not from where one looks
    assert bench.controls["step"].value == 175


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("data", "blob"),
        ("generator_rate", 1e-2),
        ("discriminator_rate", 1e-4),
        ("discriminator_steps", 5),
        ("discriminator_widths", (8,)),
    ],
)
def test_a_new_setting_waits_for_a_new_game(bench, name, value):
    bench.step_button.click()
    bench.settings[name].value = value
    assert OWN not in bench._films
    assert shown(bench) == {"left": "spread", "right": OWN, "step": 0}
    bench.step_button.click()
    plain, changed = Pretence.made
    assert plain == {
        "data": "ring",
        "generator_rate": 1e-3,
        "discriminator_rate": 1e-3,
        "discriminator_steps": 1,
        "discriminator_widths": (64, 64),
        "seed": 4,
    }
    assert changed == plain | {name: value}


@pytest.mark.parametrize("how", ["button", "stop of play"])
def test_restart_forgets_the_own_game_and_stops_playing(bench, how):
    bench.play.playing = True
    for tick in range(1, 6):
        bench.play.value = tick
    if how == "button":
        bench.restart_button.click()
    else:
        bench.play.value = 0
    assert (bench.play.playing, bench.play.value) == (False, 0)
    assert OWN not in bench._films
    assert bench.controls["step"].max == 100
    bench.play.value = 1
    assert [f.step for f in bench._films[OWN]] == [0, 25]


def test_a_game_that_diverges_says_so_and_stops(bench, monkeypatch):
    def diverge(self, steps):
        raise CourseError("Training diverged: try a smaller rate.")

    monkeypatch.setattr(Pretence, "step", diverge)
    bench.play.playing = True
    bench.play.value = 1
    assert bench.status.value == "Training diverged: try a smaller rate."
    assert not bench.play.playing


def test_a_game_left_alone_ends(bench, monkeypatch):
    monkeypatch.setattr("coursekit.viz.toy_gan_bench._LONGEST", 50)
    bench.play.playing = True
    for tick in (1, 2, 3):
        bench.play.value = tick
    assert bench._films[OWN][-1].step == 50
    assert not bench.play.playing
    assert "restart" in bench.status.value


def test_the_own_game_is_the_one_of_its_settings_and_its_picture_is_small():
    bench = ToyGanBench(FILMS, seed=3)
    bench.settings["generator_rate"].value = 1e-2
    bench.advance()
    same = ToyGan(generator_rate=1e-2, seed=3)
    same.step(25)
    assert np.array_equal(bench._films[OWN][-1].points, same.points(2000))
    # It crosses the network at each tick.
    assert len(bench.picture.value) < 40_000


def test_two_benches_are_independent(bench):
    other = ToyGanBench(FILMS)
    before = other.picture.value
    bench.step_button.click()
    assert other.picture.value == before != bench.picture.value
    assert OWN not in other._films


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"films": {"one": FILMS["stuck"]}}, "two films or more"),
        ({"films": FILMS | {"none": []}}, "got {'spread': 3, 'stuck': 3, 'none': 0} frames"),
        ({"films": FILMS | {"back": FILMS["stuck"][::-1]}}, "rising steps"),
        ({"films": FILMS | {OWN: FILMS["stuck"]}}, "none called 'your own game'"),
        ({"data": "spiral"}, "no data 'spiral'.*ring, lines, blob"),
    ],
)
def test_what_does_not_fit_is_refused(changed, message):
    with pytest.raises(InputError, match=message):
        ToyGanBench(**({"films": FILMS} | changed))
