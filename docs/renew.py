"""Draw all pictures anew and execute all notebooks, on the body as it is.

python docs/renew.py [NAME ...]        needs the extras `plots` and `test`, and a Chromium

Names are those of pictures (`cancer.png`) or `notebooks`; without one all is made but for `dose_decides.png` and
`volunteers.png`, which take an hour and twenty minutes.
Pages with shown outputs and the catalogue are made by `python docs/generate.py`.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

DOCS = Path(__file__).resolve().parent
STEPS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("cut_finger.png",): ("docs/make_pictures.py",),
    ("explore.png", "explore_phone.png", "lessons"): ("docs/make_explorer_pictures.py",),
    ("vaccines.png",): ("docs/make_vaccine_pictures.py",),
    ("cancer.png", "leukaemia.png"): ("docs/make_cancer_picture.py",),
    ("lymphoma.png",): ("docs/make_lymphoma_picture.py",),
    ("viruses.png",): ("docs/make_virus_picture.py",),
    ("volunteers.png",): ("-m", "verification.volunteers", "influenza", "--picture", "docs/images/volunteers.png"),
    ("notebooks",): ("docs/notebooks/make.py",),
    ("dose_decides.png",): ("-m", "verification.dose_response", "--picture", "docs/images/dose_decides.png"),
}
LONG = ("dose_decides.png", "volunteers.png")


def chosen(names: list[str]) -> list[tuple[str, ...]]:
    """The steps that make what is named, or all that are not long."""
    return [made for made in STEPS if (set(names) & set(made) if names else not set(made) & set(LONG))]


def main(names: list[str]) -> int:
    """Run the steps one after the other; the exit code is 1 if one failed."""
    if unknown := set(names) - {name for made in STEPS for name in made}:
        sys.stderr.write(f"unknown: {', '.join(sorted(unknown))}\n{__doc__}")
        return 2
    failed = False
    for made in chosen(names):
        begun = time.monotonic()
        code = subprocess.run([sys.executable, *STEPS[made]], cwd=DOCS.parent, check=False).returncode
        failed |= code != 0
        print(f"{', '.join(made)}: {'failed' if code else 'made'} in {time.monotonic() - begun:.0f} s", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
