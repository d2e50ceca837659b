"""Opening JupyterLab on the lessons, without the questions that a first start of JupyterLab asks."""

import os
from collections.abc import Sequence
from pathlib import Path

from coursekit.course.source import course_root

_SETTINGS = Path(__file__).parent / "jupyter"
_ROOT_OPTIONS = ("--ServerApp.root_dir", "--notebook-dir")


def lab(args: Sequence[str] = ()) -> None:
    """Start JupyterLab in the folder of the lessons and stay with it until it is stopped.

    Args:
        args: options of JupyterLab, such as `--no-browser --port 8899`.

    Raises:
        CourseError: if there is no course here.
    """
    lessons = course_root() / "lessons"
    use_course_settings()
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(lab_options(args, lessons))


def lab_options(args: Sequence[str], lessons: Path) -> list[str]:
    """The options that JupyterLab is started with: the learner's own win.

    Args:
        args: what the learner asked for.
        lessons: the folder that the file browser shows.
    """
    options = list(args)
    if not any(option.startswith(_ROOT_OPTIONS) for option in options):
        options.append(f"--ServerApp.root_dir={lessons}")
    if not any(
        option.startswith(("--log-level", "--Application.log_level", "--debug")) for option in options
    ):
        # At Jupyter's own level the address to open is one line among fifty.
        options.append("--log-level=ERROR")
    if not any(option.startswith("--KernelManager.transport_encryption") for option in options):
        # Others on a shared machine can't listen in, and the kernel doesn't warn that they could.
        options.append("--KernelManager.transport_encryption=auto")
    if hasattr(os, "geteuid") and os.geteuid() == 0 and "--allow-root" not in options:
        # Containers and rented GPUs often know only root; the server is for this machine and wants a token.
        options.append("--allow-root")
    return options


def use_course_settings() -> None:
    """Let JupyterLab read the course's defaults: no news pop-up, no look-up of new versions.

    They are defaults: whatever a learner has set in JupyterLab's own settings stays, and no file of theirs is
    touched.
    """
    paths = [path for path in os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep) if path]
    if str(_SETTINGS) not in paths:
        # Last: a folder that the learner named beforehand has the say.
        os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join([*paths, str(_SETTINGS)])
    # A kernel that is debugged starts with a page of warnings on Python 3.11 and 3.12.
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
