"""Sets one part: started as a program of its own, which imports nothing of the ledger.

Arguments: the part (JSON), what it must know of the whole (JSON text), the template, the PDF to
make, most seconds of the processor, most bytes of memory, then the folders of fonts. With "-" for
the PDF it only prints how many pages there are.
"""

import json
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import typst


def main(part: str, whole: str, template: str, into: str, *bounds: str) -> None:
    """Bound this process, then set the part."""
    seconds, memory, *folders = bounds
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_DATA, (int(memory), int(memory)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    data, source = Path(part).read_text("utf-8"), Path(template).read_bytes()
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=list(folders)
    )
    compiler = typst.Compiler(source, font_paths=fonts, sys_inputs={"part": data, "whole": whole})
    if into == "-":
        print(compiler.query("<end>", field="value", one=True))  # noqa: T201 - its answer
        return
    year, month, day = json.loads(data)["date"]
    made, warnings = compiler.compile_with_warnings(
        source,
        format="pdf",
        timestamp=datetime(year, month, day, tzinfo=UTC),
        pdf_tags=False,
    )
    if warnings:  # such as a font that is not found: something would be missing on paper
        sys.exit("; ".join(warning.message for warning in warnings))
    if not isinstance(made, bytes):
        sys.exit("no PDF was made")
    Path(into).write_bytes(made)


if __name__ == "__main__":
    main(*sys.argv[1:])
