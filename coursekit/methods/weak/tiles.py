"""Tiles drawn at random from images with masks, with a say in which tiles are drawn."""

import keras
import numpy as np

from coursekit.errors import InputError

ENOUGH_PX = 20
"""Marked pixels from which a tile counts as positive, 2 % of 32×32 (the SNOW paper: 80 of 256×256)."""


class Tiles(keras.utils.PyDataset):
    """What `model.fit` reads: `steps` batches an epoch of random tiles, flipped at random.

    Two rules of weak supervision live here. With `at_least`, tiles with fewer marked pixels are drawn again:
    where objects were forgotten, the tiles left over have more of their objects marked. With `fill_empty`,
    a tile without any marked pixel is declared all object with that chance: an empty tile is no proof.

    Args:
        images: (n, h, w, c) float32 in [0, 1].
        targets: (n, h, w, k), masks of 0 and 1; or the images themselves, for an auto-encoder.
        steps: batches in an epoch.
        tile_px: side of a tile in pixels, at most that of the images.
        batch_size: tiles in a batch.
        at_least: marked pixels that a tile must have; 0 takes every tile. All tiles that have them are
            equally likely, as if one drew again and again.
        fill_empty: chance from 0 to 1 that the mask of an empty tile is filled with 1.
        seed: whole number that decides places and flips. With the same seed, tiles are at the same places
            whatever `fill_empty` is.

    Raises:
        InputError: if shapes don't fit, a number is out of range, or no tile has enough marked pixels.

    Each item is (tiles, targets), float32. Its number doesn't matter: asking for batch 0 twice gives two.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        steps: int,
        tile_px: int = 32,
        batch_size: int = 8,
        at_least: int = 0,
        fill_empty: float = 0.0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        images, targets = np.asarray(images, "float32"), np.asarray(targets, "float32")
        if images.ndim != 4 or targets.ndim != 4 or targets.shape[:3] != images.shape[:3]:
            raise InputError(
                "Tiles needs images (n, h, w, c) and targets (n, h, w, k) of the same size, got "
                f"{images.shape} and {targets.shape}."
            )
        if not 1 <= tile_px <= min(images.shape[1:3]):
            raise InputError(
                f"tile_px must be from 1 to {min(images.shape[1:3])}, the images' side, got {tile_px}."
            )
        if steps < 1 or batch_size < 1 or not 0 <= fill_empty <= 1:
            raise InputError(
                "steps and batch_size must be at least 1 and fill_empty from 0 to 1, got "
                f"{steps}, {batch_size} and {fill_empty}."
            )
        marked = marked_pixels(targets, tile_px)
        self._corners = np.argwhere(marked >= at_least)
        if not len(self._corners):
            raise InputError(
                f"No tile of {tile_px}×{tile_px} has {at_least} marked pixels, the fullest has "
                f"{marked.max(initial=0)}: ask for fewer, or take larger tiles."
            )
        self.images, self.targets = images, targets
        self.steps, self.tile_px, self.batch_size, self.fill_empty = steps, tile_px, batch_size, fill_empty
        self._generator = np.random.default_rng(seed)

    def __len__(self) -> int:
        return self.steps

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        rng = self._generator
        image, row, column = self._corners[rng.integers(len(self._corners), size=self.batch_size)].T
        side = np.arange(self.tile_px)
        cut = image[:, None, None], (row[:, None] + side)[:, :, None], (column[:, None] + side)[:, None, :]
        tiles, targets = self.images[cut], self.targets[cut]
        for axis in (1, 2):
            turned = rng.random((self.batch_size, 1, 1, 1)) < 0.5
            tiles = np.where(turned, np.flip(tiles, axis), tiles)
            targets = np.where(turned, np.flip(targets, axis), targets)
        # Drawn for all tiles, whether empty or not: another chance must not change the places to come.
        filled = (rng.random(self.batch_size) < self.fill_empty) & ~targets.any((1, 2, 3))
        targets[filled] = 1
        return tiles, targets


def marked_pixels(targets: np.ndarray, tile_px: int) -> np.ndarray:
    """Count the marked pixels of every tile that can be cut from masks.

    Args:
        targets: (n, h, w, k) masks; marked is what is above 0.5.
        tile_px: side of a tile, at most h and w.

    Returns:
        (n, h - tile_px + 1, w - tile_px + 1) whole numbers, by the tile's upper left corner.
    """
    # Sums over all that lies above and left of a place: four of them give the sum of a tile.
    sums = np.pad((targets > 0.5).sum(3), ((0, 0), (1, 0), (1, 0))).cumsum(1).cumsum(2)
    rows = sums[:, tile_px:] - sums[:, :-tile_px]
    return rows[:, :, tile_px:] - rows[:, :, :-tile_px]
