"""The learner's own folder: `load_folder` reads it, `audit` says what is wrong with it."""

from coursekit.data.folder.auditing import Audit, as_json, audit, show
from coursekit.data.folder.loading import load_folder

__all__ = ["Audit", "as_json", "audit", "load_folder", "show"]
