"""One tidy line that tells how a training gets on."""

import time

import keras

from coursekit.training.progress_line import duration, open_line


class Progress(keras.callbacks.Callback):
    """Shows one line while a model trains: epoch, loss, metrics, time left.

    Use it instead of Keras' own lines: `model.fit(..., verbose=0, callbacks=[Progress()])`. In a notebook and
    in a terminal the line is rewritten in place; where output goes to a file, only the last line is printed.
    The last line names no times, so that a notebook that runs twice gives the same output twice.

    Args:
        title: what is trained, written first.
    """

    _REFRESH_S = 0.2

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self._title = title

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self._line = open_line()
        self._start = self._shown = time.monotonic()
        self._epochs_done = self._first_epoch = 0
        self._begun = False
        self._logs: dict[str, float] = {}

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Note where training starts: `fit(initial_epoch=...)` may continue an earlier one."""
        if not self._begun:
            self._begun, self._first_epoch, self._epochs_done = True, epoch, epoch

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Rewrite the line now and then."""
        steps = self.params.get("steps")
        if time.monotonic() - self._shown >= self._REFRESH_S:
            self._show((batch + 1) / steps if steps else 0.0, logs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Rewrite the line with what this epoch reached."""
        self._epochs_done = epoch + 1
        self._logs = dict(logs or {})
        if time.monotonic() - self._shown >= self._REFRESH_S:
            self._show(0.0, logs)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Write the last line, without times."""
        epochs = f"{self._epochs_done} epoch{'' if self._epochs_done == 1 else 's'}"
        self._line.close(self._text(epochs, self._logs))

    def _show(self, part_of_epoch: float, logs: dict[str, float] | None) -> None:
        self._shown = time.monotonic()
        total = self.params["epochs"]
        done = self._epochs_done - self._first_epoch + part_of_epoch
        ahead = total - self._first_epoch - done
        epoch = f"epoch {min(self._epochs_done + 1, total)}/{total}"
        left = f"{duration((self._shown - self._start) / done * ahead)} left" if done > 0 else ""
        self._line.rewrite(self._text(epoch, logs or self._logs, left))

    def _text(self, epoch: str, logs: dict[str, float], left: str = "") -> str:
        values = [f"{name.replace('_', ' ')} {float(value):.4g}" for name, value in logs.items()]
        return " · ".join(part for part in [self._title, epoch, *values, left] if part)
