"""What the documents point at is there: the files they link to, and the paths of this repository that they name."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [str(path.relative_to(ROOT)) for path in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])]
# Most leave out where the sources stand: `api/bus.py`, `lib/chat/outbox.ts`.
BEGINNINGS = ("", "src/carevia/", "web/src/")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_it_links_to_is_there(document: str) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / document).read_text()):
        if "://" not in target:
            assert (ROOT / document).parent.joinpath(target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_it_names_is_there(document: str) -> None:
    text = (ROOT / document).read_text()
    for path in re.findall(r"`((?:[a-z_]+/)+[\w.-]+\.(?:py|ts|tsx|md|sh|yml|toml|json|conf))`", text):
        assert any((ROOT / beginning / path).exists() for beginning in BEGINNINGS), path
