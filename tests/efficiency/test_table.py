import numpy as np

from coursekit.efficiency import Table

PLACES = {
    ("plain", 100): [0.8, 0.9],
    ("plain", 30): [0.5, 0.5, 0.56],
    ("<mixup>", 30): [0.625],
}


def test_a_table_prints_as_aligned_text():
    assert str(Table("arm", "n", "accuracy", PLACES)).splitlines() == [
        "accuracy: mean ± standard deviation of 1 to 3 repeats",
        "arm \\ n             30            100",
        "plain    0.520 ± 0.035  0.850 ± 0.071",
        "<mixup>          0.625              –",
    ]


def test_a_notebook_shows_it_as_html_with_names_that_are_text():
    shown = Table("arm", "n", "accuracy", PLACES)._repr_html_()
    assert "<th>&lt;mixup&gt;</th><td>0.625</td><td>–</td>" in shown
    assert "<caption>accuracy: mean ± standard deviation of 1 to 3 repeats</caption>" in shown


def test_numbers_are_sorted_and_names_keep_their_order():
    table = Table("arm", "n", "accuracy", PLACES)
    assert (table.row_names, table.column_names) == (["plain", "<mixup>"], [30, 100])
    assert table.n.tolist() == [[3, 2], [1, 0]]
    assert np.isnan(table.mean).tolist() == [[False, False], [False, True]]
    assert np.isnan(table.sd).tolist() == [[False, False], [True, True]]


def test_large_scores_need_no_places_behind_the_point():
    assert "1234 ± 6" in str(Table("arm", "n", "seconds", {("a", 1): [1230.0, 1238.0]}))


def test_a_table_of_zeros_prints():
    assert "0 ± 0" in str(Table("arm", "n", "errors", {("a", 1): [0.0, 0.0]}))
