"""Python imports this at the start of the program under test (its folder is on PYTHONPATH): what only the tests have
installed is not there, as wherever the program is deployed. A start takes a fifth less time, too."""

import os
import sys
from types import ModuleType

HIDDEN = frozenset(os.environ.get("ONLY_FOR_TESTS", "").split(","))


class Hider:
    @staticmethod
    def find_spec(name: str, path: object = None, target: ModuleType | None = None) -> None:
        if name in HIDDEN:
            raise ModuleNotFoundError(f"{name} is not among the program's own libraries", name=name)


sys.meta_path.insert(0, Hider())
