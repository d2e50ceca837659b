import numpy as np
import pytest

from coursekit.errors import InputError
from coursekit.methods.weak import Tiles, marked_pixels


def pictures(n=3, side=12, seed=0):
    """Images whose pixels are all different, and masks with a mark here and there."""
    rng = np.random.default_rng(seed)
    images = rng.permutation(n * side * side).reshape(n, side, side, 1) / (n * side * side)
    return images.astype("float32"), (rng.random((n, side, side, 1)) < 0.1).astype("float32")


def test_marked_pixels_are_those_of_a_count_tile_by_tile():
    _, masks = pictures()
    counts = marked_pixels(masks, 4)
    assert counts.shape == (3, 9, 9)
    for i, row, column in [(0, 0, 0), (1, 8, 8), (2, 3, 5)]:
        assert counts[i, row, column] == masks[i, row : row + 4, column : column + 4].sum()


def test_a_tile_is_cut_from_an_image_and_its_mask_at_the_same_place():
    images, masks = pictures()
    tiles, targets = Tiles(images, masks, 1, tile_px=4, batch_size=50)[0]
    found = {value: mark for value, mark in zip(images.ravel(), masks.ravel(), strict=True)}
    assert tiles.shape == targets.shape == (50, 4, 4, 1)
    assert all(found[v] == mark for v, mark in zip(tiles.ravel(), targets.ravel(), strict=True))
    # Neighbours stay neighbours: along a row or a column, a tile steps by one pixel.
    places = {value: place for place, value in np.ndenumerate(images)}
    for tile in tiles[:5, ..., 0]:
        rows = [places[value][1] for value in tile[:, 0]]
        assert set(np.diff(rows)) in ({1}, {-1})


def test_flips_come_in_all_four_kinds():
    images, masks = pictures(n=1, side=4)
    tiles = Tiles(images, masks, 1, tile_px=4, batch_size=40)[0][0]
    assert len({tile.tobytes() for tile in tiles}) == 4


def test_only_tiles_with_enough_marks_are_drawn_and_all_of_them():
    images = np.zeros((1, 4, 9, 1), "float32")
    images[0, :, :, 0] = np.arange(9) / 9
    masks = np.zeros((1, 4, 9, 1), "float32")
    masks[0, :2, 0] = 1  # two marks at the left edge: one tile has both
    masks[0, :, 8] = 1  # four at the right edge: one tile has them
    tiles, targets = Tiles(images, masks, 1, tile_px=4, batch_size=60, at_least=2)[0]
    assert (targets.sum((1, 2, 3)) >= 2).all()
    left = np.isclose(tiles.min((1, 2, 3)), 0)
    # Both tiles are as likely: 60 draws leave this range once in a thousand seeds.
    assert 17 <= left.sum() <= 43


def test_more_marks_than_any_tile_has_are_refused_rather_than_looked_for_without_end():
    images, masks = pictures()
    with pytest.raises(InputError, match="the fullest has"):
        Tiles(images, masks, 1, tile_px=4, at_least=17)


def test_empty_tiles_are_filled_with_the_chance_given_and_no_others():
    images, masks = pictures(n=2)
    masks[0] = 0
    plain = Tiles(images, masks, 1, tile_px=4, batch_size=400, seed=3)[0]
    filled = Tiles(images, masks, 1, tile_px=4, batch_size=400, seed=3, fill_empty=0.5)[0]
    assert (plain[0] == filled[0]).all()  # the same places
    empty = ~plain[1].any((1, 2, 3))
    assert (plain[1][~empty] == filled[1][~empty]).all()
    full = filled[1][empty].mean((1, 2, 3))
    assert set(full) == {0.0, 1.0}
    # At least 150 draws at 0.5: three standard deviations are 0.12.
    assert empty.sum() > 150 and abs(full.mean() - 0.5) < 0.12


def test_images_can_be_their_own_targets():
    images, _ = pictures()
    tiles, targets = Tiles(images, images, 1, tile_px=4)[0]
    assert (tiles == targets).all()


def test_a_seed_decides_the_tiles():
    images, masks = pictures()
    one, same, other = (Tiles(images, masks, 1, tile_px=4, seed=seed)[0][0] for seed in (1, 1, 2))
    assert (one == same).all() and (one != other).any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"targets": np.zeros((3, 8, 8, 1))}, "same size"),
        ({"tile_px": 13}, "from 1 to 12"),
        ({"steps": 0}, "at least 1"),
        ({"fill_empty": 1.5}, "from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused(change, said):
    images, masks = pictures()
    with pytest.raises(InputError, match=said):
        Tiles(**{"images": images, "targets": masks, "steps": 1, "tile_px": 4, **change})
