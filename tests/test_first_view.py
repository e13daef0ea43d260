"""How much JavaScript the first view of each page loads, by the build's own list: less than 200 KB, packed."""

import gzip
import json
from pathlib import Path

import pytest

from tests.harness.program import ROOT

BUILT = ROOT / "src" / "carevia" / "web_dist"
ENTRY = "index.html"
VIEWS = {
    "/dashboard": ["src/app/desk-route.tsx"],
    "/dashboard/bookings": [
        "src/app/desk-route.tsx",
        "src/features/desk/lists/bookings-view.tsx",
        "src/features/desk/lists/stat-strip.tsx",
    ],
    "/dashboard?with=family-1": [
        "src/app/desk-route.tsx",
        "src/features/desk/conversation-pane.tsx",
        "src/features/desk/lists/customer-beside.tsx",
    ],
    "/chat": ["src/features/chat/chat-page.tsx"],
    "/test-socket": ["src/features/connection-test/connection-test-page.tsx"],
}


def loaded(chunks: list[str]) -> set[str]:
    """The files of these chunks and of all that they import at once."""
    manifest = json.loads((BUILT / ".vite" / "manifest.json").read_text())
    files, waiting = set[str](), [ENTRY, *chunks]
    while waiting:
        chunk = manifest[waiting.pop()]
        if chunk["file"] not in files:
            files.add(chunk["file"])
            waiting += chunk.get("imports", [])
    return {file for file in files if file.endswith(".js")}


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6, mtime=0))


@pytest.mark.parametrize("view", VIEWS)
def test_a_first_view_loads_less_than_200_kb_of_javascript(view: str) -> None:
    sizes = {file: packed(BUILT / file) for file in loaded(VIEWS[view])}
    assert sum(sizes.values()) < 200_000, sizes
