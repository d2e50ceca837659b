import numpy as np
import pytest

from coursekit.data import load
from coursekit.data.simulate.stress import POISSON, REFERENCE_KPA, WALL_KPA, von_mises, wall_stress
from coursekit.errors import InputError

ANGLE = (np.arange(48) + 0.5)[:, None] * 2 * np.pi / 48
DEPTHS = (np.arange(11) / 10) ** 1.5


@pytest.fixture(scope="module")
def forty():
    return load("stress", n=40, seed=0)


def wall(section):
    return section.images[..., 1:].sum(-1)


def uneven_wall():
    """A wall of uneven thickness with a soft and a hard part."""
    turn = np.arange(48) * 2 * np.pi / 48
    modulus = np.full((48, 10), WALL_KPA)
    modulus[5:12, 4:8] = 20
    modulus[30:34, 1:4] = 5000
    return 1.2 + 0.1 * np.cos(2 * turn), 2.0 + 0.3 * np.cos(turn), modulus


def polar(tensor):
    xx, yy, xy, zz = np.moveaxis(tensor, -1, 0)
    cosine, sine = np.cos(ANGLE), np.sin(ANGLE)
    radial = cosine**2 * xx + sine**2 * yy + 2 * cosine * sine * xy
    hoop = sine**2 * xx + cosine**2 * yy - 2 * cosine * sine * xy
    return radial, hoop, zz


def test_sections_have_four_materials_and_one_map_of_stress(forty):
    assert forty.images.shape == (40, 64, 64, 4)
    assert forty.targets.shape == (40, 64, 64, 1)
    assert forty.images.sum(-1).max() <= 1 + 1e-6
    assert (forty.images.max((0, 1, 2)) == 1).all()  # each material occurs


def test_stress_is_zero_outside_the_wall(forty):
    assert not forty.targets[..., 0][wall(forty) == 0].any()
    assert forty.targets[..., 0][wall(forty) > 0.5].min() > 0


@pytest.mark.parametrize(("inner", "outer"), [(1.5, 2.0), (1.2, 2.4)])
def test_an_even_tube_has_the_stress_that_lame_found(inner, outer):
    tensor, _ = wall_stress(np.full(48, inner), np.full(48, outer), np.full((48, 10), 600.0), 16.0)
    radial, hoop, axial = polar(tensor)
    middle = inner + (outer - inner) * 0.5 * (DEPTHS[1:] + DEPTHS[:-1])
    lame = 16.0 * inner**2 / (outer**2 - inner**2)
    # Ten layers and 48 straight sides instead of circles leave about 1 %.
    assert np.abs(hoop - lame * (1 + outer**2 / middle**2)).max() < 0.015 * hoop.max()
    assert np.abs(radial - lame * (1 - outer**2 / middle**2)).max() < 0.02 * 16.0
    assert np.abs(axial - 2 * POISSON * lame).max() < 0.005 * axial.max()


def test_a_soft_inner_tube_hands_the_pressure_on_to_the_outer_one():
    # Two tubes, Lamé's solution for each, one pressure q between them from equal displacement.
    a, b, c, p, nu = 1.2, 1.2 + 0.8 * DEPTHS[5], 2.0, 16.0, POISSON
    soft_kpa, hard_kpa = 60.0, 600.0

    def moved(inner, outer, modulus, within, without, at):
        first = (within * inner**2 - without * outer**2) / (outer**2 - inner**2)
        second = (within - without) * inner**2 * outer**2 / (outer**2 - inner**2)
        return (1 + nu) / modulus * ((1 - 2 * nu) * first * at + second / at)

    def gap(q):
        return moved(a, b, soft_kpa, p, q, b) - moved(b, c, hard_kpa, q, 0.0, b)

    q = gap(0.0) / (gap(0.0) - gap(1.0))
    modulus = np.full((48, 10), hard_kpa)
    modulus[:, :5] = soft_kpa
    radial, hoop, _ = polar(wall_stress(np.full(48, a), np.full(48, c), modulus, p)[0])
    middle = a + (c - a) * 0.5 * (DEPTHS[1:] + DEPTHS[:-1])[5:]
    lame = q * b**2 / (c**2 - b**2)
    assert np.abs(hoop[:, 5:] - lame * (1 + c**2 / middle**2)).max() < 0.015 * hoop.max()
    assert np.abs(radial[:, 5:] - lame * (1 - c**2 / middle**2)).max() < 0.02 * p


def test_all_forces_are_in_balance_at_every_node():
    _, left = wall_stress(*uneven_wall(), 16.0)
    # Rounding, times the condition of stiffnesses from 20 to 5000 kPa. The springs that hold the section
    # in place would show here, too, if they bore a load.
    assert np.abs(left).max() < 1e-8


def test_two_halves_of_a_section_hold_together_against_the_pressure():
    inner, outer, modulus = uneven_wall()
    tensor, _ = wall_stress(inner, outer, modulus, 16.0)
    _, hoop, _ = polar(tensor)

    def at_cut(radius, k):
        return 0.5 * (radius[k] + radius[(k + 1) % 48])

    held = sum(
        (hoop[k] * np.diff(DEPTHS)).sum() * (at_cut(outer, k) - at_cut(inner, k)) for k in (2, 26, 14, 38)
    )
    pushed = 16.0 * sum(at_cut(inner, k) for k in (2, 26, 14, 38))
    # Stress at the middle of an element for the mean along its side.
    assert held == pytest.approx(pushed, rel=0.03)


def test_von_mises_of_pure_tension_is_the_tension_and_of_even_pressure_none():
    assert von_mises(np.array([3.0, 0.0, 0.0, 0.0])) == pytest.approx(3.0)
    assert von_mises(np.array([2.0, 2.0, 0.0, 2.0])) == 0
    assert von_mises(np.array([0.0, 0.0, 1.0, 0.0])) == pytest.approx(np.sqrt(3))


def test_stress_is_proportional_to_the_pressure(forty):
    low = load("stress", n=40, seed=0, pressure_mmhg=60.0)
    assert np.array_equal(low.images, forty.images)
    assert np.allclose(low.extra["peak_kpa"] * 2, forty.extra["peak_kpa"], rtol=1e-5)
    under = forty.targets < 1
    assert np.allclose(2 * low.targets[under], forty.targets[under], atol=1e-5)


def test_soft_plaque_bears_least_and_calcium_most(forty):
    stress = forty.targets[..., 0]
    bears = [stress[forty.images[..., material] > 0.95].mean() for material in (2, 1, 3)]
    assert bears[0] < 0.5 * bears[1]
    assert bears[1] < bears[2]


def test_stress_depends_on_what_lies_far_from_the_pixel(forty):
    # The same shapes, but what was soft is as stiff as the wall: the wall beyond 0.5 mm changes, too.
    from scipy.ndimage import distance_transform_edt

    stiff = load("stress", n=40, seed=0, soft_modulus_kpa=WALL_KPA)
    assert np.array_equal(stiff.images, forty.images)
    change, had = [], []
    for before, after, section in zip(stiff.targets, forty.targets, forty.images, strict=True):
        if section[..., 2].max() == 1:
            far = (section[..., 1] > 0.95) & (distance_transform_edt(section[..., 2] == 0) > 5)
            change.append(np.abs(after - before)[far].mean())
            had.append(before[far].mean())
    assert np.mean(change) > 0.03 * np.mean(had)


def test_few_pixels_exceed_the_reference(forty):
    cut = (forty.targets[..., 0] == 1) & (wall(forty) > 0.5)
    assert 0 < cut.sum() < 0.01 * (wall(forty) > 0.5).sum()
    peak = forty.targets.max((1, 2, 3)) * REFERENCE_KPA
    # A pixel lies between the middles of elements: it shows less than the peak, never more.
    assert (peak <= forty.extra["peak_kpa"] * (1 + 1e-6)).all()


def test_a_linear_model_of_the_neighbourhood_does_not_find_the_stress(forty):
    def patches(data):
        padded = np.pad(data.images, ((0, 0), (2, 2), (2, 2), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (5, 5), (1, 2))
        inside = wall(data) > 0.5
        features = windows[inside].reshape(inside.sum(), -1)
        return np.c_[features, np.ones(len(features))], data.targets[..., 0][inside]

    features, stress = patches(forty)
    weights = np.linalg.lstsq(features, stress, rcond=1e-6)[0]
    features, stress = patches(load("stress", n=20, seed=1))
    explained = 1 - ((features @ weights - stress) ** 2).mean() / stress.var()
    # Measured 0.40 of the variance within the wall, over the pixels of unseen sections.
    assert 0.2 < explained < 0.55


def test_smaller_pixels_show_the_same_section():
    coarse, fine = load("stress", n=4, seed=3), load("stress", n=4, seed=3, size=128, mm_per_px=0.05)
    pooled = fine.images.reshape(4, 64, 2, 64, 2, 4).mean((2, 4))
    # Coverage is taken from the distance to an outline, which is not exact where outlines bend.
    assert np.abs(pooled - coarse.images).mean() < 0.005
    assert np.array_equal(coarse.extra["peak_kpa"], fine.extra["peak_kpa"])


def test_the_first_eight_of_sixteen_are_the_eight_and_seeds_differ():
    eight, sixteen, other = (load("stress", n=n, seed=seed) for n, seed in ((8, 4), (16, 4), (8, 5)))
    assert eight.images.tobytes() == sixteen.images[:8].tobytes()
    assert eight.targets.tobytes() == sixteen.targets[:8].tobytes()
    assert np.array_equal(eight.extra["peak_kpa"], sixteen.extra["peak_kpa"][:8])
    assert not (eight.images == other.images).all((1, 2, 3)).any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mm_per_px": 0}, "mm_per_px must be above 0"),
        ({"size": 8}, "at least 16 pixels"),
        ({"size": 32}, "at least 6 mm wide to hold a vessel, got 32 pixels of 0.1 mm, 3.2 mm"),
        ({"pressure_mmhg": 0}, r"pressure_mmhg must lie in \[10, 300\]"),
        ({"soft_modulus_kpa": 700}, r"soft_modulus_kpa must lie in \[1, 600\]"),
        ({"calcium_modulus_kpa": 500}, r"calcium_modulus_kpa must lie in \[600, 20000\]"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("stress", n=1, **options)
