"""Books shaped like adaptive immunity: antigens x 5 affinity classes x 6 places x 4 isotypes, any number of antigens.

What an antigen brings: itself in four places, and bound; T cells (naive, helping, killing, resting) that recirculate;
naive, germinal-centre and memory B cells, plasma cells of four isotypes in node, spleen and marrow, and antibody in
blood and tissue, each by affinity. Cells divide as antigen and help tell them, mutate up and down, switch, home, die,
make room for each other by a crowd signal of the node, and antibody takes its antigen away. It proves size, not
biology: all numbers are assumed. `python -m bench.adaptive 50` prints what a book consists of, and what it costs.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from immunity.compiler.build import Compiled, compile_book
from immunity.language.load import Book, load_book

TEMPLATE = Path(__file__).with_name("adaptive.yaml")


def text_of(antigens: int) -> str:
    """The book of a number of antigens, as YAML."""
    names = ", ".join(f"a{k + 1}" for k in range(antigens))
    return f"{{kind: set, id: antigen, members: [{names}]}}\n---\n{TEMPLATE.read_text(encoding='utf-8')}"


def book_of(antigens: int) -> Book:
    """The book of a number of antigens, read."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "adaptive.yaml"
        path.write_text(text_of(antigens), encoding="utf-8")
        return load_book([path])


def compiled_of(antigens: int) -> Compiled:
    """The book of a number of antigens, compiled."""
    return compile_book(book_of(antigens))


def main() -> None:
    """Print the size of a book and the time it takes to read and to compile it."""
    antigens = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    begin = time.process_time()
    book = book_of(antigens)
    read = time.process_time() - begin
    begin = time.process_time()
    tables = compile_book(book).model.tables
    took = time.process_time() - begin
    print(
        f"{antigens} antigens: {tables.n_pool} pools, {tables.n_flow} flows, {tables.n_signal} signals, "
        f"{len(tables.theta)} numbers; read in {read:.2f} s, compiled in {took:.2f} s"
    )


if __name__ == "__main__":
    main()
