"""Make the weights that `letter_network(weights="letters")` loads: a network that learns to read letters.

`python evidence/pretrain/letters.py` takes about a minute on one core and writes
coursekit/models/weights/letters.npz. Steps, rate and distortions were settled by accuracy on other printed
letters; no digit, printed or written, had a say. The card beside this file says the rest.
"""

from pathlib import Path

import keras
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

import coursekit.models
from coursekit.data.simulate.glyphs import ALPHABETS
from coursekit.models.letter_network import LETTERS, letter_network, printed_letters
from coursekit.models.stored_weights import save_weights
from coursekit.training import set_seed

IMAGES, BATCH, EPOCHS, RATE = 5_800, 64, 22, 2e-3
FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "STIXGeneral", "STIXGeneralItalic")
MOST_ALIKE = 0.72


def main() -> None:
    """Check the letters, train, write the weights, and print what the card quotes."""
    letter, digit, alike = most_like_a_digit()
    assert alike <= MOST_ALIKE, f"{letter} looks like {digit}: {alike:.2f}"
    print(f"{len(LETTERS)} letters; most like a digit: {letter} like {digit}, correlation {alike:.2f}")
    set_seed(0)
    train, new = printed_letters(IMAGES, seed=0), printed_letters(1_450, seed=1)
    network, distort = letter_network(), distortion()
    trained = keras.Sequential([keras.Input((28, 28, 1)), distort, network])
    steps = EPOCHS * -(-IMAGES // BATCH)
    trained.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    trained.fit(train.images, train.targets, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    distorted = keras.ops.convert_to_numpy(distort(new.images, training=True))
    for name, images in (("as drawn", new.images), ("distorted", distorted)):
        right = (network.predict(images, verbose=0).argmax(axis=1) == new.targets).mean()
        print(f"accuracy on {len(images)} new letters, {name}: {right:.3f}")
    path = Path(coursekit.models.__path__[0]) / "weights" / "letters.npz"
    path.parent.mkdir(exist_ok=True)
    print(f"{path.name}: SHA-256 {save_weights(network, path)}, {path.stat().st_size:,} bytes, {steps} steps")


def distortion() -> keras.Sequential:
    """Shear, stretch and move letters at random, on top of the turning that drawing them brings."""
    black = {"fill_mode": "constant", "fill_value": 0.0, "data_format": "channels_last"}
    return keras.Sequential(
        [
            keras.layers.RandomShear(0.2, 0.2, seed=1, **black),
            keras.layers.RandomZoom((-0.15, 0.25), (-0.15, 0.25), seed=2, **black),
            keras.layers.RandomTranslation(0.1, 0.1, seed=3, **black),
        ]
    )


def most_like_a_digit() -> tuple[str, str, float]:
    """The letter and the digit with the highest correlation, both stretched to one square and blurred."""
    pairs = [
        (letter, digit, float((shape(letter, font) * shape(digit, font)).sum()))
        for font in FONTS
        for letter in LETTERS
        for digit in ALPHABETS["digits"]
    ]
    return max(pairs, key=lambda pair: pair[2])


def shape(sign: str, font: str) -> np.ndarray:
    """A sign on 20×20 pixels, edge to edge, blurred, with mean 0 and length 1."""
    from matplotlib import get_data_path

    typeface = ImageFont.truetype(Path(get_data_path()) / "fonts" / "ttf" / f"{font}.ttf", 80)
    canvas = Image.new("L", (160, 160))
    ImageDraw.Draw(canvas).text((40, 30), sign, 255, typeface)
    square = np.asarray(canvas.crop(canvas.getbbox()).resize((20, 20)), "float64")
    blurred = ndimage.gaussian_filter(square, 1.2)
    centred = blurred - blurred.mean()
    return centred / np.linalg.norm(centred)


if __name__ == "__main__":
    main()
