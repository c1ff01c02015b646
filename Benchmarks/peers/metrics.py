#!/usr/bin/env python3
"""Our picture comparison beside the tracing harness's (NumPy, SciPy, scikit-image), on the same pairs of PNG files.

  metrics.py --bench .build/release/atelier-bench --harness ../shared/bench/trace --images ../shared/corpus/raster [--keep DIR]

Each picture is compared with four spoilt copies: in few colours, as JPEG, moved with noise, and with other transparency. Prints the
largest and the mean difference of each number. Needs Pillow, NumPy and what the harness needs.
"""
import argparse, io, os, subprocess, sys, tempfile

NAMES = ("ssim", "psnr", "de00", "de00_p95", "edge_f1", "gmsd", "alpha_mae")


def copies(picture, random):
    """Spoilt copies of an RGBA array, with their names."""
    import numpy as np
    from PIL import Image

    yield "few", np.concatenate([picture[..., :3] // 48 * 48 + 20, picture[..., 3:]], -1).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(picture[..., :3]).save(file, "JPEG", quality=40)
    yield "jpeg", np.dstack([np.asarray(Image.open(file)), picture[..., 3]])
    moved = np.roll(picture, (1, 1), (0, 1)).astype(int) + np.rint(random.normal(0, 5, picture.shape)).astype(int)
    yield "moved", np.clip(np.dstack([moved[..., :3], picture[..., 3]]), 0, 255).astype(np.uint8)
    alpha = np.clip(picture[..., 3].astype(int) * np.linspace(1, 0.3, picture.shape[1])[None, :], 0, 255)
    yield "clear", np.dstack([picture[..., :3], alpha.astype(np.uint8)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True, help="the built atelier-bench")
    parser.add_argument("--harness", required=True, help="the folder with tbcore.py")
    parser.add_argument("--images", required=True, help="PNG and JPEG files, in folders")
    parser.add_argument("--keep", help="where to write the pairs")
    parser.add_argument("--every", type=int, default=1, help="take each nth picture")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    sys.path.insert(0, options.harness)
    import numpy as np
    from PIL import Image
    import tbcore

    files = sorted(os.path.join(d, f) for d, _, fs in os.walk(options.images) for f in fs if f.endswith((".png", ".jpg")))
    folder = options.keep or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    worst = {name: (0.0, "") for name in NAMES}
    total, count = dict.fromkeys(NAMES, 0.0), 0
    for index, file in enumerate(files[:: options.every]):
        picture = tbcore.load_rgba(file)
        first = os.path.join(folder, "a.png")
        Image.fromarray(picture).save(first)
        pairs = list(copies(picture, np.random.default_rng(index)))
        pairs += [(name + "-turned", None) for name, _ in pairs[3:]]
        for name, other in pairs:
            reference = picture
            if other is None:  # the last copy as the reference
                reference, other = pairs[3][1], picture
            a, b = os.path.join(folder, "a.png"), os.path.join(folder, "b.png")
            Image.fromarray(reference).save(a)
            Image.fromarray(other).save(b)
            line = subprocess.run([options.bench, "similarity", a, b], capture_output=True, text=True, check=True).stdout
            ours, theirs = [float(v) for v in line.split()[:7]], tbcore.compare(reference, other)
            for name_, value in zip(NAMES, ours):
                difference = abs(value - theirs[name_])
                total[name_] += difference
                if difference > worst[name_][0]:
                    worst[name_] = (difference, f"{os.path.basename(file)} {name}: {value:.6f} for {theirs[name_]:.6f}")
            count += 1
    print(f"{count} pairs")
    for name in NAMES:
        print(f"{name:10s} mean {total[name] / count:.2e}  largest {worst[name][0]:.2e}  {worst[name][1]}")


if __name__ == "__main__":
    main()
