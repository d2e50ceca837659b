import os
import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from coursekit.data.folder.auditing import audit
from coursekit.data.folder.loading import load_folder
from coursekit.errors import InputError

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 12, 10)).astype("uint8")
COLOUR = RNG.integers(0, 256, (6, 12, 10, 3)).astype("uint8")
links = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix in (".tif", ".tiff"):
        tifffile.imwrite(path, pixels, **options)
    else:
        Image.fromarray(pixels).save(path, **options)


def one(folder, **options):
    return load_folder(folder, **options).images[0]


def test_a_folder_for_each_class_gives_labels_in_alphabetical_order(tmp_path):
    for i, name in enumerate(("mitosis", "anaphase", "mitosis")):
        save(tmp_path / name / f"{i}.png", GREY[i])
    data = load_folder(tmp_path)
    assert data.card.class_names == ("anaphase", "mitosis")
    assert data.targets.tolist() == [0, 1, 1]
    assert data.extra["file"].tolist() == ["anaphase/1.png", "mitosis/0.png", "mitosis/2.png"]
    assert np.array_equal(data.images[0, ..., 0], GREY[1].astype("float32") / 255)
    assert data.groups is None


def test_classes_that_are_numbers_are_in_the_order_of_numbers(tmp_path):
    for name in ("10", "9", "2"):
        save(tmp_path / name / "a.png", GREY[0])
    assert load_folder(tmp_path).card.class_names == ("2", "9", "10")


def test_class_names_decide_about_the_numbers(tmp_path):
    for name in ("benign", "cancer"):
        save(tmp_path / name / "a.png", GREY[0])
    assert load_folder(tmp_path, class_names=("cancer", "benign")).targets.tolist() == [1, 0]
    with pytest.raises(InputError, match="doesn't name benign"):
        load_folder(tmp_path, class_names=("cancer",))


def test_train_and_test_folders_become_the_split(tmp_path):
    for i, part in enumerate(("train", "val", "test")):
        for j, name in enumerate(("a", "b")):
            save(tmp_path / part / name / "x.png", GREY[2 * i + j])
    data = load_folder(tmp_path)
    assert data.card.class_names == ("a", "b")
    assert data.extra["split"].tolist() == [
        "test",
        "test",
        "training",
        "training",
        "validation",
        "validation",
    ]


@pytest.mark.parametrize("white", [1, 255])
def test_masks_of_0_and_1_and_of_0_and_255_are_the_same(tmp_path, white):
    mask = (GREY[1] > 128).astype("uint8")
    save(tmp_path / "images" / "a.png", GREY[0])
    save(tmp_path / "masks" / "a_mask.tif", mask * white)
    data = load_folder(tmp_path)
    assert np.array_equal(data.targets[0, ..., 0], mask)
    assert data.targets.dtype == np.float32


def test_masks_that_number_things_need_a_word_about_what_they_number(tmp_path):
    mask = np.zeros((12, 10), "uint8")
    mask[2:4], mask[6:8], mask[9] = 1, 2, 3
    save(tmp_path / "images" / "a.png", GREY[0])
    save(tmp_path / "masks" / "a.png", mask)
    with pytest.raises(InputError, match=r"masks='classes'.*masks='instances'"):
        load_folder(tmp_path)
    by_class = load_folder(tmp_path, masks="classes", class_names=("skin", "fat", "hair"))
    assert by_class.targets.shape == (1, 12, 10, 3)
    assert np.array_equal(by_class.targets[0, ..., 1], mask == 2)
    objects = load_folder(tmp_path, masks="instances")
    assert np.array_equal(objects.extra["instances"][0], mask)
    assert np.array_equal(objects.targets[0, ..., 0], mask > 0)
    with pytest.raises(InputError, match=r"names 2 classes, but images/a.png has the value 3"):
        load_folder(tmp_path, masks="classes", class_names=("skin", "fat"))


def test_a_palette_mask_counts_by_the_numbers_of_its_colours(tmp_path):
    mask = np.zeros((12, 10), "uint8")
    mask[3:6], mask[7:] = 1, 2
    painted = Image.fromarray(mask).convert("P")
    painted.putpalette([0, 0, 0, 200, 30, 30, 30, 30, 200])
    save(tmp_path / "images" / "a.png", GREY[0])
    (tmp_path / "masks").mkdir()
    painted.save(tmp_path / "masks" / "a.png")
    targets = load_folder(tmp_path, masks="classes").targets
    assert np.array_equal(targets[0].argmax(-1) + 1, np.where(mask == 0, 1, mask))
    assert np.array_equal(targets[0].max(-1), mask > 0)


def test_a_grey_mask_is_cut_at_half_of_white_if_asked_for(tmp_path):
    save(tmp_path / "images" / "a.png", GREY[0])
    save(tmp_path / "masks" / "a.png", GREY[1])
    assert np.array_equal(load_folder(tmp_path, masks="binary").targets[0, ..., 0], GREY[1] >= 128)


def test_image_and_mask_of_different_size_are_refused(tmp_path):
    save(tmp_path / "images" / "a.png", GREY[0])
    save(tmp_path / "masks" / "a.png", GREY[1].T.copy())
    with pytest.raises(InputError, match=r"images/a.png: it has 12×10 pixels .*mask 10×12"):
        load_folder(tmp_path)


def test_an_image_without_mask_and_a_mask_without_image_are_both_named(tmp_path):
    for name in ("images/a.png", "images/b.png", "masks/b.png", "masks/c.png"):
        save(tmp_path / name, (GREY[0] > 99).astype("uint8"))
    with pytest.raises(
        InputError, match=r"(?s)images/a.png: there is no mask.*masks/c.png: there is no image"
    ):
        load_folder(tmp_path)
    assert load_folder(tmp_path, on_unusable="skip").extra["file"].tolist() == ["images/b.png"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_gives_labels_groups_and_parts(tmp_path, delimiter):
    for i in range(3):
        save(tmp_path / "scans" / f"{i}.png", GREY[i])
    rows = ["File,Label,Group,Split", "scans/1.png,ill,Ann,train", "scans\\0.png,well,Bob,test", ",,,"]
    rows.append("scans/2.png,ill,Ann,holdout")
    text = "\n".join(rows).replace(",", delimiter)
    (tmp_path / "labels.csv").write_text("\ufeff" + text, encoding="utf-8")
    data = load_folder(tmp_path)
    assert data.extra["file"].tolist() == ["scans/0.png", "scans/1.png", "scans/2.png"]
    assert [data.card.class_names[k] for k in data.targets] == ["well", "ill", "ill"]
    assert data.groups.tolist() == [1, 0, 0]
    assert data.extra["split"].tolist() == ["test", "training", "holdout"]
    assert len(load_folder(tmp_path / "labels.csv")) == 3


def test_a_table_with_gaps_names_each_row(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    save(tmp_path / "b.png", GREY[1])
    rows = ["file,label", "a.png,x", "a.png,y", "b.png,", "c.png,x", ",x"]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    with pytest.raises(InputError) as error:
        load_folder(tmp_path)
    for said in (
        "a.png: row 3 names it again after row 2, there with the label x, here y",
        "b.png: row 4 has no label",
        "c.png: there is no such file",
        "row 6: its cell in column file is empty",
    ):
        assert said in str(error.value)
    assert load_folder(tmp_path, on_unusable="skip").extra["file"].tolist() == ["a.png"]


def test_a_table_may_have_masks_and_labels(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    save(tmp_path / "drawn" / "m.png", (GREY[1] > 99).astype("uint8"))
    (tmp_path / "t.csv").write_text("file,mask,label\na.png,drawn/m.png,ill\n")
    data = load_folder(tmp_path)
    assert data.targets.shape == (1, 12, 10, 1)
    assert data.extra["label"].tolist() == [0]


def test_pictures_alone_have_no_targets(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    assert load_folder(tmp_path).targets is None


def test_sixteen_bits_are_divided_by_65535_and_not_by_the_brightest_pixel(tmp_path):
    deep = GREY[0].astype("uint16") * 16
    save(tmp_path / "a.tif", deep)
    assert np.array_equal(one(tmp_path)[..., 0], deep.astype("float32") / np.float32(65535))
    assert np.allclose(one(tmp_path, white=4095)[..., 0], deep / 4095, atol=1e-7)
    with pytest.raises(InputError, match=r"its values run from .* where 0 to 1000 was expected"):
        load_folder(tmp_path, white=1000)


def test_white_leaves_eight_bits_alone(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    assert np.array_equal(one(tmp_path, white=4095), one(tmp_path))


def test_a_sixteen_bit_png_is_read_with_sixteen_bits(tmp_path):
    deep = RNG.integers(0, 65536, (12, 10)).astype("uint16")
    save(tmp_path / "a.png", deep)
    assert np.array_equal(one(tmp_path)[..., 0], deep.astype("float32") / np.float32(65535))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.png", {}),
        ("a.bmp", {}),
        ("a.webp", {"lossless": True}),
        ("a.ppm", {}),
        ("a.tif", {"compression": "zlib", "photometric": "rgb"}),
        ("b.tif", {"photometric": "rgb", "planarconfig": "separate"}),
        ("c.tif", {"photometric": "rgb", "bigtiff": True, "byteorder": ">"}),
        ("d.tif", {"photometric": "rgb", "tile": (16, 16)}),
    ],
)
def test_every_format_gives_the_same_pixels(tmp_path, name, options):
    pixels = COLOUR[0].transpose(2, 0, 1).copy() if "planarconfig" in options else COLOUR[0]
    save(tmp_path / name, pixels, **options)
    assert np.array_equal(one(tmp_path), COLOUR[0].astype("float32") / 255)


def test_tiff_compressed_as_other_programs_do_is_read_too(tmp_path):
    Image.fromarray(COLOUR[0]).save(tmp_path / "a.tif", compression="tiff_lzw")
    assert np.array_equal(one(tmp_path), COLOUR[0].astype("float32") / 255)
    Image.fromarray(GREY[0].astype("uint16") * 200).save(tmp_path / "a.tif", compression="tiff_lzw")
    assert np.allclose(one(tmp_path)[..., 0], GREY[0] * 200.0 / 65535, atol=1e-6)


def test_white_is_zero_is_turned_round(tmp_path):
    save(tmp_path / "a.tif", 255 - GREY[0], photometric="miniswhite")
    assert np.array_equal(one(tmp_path)[..., 0], GREY[0].astype("float32") / 255)


def test_transparent_pixels_lie_on_white(tmp_path):
    pixels = np.dstack([COLOUR[0], np.zeros((12, 10), "uint8")])
    pixels[:6, :, 3] = 255
    save(tmp_path / "a.png", pixels)
    image = one(tmp_path)
    assert np.array_equal(image[:6], COLOUR[0][:6].astype("float32") / 255)
    assert (image[6:] == 1).all()


def test_a_palette_of_greys_becomes_grey_and_one_of_colours_colour(tmp_path):
    grey = Image.fromarray((GREY[0] // 100).astype("uint8")).convert("P")
    grey.putpalette([0, 0, 0, 90, 90, 90, 200, 200, 200])
    grey.save(tmp_path / "a.png")
    assert np.allclose(one(tmp_path)[..., 0] * 255, np.array([0, 90, 200])[GREY[0] // 100])
    Image.fromarray(COLOUR[0]).quantize(256).save(tmp_path / "a.png")
    # 120 colours fit into a palette of 256 without loss.
    assert np.array_equal(one(tmp_path), COLOUR[0].astype("float32") / 255)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_exif_orientation_is_carried_out(tmp_path, orientation, ending):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(COLOUR[0]).save(tmp_path / f"a.{ending}", exif=exif)
    with Image.open(tmp_path / f"a.{ending}") as image:
        upright = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(one(tmp_path), upright.astype("float32") / 255)
    assert one(tmp_path).shape == ((12, 10, 3) if orientation < 5 else (10, 12, 3))


def test_pages_are_images_of_one_group_or_channels_or_left_out(tmp_path):
    save(tmp_path / "a.tif", GREY[:3], photometric="minisblack")
    save(tmp_path / "b.tif", GREY[3:6], photometric="minisblack")
    images = load_folder(tmp_path)
    assert images.extra["file"].tolist() == [f"{name}.tif[{page}]" for name in "ab" for page in (1, 2, 3)]
    assert images.groups.tolist() == [0, 0, 0, 1, 1, 1]
    channels = load_folder(tmp_path, pages="channels")
    assert np.array_equal(channels.images[1], GREY[3:6].transpose(1, 2, 0).astype("float32") / 255)
    assert len(load_folder(tmp_path, pages="first")) == 2


def test_masks_of_several_pages_belong_to_the_pages_of_the_image(tmp_path):
    masks = (GREY[3:6] > 99).astype("uint8")
    save(tmp_path / "images" / "a.tif", GREY[:3], photometric="minisblack")
    save(tmp_path / "masks" / "a.tif", masks, photometric="minisblack")
    assert np.array_equal(load_folder(tmp_path).targets[..., 0], masks)


def test_different_sizes_are_named_and_brought_to_one_if_asked_for(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    save(tmp_path / "b.png", GREY[1][:8, :8])
    with pytest.raises(InputError, match=r"12×10 in 1 \(a.png\), 8×8 in 1 \(b.png\).*size=64"):
        load_folder(tmp_path)
    assert load_folder(tmp_path, size=(6, 7)).images.shape == (2, 6, 7, 1)
    cropped = load_folder(tmp_path, size=8, fit="crop").images
    assert np.array_equal(cropped[0, ..., 0], GREY[0][2:10, 1:9].astype("float32") / 255)
    with pytest.raises(InputError, match=r"b.png: 8×8 pixels are too few to cut 10×10"):
        load_folder(tmp_path, size=10, fit="crop")


def test_resizing_invents_no_object_numbers(tmp_path):
    mask = np.zeros((12, 10), "uint8")
    mask[:, :5], mask[:, 5:] = 2, 9
    save(tmp_path / "images" / "a.png", GREY[0])
    save(tmp_path / "masks" / "a.png", mask)
    assert set(np.unique(load_folder(tmp_path, size=7, masks="instances").extra["instances"])) == {2, 9}


def test_grey_among_colour_becomes_colour_and_channels_decides(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    save(tmp_path / "b.png", COLOUR[0])
    images = load_folder(tmp_path).images
    assert images.shape[-1] == 3
    assert (images[0] == images[0, ..., :1]).all()
    assert load_folder(tmp_path, channels=1).images.shape[-1] == 1


def test_five_channels_stay_five_and_do_not_mix_with_three(tmp_path):
    five = RNG.integers(0, 256, (12, 10, 5)).astype("uint8")
    save(tmp_path / "a.tif", five, photometric="minisblack", planarconfig="contig")
    assert np.array_equal(one(tmp_path), five.astype("float32") / 255)
    save(tmp_path / "b.png", COLOUR[0])
    with pytest.raises(InputError, match="differ in their number of channels"):
        load_folder(tmp_path)


def test_groups_come_from_file_names_by_a_pattern_or_a_function(tmp_path):
    for name in ("ann_1.png", "ann_2.png", "bob_1.png"):
        save(tmp_path / name, GREY[0])
    assert load_folder(tmp_path, group=r"^([a-z]+)_").groups.tolist() == [0, 0, 1]
    assert load_folder(tmp_path, group=lambda name: name[0]).groups.tolist() == [0, 0, 1]
    with pytest.raises(InputError, match=r"2 image.* have no group, such as ann_1.png"):
        load_folder(tmp_path, group="bob")
    with pytest.raises(InputError, match="is no regular expression"):
        load_folder(tmp_path, group="(")


def test_one_broken_file_costs_none_of_the_others(tmp_path):
    for i in range(3):
        save(tmp_path / f"{i}.png", GREY[i])
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(InputError, match=r"(?s)2 file.*broken.png: .*\n  empty.jpg: it has zero bytes"):
        load_folder(tmp_path)
    assert len(load_folder(tmp_path, on_unusable="skip")) == 3


def test_a_folder_with_nothing_usable_says_why(tmp_path):
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(InputError, match=r"(?s)No picture .* can be used:.*empty.jpg: it has zero bytes"):
        load_folder(tmp_path, on_unusable="skip")


def test_what_systems_leave_behind_is_no_picture(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    for name in (".DS_Store", "Thumbs.db", "._a.png", "desktop.ini"):
        (tmp_path / name).write_bytes(b"\0\1")
    save(tmp_path / ".ipynb_checkpoints" / "a.png", GREY[0])
    save(tmp_path / "__MACOSX" / "a.png", GREY[0])
    assert load_folder(tmp_path).extra["file"].tolist() == ["a.png"]


@links
def test_odd_names_are_names(tmp_path):
    names = ["a b.png", "-rf.png", "new\nline.png", "日本.png", "🔬.png", "x" * 250 + ".png", "[red].png"]
    if sys.platform == "linux":
        names.append(os.fsdecode(b"caf\xe9.png"))
    for name in names:
        (tmp_path / name).write_bytes(b"")
        Image.fromarray(GREY[0]).save(tmp_path / name, "PNG")
    assert load_folder(tmp_path).extra["file"].tolist() == sorted(names)


@links
def test_a_pipe_does_not_block_and_a_circle_of_links_ends(tmp_path):
    save(tmp_path / "a" / "1.png", GREY[0])
    save(tmp_path / "b" / "1.png", GREY[1])
    os.mkfifo(tmp_path / "a" / "pipe.png")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "b" / "me.png").symlink_to("me.png")
    data = load_folder(tmp_path, on_unusable="skip")
    assert data.extra["file"].tolist() == ["a/1.png", "b/1.png"]


@links
def test_a_table_that_names_a_device_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "t.csv").write_text("file,label\n/dev/zero,x\npipe.png,y\n")
    with pytest.raises(InputError, match=r"(?s)/dev/zero: it is a device.*pipe.png: it is a pipe"):
        load_folder(tmp_path)


def test_the_folder_itself_may_be_wrong(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        load_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="There are no pictures"):
        load_folder(tmp_path)
    save(tmp_path / "a.png", GREY[0])
    with pytest.raises(InputError, match="is a file, not a folder"):
        load_folder(tmp_path / "a.png")
    with pytest.raises(InputError, match="needs the folders images and masks"):
        load_folder(tmp_path, layout="masks")
    with pytest.raises(InputError, match="needs one CSV file"):
        load_folder(tmp_path, layout="table")
    (tmp_path / "t.csv").write_text("name;class\na.png;x\n")
    with pytest.raises(InputError, match=r"needs a column called file.*it has: name, class"):
        load_folder(tmp_path, layout="table")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("layout", "folders"),
        ("size", 0),
        ("size", (3, 4, 5)),
        ("size", 10**6),
        ("size", 64.0),
        ("fit", "pad"),
        ("channels", 2),
        ("white", 0),
        ("white", "4095"),
        ("pages", "last"),
        ("masks", "soft"),
        ("on_unusable", "ignore"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, option, value):
    save(tmp_path / "a.png", GREY[0])
    with pytest.raises(InputError, match=f"^{option} must be"):
        load_folder(tmp_path, **{option: value})


def test_every_field_of_the_card_is_filled(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    card = load_folder(tmp_path).card
    assert all((card.name, card.title, card.source, card.licence, card.citation, card.unit, card.limits))


# Folders and options that were once read wrongly without a word ---


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("train/a.png", "holdout/b.png"), "holdout, train"),
        (("train/x/a.png", "test/x/b.png", "unlabelled/c.png"), "test, train, unlabelled"),
        (("images/a.png", "thumbnails/a.png"), "images"),
        (("Labels/a.png", "cat/a.png"), "Labels"),
    ],
)
def test_folders_that_are_no_classes_are_refused_as_classes(tmp_path, names, said):
    for name in names:
        save(tmp_path / name, GREY[0])
    with pytest.raises(InputError, match=f"{said} sounds like none.*layout='classes'"):
        load_folder(tmp_path)
    assert load_folder(tmp_path, layout="classes").targets is not None
    found = audit(tmp_path)
    assert "unclear layout" in [one.topic for one in found.of("unusable")]


@pytest.mark.parametrize(("images", "masks"), [("image", "mask"), ("images", "labels"), ("Images", "gt")])
def test_other_words_for_images_and_masks_are_understood(tmp_path, images, masks):
    save(tmp_path / images / "a.png", GREY[0])
    save(tmp_path / masks / "a.png", (GREY[1] > 99).astype("uint8"))
    assert np.array_equal(load_folder(tmp_path).targets[0, ..., 0], GREY[1] > 99)


def test_parts_below_images_and_masks_are_a_split_or_an_error(tmp_path):
    for top in ("images", "masks"):
        for i, part in enumerate(("train", "test")):
            save(tmp_path / top / part / f"{i}.png", (GREY[i] > 99).astype("uint8"))
    assert load_folder(tmp_path).extra["split"].tolist() == ["test", "training"]
    for top in ("images", "masks"):
        (tmp_path / top / "test").rename(tmp_path / top / "holdout")
    with pytest.raises(InputError, match=r"are holdout, train: as parts of a split"):
        load_folder(tmp_path)


def test_a_table_that_does_not_fit_is_not_passed_over(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    (tmp_path / "t.csv").write_text("filename,label\na.png,x\n")
    with pytest.raises(InputError, match=r"t.csv has the columns filename, label.* column called file"):
        load_folder(tmp_path)
    (tmp_path / "t.csv").write_text("file,label\na.png,x\n")
    (tmp_path / "u.csv").write_text("file,label\na.png,y\n")
    with pytest.raises(InputError, match=r"give the path of the right table"):
        load_folder(tmp_path)
    assert load_folder(tmp_path, layout="images").targets is None
    assert load_folder(tmp_path / "u.csv").card.class_names == ("y",)


def test_unused_columns_are_named(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    (tmp_path / "t.csv").write_text("file,label,patient\na.png,x,3\n")
    notes = [one for one in audit(tmp_path).of("note") if one.topic == "unused columns"]
    assert "Column patient of the table is not used" in notes[0].what


@pytest.mark.parametrize("values", [(1, 2), (3, 300)])
def test_numbers_of_objects_are_not_cut_at_half_of_white(tmp_path, values):
    mask = np.zeros((12, 10), "uint16" if max(values) > 255 else "uint8")
    for i, objects in enumerate((values[:1], values)):
        mask[:] = 0
        mask[: 2 * len(objects) : 2] = np.array(objects)[:, None]
        save(tmp_path / "images" / f"{i}.png", GREY[i])
        save(tmp_path / "masks" / f"{i}.tif", mask)
    with pytest.raises(InputError, match=r"say masks='instances'"):
        load_folder(tmp_path, masks="binary")
    with pytest.raises(InputError, match=r"not masks='binary'"):
        load_folder(tmp_path)
    assert (load_folder(tmp_path, masks="instances").targets.sum(axis=(1, 2, 3)) > 0).all()


def test_white_is_one_value_in_all_masks(tmp_path):
    for i, white in enumerate((1, 255)):
        save(tmp_path / "images" / f"{i}.png", GREY[i])
        save(tmp_path / "masks" / f"{i}.png", (GREY[i] > 99).astype("uint8") * np.uint8(white))
    with pytest.raises(InputError, match=r"White is 1 in the mask of images/0.png, and 255"):
        load_folder(tmp_path)


def test_gaps_in_the_numbers_of_classes_are_refused(tmp_path):
    mask = np.zeros((12, 10), "uint8")
    mask[2:4], mask[6:8] = 1, 255
    save(tmp_path / "images" / "a.png", GREY[0])
    save(tmp_path / "masks" / "a.png", mask)
    with pytest.raises(InputError, match=r"are 0, 1, 255.*without gaps"):
        load_folder(tmp_path, masks="classes")


def test_a_table_with_labels_and_masks_names_the_channels(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    save(tmp_path / "m.png", (GREY[1] > 99).astype("uint8"))
    (tmp_path / "t.csv").write_text("file,mask,label\na.png,m.png,ill\n")
    assert load_folder(tmp_path, class_names=("nucleus",)).card.class_names == ("nucleus",)


@pytest.mark.parametrize("names", ["ab", ("a", "b", "a")])
def test_class_names_are_several_different_names(tmp_path, names):
    for name in "ab":
        save(tmp_path / name / "1.png", GREY[0])
    with pytest.raises(InputError, match=r"^class_names must"):
        load_folder(tmp_path, class_names=names)


def test_groups_that_nobody_belongs_to_are_an_error(tmp_path):
    for name in ("ill/1.png", "well/2.png"):
        save(tmp_path / name, GREY[0])
    for read in (load_folder, audit):
        with pytest.raises(InputError, match=r"matches no file.*such as ill/1.png"):
            read(tmp_path, group=r"patient(\d+)")
    with pytest.raises(InputError, match=r"1 image.* have no group, such as well/2.png"):
        load_folder(tmp_path, group=lambda name: "1" if "1" in name else None)


def test_the_card_says_what_was_left_out(tmp_path):
    save(tmp_path / "a.png", GREY[0])
    for name in "bcde":
        (tmp_path / f"{name}.png").touch()
    limits = load_folder(tmp_path, on_unusable="skip").card.limits
    assert "4 file(s) that can't be used were left out: b.png, c.png, d.png ..." in limits


def test_a_pgm_of_sixteen_bits_is_divided_by_65535(tmp_path):
    deep = RNG.integers(0, 65536, (12, 10)).astype("uint16")
    (tmp_path / "a.pgm").write_bytes(b"P5 10 12 65535\n" + deep.astype(">u2").tobytes())
    assert np.array_equal(one(tmp_path)[..., 0], deep.astype("float32") / np.float32(65535))
