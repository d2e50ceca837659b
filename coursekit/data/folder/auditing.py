"""The audit: what is wrong with a folder of images before anyone trains on it."""

import io
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from coursekit.data.folder import checks
from coursekit.data.folder.checks import Finding, Severity
from coursekit.data.folder.examine import examine
from coursekit.data.folder.layout import Layout, UnclearLayoutError, list_folder, shown
from coursekit.data.folder.loading import Group, check_names, groups_of, order_of_classes

if TYPE_CHECKING:
    from rich.console import Console

_NAMED = 5
_SEVERITIES: tuple[Severity, ...] = ("unusable", "warning", "note")


@dataclass(frozen=True, repr=False)
class Audit:
    """What an audit found.

    Attributes:
        folder: that was looked at.
        layout: "masks", "classes", "table" or "images".
        n_images: images that can be used; a page of a TIFF is one.
        n_masks: how many of them have a mask.
        classes: number of images of each class, in order of the class numbers.
        parts: number of images in each part of a split that the folder makes.
        n_groups: number of groups, 0 if none are known.
        findings: unusable files first, then warnings, then notes.
        seconds: how long it took.
    """

    folder: str
    layout: str
    n_images: int
    n_masks: int
    classes: dict[str, int]
    parts: dict[str, int]
    n_groups: int
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def is_clean(self) -> bool:
        """Whether there is neither an unusable file nor a warning."""
        return not any(self.of(severity) for severity in ("unusable", "warning"))

    def of(self, severity: str) -> list[Finding]:
        """The findings of one severity: "unusable", "warning" or "note"."""
        return [finding for finding in self.findings if finding.severity == severity]

    def about(self, file: str) -> list[Finding]:
        """The findings that name a file; `file` as the audit writes it, below the folder."""
        return [finding for finding in self.findings if file in finding.files]

    def __str__(self) -> str:
        from rich.console import Console

        screen = io.StringIO()
        show(self, Console(file=screen, width=100, color_system=None))
        return "\n".join(line.rstrip() for line in screen.getvalue().splitlines())

    __repr__ = __str__


def audit(
    folder: str | Path,
    layout: Layout | None = None,
    white: float | None = None,
    class_names: Sequence[str] | None = None,
    group: Group = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Audit:
    """Look at every file of a folder, and say what can't be used and what would spoil the results.

    Nothing is changed. No file, whatever is wrong with it, stops the audit.

    Args:
        folder: as for `load_folder`.
        layout: as for `load_folder`.
        white: as for `load_folder`.
        class_names: names of the classes that a mask numbers from 1, if you know them: then values above
            their number are a warning.
        group: as for `load_folder`: what belongs together, by file name.
        on_progress: called with the number of pictures done and of all, now and then.

    Returns:
        The findings; print it, or hand it to `show` or `as_json`.

    Raises:
        InputError: if there is no such folder, no picture in it, it isn't laid out as `layout` says, or
            `group` makes no sense.
    """
    start = time.perf_counter()
    if class_names is not None:
        check_names(class_names)
    unclear = []
    try:
        listing = list_folder(folder, layout)
    except UnclearLayoutError as error:
        unclear = checks.unclear_layout(error)
        listing = list_folder(folder, "images")
    group_names = groups_of(listing.entries, group)
    # So that the checks know the group, wherever it came from.
    entries = [replace(entry, group=group_names[entry.name]) for entry in listing.entries]
    facts, problems = examine(entries, white, on_progress)
    findings = [
        *unclear,
        *checks.unusable_files([*listing.problems, *problems]),
        *checks.giveaways(facts),
        *checks.duplicates(facts),
        *checks.groups(facts, group_names),
        *checks.classes(facts, listing),
        *checks.masks(facts, class_names),
        *checks.depth_and_size(facts),
        *checks.values(facts),
        *checks.conversions(facts),
        *checks.names_and_formats(facts, listing),
    ]
    findings.sort(key=lambda finding: _SEVERITIES.index(finding.severity))
    labels = Counter(str(one.entry.label) for one in facts if one.entry.label is not None)
    return Audit(
        folder=str(listing.root),
        layout=listing.layout,
        n_images=len(facts),
        n_masks=sum(one.mask is not None for one in facts),
        classes={name: labels[name] for name in order_of_classes(set(labels))},
        parts=dict(sorted(Counter(one.entry.split for one in facts if one.entry.split).items())),
        n_groups=len({name for name in group_names.values() if name is not None}),
        findings=tuple(findings),
        seconds=time.perf_counter() - start,
    )


def show(audit: Audit, console: "Console | None" = None, every_file: bool = False) -> None:
    """Print an audit.

    Args:
        audit: as `audit` returns.
        console: where to; None for the screen.
        every_file: name all files of each finding, not only the first five.
    """
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = console or Console()
    unicode = (console.encoding or "").lower().startswith("utf")
    signs = {"unusable": "✗" if unicode else "x", "warning": "!", "note": "·" if unicode else "-"}
    colours = {"unusable": "red", "warning": "yellow", "note": "cyan"}
    console.print(Text(_summary(audit), style="bold"))
    for finding in audit.findings:
        # Text, not markup: a file may be called [red].
        line = Text(f"{signs[finding.severity]} {finding.topic}: ", style=colours[finding.severity])
        line.append(finding.what, style="default")
        console.print(line)
        body = Text()
        listed = list(finding.files.items())
        first = listed if every_file else listed[:_NAMED]
        # What is the same about several files is said once.
        for detail, same in itertools.groupby(first, key=lambda item: item[1]):
            names = ", ".join(shown(name) for name, _ in same)
            body.append(f"{names}{': ' if detail else ''}{detail}\n")
        if len(listed) > len(first):
            body.append(f"... and {len(listed) - len(first):,} more\n")
        body.append(" ".join(part for part in (finding.why, finding.advice) if part), style="italic")
        console.print(Padding(body, (0, 0, 0, 4)))
    console.print(_closing_line(audit))


def as_json(audit: Audit) -> str:
    """The audit for a program to read, with all files named."""
    return json.dumps({"clean": audit.is_clean, **asdict(audit)}, indent=1)


def _summary(audit: Audit) -> str:
    what = {
        "masks": "images with masks",
        "classes": "images in class folders",
        "table": "images of a table",
        "images": "images without labels",
    }[audit.layout]
    parts = [f"{shown(audit.folder, 80)}: {audit.n_images:,} {what} can be used"]
    if audit.classes:
        listed = [f"{shown(name)} {number:,}" for name, number in audit.classes.items()]
        parts.append(f"classes: {', '.join(listed[:12])}{' ...' if len(listed) > 12 else ''}")
    if audit.parts:
        parts.append(
            "parts: " + ", ".join(f"{shown(name)} {number:,}" for name, number in audit.parts.items())
        )
    if audit.n_groups:
        parts.append(f"groups: {audit.n_groups:,}")
    return "\n".join(parts)


def _closing_line(audit: Audit) -> str:
    unusable = len({name for finding in audit.of("unusable") for name in finding.files})
    counts = [
        f"{unusable:,} unusable file{'' if unusable == 1 else 's'}",
        *(
            f"{len(audit.of(severity))} {severity}{'' if len(audit.of(severity)) == 1 else 's'}"
            for severity in ("warning", "note")
        ),
    ]
    return f"{', '.join(counts)}; {audit.seconds:.1f} s."
