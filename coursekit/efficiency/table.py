"""A table of means and spreads, for a notebook or a terminal."""

import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


class Table:
    """Mean and standard deviation of a score for each row and column.

    Printed it is text; at the end of a notebook's cell it is a table. A place without repeats is a dash.

    Args:
        rows: what the names of the rows are, such as "arm".
        columns: what the names of the columns are, such as "n".
        score: what was measured.
        places: (name of row, name of column) -> the values of the repeats. Rows and columns keep the order in
            which they come here, numbers are sorted.

    Attributes:
        row_names: the names of the rows.
        column_names: the names of the columns.
        mean: (rows, columns), NaN where nothing was measured.
        sd: (rows, columns) standard deviation over repeats (n - 1), NaN where there are fewer than two.
        n: (rows, columns) how many repeats.
    """

    def __init__(
        self, rows: str, columns: str, score: str, places: Mapping[tuple[Any, Any], Sequence[float]]
    ) -> None:
        self._corner = f"{rows} \\ {columns}"
        self._score = score
        self.row_names = _in_order(row for row, _ in places)
        self.column_names = _in_order(column for _, column in places)
        shape = len(self.row_names), len(self.column_names)
        self.mean, self.sd = np.full(shape, np.nan), np.full(shape, np.nan)
        self.n = np.zeros(shape, dtype="int64")
        for (row, column), values in places.items():
            place = self.row_names.index(row), self.column_names.index(column)
            self.n[place] = len(values)
            self.mean[place] = np.mean(values)
            if len(values) > 1:
                self.sd[place] = np.std(values, ddof=1)

    def __str__(self) -> str:
        lines = [[self._corner, *map(str, self.column_names)]]
        lines += [[str(name), *row] for name, row in zip(self.row_names, self._cells(), strict=True)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        text = [
            "  ".join([line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]).rstrip()
            for line in lines
        ]
        return "\n".join([self._caption(), *text])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(str(name))}</th>" for name in [self._corner, *self.column_names])
        body = "".join(
            f"<tr><th>{html.escape(str(name))}</th>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>"
            for name, row in zip(self.row_names, self._cells(), strict=True)
        )
        caption = html.escape(self._caption())
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def _caption(self) -> str:
        fewest, most = self.n[self.n > 0].min(), self.n.max()
        repeats = (
            f"{most} repeat{'' if most == 1 else 's'}" if fewest == most else f"{fewest} to {most} repeats"
        )
        return f"{self._score}: mean ± standard deviation of {repeats}"

    def _cells(self) -> list[list[str]]:
        largest = np.nanmax(np.abs(self.mean))
        # Three digits of the largest value, and as many places behind the point everywhere.
        places = min(max(2 - math.floor(math.log10(largest)), 0), 6) if largest else 0
        return [
            [_cell(mean, sd, places) for mean, sd in zip(means, sds, strict=True)]
            for means, sds in zip(self.mean, self.sd, strict=True)
        ]


def _cell(mean: float, sd: float, places: int) -> str:
    if math.isnan(mean):
        return "–"
    return f"{mean:.{places}f}" + ("" if math.isnan(sd) else f" ± {sd:.{places}f}")


def _in_order(names: Any) -> list[Any]:
    """The different names; sorted if they are numbers, else as they come."""
    different = []
    for name in names:
        if name not in different:
            different.append(name)
    return sorted(different) if all(isinstance(name, (int, float)) for name in different) else different
