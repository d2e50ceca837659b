"""Which files of a folder are pictures, and what the folder's order says about each."""

import csv
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from coursekit.data.folder.picture_file import ENDINGS, UnusableFileError, format_of, read_bytes
from coursekit.errors import InputError

Layout = Literal["masks", "classes", "table", "images"]

_PICTURE_ENDINGS = {ending for endings in ENDINGS.values() for ending in endings}
# Pictures that people have and that are not read: silence about them would look like a smaller data set.
_FOREIGN_ENDINGS = {
    "a phone's HEIC or AVIF picture": ".heic .heif .avif",
    "in a microscope's format": ".czi .nd2 .lif .oib .oif .vsi .svs .ndpi .mrxs .ims",
    "a medical volume": ".dcm .nii .mha .mhd .nrrd",
    "in a camera's raw format": ".cr2 .cr3 .nef .arw .dng .raf .orf .rw2",
    "a picture in a format that is not read": ".svg .eps .psd .xcf .ai .jp2 .j2k .tga .ico .jxl",
    "an array": ".npy .npz .h5 .hdf5 .mat",
}
_FOREIGN = {ending: what for what, endings in _FOREIGN_ENDINGS.items() for ending in endings.split()}
_LEFT_BY_SYSTEMS = {"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "icon\r"}
_PARTS = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}
_COLUMNS = ("file", "label", "mask", "group", "split")
# The first that is there is taken.
_IMAGE_FOLDERS = ("images", "image")
_MASK_FOLDERS = ("masks", "mask", "labels", "label", "annotations", "annotation", "gt")
# Whoever names a folder so means a part of a split or a sort of file, hardly ever a class.
_NOT_CLASSES = {*_IMAGE_FOLDERS, *_MASK_FOLDERS, *_PARTS, "dev", "holdout", "unlabelled", "unlabeled"}


class UnclearLayoutError(InputError):
    """A folder whose order can be read in more than one way.

    Attributes:
        names: of the folders or tables that make it unclear.
    """

    def __init__(self, message: str, names: Iterable[str]):
        super().__init__(message)
        self.names = tuple(names)


@dataclass(frozen=True)
class Entry:
    """A picture and what the folder says about it.

    Attributes:
        name: path below the folder, with forward slashes.
        path: where it is.
        label: class, or None.
        mask_name: path of its mask below the folder, or None.
        mask: where its mask is, or None.
        group: what it belongs to (patient, slide, plate), or None.
        split: "training", "validation", "test", or another name from a table; None if not split.
    """

    name: str
    path: Path
    label: str | None = None
    mask_name: str | None = None
    mask: Path | None = None
    group: str | None = None
    split: str | None = None


@dataclass(frozen=True)
class Problem:
    """A file that can't be used: its name, the sort of trouble, the reason."""

    name: str
    kind: str
    reason: str


@dataclass
class Listing:
    """What is in a folder.

    Attributes:
        root: the folder.
        layout: "masks" (images/ and masks/), "classes" (a folder per class), "table" (a CSV) or "images".
        entries: the pictures, by name.
        problems: what looked like a picture and can't be used.
        aside: other files, which are left alone.
        empty_classes: class folders without a picture.
        unused_columns: columns of the table that nothing asks for.
    """

    root: Path
    layout: Layout
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    empty_classes: list[str] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)


def list_folder(folder: str | Path, layout: Layout | None = None) -> Listing:
    """Find the pictures of a folder, with their classes, masks, groups and parts. No picture is decoded.

    Args:
        folder: with images/ and masks/, with a folder per class, with a table, or with pictures only. All but
            the table may stand once in each of train/, val/ and test/. May also be the path of the table.
        layout: which of them it is; None to see for itself.

    Returns:
        The listing; nothing in it has been decoded yet.

    Raises:
        InputError: if there is no such folder, no picture in it, or it isn't laid out as `layout` says.
        UnclearLayoutError: an InputError, if `layout` is None and the folder can be read in two ways.
    """
    root = Path(folder).expanduser()
    if layout is not None and layout not in get_args(Layout):
        raise InputError(f"layout must be one of {', '.join(get_args(Layout))}, or None, got {layout!r}.")
    table = root if root.suffix.lower() == ".csv" and root.is_file() else None
    root = root.parent if table else root
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise InputError(f"The folder {shown(str(root))} {what}: give the folder that holds the pictures.")
    walk = _Walk(root)
    if table is None and layout in (None, "table"):
        table = _find_table(root, insist=layout == "table")
    listing = _from_places(root, layout, walk) if table is None else _from_table(root, table, walk)
    if not listing.entries and not listing.problems:
        raise InputError(
            f"There are no pictures in {shown(str(root))}: PNG, JPEG, TIFF, GIF, BMP, WEBP and PPM are read."
        )
    listing.entries.sort(key=lambda entry: entry.name)
    listing.problems.sort(key=lambda problem: problem.name)
    listing.aside.sort()
    return listing


def shown(name: str, most: int = 60) -> str:
    """A file name that is safe on a screen: no control characters, no halves of characters, not too long."""
    safe = "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in name
    )
    return safe if len(safe) <= most else f"{safe[: most // 2 - 1]}…{safe[-most // 2 :]}"


class _Walk:
    """All files below a folder, each once, whatever links there are.

    Attributes:
        pictures: name and path of each file that is or claims to be a picture.
        problems: what can't be one, though it looks like it.
        aside: other files.
        folders: names of the folders at the top, and one below.
    """

    def __init__(self, root: Path):
        self.pictures: dict[str, Path] = {}
        self.problems: list[Problem] = []
        self.aside: list[str] = []
        self.folders: list[str] = []
        status = root.stat()
        self._seen = {(status.st_dev, status.st_ino)}
        waiting = [("", str(root))]
        while waiting:
            prefix, folder = waiting.pop()
            try:
                with os.scandir(folder) as found:
                    entries = sorted(found, key=lambda entry: entry.name)
            except OSError as error:
                self._problem(prefix.rstrip("/") or ".", *_folder_reason(error))
                continue
            for entry in entries:
                if entry.name.startswith(".") or entry.name.lower() in _LEFT_BY_SYSTEMS:
                    continue
                name = prefix + entry.name
                if self._is_folder_to_enter(entry, name):
                    self.folders.append(name)
                    waiting.append((name + "/", entry.path))

    def _problem(self, name: str, kind: str, reason: str) -> None:
        self.problems.append(Problem(name, kind, reason))

    def _is_folder_to_enter(self, entry: os.DirEntry, name: str) -> bool:
        ending = os.path.splitext(entry.name)[1].lower()  # noqa: PTH122 - Path would cost more than the rest
        looks_like_one = ending in _PICTURE_ENDINGS
        try:
            is_folder, is_file = entry.is_dir(), entry.is_file()
            if is_folder and looks_like_one:
                self._problem(name, "not a file", "it is a folder, in spite of its name")
                return False
            if is_folder:
                status = os.stat(entry.path)  # noqa: PTH116
                if (status.st_dev, status.st_ino) in self._seen:
                    self._problem(name, "link loop", "it is a link to a folder that is read already")
                    return False
                self._seen.add((status.st_dev, status.st_ino))
                return True
            if not is_file:
                os.stat(entry.path)  # noqa: PTH116 - says what is wrong with a link
                if looks_like_one:
                    self._problem(name, "not a file", "it is a pipe, a socket or a device, not a file")
                else:
                    self.aside.append(name)
                return False
        except OSError as error:
            self._problem(name, *_link_reason(error))
            return False
        self._sort_file(entry, name, ending)
        return False

    def _sort_file(self, entry: os.DirEntry, name: str, ending: str) -> None:
        if ending in _FOREIGN:
            self._problem(name, "format not read", f"it is {_FOREIGN[ending]}: export it as TIFF or PNG")
        elif ending in _PICTURE_ENDINGS or _begins_like_a_picture(entry.path):
            self.pictures[name] = Path(entry.path)
        else:
            self.aside.append(name)


def _folder_reason(error: OSError) -> tuple[str, str]:
    if isinstance(error, PermissionError):
        return "no permission", "you are not allowed to look into this folder"
    return "can't be opened", f"the system says: {error.strerror or error}"


def _link_reason(error: OSError) -> tuple[str, str]:
    if isinstance(error, FileNotFoundError):
        return "broken link", "it is a link to something that is not there"
    if isinstance(error, PermissionError):
        return "no permission", "you are not allowed to follow this link"
    return "link loop", f"it is a link that leads nowhere ({error.strerror or error})"


def _begins_like_a_picture(path: str) -> bool:
    try:
        return format_of(read_bytes(path, first=32)) is not None
    except UnusableFileError:
        return False


def _from_places(root: Path, layout: Layout | None, walk: _Walk) -> Listing:
    names = sorted(walk.pictures)
    split_of = _splits(names)
    # What follows train/, val/ or test/.
    rest = {name: PurePosixPath(name).parts[1 if name in split_of else 0 :] for name in names}
    tops = {parts[0].lower() for parts in rest.values() if len(parts) > 1}
    image_folder = next((name for name in _IMAGE_FOLDERS if name in tops), None)
    mask_folder = next((name for name in _MASK_FOLDERS if name in tops), None)
    if layout is None:
        if image_folder and mask_folder:
            layout = "masks"
        elif len(tops) > 1 or tops - set(_IMAGE_FOLDERS):
            _check_classes(root, sorted({parts[0] for parts in rest.values() if len(parts) > 1}))
            layout = "classes"
        else:
            layout = "images"
            _check_no_table(root)
    if layout == "masks" and not split_of:
        split_of, rest = _splits_within(root, rest)
    listing = Listing(root, layout, problems=walk.problems, aside=walk.aside)
    whole = {name: Entry(name, walk.pictures[name], split=split_of.get(name)) for name in names}
    if layout == "masks":
        if not image_folder or not mask_folder:
            raise InputError(
                f"layout='masks' needs the folders images and masks in {shown(str(root))}; there are: "
                f"{', '.join(map(shown, sorted(tops))) or 'none with pictures'}."
            )
        _pair(whole, rest, listing, image_folder, mask_folder)
    elif layout == "classes":
        for name, entry in whole.items():
            if len(rest[name]) > 1:
                listing.entries.append(replace(entry, label=rest[name][0]))
            else:
                listing.problems.append(
                    Problem(name, "no class", "it lies beside the class folders, not in one of them")
                )
        classes = {entry.label for entry in listing.entries}
        depth = 1 if split_of else 0
        top = {name.split("/")[depth] for name in walk.folders if name.count("/") == depth}
        listing.empty_classes = sorted(top - classes)
    else:
        listing.entries = list(whole.values())
    return listing


def _splits(names: Iterable[str]) -> dict[str, str]:
    """Part of each picture, if the top folders are train, val and test; else nothing."""
    first = {name: PurePosixPath(name).parts[0].lower() for name in names if "/" in name}
    parts = {_PARTS.get(top) for top in first.values()}
    if None in parts or len(parts) < 2 or "training" not in parts:
        return {}
    return {name: _PARTS[top] for name, top in first.items()}


def _splits_within(
    root: Path, rest: dict[str, tuple[str, ...]]
) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """The same for images/train, masks/train and so on: part of each picture, and its path without it."""
    below = {name: parts[1:] for name, parts in rest.items() if len(parts) > 1}
    split_of = _splits("/".join(parts) for parts in below.values())
    if split_of and all(len(parts) > 1 for parts in below.values()):
        parts_of = {name: split_of["/".join(parts)] for name, parts in below.items()}
        return parts_of, {
            name: parts[:1] + parts[2:] if name in below else parts for name, parts in rest.items()
        }
    seconds = sorted({parts[0] for parts in below.values() if len(parts) > 1})
    like_parts = [name for name in seconds if name.lower() in {*_PARTS, "dev", "holdout"}]
    # One part alone is no split, but a selection.
    if like_parts and len({name.lower() for name in seconds}) > 1:
        raise UnclearLayoutError(
            f"The folders in images and masks of {shown(str(root))} are {', '.join(map(shown, seconds))}: as "
            "parts of a split they must be called train, val and test, and hold all pictures. Rename them.",
            like_parts,
        )
    return {}, rest


def _check_classes(root: Path, names: list[str]) -> None:
    """Refuse folders as classes whose names say that they are none."""
    reserved = [name for name in names if name.lower() in _NOT_CLASSES]
    if reserved:
        raise UnclearLayoutError(
            f"The folders in {shown(str(root))} would be classes, but {', '.join(map(shown, reserved))} "
            f"sounds like none; there are: {', '.join(map(shown, names[:12]))}. Parts of a split are called "
            "train, val and test, with no other folder beside them; images with masks lie in images and "
            "masks: rename or move what doesn't fit, or point at one folder alone. layout='classes' if they "
            "are classes all the same.",
            reserved,
        )


def _check_no_table(root: Path) -> None:
    """Refuse to take pictures for unlabelled beside a table that was meant to label them."""
    tables = _tables(root)
    if not tables:
        return
    what = "; ".join(
        f"{shown(table.name)} has the columns {', '.join(map(shown, _read_table(table)[0])) or 'none'}"
        for table in tables[:5]
    )
    raise UnclearLayoutError(
        f"Beside the pictures in {shown(str(root))} there is a table that isn't used: {what}. Wanted is one "
        "table with a column called file, and label or mask (group and split, if known): rename its "
        "columns, or give the path of the right table. layout='images' loads the pictures without it.",
        (table.name for table in tables),
    )


def _pair(
    whole: dict[str, Entry],
    rest: dict[str, tuple[str, ...]],
    listing: Listing,
    image_folder: str,
    mask_folder: str,
) -> None:
    """Give each image its mask: same name below images/ and masks/, endings aside; `_mask` may be added."""
    masks: dict[tuple, str] = {}
    images: dict[tuple, str] = {}
    for name, parts in rest.items():
        top = parts[0].lower() if len(parts) > 1 else ""
        if top not in (image_folder, mask_folder):
            reason = f"it lies neither in {image_folder} nor in {mask_folder}"
            listing.problems.append(Problem(name, "out of place", reason))
            continue
        stem = PurePosixPath(parts[-1]).stem
        table = masks if top == mask_folder else images
        if top == mask_folder:
            stem = stem.removesuffix("_mask")
        key = (whole[name].split, *parts[1:-1], stem)
        if key in table:
            reason = f"it has the same name as {shown(table[key])}, so the pairing is not clear"
            listing.problems.append(Problem(name, "same name twice", reason))
        else:
            table[key] = name
    for key, name in images.items():
        if key in masks:
            mask = masks.pop(key)
            listing.entries.append(replace(whole[name], mask_name=mask, mask=whole[mask].path))
        else:
            listing.problems.append(
                Problem(name, "no mask", f"there is no mask called {shown(str(key[-1]))}")
            )
    for key, name in masks.items():
        listing.problems.append(
            Problem(name, "mask without image", f"there is no image called {shown(str(key[-1]))}")
        )


def _tables(root: Path) -> list[Path]:
    found = (path for path in root.glob("*.[cC][sS][vV]") if path.is_file() and path.name[0] != ".")
    return sorted(found)


def _find_table(root: Path, insist: bool) -> Path | None:
    tables = _tables(root)
    if len(tables) == 1 and (insist or "file" in _read_table(tables[0])[0]):
        return tables[0]
    if insist:
        came = ", ".join(shown(table.name) for table in tables) or "none"
        raise InputError(
            f"layout='table' needs one CSV file in {shown(str(root))}, found {came}: "
            "give the path of the file."
        )
    return None


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the names of the columns in small letters, and the rows."""
    try:
        content = read_bytes(path)
    except UnusableFileError as error:
        raise InputError(f"The table {shown(path.name)} can't be read: {error.reason}.") from None
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")  # what Excel writes on Windows
    lines = text.replace("\0", "").splitlines()
    head = lines[0] if lines else ""
    # Excel writes semicolons where the comma is the decimal sign.
    delimiter = max(",;\t", key=head.count)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise InputError(f"The table {shown(path.name)} is no CSV: {error}.") from None
    return [name.strip().lower() for name in rows[0]] if rows else [], rows[1:]


def _from_table(root: Path, table: Path, walk: _Walk) -> Listing:
    columns, rows = _read_table(table)
    if "file" not in columns:
        raise InputError(
            f"The table {shown(table.name)} needs a column called file, and may have "
            f"{', '.join(_COLUMNS[1:])}; it has: {', '.join(map(shown, columns)) or 'none'}."
        )
    twice = [name for name, times in Counter(columns).items() if name in _COLUMNS and times > 1]
    if twice:
        raise InputError(f"The table {shown(table.name)} has the column {twice[0]} twice: rename one.")
    listing = Listing(root, "table", problems=[], aside=walk.aside)
    listing.unused_columns = [name for name in columns if name and name not in _COLUMNS]
    used: set[str] = set()
    first_row: dict[str, tuple[int, str | None]] = {}
    for number, row in enumerate(rows, start=2):
        cells = {name: value.strip() for name, value in zip(columns, row, strict=False) if name in _COLUMNS}
        if not any(cells.values()):
            continue
        name = _file_name(cells.get("file", ""), root)
        if not name:
            listing.problems.append(Problem(f"row {number}", "no file", "its cell in column file is empty"))
            continue
        label, mask = cells.get("label") or None, _file_name(cells.get("mask", ""), root) or None
        used |= {name, mask or name}
        if "label" in columns and label is None:
            listing.problems.append(Problem(name, "no class", f"row {number} has no label"))
            continue
        if "mask" in columns and mask is None:
            listing.problems.append(Problem(name, "no mask", f"row {number} names no mask"))
            continue
        if name in first_row:
            before, other = first_row[name]
            how = (
                ""
                if other == label
                else f", there with the label {shown(str(other))}, here {shown(str(label))}"
            )
            reason = f"row {number} names it again after row {before}{how}"
            listing.problems.append(Problem(name, "named twice", reason))
            continue
        first_row[name] = (number, label)
        listing.entries.append(
            Entry(
                name,
                root / name,
                label,
                mask,
                root / mask if mask else None,
                cells.get("group") or None,
                _PARTS.get(cells.get("split", "").lower(), cells.get("split") or None),
            )
        )
    listing.aside = [name for name in listing.aside if name != table.name]
    listing.problems += [problem for problem in walk.problems if problem.name in used]
    broken = {problem.name for problem in listing.problems if problem in walk.problems}
    listing.entries = [entry for entry in listing.entries if entry.name not in broken]
    listing.aside += [name for name in walk.pictures if name not in used]
    listing.aside += [problem.name for problem in walk.problems if problem.name not in used]
    return listing


def _file_name(cell: str, root: Path) -> str:
    """A cell as a path below the folder; Windows' backslashes are turned if that finds the file."""
    turned = cell.replace("\\", "/")
    if "\\" in cell and "\0" not in cell and not (root / cell).exists():
        cell = turned
    return cell.removeprefix("./")
