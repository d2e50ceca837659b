"""Data sets: `load` one by name, split it, take nested subsets of it."""

from coursekit.data.imageset import Card, ImageSet
from coursekit.data.registry import load, names
from coursekit.data.splits import nested_subsets, split, split_by_group

__all__ = ["Card", "ImageSet", "load", "names", "nested_subsets", "split", "split_by_group"]
