import keras
import numpy as np
import pytest

from coursekit.errors import CourseError, InputError
from coursekit.methods.gan_measures import good_share, modes_covered
from coursekit.methods.toy_gan import EDGE, PLANE_DATA, ToyGan


def modes(gan):
    return modes_covered(gan.points(2000), gan.data.centres, gan.data.sigma)


@pytest.mark.parametrize("name", sorted(PLANE_DATA))
def test_points_of_the_data_belong_to_its_modes_and_reach_all_of_them(name):
    data = PLANE_DATA[name]
    points = data.draw(4000, np.random.default_rng(0))
    assert points.shape == (4000, 2)
    assert modes_covered(points, data.centres, data.sigma) == len(data.centres)
    # Between two modes of a line the circles of 3 sigma leave small gaps.
    assert good_share(points, data.centres, data.sigma) > (0.93 if name == "lines" else 0.98)
    # All but a few in a thousand lie on the map.
    assert (np.abs(points) < EDGE).mean() > 0.997


def test_the_ring_is_eight_dots_at_distance_one():
    data = PLANE_DATA["ring"]
    assert len(data.centres) == 8
    assert np.linalg.norm(data.centres, axis=1) == pytest.approx(1)
    points = data.draw(4000, np.random.default_rng(0))
    spread = points - data.centres[np.linalg.norm(points[:, None] - data.centres, axis=-1).argmin(1)]
    assert spread.std(axis=0) == pytest.approx(0.1, rel=0.05)


@pytest.mark.slow
def test_the_default_covers_the_ring_where_a_fast_generator_and_a_small_discriminator_collapse():
    good, fast, small = (
        ToyGan(**settings, seed=1)
        for settings in ({}, {"generator_rate": 5e-3, "momentum": 0.9}, {"discriminator_widths": (8,)})
    )
    for gan in (good, fast, small):
        gan.step(1000)
    # Five seeds: 8 each for the first, at most 2 for the others.
    assert modes(good) >= 7
    assert max(modes(fast), modes(small)) <= 4


def test_points_move_to_a_single_blob():
    gan = ToyGan("blob", generator_rate=3e-3, discriminator_rate=3e-3)

    def distance():
        return np.linalg.norm(gan.points().mean(0) - gan.data.centres[0])

    start = distance()
    gan.step(150)
    # From 0.53 to 0.57 down to 0.19 to 0.27 with three other seeds.
    assert distance() < 0.6 * start


def test_the_same_seed_plays_the_same_game_however_often_it_is_looked_at():
    straight, watched, other = ToyGan(seed=3), ToyGan(seed=3), ToyGan(seed=4)
    straight.step(6)
    for _ in range(3):
        watched.step(2)
        watched.frame(points=10, cells=4, lines=3)
    other.step(6)
    assert (straight.points(20) == watched.points(20)).all()
    assert (straight.points(20) != other.points(20)).any()


def test_a_frame_holds_what_the_two_networks_say():
    gan = ToyGan()
    assert np.isnan(gan.frame().real)
    gan.step(3)
    frame = gan.frame(points=30, cells=5, lines=3)
    assert frame.step == gan.steps_done == 3
    assert (frame.points == gan.points(30)).all()
    assert 0 < frame.real < 1
    assert 0 < frame.fake < 1
    # Row 1, column 3 of five is y = -EDGE / 2, x = EDGE / 2.
    place = np.array([[EDGE / 2, -EDGE / 2]], "float32")
    logit = keras.ops.convert_to_numpy(gan.discriminator(place))[0, 0]
    assert frame.chances.shape == (5, 5)
    assert frame.chances[1, 3] == pytest.approx(1 / (1 + np.exp(-logit)), rel=1e-5)
    # The middle of the grid is the median of the latent points, the origin.
    middle = keras.ops.convert_to_numpy(gan.generator(np.zeros((1, 2), "float32")))[0]
    assert frame.warped.shape == (3, 3, 2)
    assert frame.warped[1, 1] == pytest.approx(middle, abs=1e-6)


def test_the_discriminator_learns_as_often_as_asked_while_the_generator_stands_still():
    still = ToyGan(generator_rate=0.0, discriminator_steps=4)
    before = still.points(10), still.discriminator.get_weights()[0].copy()
    still.step()
    assert (still.points(10) == before[0]).all()
    # Adam moves each weight by its rate at most, in its first steps by nearly that.
    moved = np.abs(still.discriminator.get_weights()[0] - before[1]).max()
    assert 2e-3 < moved < 4.5e-3


def test_a_rejected_generator_stands_still_under_the_saturating_loss():
    def moved(saturating):
        gan = ToyGan(saturating=saturating, discriminator_rate=0.0)
        *weights, bias = gan.discriminator.get_weights()
        gan.discriminator.set_weights([*weights, bias - 20])  # D(G(z)) is about 2e-9 wherever a point lies
        before = gan.generator.get_weights()[0]
        gan.step()
        return np.abs(gan.generator.get_weights()[0] - before).mean()

    # Adam divides by the gradient's size plus 1e-7, or both would move alike.
    assert moved(True) < 0.1 * moved(False)


def test_a_game_that_diverges_says_so():
    gan = ToyGan(generator_rate=1e30, discriminator_rate=1e30)
    with pytest.raises(CourseError, match=r"Training diverged: at step \d+ the loss of the"):
        gan.step(10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"data": "spiral"}, "no data 'spiral'.*ring, lines, blob"),
        ({"discriminator_steps": 0}, "at least one step"),
        ({"discriminator_widths": ()}, "one hidden layer"),
        ({"momentum": 1.0}, "momentum from 0 to below 1"),
    ],
)
def test_settings_that_make_no_game_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        ToyGan(**settings)


def test_a_film_has_frames_at_the_start_and_all_along():
    gan, same = ToyGan("blob", seed=2), ToyGan("blob", seed=2)
    frames = gan.film(steps=7, every=3)
    assert [f.step for f in frames] == [0, 3, 6]
    same.step(6)
    assert np.array_equal(frames[-1].points, same.points(2000))
