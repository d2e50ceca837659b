"""A picture that is redrawn when a control moves, and that shows its first state where no widget can run."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets as widgets


class LivePicture(widgets.VBox):
    """Controls above a picture.

    Args:
        controls: name -> widget with a `value`; `draw` gets the values by name.
        draw: gives PNG bytes for a set of values.
        rows: how the controls are laid out, as lists of names.
        alt: what the first picture shows, for those who can't see it.
    """

    def __init__(
        self,
        controls: Mapping[str, widgets.ValueWidget],
        draw: Callable[..., bytes],
        rows: list[list[str]],
        alt: str = "",
    ):
        self.controls = dict(controls)
        self._draw = draw
        self._alt = alt
        self.picture = widgets.Image(value=self._png(), format="png")
        self.picture.add_class("coursekit-picture")
        super().__init__(
            [*(widgets.HBox([self.controls[name] for name in row]) for row in rows), self.picture]
        )
        for control in self.controls.values():
            control.observe(lambda _change: self.redraw(), names="value")

    def redraw(self) -> None:
        """Draw the picture for the values that the controls have now."""
        self.picture.value = self._png()

    def _png(self) -> bytes:
        return self._draw(**{name: control.value for name, control in self.controls.items()})

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = dict(bundle[0] if isinstance(bundle, tuple) else bundle)
        # A reader without a kernel (a web page, a closed notebook) gets the first state as a picture.
        data["image/png"] = base64.b64encode(self.picture.value).decode("ascii")
        data["text/plain"] = self._alt or "an interactive picture"
        return data, {"image/png": {"alt": self._alt}}
