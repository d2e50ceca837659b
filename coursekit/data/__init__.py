"""Data sets: `load` one by name, split it, spoil its labels, share it out among clients."""

from coursekit.data.centring import centred
from coursekit.data.folder.loading import load_folder
from coursekit.data.imageset import Card, ImageSet
from coursekit.data.labels.bags import Bags, TileBags, make_bags, tile_bags
from coursekit.data.labels.clients import (
    dirichlet_clients,
    equal_dirichlet_clients,
    group_clients,
    hold_out_clients,
    iid_clients,
    label_table,
    shard_clients,
)
from coursekit.data.labels.crowds import adversary, crowd_votes, mask_votes, one_coin, spammer
from coursekit.data.labels.label_noise import NoisyLabels, corrupt_labels, pair_matrix, symmetric_matrix
from coursekit.data.labels.mask_noise import CorruptedMasks, corrupt_masks, mean_object_radius, snow_recipe
from coursekit.data.registry import card, load, names
from coursekit.data.splits import (
    NestedSplit,
    folds,
    nested_groups,
    nested_split,
    nested_subsets,
    split,
    split_by_group,
)

__all__ = [
    "Bags",
    "Card",
    "CorruptedMasks",
    "ImageSet",
    "NestedSplit",
    "NoisyLabels",
    "TileBags",
    "adversary",
    "card",
    "centred",
    "corrupt_labels",
    "corrupt_masks",
    "crowd_votes",
    "dirichlet_clients",
    "equal_dirichlet_clients",
    "folds",
    "group_clients",
    "hold_out_clients",
    "iid_clients",
    "label_table",
    "load",
    "load_folder",
    "make_bags",
    "mask_votes",
    "mean_object_radius",
    "names",
    "nested_groups",
    "nested_split",
    "nested_subsets",
    "one_coin",
    "pair_matrix",
    "shard_clients",
    "snow_recipe",
    "spammer",
    "split",
    "split_by_group",
    "symmetric_matrix",
    "tile_bags",
]
