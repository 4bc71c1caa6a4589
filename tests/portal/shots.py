#!/usr/bin/python3
"""shots.py FOLDER: writes a picture of each page of the portal, NAME-light.png and NAME-dark.png, as docs/portal.md shows them."""
import base64
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from conftest import ROOT  # noqa: E402
from specs import SEEN, Player, listed  # noqa: E402
from stage import Stage  # noqa: E402

SPEC = ROOT / "tests" / "portal" / "shots.mjs"


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    told = listed(SPEC)
    stage = Stage(told["stage"])
    player = Player(SPEC, stage)
    try:
        for index, name in enumerate(told["tests"]):
            done = player.play(index, SEEN / "shots" / name)
            if not done["ok"]:
                sys.exit(f"{name}: {done['error']}\n" + "\n".join(done["findings"]))
            for scheme, picture in done["value"].items():
                (folder / f"{name}-{scheme}.png").write_bytes(base64.b64decode(picture))
            print(name)
    finally:
        player.close()
        stage.close()


if __name__ == "__main__":
    main()
