"""The learner's own folder as an ImageSet."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from coursekit.data.folder.layout import Entry, Layout, Listing, Problem, list_folder, shown
from coursekit.data.folder.picture_file import (
    MOST_PIXELS,
    PictureFile,
    UnusableFileError,
    check_values,
    quiet_libraries,
    read_picture_file,
    scaled,
)
from coursekit.data.imageset import Card, ImageSet
from coursekit.errors import InputError

Masks = Literal["binary", "classes", "instances"]
Group = str | Callable[[str], str | None] | None
_NAMED = 10
_FIRST = 3
# Smoothing and JPEG change the borders of white, hardly white itself.
_NEARLY_WHITE = 0.75


@dataclass
class _Row:
    """One image of the set: a file, or a page of one."""

    entry: Entry
    name: str
    image: np.ndarray
    mask: np.ndarray | None
    mask_white: float
    mask_top: int  # largest value of the whole mask, before it was cut


def load_folder(
    folder: str | Path,
    layout: Layout | None = None,
    size: int | tuple[int, int] | None = None,
    fit: Literal["resize", "crop"] = "resize",
    channels: Literal[1, 3] | None = None,
    white: float | None = None,
    pages: Literal["images", "channels", "first"] = "images",
    masks: Masks | None = None,
    class_names: Sequence[str] | None = None,
    group: Group = None,
    on_unusable: Literal["raise", "skip"] = "raise",
) -> ImageSet:
    r"""Read a folder of your own. Run `audit` on it first: it says what this function can't know.

    Args:
        folder: with images/ and masks/ (same name, any ending), or a folder per class, or a table (CSV with
            the columns file, label and/or mask, and perhaps group and split), or pictures only. The first
            two may stand once in each of train/, val/ and test/.
        layout: "masks", "classes", "table" or "images"; None to see for itself.
        size: height and width that each image is brought to, or one number for both; None if all are equal.
        fit: "resize" squeezes an image to `size` (masks keep their values), "crop" takes its middle.
        channels: 1 for grey, 3 for colour; None for what the files hold (grey among colour becomes colour).
        white: the value that becomes 1 in files of more than 8 bits, such as 4095 for a 12-bit camera; None
            for the largest value that the file's type can hold, 65535 of 16 bits, and for 1 in floating
            point. One value for all files: to rescale each image by its own brightest pixel would change
            what the pixels mean. Files of 8 bits are divided by 255 in any case.
        pages: of a TIFF: "images" makes each an image of its own, all of one group unless you name groups;
            "channels" makes them channels of one image; "first" leaves the others out.
        masks: "binary" (two values; of more, half of white decides, for the whole folder alike), "classes"
            (0 background, 1 first class ...) or "instances" (0 background, 1 first object ...); None for two
            values, and an error for anything else.
        class_names: of the folders or labels, in the order of their numbers, or of the mask's channels; None
            for the names found, in alphabetical order.
        group: what belongs together, by file name: a regular expression whose first group names it, such as
            r"(patient\d+)", or a function of the name, which returns None if it doesn't know. Both see the
            path below the folder, with forward slashes. None for the table's column, if there is one.
        on_unusable: "raise" names all files that can't be used; "skip" leaves them out, and the card says so.

    Returns:
        images (n, h, w, c). Targets: class labels (n,), or masks (n, h, w, k), where k is 1 for binary masks
        and instances, and for classes there is a channel for each but the background; None without either.
        groups: numbers of the groups in alphabetical order. extra: "file" (names), "split" (names of the
        parts, if there are any), "instances" (n, h, w) int32, "label" (n,) int64 where a table has labels
        beside masks.

    Raises:
        InputError: if a file can't be used and on_unusable is "raise", if images differ in size or channels
            and nothing is said about it, or if an option makes no sense.
    """
    _check_options(fit, channels, white, pages, masks, on_unusable)
    height_width = _checked_size(size)
    listing = list_folder(folder, layout)
    if class_names is not None:
        check_names(class_names)
        if all(entry.mask is None for entry in listing.entries):
            _check_class_names(listing, class_names)
    problems = list(listing.problems)
    rows: list[_Row] = []
    with quiet_libraries():
        for entry in listing.entries:
            try:
                rows += _read(entry, white, pages, height_width, fit)
            except UnusableFileError as error:
                problems.append(Problem(entry.name, error.kind, error.reason))
    if problems and on_unusable == "raise":
        raise InputError(_unusable_message(problems))
    if not rows:
        raise InputError(f"No picture in {shown(str(listing.root))} can be used:\n{_lines(problems)}")
    images = _stack(rows, channels)
    names = np.array([row.name for row in rows])
    extra: dict[str, np.ndarray] = {"file": names}
    if any(row.entry.split for row in rows):
        extra["split"] = np.array([row.entry.split or "" for row in rows])
    targets, found_names = _targets(rows, masks, class_names, extra)
    card = _card(listing, rows, found_names, white, problems)
    return ImageSet(images, targets, _groups(rows, group), card, extra)


def _check_options(
    fit: str, channels: int | None, white: float | None, pages: str, masks: str | None, on_unusable: str
) -> None:
    for name, value, known in (
        ("fit", fit, ("resize", "crop")),
        ("channels", channels, (1, 3, None)),
        ("pages", pages, ("images", "channels", "first")),
        ("masks", masks, ("binary", "classes", "instances", None)),
        ("on_unusable", on_unusable, ("raise", "skip")),
    ):
        if value not in known:
            raise InputError(f"{name} must be one of {', '.join(map(repr, known))}, got {value!r}.")
    if white is not None and not (isinstance(white, int | float | np.number) and 0 < white < np.inf):
        raise InputError(f"white must be the value that becomes 1, such as 4095, or None, got {white!r}.")


def _checked_size(size: int | tuple[int, int] | None) -> tuple[int, int] | None:
    if size is None:
        return None
    both = tuple(size) if isinstance(size, tuple | list | np.ndarray) else (size, size)
    if len(both) != 2 or not all(isinstance(side, int | np.integer) and side >= 1 for side in both):
        raise InputError(f"size must be a whole number of pixels, or (height, width), got {size!r}.")
    if both[0] * both[1] > MOST_PIXELS:
        raise InputError(f"size must be at most {MOST_PIXELS // 10**6} million pixels, got {size!r}.")
    return int(both[0]), int(both[1])


def check_names(class_names: Sequence[str]) -> None:
    """Raise InputError if names of classes are one string, or not all different strings."""
    if isinstance(class_names, str):
        raise InputError(
            f"class_names must be several names, such as ({class_names!r},), got {class_names!r}."
        )
    if not all(isinstance(name, str) for name in class_names):
        raise InputError(f"class_names must be names, got {class_names!r}.")
    twice = [name for name in dict.fromkeys(class_names) if list(class_names).count(name) > 1]
    if twice:
        raise InputError(f"class_names must differ, but {', '.join(map(shown, twice))} stands there twice.")


def _check_class_names(listing: Listing, class_names: Sequence[str]) -> None:
    there = {entry.label for entry in listing.entries if entry.label is not None}
    unknown = sorted(there - set(class_names))
    if unknown:
        raise InputError(
            f"class_names doesn't name {', '.join(map(shown, unknown[:_NAMED]))}; it names: "
            f"{', '.join(class_names)}."
        )


def _unusable_message(problems: list[Problem]) -> str:
    return (
        f"{len(problems)} file(s) can't be used:\n{_lines(problems)}\n"
        "Repair or remove them, or leave them out with on_unusable='skip'."
    )


def _lines(problems: list[Problem]) -> str:
    ordered = sorted(problems, key=lambda problem: problem.name)
    return "\n".join(f"  {shown(problem.name)}: {problem.reason}" for problem in ordered)


def _read(
    entry: Entry, white: float | None, pages: str, size: tuple[int, int] | None, fit: str
) -> list[_Row]:
    file = read_picture_file(entry.path)
    images = [scaled(page, divisor(file, white)) for page in file.pages]
    masks: list[np.ndarray | None] = [None] * len(images)
    mask_white = 1.0
    if entry.mask is not None:
        found, mask_white = read_mask(entry.mask)
        masks = list(found)
        if len(masks) != len(images) and not (pages != "images" and len(masks) == 1):
            raise UnusableFileError("size of mask", f"it has {len(images)} page(s) and its mask {len(masks)}")
    if pages == "first":
        images, masks = images[:1], masks[:1]
    elif pages == "channels" and len(images) > 1:
        if len({image.shape[:2] for image in images}) > 1:
            raise UnusableFileError("mixed pages", "its pages differ in size: they can't be channels")
        images, masks = [np.concatenate(images, axis=-1)], masks[:1]
    rows = []
    for number, (image, mask) in enumerate(zip(images, masks, strict=True), start=1):
        name = entry.name if len(images) == 1 else f"{entry.name}[{number}]"
        top = 0 if mask is None else int(mask.max())
        if mask is not None:
            check_mask_size(image, mask)
        if size is not None:
            image = _fitted(image, size, fit)
            mask = None if mask is None else _fitted_mask(mask, size, fit)
        rows.append(_Row(entry, name, image, mask, mask_white, top))
    return rows


def divisor(file: PictureFile, white: float | None) -> float:
    """By what a file is divided: `white` if it has more than 8 bits, else the largest value of its type."""
    if white is None or file.bits <= 8:
        return file.white
    # Of a 16-bit colour PNG only the upper 8 bits are read.
    return white / 257 if file.bits == 16 and file.white == 255 else float(white)


def read_mask(path: Path) -> tuple[list[np.ndarray], float]:
    """Read the whole numbers of a mask.

    Args:
        path: of the mask; a palette counts by the numbers of its colours.

    Returns:
        One array (h, w) for each page, and the largest number that the file's type can hold.

    Raises:
        UnusableFileError: if it can't be read, or is in colour, or holds something else than whole numbers.
    """
    try:
        file = read_picture_file(path, as_indices=True)
        pages = []
        for page in file.pages:
            if page.dtype == np.float32:
                check_values(page, float(2**24))
                if (page != np.rint(page)).any():
                    raise UnusableFileError("values of mask", "it holds fractions, not whole numbers")
                page = page.astype("uint32")
            if page.shape[-1] > 1 and (page[..., :1] != page[..., 1:]).any():
                raise UnusableFileError("values of mask", "it is in colour, not grey or a palette")
            pages.append(page[..., 0])
    except UnusableFileError as error:
        raise UnusableFileError(error.kind, f"its mask {shown(path.name)}: {error.reason}") from None
    return pages, file.white


def check_mask_size(image: np.ndarray, mask: np.ndarray) -> None:
    """Raise UnusableFileError if an image (h, w, c) and its mask (h, w) differ in size."""
    if image.shape[:2] != mask.shape:
        raise UnusableFileError(
            "size of mask",
            f"it has {image.shape[0]}×{image.shape[1]} pixels (height×width), "
            f"its mask {mask.shape[0]}×{mask.shape[1]}",
        )


def _fitted(image: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    if image.shape[:2] == size:
        return image
    if fit == "crop":
        return _middle(image, size)
    from PIL import Image

    planes = [
        # Pillow's filters average over the area when they shrink: no fine pattern turns into a false one.
        np.asarray(Image.fromarray(image[..., c]).resize(size[::-1], Image.Resampling.BILINEAR))
        for c in range(image.shape[-1])
    ]
    return np.stack(planes, axis=-1).clip(0, 1)


def _fitted_mask(mask: np.ndarray, size: tuple[int, int], fit: str) -> np.ndarray:
    if mask.shape == size:
        return mask
    if fit == "crop":
        return _middle(mask, size)
    # The nearest pixel: an average of object 3 and object 5 would be object 4.
    rows = ((np.arange(size[0]) + 0.5) * mask.shape[0] / size[0]).astype(int)
    columns = ((np.arange(size[1]) + 0.5) * mask.shape[1] / size[1]).astype(int)
    return mask[np.ix_(rows, columns)]


def _middle(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    (h, w), (height, width) = array.shape[:2], size
    if h < height or w < width:
        raise UnusableFileError("too small", f"{h}×{w} pixels are too few to cut {height}×{width} from them")
    top, left = (h - height) // 2, (w - width) // 2
    return array[top : top + height, left : left + width]


def _stack(rows: list[_Row], channels: int | None) -> np.ndarray:
    sizes = _by_value(rows, lambda row: "{}×{}".format(*row.image.shape[:2]))
    if len(sizes) > 1:
        raise InputError(
            f"The images differ in size (height×width): {_counts(sizes)}. Say size=64, or another, to bring "
            "them to one size; fit='resize' squeezes, fit='crop' takes the middle."
        )
    found = _by_value(rows, lambda row: str(row.image.shape[-1]))
    if channels is None:
        if set(found) <= {"1", "3"}:
            channels = 3 if "3" in found else 1
        elif len(found) > 1:
            raise InputError(
                f"The images differ in their number of channels: {_counts(found)}. Separate them."
            )
        else:
            return np.stack([row.image for row in rows])
    elif not set(found) <= {"1", "3"}:
        raise InputError(
            f"channels={channels} was asked for, but not all images are grey or colour: "
            f"{_counts(found)}. Say channels=None."
        )
    return np.stack([_with_channels(row.image, channels) for row in rows])


def _with_channels(image: np.ndarray, channels: int) -> np.ndarray:
    if image.shape[-1] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=-1)
    # Weights of ITU-R BT.601, as every program's "convert to grey".
    return (image @ np.array([0.299, 0.587, 0.114], "float32"))[..., None].clip(0, 1)


def _by_value(rows: list[_Row], value: Callable[[_Row], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(value(row), []).append(row.name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def _counts(found: dict[str, list[str]]) -> str:
    parts = [
        f"{value} in {len(names)} ({shown(names[0])}{' ...' if len(names) > 1 else ''})"
        for value, names in found.items()
    ]
    return ", ".join(parts[:_NAMED]) + (" ..." if len(parts) > _NAMED else "")


def _targets(
    rows: list[_Row], masks: Masks | None, class_names: Sequence[str] | None, extra: dict[str, np.ndarray]
) -> tuple[np.ndarray | None, tuple[str, ...]]:
    with_mask = sum(row.mask is not None for row in rows)
    if with_mask:
        targets, names = _mask_targets(rows, masks, class_names, extra)
        if all(row.entry.label is not None for row in rows):  # a table may have both
            known = order_of_classes({str(row.entry.label) for row in rows})
            extra["label"] = np.array([known.index(str(row.entry.label)) for row in rows], "int64")
        return targets, names
    if masks is not None:
        raise InputError(f"masks={masks!r} was asked for, but this folder has no masks.")
    if any(row.entry.label is None for row in rows):
        return None, ()
    names = tuple(class_names or order_of_classes({str(row.entry.label) for row in rows}))
    return np.array([names.index(str(row.entry.label)) for row in rows], "int64"), names


def order_of_classes(labels: set[str]) -> tuple[str, ...]:
    """Sort labels as numbers if all of them are, else by letter: class 10 comes after class 9."""
    try:
        return tuple(sorted(labels, key=int))
    except ValueError:
        return tuple(sorted(labels))


def _mask_targets(
    rows: list[_Row], masks: Masks | None, class_names: Sequence[str] | None, extra: dict[str, np.ndarray]
) -> tuple[np.ndarray, tuple[str, ...]]:
    stack = [row.mask for row in rows if row.mask is not None]
    if masks is None:
        strange = [row for row in rows if row.mask is not None and not is_binary(row.mask, row.mask_white)]
        if strange:
            values = np.unique(strange[0].mask)  # type: ignore[arg-type]
            white = _white_of_all(rows)
            smooth = (
                f"masks='binary' to cut them at half of white ({white:g})"
                if _most_value(rows) >= _NEARLY_WHITE * white
                else f"not masks='binary': no value comes near white ({white:g})"
            )
            raise InputError(
                f"{len(strange)} of {len(rows)} masks hold more than 0 and white: {shown(strange[0].name)} "
                f"has {len(values)} values up to {values.max()}. Say masks='classes' if they number classes, "
                f"masks='instances' if they number objects, {smooth}."
            )
        masks = "binary"
    if masks != "classes" and class_names is not None and len(class_names) != 1:
        raise InputError(f"class_names must name the foreground, which is one, got {tuple(class_names)!r}.")
    if masks == "binary":
        return foreground(rows)[..., None].astype("float32"), tuple(class_names or ("foreground",))
    numbers = np.stack(stack).astype("int32")
    if masks == "instances":
        extra["instances"] = numbers
        return (numbers > 0)[..., None].astype("float32"), tuple(class_names or ("foreground",))
    most = int(numbers.max())
    if class_names is None and most > 255:
        raise InputError(f"masks='classes' would make {most} classes: are these instances?")
    if class_names is None:
        there = np.unique(numbers)
        if most > np.count_nonzero(there):
            raise InputError(
                "masks='classes' expects the classes to be numbered 1, 2, 3 ..., but the values of these "
                f"masks are {', '.join(map(str, there[:_NAMED]))}{' ...' if len(there) > _NAMED else ''}. "
                "Number them without gaps (255 often means: don't count this pixel), or give class_names for "
                f"all from 1 to {most}."
            )
    classes = len(class_names) if class_names is not None else max(most, 1)
    if most > classes:
        worst = rows[int(numbers.reshape(len(rows), -1).max(axis=1).argmax())].name
        raise InputError(
            f"class_names names {classes} classes, but {shown(worst)} has the value {most} in its mask."
        )
    channels = numbers[..., None] == np.arange(1, classes + 1)
    return channels.astype("float32"), tuple(class_names or (f"class {i}" for i in range(1, classes + 1)))


def is_binary(mask: np.ndarray, white: float) -> bool:
    """Whether a mask (h, w) holds nothing but 0 and 1, or nothing but 0 and white."""
    top = int(mask.max())
    return top <= 1 or (top in (255, int(white)) and bool(((mask == 0) | (mask == top)).all()))


def foreground(rows: list[_Row]) -> np.ndarray:
    """Where the masks are set, by one rule for all of them.

    Returns:
        (n, h, w) bool: above 0 where all masks have two values; else at half of white and above.

    Raises:
        InputError: if the values look like numbers of objects or classes: masks would come out empty.
    """
    stack = np.stack([row.mask for row in rows if row.mask is not None])
    tops = {row.mask_top for row in rows} - {0}
    if all(is_binary(row.mask, row.mask_white) for row in rows if row.mask is not None):
        # A file of one bit has no other white than 1.
        ones = [row for row in rows if row.mask_top == 1 and row.mask_white > 1]
        others = [row for row in rows if row.mask_top > 1]
        if ones and others:
            raise InputError(
                f"White is 1 in the mask of {shown(ones[0].name)}, and {others[0].mask_top} in that of "
                f"{shown(others[0].name)}: store all alike, or say masks='instances' if they number objects."
            )
        return stack > 0
    if len(tops) == 1 and len(np.unique(stack)) <= 2:
        return stack > 0
    white = _white_of_all(rows)
    below = [row for row in rows if 0 < row.mask_top < white / 2 and not _is_one_bit(row)]
    if below or _most_value(rows) < _NEARLY_WHITE * white:
        row = below[0] if below else max(rows, key=lambda row: row.mask_top)
        raise InputError(
            f"masks='binary' cuts at half of white ({white:g}), but the largest value of the mask of "
            f"{shown(row.name)} is {row.mask_top}. If the masks number objects, say masks='instances'; if "
            "they number classes, masks='classes'."
        )
    one_bit = np.array([_is_one_bit(row) for row in rows])[:, None, None]
    return np.where(one_bit, stack > 0, stack >= white / 2)


def _is_one_bit(row: _Row) -> bool:
    return row.mask_white == 1 and row.mask_top <= 1


def _white_of_all(rows: list[_Row]) -> float:
    return 255.0 if _most_value(rows) <= 255 else max(row.mask_white for row in rows)


def _most_value(rows: list[_Row]) -> int:
    return max(row.mask_top for row in rows)


def _groups(rows: list[_Row], group: Group) -> np.ndarray | None:
    of_entry = groups_of([row.entry for row in rows], group)
    names = [of_entry[row.entry.name] for row in rows]
    if all(name is None for name in names):
        if all(row.name == row.entry.name for row in rows):
            return None
        names = [row.entry.name for row in rows]  # pages of one file belong together
    missing = [row.name for row, name in zip(rows, names, strict=True) if name is None]
    if missing:
        raise InputError(
            f"{len(missing)} image(s) have no group, such as {shown(missing[0])}: "
            "name one for each image, or none."
        )
    return np.unique(np.array(names), return_inverse=True)[1].astype("int64")


def groups_of(entries: Sequence[Entry], group: Group) -> dict[str, str | None]:
    """Name the group of each image, by the name of the entry.

    Args:
        entries: the images.
        group: a regular expression or a function, as in `load_folder`; None for the table.

    Raises:
        InputError: as `group_of`, or if `group` finds none in any name.
    """
    names = {entry.name: group_of(entry, group) for entry in entries}
    if group is not None and names and all(name is None for name in names.values()):
        what = f"group={group!r} matches no file" if isinstance(group, str) else "group knows no file"
        raise InputError(
            f"{what}: it sees the path below the folder, such as {shown(next(iter(names)))}. "
            "Change it, or leave it out."
        )
    return names


def group_of(entry: Entry, group: Group) -> str | None:
    """Name what an image belongs to, by the table or by its file name; None if nothing is known.

    Args:
        entry: the image.
        group: a regular expression or a function, as in `load_folder`; None for the table.

    Raises:
        InputError: if the expression is none, or the function fails.
    """
    if group is None:
        return entry.group
    if isinstance(group, str):
        try:
            found = re.search(group, entry.name)
        except re.error as error:
            raise InputError(f"group={group!r} is no regular expression: {error}.") from None
        return None if found is None else found[1] if found.re.groups else found[0]
    try:
        name = group(entry.name)
        return None if name is None else str(name)
    except Exception as error:
        raise InputError(
            f"The function group failed on {shown(entry.name)}: {type(error).__name__}: {error}"
        ) from error


def _card(
    listing: Listing,
    rows: list[_Row],
    class_names: tuple[str, ...],
    white: float | None,
    left_out: list[Problem],
) -> Card:
    name = shown(listing.root.resolve().name or "folder")
    how = "the largest value of the file's type" if white is None else f"{white:g} (8-bit files by 255)"
    limits = "nobody but you knows how these images were chosen and labelled"
    if left_out:
        names = list(dict.fromkeys(problem.name for problem in left_out))
        some = ", ".join(map(shown, names[:_FIRST])) + (" ..." if len(names) > _FIRST else "")
        limits += f"; {len(names)} file(s) that can't be used were left out: {some}"
    return Card(
        name=name,
        title=f"{len(rows)} images from your folder {name}",
        source="your own folder",
        licence="yours to know: ask whoever made the images",
        citation="none given",
        unit=f"stored value divided by {how}",
        class_names=class_names,
        limits=limits,
    )
