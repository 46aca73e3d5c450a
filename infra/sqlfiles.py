"""SQL lives in .sql files beside the code that runs it; this reads them.

A file holds named statements: a line `-- name: NAME` begins one.
"""

import re
from pathlib import Path
from typing import Final, LiteralString, cast

_NAME: Final = re.compile(r"^-- name: (\w+)[ \t]*$", re.MULTILINE)


def load_sql(beside: str, name: str) -> dict[str, LiteralString]:
    """Return statement name -> text of the file `name` in the folder of the module file `beside`.

    The texts ship with the code, which is why they count as literal strings.
    """
    parts = _NAME.split((Path(beside).parent / name).read_text("utf-8"))
    return {
        key: cast("LiteralString", text.strip())
        for key, text in zip(parts[1::2], parts[2::2], strict=True)
    }
