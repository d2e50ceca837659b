"""How long an audit takes: `python tests/benchmarks/audit.py` makes 10,000 pictures and audits them.

PNG of 64×64 to 256×256, half grey, half colour, with structure and noise like micrographs, in four class
folders under train/ and test/. Meant to stay within 60 s on two cores. A number as argument makes another
number of pictures.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from coursekit.data.folder.auditing import audit

SIDES = (64, 96, 128, 192, 256)


def make_folder(folder: Path, n: int) -> None:
    """Write n different pictures."""
    rng = np.random.default_rng(0)
    for i in range(n):
        path = folder / ("test" if i % 7 == 0 else "train") / f"class_{i % 4}" / f"{i:05}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        side = SIDES[i % len(SIDES)]
        channels = 3 if i // 20 % 2 else 1
        coarse = Image.fromarray(rng.integers(40, 220, (9, 9, channels)).astype("uint8").squeeze())
        smooth = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC), "float32")
        noisy = (smooth + rng.normal(0, 6, smooth.shape)).clip(0, 255).astype("uint8")
        Image.fromarray(noisy).save(path, compress_level=1)


def main(n: int) -> None:
    """Print the time of one audit, the files being in the system's cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_folder(folder, n)
        start = time.perf_counter()
        found = audit(folder)
        seconds = time.perf_counter() - start
        print(
            json.dumps(
                {
                    "pictures": found.n_images,
                    "MB": round(sum(path.stat().st_size for path in folder.rglob("*.png")) / 1e6),
                    "seconds": round(seconds, 1),
                    "pictures per second": round(n / seconds),
                    "findings": [f"{finding.severity}: {finding.topic}" for finding in found.findings],
                },
                indent=1,
            )
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
