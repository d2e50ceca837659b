"""Is this machine ready for the course? One finding a line, each with what to do about it."""

import importlib.metadata
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from coursekit.course.bank import load_bank
from coursekit.course.source import course_root
from coursekit.errors import CourseError

GIB = 2**30
_MEMORY_GIB = 4
_DISK_GIB = 2
# TensorFlow takes 5 s to load on an idle machine; a cold, busy disk can make minutes of it.
_DEVICE_SECONDS = 300
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC_BROWSERS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)

State = Literal["ready", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: what was looked at.
        state: "ready"; "note": a learner can work, something is left out; "missing": lessons won't run.
        found: what there is.
        advice: what to do about it; empty if nothing.
    """

    name: str
    state: State
    found: str
    advice: str = ""


def examine() -> list[Finding]:
    """Look at everything that the course needs. A look that fails is itself a finding.

    Returns:
        The findings, in the order of the screen.
    """
    looks: list[tuple[str, Callable[[], Finding | list[Finding]]]] = [
        ("Python", look_at_python),
        ("system", look_at_system),
        ("packages", look_at_packages),
        ("backend", look_at_devices),
        ("disk", look_at_disk),
        ("cache", look_at_cache),
        ("lessons", look_at_lessons),
        ("sandbox", look_at_sandbox),
        ("browser", look_at_browser),
    ]
    findings: list[Finding] = []
    for name, look in looks:
        try:
            found = look()
        except Exception as error:
            # A broken machine is what this is for: one failing look must not hide the others.
            found = Finding(
                name, "missing", f"{type(error).__name__}: {error}", "Please report this line as a bug."
            )
        findings += found if isinstance(found, list) else [found]
    return findings


def is_ready(findings: Sequence[Finding]) -> bool:
    """Whether a learner can work here."""
    return all(finding.state != "missing" for finding in findings)


def show(findings: Sequence[Finding], console: Console | None = None) -> None:
    """Print the findings as one screen."""
    console = console or Console()
    unicode = (console.encoding or "").lower().startswith("utf")
    signs = {"ready": "✓" if unicode else "+", "note": "!", "missing": "✗" if unicode else "x"}
    colours = {"ready": "green", "note": "yellow", "missing": "red"}
    table = Table.grid(padding=(0, 1))
    for finding in findings:
        text = Text(finding.found)
        if finding.advice:
            text.append(f"\n{finding.advice}", style="italic")
        table.add_row(
            Text(signs[finding.state], style=colours[finding.state]), Text(finding.name, style="bold"), text
        )
    console.print(table)
    console.print(_closing_line(findings))


def as_json(findings: Sequence[Finding]) -> str:
    """The findings for a program to read."""
    return json.dumps(
        {"ready": is_ready(findings), "findings": [asdict(finding) for finding in findings]}, indent=1
    )


def _closing_line(findings: Sequence[Finding]) -> Text:
    missing = [finding.name for finding in findings if finding.state == "missing"]
    if missing:
        return Text(f"Not ready yet: {', '.join(missing)}.", style="red")
    notes = [finding.name for finding in findings if finding.state == "note"]
    return Text(
        "Ready for the lessons" + (f"; see the notes on {', '.join(notes)}." if notes else "."), style="green"
    )


def look_at_python() -> Finding:
    """Python's version, and where it runs from."""
    found = f"{platform.python_version()} in {sys.prefix}"
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("Python", "ready", found)
    return Finding("Python", "missing", found, "Make a new environment with Python 3.11, 3.12 or 3.13.")


def look_at_system() -> Finding:
    """The operating system."""
    return Finding("system", "ready", platform.platform())


def look_at_packages() -> Finding:
    """Whether every package that coursekit asks for is there, in a version that it knows."""
    from packaging.requirements import Requirement

    wrong, versions = [], {}
    for line in importlib.metadata.requires("coursekit") or []:
        wanted = Requirement(line)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            versions[wanted.name] = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{wanted.name} is missing")
            continue
        if not wanted.specifier.contains(versions[wanted.name], prereleases=True):
            wrong.append(f"{wanted.name} is {versions[wanted.name]}, the course knows {wanted.specifier}")
    if wrong:
        # A missing package stops lessons; another version usually works, on Colab for example.
        state: State = "missing" if any("is missing" in line for line in wrong) else "note"
        return Finding("packages", state, "; ".join(wrong), "pip install -r requirements.lock")
    named = ", ".join(f"{title} {versions[name]}" for title, name in _SHOWN.items())
    found = f"{named}{_jax_version()}; all {len(versions)} in the versions that the course knows"
    return Finding("packages", "ready", found)


_SHOWN = {"TensorFlow": "tensorflow", "Keras": "keras", "NumPy": "numpy", "JupyterLab": "jupyterlab"}


def _jax_version() -> str:
    try:
        return f", JAX {importlib.metadata.version('jax')}"
    except importlib.metadata.PackageNotFoundError:
        return ""


def look_at_devices() -> list[Finding]:
    """Keras' backend, graphics card, number format, cores and memory, as training would find them.

    In a process of its own: a TensorFlow that doesn't fit the processor takes its process down when it loads.
    """
    code = (
        "import dataclasses, json; from coursekit.training.device import device_report; "
        "print(json.dumps(dataclasses.asdict(device_report())))"
    )
    try:
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=_DEVICE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        found = f"loading it took more than {_DEVICE_SECONDS} s"
        return [Finding("backend", "missing", found, "Close other programs and try again.")]
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        found = said[-1] if said else f"Python ended with code {done.returncode} while loading it"
        advice = "Install again: pip install --force-reinstall tensorflow. It needs a processor with AVX."
        return [Finding("backend", "missing", found, advice)]
    return findings_on_devices(json.loads(done.stdout.splitlines()[-1]))


def findings_on_devices(report: dict[str, Any]) -> list[Finding]:
    """Turn a device report into findings.

    Args:
        report: `coursekit.training.device.DeviceReport` as a dictionary.
    """
    backend = report["backend"]
    found = f"{backend} {report['versions'][backend]} under Keras {report['versions']['keras']}"
    if backend in ("tensorflow", "jax"):
        findings = [Finding("backend", "ready", found)]
    else:
        advice = "Set KERAS_BACKEND to tensorflow or jax, and look into ~/.keras/keras.json."
        findings = [Finding("backend", "missing", found, advice)]
    gpus, idle = (", ".join(map(_gpu_line, report[kind])) for kind in ("gpus", "idle_gpus"))
    if idle:
        advice = 'pip install -e ".[gpu]" -c requirements.lock, then restart.'
        findings.append(Finding("GPU", "note", f"{idle}, but {backend} can't use it", advice))
    else:
        findings.append(Finding("GPU", "ready", gpus or "none; no lesson needs one"))
    policy, better = report["policy"], report["recommended_policy"]
    if better not in (policy, "float32"):
        advice = f"Faster here: keras.config.set_dtype_policy({better!r})."
        findings.append(Finding("precision", "ready", policy, advice))
    elif policy == better != "float32":
        findings.append(Finding("precision", "ready", f"{policy} is in force, and right for this card"))
    else:
        findings.append(Finding("precision", "ready", f"{policy}; mixed precision would gain nothing here"))
    cores = report["cores"]
    advice = "" if cores >= 2 else "Lessons take about twice as long as they say."
    findings.append(Finding("cores", "note" if advice else "ready", str(cores), advice))
    total, free = report["memory_bytes"] / GIB, report["free_memory_bytes"] / GIB
    advice = (
        "" if free >= _MEMORY_GIB else f"Lessons want {_MEMORY_GIB} GiB free: close programs or notebooks."
    )
    found = f"{total:.1f} GiB, {free:.1f} GiB free"
    findings.append(Finding("memory", "note" if advice else "ready", found, advice))
    return findings


def _gpu_line(gpu: dict[str, Any]) -> str:
    memory = gpu.get("memory_bytes")
    return gpu["name"] if memory is None else f"{gpu['name']} with {memory / GIB:.0f} GiB"


def look_at_disk() -> Finding:
    """Free space where the results of runs go."""
    free = shutil.disk_usage(Path.cwd()).free / GIB
    advice = "" if free >= _DISK_GIB else f"Runs and data want {_DISK_GIB} GiB: make room."
    return Finding("disk", "note" if advice else "ready", f"{free:.0f} GiB free here", advice)


def look_at_cache() -> Finding:
    """Whether downloaded data can be kept; tried by writing a file beside where it would go."""
    from coursekit.data.real.download import cache_folder

    folder = cache_folder()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        found = f"{folder}: {error.strerror or error}"
        return Finding(
            "cache", "note", found, "Name a folder of yours in the environment variable COURSEKIT_CACHE."
        )
    return Finding("cache", "ready", str(folder))


def look_at_lessons() -> Finding:
    """Whether lessons and package belong together."""
    try:
        folder = course_root() / "lessons"
    except CourseError as error:
        return Finding("lessons", "note", "not found from this folder", str(error))
    stale, good = [], []
    for path in sorted(folder.glob("[0-9][0-9]_*.ipynb")):
        try:
            wanted = json.loads(path.read_text(encoding="utf-8"))["metadata"]["coursekit"]["version"]
            known = load_bank(path.stem).version
        except (CourseError, OSError, ValueError, KeyError, TypeError) as error:
            stale.append(
                f"{path.name}: {error if isinstance(error, CourseError) else 'not a lesson of this course'}"
            )
            continue
        if wanted == known:
            good.append(path.stem)
        else:
            stale.append(f"{path.name} is version {wanted}, coursekit has version {known}")
    if stale:
        advice = "Take lessons/ and coursekit/ from the same release (git pull, then pip install -e .)."
        return Finding("lessons", "note", "; ".join(stale), advice)
    if not good:
        return Finding("lessons", "missing", f"none in {folder}", "git checkout lessons brings them back.")
    return Finding("lessons", "ready", ", ".join(good))


def look_at_sandbox() -> Finding:
    """Whether submissions can be marked here; only instructors need it."""
    from coursekit.course.grading import sandbox_problem

    problem = sandbox_problem()
    if problem is None:
        return Finding("sandbox", "ready", "bubblewrap works: submissions can be marked")
    return Finding("sandbox", "note", "submissions can't be marked (learners don't need this)", problem)


def find_browser() -> str | None:
    """The Chromium that the browser test drives, or None."""
    return next(filter(None, map(shutil.which, (*_BROWSERS, *_MAC_BROWSERS))), None)


def look_at_browser() -> Finding:
    """Whether the browser test can run here; only authors need it."""
    browser = find_browser()
    if browser:
        return Finding("browser", "ready", browser)
    advice = "Debian: sudo apt install chromium; macOS: brew install --cask chromium."
    return Finding("browser", "note", "no Chromium for the browser test (learners don't need this)", advice)
