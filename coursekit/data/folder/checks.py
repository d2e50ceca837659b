"""The questions that the audit asks about a folder; each function returns what it finds."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from coursekit.data.folder.examine import Facts
from coursekit.data.folder.giveaways import is_chance, number_rule_accuracy, value_rule_accuracy
from coursekit.data.folder.layout import Listing, Problem, UnclearLayoutError, shown
from coursekit.data.folder.loading import order_of_classes
from coursekit.data.folder.near_duplicates import is_flat, near_duplicates

Severity = Literal["unusable", "warning", "note"]

# Of the way from guessing to always right. Bit depth and format have no reason to know the class at all; file
# size and brightness may know a little (a 1 holds less ink than an 8), but not most of it.
_MUCH_FOR_FORMAT = 0.1
_MUCH_FOR_CONTENT = 0.6
_IMBALANCE = 3
_FEW = 5
_FEW_GROUPS = 10
_SMALL = 8
_SATURATED = 0.1
_MANY_LOOK_ALIKE = 0.02
_LONG_NAME = 200  # of the 255 bytes that file systems allow


@dataclass(frozen=True)
class Finding:
    """Something about the folder that its owner should know.

    Attributes:
        severity: "unusable": these files can't be read; "warning": results will be wrong or flattering if
            nothing is done; "note": good to know.
        topic: in a few words.
        what: what was found, in one sentence.
        files: name of each file it is about, and what there is to say about this one (or nothing).
        why: why it matters.
        advice: what to do.
    """

    severity: Severity
    topic: str
    what: str
    files: dict[str, str] = field(default_factory=dict)
    why: str = ""
    advice: str = ""


# Kind of problem: why it matters, what to do.
_UNUSABLE = {
    "empty file": ("A copy or a download failed.", "Copy it again from where it came."),
    "cut off": ("The rest of the picture would be made up.", "Copy it again from where it came."),
    "damaged": ("What can be decoded may be wrong.", "Copy it again, or open it and save it as PNG."),
    "not a picture": ("Its name promises what it doesn't hold.", "Remove it, or fetch the real picture."),
    "format not read": ("Only common formats are read.", "Export it as PNG, or as TIFF without compression."),
    "too large": (
        "A header may claim more than the memory holds.",
        "Cut it into tiles, if it really is so large.",
    ),
    "not a number": ("One NaN makes a whole training NaN.", "Find out where it comes from, and fill it."),
    "values out of range": (
        "No fixed rule brings these values to 0 to 1.",
        "Say white=, the value of white.",
    ),
    "no permission": ("It can't be opened.", "Change its permissions (chmod u+r), or ask its owner."),
    "not a file": ("Only files hold pictures.", "Rename or remove it."),
    "broken link": ("What it points to was moved.", "Copy the file itself here."),
    "link loop": ("Following it would never end, or count pictures twice.", "Remove the link."),
    "missing file": ("The table names it.", "Add the file, or remove its row."),
    "no mask": ("There is nothing to learn from it.", "Add a mask of the same name, or remove the image."),
    "mask without image": ("Nothing belongs to it.", "Add its image, or remove it."),
    "size of mask": ("A mask must cover its image pixel by pixel.", "Export both again from one program."),
    "values of mask": ("A mask numbers classes or objects.", "Export it in grey, with whole numbers."),
    "same name twice": ("Image and mask are paired by their name.", "Rename one of them."),
    "no class": ("It has no label.", "Move it into its class folder, or fill its cell."),
    "named twice": ("It would count twice, or with two labels.", "Keep one of its rows."),
    "out of place": ("The layout doesn't say what it is.", "Move it into images or masks."),
    "mixed pages": ("One file is loaded in one way.", "Save its pages as separate files."),
}


def unusable_files(problems: Sequence[Problem]) -> list[Finding]:
    """One finding for each sort of trouble."""
    found = []
    for kind in dict.fromkeys(problem.kind for problem in problems):
        files: dict[str, str] = {}
        for problem in problems:
            if problem.kind == kind:  # a row of a table may be the second about one file
                before = files.get(problem.name)
                files[problem.name] = f"{before}; {problem.reason}" if before else problem.reason
        why, advice = _UNUSABLE.get(kind, ("", "Look at it with another program."))
        found.append(
            Finding("unusable", kind, f"{_files(len(files))} can't be used: {kind}.", files, why, advice)
        )
    return sorted(found, key=lambda finding: -len(finding.files))


def unclear_layout(error: UnclearLayoutError) -> list[Finding]:
    """A folder that can't be loaded before its owner has said what its order means."""
    return [
        Finding(
            "unusable",
            "unclear layout",
            str(error),
            dict.fromkeys(error.names, ""),
            "A wrong guess would make classes of what is none, or lose the labels.",
            "Until then, only the pictures themselves are looked at.",
        )
    ]


def conversions(facts: Sequence[Facts]) -> list[Finding]:
    """What had to be done to get grey or colour values."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for one in facts:
        for phrase in one.conversions:
            found[phrase][one.entry.name] = f"orientation {one.orientation}" if "EXIF" in phrase else ""
    texts = {
        "CMYK converted to colour": (
            "warning",
            "Inks became light by a plain formula; other programs use the printer's profile.",
            "Export from the original as RGB, so that you know which colours you train on.",
        ),
        "16-bit colour PNG: read with 8 bits": (
            "warning",
            "The lower 8 bits are lost: Pillow knows no 16-bit colour.",
            "Save as 16-bit TIFF if faint differences matter.",
        ),
        "transparency laid on white": (
            "note",
            "Colours behind transparent pixels are whatever the program left there.",
            "Nothing, if white is the right background.",
        ),
        "palette converted to grey or colour": (
            "note",
            "A palette holds 256 colours: a photograph saved so has lost some.",
            "Nothing, if the original was a palette.",
        ),
        "turned as its EXIF orientation says": (
            "note",
            "A program that ignores EXIF sees it lying on its side; so may the one that drew the masks.",
            "Nothing, if the pictures stand upright here.",
        ),
        "animation: only the first picture is read": (
            "note",
            "The other pictures are left out.",
            "Save them as separate files if you want them.",
        ),
    }
    return [
        Finding(
            severity,  # type: ignore[arg-type]
            phrase.partition(":")[0],
            f"{_files(len(files))}: {phrase}.",
            files,
            why,
            advice,
        )
        for phrase, files in sorted(found.items())
        for severity, why, advice in [
            texts.get(phrase, ("note", "It is not what a camera writes.", "Look at some of them."))
        ]
    ]


def names_and_formats(facts: Sequence[Facts], listing: Listing) -> list[Finding]:
    """Endings that say something else than the content, pages, files that are no pictures."""
    found = []
    wrong = {one.entry.name: f"is {one.format}" for one in facts if one.wrong_ending}
    if wrong:
        found.append(
            Finding(
                "note",
                "wrong ending",
                f"{_files(len(wrong))} named as another format than they hold.",
                wrong,
                "They are read by their content; other programs may refuse them.",
                "Rename them.",
            )
        )
    pages = {one.entry.name: f"{one.pages} pages" for one in facts if one.pages > 1}
    if pages:
        found.append(
            Finding(
                "note",
                "several pages",
                f"{_files(len(pages))} with several pages: each counts as an image.",
                pages,
                "Pages of one file (time, depth, channels) are no independent images.",
                "Keep them in one part of a split; pages='channels' if they are channels.",
            )
        )
    odd = {one.entry.name: reason for one in facts if (reason := _odd_name(one.entry.name))}
    if odd:
        found.append(
            Finding(
                "note",
                "odd name",
                f"{_files(len(odd))} with a name that other programs stumble over.",
                odd,
                "They are read here; a script, a table or another system may lose them.",
                "Rename them: letters, digits, - and _.",
            )
        )
    if listing.unused_columns:
        several = len(listing.unused_columns) > 1
        found.append(
            Finding(
                "note",
                "unused columns",
                f"{'Columns' if several else 'Column'} {', '.join(map(shown, listing.unused_columns))} "
                f"of the table {'are' if several else 'is'} not used.",
                {},
                "Only file, label, mask, group and split are known.",
                "What names a patient, slide or plate: call it group, or give group=.",
            )
        )
    if listing.aside:
        found.append(
            Finding(
                "note",
                "left aside",
                f"{_files(len(listing.aside))} left aside: no picture, or not named in the table.",
                dict.fromkeys(listing.aside, ""),
                "They play no part.",
                "Nothing, unless you miss one.",
            )
        )
    return found


def _odd_name(name: str) -> str:
    last = name.rpartition("/")[2]
    if any("\udc80" <= c <= "\udcff" for c in name):
        return "bytes that are no UTF-8"
    if not name.isprintable():
        return "invisible characters"
    if last.startswith("-"):
        return "begins like an option"
    if set(name) & set('<>:"|?*\\') or last.partition(".")[0].upper() in _RESERVED:
        return "not allowed on Windows"
    if last != last.strip(" .") or " ." in last:
        return "a space at its end or before a dot"
    if len(name.encode()) > _LONG_NAME:
        return f"{len(name.encode())} bytes long"
    return "a picture in its name" if any(unicodedata.category(c) == "So" for c in name) else ""


_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))}


def depth_and_size(facts: Sequence[Facts]) -> list[Finding]:
    """Mixed bit depths, sizes and channels; tiny images; fewer bits used than stored."""
    found = []
    for topic, why, advice, value in (
        (
            "bit depth",
            "Each file is divided by what its own type can hold.",
            "Store all alike, from the raw data.",
            lambda one: f"{one.bits} bits",
        ),
        (
            "size",
            "A batch needs one size.",
            "Give load_folder a size=.",
            lambda one: f"{one.height}×{one.width}",
        ),
    ):
        files, what = _minority(facts, [value(one) for one in facts])
        if files:
            found.append(
                Finding("note", f"mixed {topic}", f"Images differ in {topic}: {what}.", files, why, advice)
            )
    channels, what = _minority(facts, [_channels(one.channels) for one in facts])
    if channels:
        loadable = all(one.channels in (1, 3) for one in facts)
        found.append(
            Finding(
                "note" if loadable else "warning",
                "mixed channels",
                f"Images differ in their channels: {what}.",
                channels,
                "A network expects one number of channels.",
                "Grey becomes colour; channels=1 makes all grey." if loadable else "Separate them.",
            )
        )
    tiny = {one.name: f"{one.height}×{one.width}" for one in facts if min(one.height, one.width) < _SMALL}
    if tiny:
        found.append(
            Finding(
                "warning",
                "tiny",
                f"{_files(len(tiny))} less than {_SMALL} pixels high or wide.",
                tiny,
                "There is nothing to see in them.",
                "Look at them; they are often a failed export.",
            )
        )
    return found + _bits_in_use(facts)


def _bits_in_use(facts: Sequence[Facts]) -> list[Finding]:
    deep = [one for one in facts if one.bits == 16 and one.white == 65535]
    narrow = [one for one in deep if one.highest < 2**14]
    if not narrow:
        return []
    used = max(int(one.highest).bit_length() for one in narrow)
    likely = next(bits for bits in (8, 10, 12, 14) if bits >= used)
    return [
        Finding(
            "warning",
            "12 bits in 16" if likely == 12 else "unused bits",
            f"{_files(len(narrow))} of 16 bits hold no value above {max(one.highest for one in narrow):g}, "
            f"as from a camera of {likely} bits.",
            {one.name: f"highest value {one.highest:g}" for one in narrow},
            "Divided by 65,535 they are nearly black, and darker than 8-bit files of the same thing.",
            f"If the camera has {likely} bits, say white={2**likely - 1}.",
        )
    ]


def values(facts: Sequence[Facts]) -> list[Finding]:
    """Images without content, and light that was cut off at the top."""
    found = []
    flat = {one.name: f"{one.mean:.3f} everywhere" for one in facts if _is_flat(one)}
    if flat:
        found.append(
            Finding(
                "warning",
                "flat",
                f"{_files(len(flat))} with the same value everywhere.",
                flat,
                "A label on an empty image teaches nothing, or something wrong.",
                "Look at them; remove them if they are failed exports.",
            )
        )
    cut = {
        one.name: f"{one.saturated:.0%}" for one in facts if one.saturated >= _SATURATED and not _is_flat(one)
    }
    if cut:
        # White paper is white in all images; a few among others were exposed for too long.
        odd = float(np.median([one.saturated for one in facts])) < 0.005 and len(facts) >= 10
        found.append(
            Finding(
                "warning" if odd else "note",
                "saturated",
                f"{_files(len(cut))} with {_SATURATED:.0%} or more of the pixels at the highest value.",
                cut,
                "Differences above that value are lost.",
                "Nothing on white paper; else expose shorter, or leave them out.",
            )
        )
    return found


def classes(facts: Sequence[Facts], listing: Listing) -> list[Finding]:
    """Imbalance, classes too small to split, missing ones."""
    found = []
    if listing.empty_classes:
        found.append(
            Finding(
                "warning",
                "empty class",
                f"{len(listing.empty_classes)} folder(s) without a picture: "
                f"{', '.join(map(shown, listing.empty_classes))}.",
                dict.fromkeys(listing.empty_classes, ""),
                "A class without images can't be learned.",
                "Fill or remove it.",
            )
        )
    counts = Counter(one.entry.label for one in facts if one.entry.label is not None)
    if not counts:
        return found
    (large, most), (rare, least) = counts.most_common()[0], counts.most_common()[-1]
    if len(counts) == 1:
        found.append(
            Finding(
                "warning",
                "one class",
                f"All images are of the class {shown(str(large))}.",
                {},
                "There is nothing to tell apart.",
                "Point at the folder that holds the class folders.",
            )
        )
        return found
    if most >= _IMBALANCE * least:
        always = most / sum(counts.values())
        found.append(
            Finding(
                "warning",
                "class imbalance",
                f"{most} images of {shown(str(large))}, {least} of {shown(str(rare))}.",
                {},
                f"Always naming {shown(str(large))} is right for {always:.0%}: accuracy says little.",
                "Report balanced accuracy; weigh the classes, or collect more of the rare ones.",
            )
        )
    few = {label: number for label, number in counts.items() if number < _FEW}
    if few:
        found.append(
            Finding(
                "warning",
                "small class",
                "Too few images to split: "
                f"{', '.join(f'{shown(str(label))} ({number})' for label, number in few.items())}.",
                {one.name: "" for one in facts if one.entry.label in few},
                "Training, validation and test need some each.",
                "Collect more, join the class with another, or leave it out.",
            )
        )
    parts = {one.entry.split for one in facts if one.entry.split}
    seen = {(one.entry.split, one.entry.label) for one in facts}
    for part in sorted(parts, key=str):
        missing = sorted(shown(str(label)) for label in counts if (part, label) not in seen)
        if missing:
            found.append(
                Finding(
                    "warning",
                    "class missing",
                    f"The part {shown(str(part))} has no image of {', '.join(missing)}.",
                    {},
                    "What is not in training can't be learned; what is not in the test isn't tested.",
                    "Split again, with the same mix of classes in each part.",
                )
            )
    return found


def masks(facts: Sequence[Facts], class_names: Sequence[str] | None) -> list[Finding]:
    """Empty and full masks, and masks with other values than the rest."""
    masked = [one for one in facts if one.mask is not None]
    if not masked:
        return []
    found = []
    for topic, share, why, advice in (
        (
            "empty mask",
            0.0,
            "There is nothing to see, or nobody has drawn it yet, and a network learns to see nothing.",
            "Look at the images; remove those that are not annotated.",
        ),
        (
            "full mask",
            1.0,
            "Every pixel is set: perhaps an inverted or failed export.",
            "Look at the images beside their masks.",
        ),
    ):
        files = {one.name: "" for one in masked if one.mask and one.mask.share == share}
        if files:
            found.append(
                Finding(
                    "warning",
                    topic,
                    f"{_files(len(files))} with an {topic}.".replace("an full", "a full"),
                    files,
                    why,
                    advice,
                )
            )
    strange = {
        one.name: f"{one.mask.n_values} values up to {one.mask.values[-1]}"
        for one in masked
        if one.mask and not one.mask.binary
    }
    if class_names is not None:
        most = len(class_names)
        over = {
            one.name: f"value {one.mask.values[-1]}"
            for one in masked
            if one.mask and one.mask.values[-1] > most and not one.mask.binary
        }
        if over:
            found.append(
                _more_values(over, f"{_files(len(over))} with values above {most}, the number of classes.")
            )
    elif strange and all(one.mask and one.mask.format == "JPEG" for one in masked if one.name in strange):
        found.append(
            Finding(
                "warning",
                "JPEG mask",
                f"{_files(len(strange))} with a mask saved as JPEG.",
                strange,
                "JPEG invents grey values along each border.",
                "Export as PNG; or say masks='binary', which cuts at half of white.",
            )
        )
    elif strange and len(strange) <= len(masked) / 10:
        found.append(
            _more_values(
                strange, f"{_files(len(strange))} whose mask has more than the two values of all others."
            )
        )
    elif strange:
        found.append(
            Finding(
                "note",
                "values of masks",
                f"{len(strange)} of {len(masked)} masks hold more than 0 and white.",
                strange,
                "They may number classes or objects.",
                "Say masks='classes' or masks='instances' when you load them.",
            )
        )
    return found


def _more_values(files: dict[str, str], what: str) -> Finding:
    return Finding(
        "warning",
        "values of masks",
        what,
        files,
        "Smoothing or resizing invents values between the classes.",
        "Export again without smoothing, with the nearest pixel when resizing.",
    )


def giveaways(facts: Sequence[Facts]) -> list[Finding]:
    """Properties of the files that tell the class, or the part of a split, without a look at the picture."""
    found = []
    labelled = [one for one in facts if one.entry.label is not None]
    groups_of_labelled = _group_numbers(labelled)
    about: list[tuple[str, float, Callable[[Facts], Any]]] = [
        ("bit depth", _MUCH_FOR_FORMAT, lambda one: one.bits),
        ("size in pixels", _MUCH_FOR_FORMAT, lambda one: (one.height, one.width)),
        ("file format", _MUCH_FOR_FORMAT, lambda one: one.format),
        ("colour mode", _MUCH_FOR_FORMAT, lambda one: one.mode),
        ("camera or software", _MUCH_FOR_FORMAT, lambda one: one.camera),
        ("EXIF orientation", _MUCH_FOR_FORMAT, lambda one: one.orientation),
        ("file size", _MUCH_FOR_CONTENT, lambda one: one.n_bytes),
        ("mean brightness", _MUCH_FOR_CONTENT, lambda one: round(one.mean, 6)),
    ]
    for topic, much, value in about:
        values_of = [value(one) for one in labelled]
        finding = _giveaway(topic, values_of, labelled, much, groups_of_labelled)
        if finding:
            found.append(finding)
    parts = [one for one in facts if one.entry.split]
    groups_of_parts = _group_numbers(parts)
    for topic, _, value in about[:5]:
        names = [str(one.entry.split) for one in parts]
        accuracy = _accuracy([value(one) for one in parts], names, 0.5, groups_of_parts)
        if accuracy is not None:
            files, what = _minority(parts, [value(one) for one in parts])
            found.append(
                Finding(
                    "note" if _few_groups(groups_of_parts) else "warning",
                    f"{topic} differs between parts",
                    f"The parts of the split differ in {topic}: {what}{_too_few(groups_of_parts)}.",
                    files,
                    "The test then measures the format as well as the method.",
                    "Store all alike, or split again.",
                )
            )
    return found


def _giveaway(
    topic: str, values_of: list, labelled: list[Facts], much: float, groups: np.ndarray | None
) -> Finding | None:
    labels = [str(one.entry.label) for one in labelled]
    numeric = topic in ("file size", "mean brightness")
    accuracy = _accuracy(values_of, labels, much, groups, numeric)
    if accuracy is None:
        return None
    names = order_of_classes(set(labels))
    unit = {"bit depth": " bits", "file size": " bytes"}.get(topic, "")
    by_class = []
    for name in names[:4]:
        own = [value for value, label in zip(values_of, labels, strict=True) if label == name]
        by_class.append(f"{shown(name)}: {_typical(own)}{unit}")
    files = {} if numeric else _minority(labelled, values_of)[0]
    say = {
        "mean brightness": "Brightness after division by what the file's type can hold is real only if "
        "exposure and bit depth were the same for all classes.",
        "file size": "It follows from content and from how each class was saved.",
    }
    few = _few_groups(groups)
    return Finding(
        "note" if few else "warning",
        f"{topic} {'may give' if few else 'gives'} the class away",
        f"A rule that knows nothing but the {topic} names the class right for {accuracy:.0%} (guessing: "
        f"{1 / len(names):.0%}); "
        f"{', '.join(by_class)}{' ...' if len(names) > 4 else ''}{_too_few(groups)}.",
        files,
        say.get(topic, "A network finds such a rule before it finds what you want it to see."),
        "Save all classes in the same way from the raw data, and see whether the accuracy stays.",
    )


def _group_numbers(facts: Sequence[Facts]) -> np.ndarray | None:
    """Number of the group of each image, (n,) from 0, or None if each is one by itself."""
    names = [("group", name) if (name := _group(one)) else ("image", one.name) for one in facts]
    return None if len(set(names)) == len(names) else _codes(names)


def _few_groups(groups: np.ndarray | None) -> bool:
    return groups is not None and len(np.unique(groups)) < _FEW_GROUPS


def _too_few(groups: np.ndarray | None) -> str:
    return f" (too few groups to tell: {len(np.unique(groups))})" if _few_groups(groups) else ""  # type: ignore[arg-type]


def _accuracy(
    values_of: list, labels: list[str], much: float, groups: np.ndarray | None, numeric: bool = False
) -> float | None:
    """Accuracy of a rule if it goes `much` of the way from guessing to certainty, not by chance; or None."""
    known = sorted(set(labels))
    if len(known) < 2 or len(set(values_of)) < 2 or len(labels) < 2 * len(known):
        return None
    number = np.array([known.index(label) for label in labels])
    rule = number_rule_accuracy if numeric else value_rule_accuracy
    codes = np.array(values_of, float) if numeric else _codes(values_of)
    accuracy, guess = rule(codes, number, groups), 1 / len(known)
    if (accuracy - guess) / (1 - guess) < much:
        return None
    # Few groups can be shuffled in few ways: that would call everything chance.
    if not _few_groups(groups) and is_chance(rule, codes, number, groups):
        return None
    return accuracy


def _codes(values_of: Iterable) -> np.ndarray:
    numbers: dict = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values_of])


def _typical(values_of: list) -> str:
    if isinstance(values_of[0], float):
        return f"{np.median(values_of):.3f}"
    if isinstance(values_of[0], int):
        return f"{np.median(values_of):,.0f}"
    value, times = Counter(values_of).most_common(1)[0]
    if times == len(values_of):
        return _in_words(value)
    return f"mostly {_in_words(value)}"


def _in_words(value: object) -> str:
    return "×".join(map(str, value)) if isinstance(value, tuple) else shown(str(value)) or "none"


def duplicates(facts: Sequence[Facts]) -> list[Finding]:
    """The same pixels more than once, and pictures that look the same."""
    worth = [one for one in facts if not _is_flat(one)]
    same: dict[bytes, list[Facts]] = defaultdict(list)
    for one in worth:
        same[one.digest].append(one)
    found = _duplicate_findings(_telling_pairs(same.values()), "same picture", "The same picture")
    small = np.array([one.small for one in worth])
    near = []
    for i, j in near_duplicates(small):
        first, second = worth[i], worth[j]
        together = _group(first) is not None and _group(first) == _group(second)
        if first.digest != second.digest and not together:
            near.append((first, second))
    involved = {one.name for pair in near for one in pair}
    few = len(involved) < _MANY_LOOK_ALIKE * len(facts)
    harmless: Severity = "note" if few else "warning"
    return found + _duplicate_findings(near, "look-alikes", "A picture that looks the same", harmless)


def _telling_pairs(clusters: Iterable[list[Facts]]) -> list[tuple[Facts, Facts]]:
    """For each copy the first one with another label or in another part, else the first of all."""
    pairs = []
    for copies in clusters:
        for number, copy in enumerate(copies[1:], start=1):
            earlier = copies[:number]
            others = [one for one in earlier if one.entry.label != copy.entry.label]
            others = others or [one for one in earlier if one.entry.split != copy.entry.split]
            pairs.append(((others or earlier)[0], copy))
    return pairs


def _duplicate_findings(
    pairs: list[tuple[Facts, Facts]], topic: str, begin: str, harmless: Severity = "warning"
) -> list[Finding]:
    across = [(a, b) for a, b in pairs if a.entry.split != b.entry.split]
    labels = [(a, b) for a, b in pairs if a.entry.label != b.entry.label]
    rest = [(a, b) for a, b in pairs if a.entry.split == b.entry.split and a.entry.label == b.entry.label]
    found = []
    if across:
        found.append(
            Finding(
                "warning",
                f"{topic}, several parts",
                f"{begin} stands in more than one part of the split ({_files(len(_named(across)))}).",
                _named(across, part=True),
                "The test then asks for what was learned by heart.",
                "Keep it in one part only.",
            )
        )
    if labels:
        found.append(
            Finding(
                "warning",
                f"{topic}, different labels",
                f"{begin} has different labels ({_files(len(_named(labels)))}).",
                _named(labels, label=True),
                "One of the labels is wrong, or the classes can't be told apart.",
                "Decide on one label.",
            )
        )
    if rest:
        found.append(
            Finding(
                harmless,
                topic,
                f"{begin} stands there more than once ({_files(len(_named(rest)))}).",
                _named(rest),
                "A split at random puts copies into training and test.",
                "Keep one of each, or give copies one group."
                if topic == "same picture"
                else "Look at the pairs; give copies one group.",
            )
        )
    return found


def _named(pairs: list[tuple[Facts, Facts]], part: bool = False, label: bool = False) -> dict[str, str]:
    named: dict[str, str] = {}
    for first, second in pairs:
        for one, other in ((first, second), (second, first)):
            more = (
                f" ({other.entry.split})" if part else f" ({shown(str(other.entry.label))})" if label else ""
            )
            named.setdefault(one.name, f"as {shown(other.name)}{more}")
    return dict(sorted(named.items()))


def groups(facts: Sequence[Facts], group_names: dict[str, str | None]) -> list[Finding]:
    """Patients, slides or plates that stand in more than one part.

    Args:
        facts: of the images.
        group_names: group of each entry by its name, None where nothing is known.
    """
    if all(name is None for name in group_names.values()):
        return [
            Finding(
                "note",
                "no groups",
                "Nothing is said about which images belong together.",
                {},
                "One patient, slide or plate in training and in the test flatters the result.",
                "Name groups: a column group in the table, or group= with a pattern of the file names.",
            )
        ]
    found = []
    missing = {one.entry.name: "" for one in facts if group_names.get(one.entry.name) is None}
    if missing:
        found.append(
            Finding(
                "warning",
                "no group",
                f"{_files(len(missing))} without a group among others that have one.",
                missing,
                "They can't be kept together with what they belong to.",
                "Fill the column, or make the pattern fit all names.",
            )
        )
    where: dict[str, set] = defaultdict(set)
    of_class: dict[str, set] = defaultdict(set)
    for one in facts:
        name = group_names.get(one.entry.name)
        if name is not None:
            where[name].add(one.entry.split)
            of_class[name].add(one.entry.label)
    spread = sorted(name for name, parts in where.items() if len(parts - {None}) > 1)
    if spread:
        files = {
            one.name: f"{shown(str(group_names[one.entry.name]))} in {one.entry.split}"
            for one in facts
            if group_names.get(one.entry.name) in spread
        }
        found.append(
            Finding(
                "warning",
                "groups across parts",
                f"{len(spread)} of {len(where)} groups stand in more than one part of the split: "
                f"{', '.join(map(shown, spread[:5]))}{' ...' if len(spread) > 5 else ''}.",
                files,
                "The network can know the patient, the slide or the plate instead of the class.",
                "Split again with split_by_group.",
            )
        )
    n_classes = len({one.entry.label for one in facts} - {None})
    if n_classes > 1 and all(len(labels) == 1 for labels in of_class.values()):
        found.append(
            Finding(
                "note",
                "one class in each group",
                f"Each of the {len(where)} groups has images of one class only.",
                {},
                f"As evidence, this folder is worth {len(where)} cases rather than {len(facts)} images.",
                "Split by group, and quote the number of groups.",
            )
        )
    return found


def _group(one: Facts) -> str | None:
    # Pages of one file belong together, if nothing else is known.
    return one.entry.group or (one.entry.name if one.pages > 1 else None)


def _is_flat(one: Facts) -> bool:
    return bool(is_flat(one.small))


def _minority(facts: Sequence[Facts], found: list) -> tuple[dict[str, str], str]:
    """Files that don't have the most common value, and all values with counts; nothing if all agree."""
    counts = Counter(found).most_common()
    if len(counts) < 2:
        return {}, ""
    files = {
        one.name: _in_words(mine) for one, mine in zip(facts, found, strict=True) if mine != counts[0][0]
    }
    what = ", ".join(f"{_in_words(mine)} in {number}" for mine, number in counts[:5])
    return files, what + (f" and {len(counts) - 5} more" if len(counts) > 5 else "")


def _channels(number: int) -> str:
    return {1: "grey", 3: "colour"}.get(number, f"{number} channels")


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number:,} files"
