"""While nodes are replaced one by one, old and new code use one schema: a revision expands, it takes nothing away."""

import re
from pathlib import Path

import pytest

import carevia.store.migrations.versions as versions

# Without an index (ours that are unique are constraints) old code is slower, and nothing more.
TAKES_AWAY = re.compile(r"\b(drop_(?!index\b)\w+|rename_table|alter_column|DROP|RENAME)\b")
NEW_COLUMN = re.compile(r"add_column\((?:[^()]|\([^()]*\))*\)", re.DOTALL)


def complaints(text: str) -> list[str]:
    forward = text.partition("def downgrade")[0]
    columns = [found for found in NEW_COLUMN.findall(forward) if "nullable=False" in found]
    return TAKES_AWAY.findall(forward) + [found for found in columns if "server_default" not in found]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("op.create_table('a')\nop.add_column('a', sa.Column('b', sa.Integer))", 0),
        ("op.add_column('a', sa.Column('b', sa.Integer, nullable=False, server_default='0'))", 0),
        ("op.add_column('a', sa.Column('b', sa.Integer, nullable=False))", 1),
        ("op.drop_column('a', 'b')", 1),
        ("op.drop_constraint('c', 'a')", 1),
        ("op.drop_index('i', 'a')", 0),
        ("op.execute('ALTER TABLE a RENAME TO b')", 1),
        ("def upgrade():\n  op.add_column('a', sa.Column('b'))\ndef downgrade():\n  op.drop_column('a', 'b')", 0),
    ],
)
def test_the_check_sees_what_old_code_could_not_live_with(text: str, wrong: int) -> None:
    assert len(complaints(text)) == wrong


# What revisions of before this rule took away; a new name here needs a release in between.
CONTRACTED = set[str]()


def test_revisions_only_add() -> None:
    folder = Path(versions.__path__[0])
    later = [file for file in sorted(folder.glob("r*.py")) if not file.name.startswith("r0001")]
    assert later
    assert {file.name: complaints(file.read_text()) for file in later if file.name not in CONTRACTED} == {
        file.name: [] for file in later if file.name not in CONTRACTED
    }
