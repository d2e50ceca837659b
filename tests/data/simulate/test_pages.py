import numpy as np
import pytest

from coursekit.data import load
from coursekit.errors import InputError
from coursekit.metrics import adjusted_rand_index, dice


@pytest.fixture(scope="module")
def forty():
    return load("pages", n=40, seed=0)


def regions(masks):
    """Number the 4-connected regions of each mask."""
    from skimage.measure import label

    return [label(mask, connectivity=1) for mask in masks]


def share_found(articles, found):
    """Return the share of all articles that some region found covers with an IoU above 0.8."""
    hits = []
    for truth, regions_of_page in zip(articles, found, strict=True):
        for number in range(1, truth.max() + 1):
            article = truth == number
            overlaps = [
                (article & (regions_of_page == region)).sum() / (article | (regions_of_page == region)).sum()
                for region in np.unique(regions_of_page[article])
                if region
            ]
            hits.append(max(overlaps, default=0.0) > 0.8)
    return np.mean(hits)


def test_a_page_has_a_grey_channel_and_text_blocks_and_two_masks(forty):
    assert forty.images.shape == forty.targets.shape == (40, 64, 64, 2)
    assert set(np.unique(forty.targets)) == {0, 1}
    assert forty.card.class_names == ("article body", "border between articles")


def test_articles_are_numbered_from_one_without_gaps(forty):
    articles = forty.extra["articles"]
    assert articles.dtype == np.int32
    for page in articles:
        assert np.array_equal(np.unique(page), np.arange(page.max() + 1))
    counts = articles.max((1, 2))
    assert counts.min() >= 2 and counts.max() >= 8


def test_the_body_is_where_articles_are_and_no_border(forty):
    body, border = forty.targets[..., 0] > 0, forty.targets[..., 1] > 0
    assert np.array_equal(body, forty.extra["articles"] > 0)
    assert not (body & border).any()


@pytest.mark.parametrize("options", [{}, {"skew_deg": 3.0}, {"size": 128}, {"size": 100, "columns": 8}])
def test_regions_of_the_body_are_the_articles(options):
    pages = load("pages", n=15, seed=1, **options)
    for truth, found in zip(pages.extra["articles"], regions(pages.targets[..., 0] > 0), strict=True):
        assert found.max() == truth.max()
        assert adjusted_rand_index(truth, found) == 1


def test_many_articles_are_no_rectangles():
    articles = load("pages", n=30, seed=2, skew_deg=0).extra["articles"]
    filled = []
    for page in articles:
        for number in range(1, page.max() + 1):
            rows, columns = np.nonzero(page == number)
            filled.append(len(rows) / (np.ptp(rows) + 1) / (np.ptp(columns) + 1))
    # A rectangle fills its box, bar a step of one pixel where the border is rounded.
    assert 0.2 < np.mean(np.array(filled) < 0.9) < 0.6


def test_cutting_along_the_white_between_text_blocks_does_not_find_the_articles(forty):
    blocks, articles = forty.images[..., 1], forty.extra["articles"]
    for threshold in (0.5, 0.8):
        found = regions(blocks > threshold)
        inside = [(t[t > 0], f[t > 0]) for t, f in zip(articles, found, strict=True)]
        # Measured at most 0.19 of the articles and an index of 0.43.
        assert share_found(articles, found) < 0.3
        assert np.mean([adjusted_rand_index(*pair) for pair in inside]) < 0.55


def test_no_threshold_finds_the_borders(forty):
    border = forty.targets[..., 1] > 0
    grey, blocks = forty.images[..., 0], forty.images[..., 1]

    def mean_dice(masks):
        return np.mean([dice(t, m) for t, m in zip(border, masks, strict=True)])

    levels = np.linspace(0.05, 0.95, 19)
    # Measured 0.17 (grey), 0.29 (between blocks), 0.31 (bright and between blocks).
    assert max(mean_dice(mask) for t in levels for mask in (grey > t, grey < t)) < 0.25
    assert max(mean_dice(blocks < t) for t in levels) < 0.4
    assert max(mean_dice((blocks < 0.5) & (grey > t)) for t in levels) < 0.4


def test_white_between_articles_looks_like_white_within_one():
    pages = load("pages", n=30, seed=3, ruled=0)
    between = pages.images[..., 0][(pages.targets[..., 1] > 0) & (pages.images[..., 1] < 0.3)]
    within = pages.images[..., 0][(pages.targets[..., 0] > 0) & (pages.images[..., 1] < 0.3)]
    # Pictures within articles are darker; the brighter half of both is white.
    assert np.median(between) == pytest.approx(np.percentile(within, 75), abs=0.1)


def test_rules_darken_the_borders():
    plain, printed = (load("pages", n=10, seed=4, ruled=ruled) for ruled in (0, 1))
    border = plain.targets[..., 1] > 0
    assert printed.images[..., 0][border].mean() < plain.images[..., 0][border].mean() - 0.05


def test_an_annotator_of_a_part_labels_one_or_two_whole_articles_and_their_borders(forty):
    for articles, target, known in zip(
        forty.extra["articles"], forty.targets, forty.extra["partial"][..., 0] > 0, strict=True
    ):
        labelled = set(np.unique(articles[known])) - {0}
        assert 1 <= len(labelled) <= 2
        assert known[np.isin(articles, list(labelled))].all()
        assert (target[known].sum(-1) == 1).all()  # what is known is body or border, and nothing else
        assert target[known][:, 1].any()


def test_a_part_is_much_less_than_a_page(forty):
    labelled = forty.extra["partial"].sum() / forty.targets.sum()
    assert forty.extra["partial"].shape == (40, 64, 64, 1)
    assert 0.15 < labelled < 0.5


def test_more_columns_give_more_text_blocks_side_by_side():
    few, many = (
        load("pages", n=10, seed=5, size=128, columns=c, skew_deg=0, missed=0).images[..., 1] > 0.5
        for c in (3, 8)
    )
    begins = [np.mean((pages[:, :, 1:] & ~pages[:, :, :-1]).sum(2)) for pages in (few, many)]
    assert begins[1] > 1.5 * begins[0]


def test_missed_blocks_leave_holes_in_the_second_channel():
    complete, sparse = (load("pages", n=10, seed=6, missed=m).images[..., 1] for m in (0, 0.5))
    assert sparse.mean() < 0.8 * complete.mean()


def test_noise_follows_the_signal_to_noise_ratio():
    clean, noisy = (load("pages", n=8, seed=7, snr_db=snr).images[..., 0] for snr in (100, 10))
    # A typical scan has a standard deviation of 0.11; 10 dB is a third of it. White paper clips some noise.
    assert 0.6 < (noisy - clean).std() / (0.11 / np.sqrt(10)) < 1.05


def test_images_do_not_depend_on_how_many_are_drawn(forty):
    eight = load("pages", n=8, seed=0)
    assert np.array_equal(eight.images, forty.images[:8])
    assert np.array_equal(eight.targets, forty.targets[:8])
    for name in ("articles", "partial"):
        assert np.array_equal(eight.extra[name], forty.extra[name][:8])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 32}, "size must be at least 48"),
        ({"columns": 2}, "columns must lie between 3 and 7 at 64 pixels"),
        ({"columns": 8}, "use a larger size"),
        ({"ruled": 1.5}, "ruled must lie between 0 and 1"),
        ({"skew_deg": -1}, "skew_deg must lie between 0 and 3"),
        ({"missed": 0.9}, "missed must lie between 0 and 0.5"),
    ],
)
def test_options_out_of_range_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        load("pages", n=1, **options)
