"""Carevia of a later release: this one, whose schema is one revision further (newer_revisions/). The program itself
knows nothing of it: run as a module, this file puts the revision beside the others and then is `carevia serve`."""

import sys
from pathlib import Path

from tests.harness.program import ROOT, Program


class NewerProgram(Program):
    def serve_command(self) -> list[str]:
        return [sys.executable, "-m", "tests.harness.newer", "serve", *self.words]

    def environment(self) -> dict[str, str]:
        return super().environment() | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}


def _serve() -> None:
    from carevia.cli import main
    from carevia.store import migrate

    configured = migrate.alembic_config

    def with_one_more():  # type: ignore[no-untyped-def]
        config = configured()
        ours = Path(migrate.__file__).with_name("migrations") / "versions"
        config.set_main_option("path_separator", "newline")
        config.set_main_option("version_locations", f"{ours}\n{Path(__file__).with_name('newer_revisions')}")
        return config

    setattr(migrate, "alembic_config", with_one_more)  # noqa: B010 (mypy minds an assignment)
    setattr(migrate, "HEAD", "newer")  # noqa: B010
    main()


if __name__ == "__main__":
    _serve()
