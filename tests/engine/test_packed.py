"""Groups that kernels take by address are what they are in Python."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

from immunity.compiler.tables import Bytes, Floats
from immunity.engine.kernel import entry, kernel
from immunity.engine.packed import Packed


@dataclass(frozen=True, eq=False)
class Group(Packed):
    line: Floats
    number: int
    grid: Floats
    share: float
    small: Bytes


@kernel
def _add(group: Group, row: int) -> None:
    for column in range(group.grid.shape[1]):
        group.grid[row, column] += group.share * group.number + group.small[column]


@entry
def add_up(group: Group) -> float:
    for row in range(len(group.grid)):
        _add(group, row)
    group.line[-1] = group.grid[1, 2]
    return group.line.sum()


def group(**other: object) -> Group:
    plain = Group(np.arange(4.0), -3, np.arange(6.0).reshape(2, 3), 0.5, np.array([1, 0, 200], np.uint8))
    return replace(plain, **other) if other else plain  # type: ignore[arg-type]


def test_kernels_read_and_write_what_python_does() -> None:
    one = group()
    assert add_up(one) == 0.0 + 1.0 + 2.0 + (5.0 - 1.5 + 200.0)
    np.testing.assert_array_equal(one.grid, np.arange(6.0).reshape(2, 3) - 1.5 + [1, 0, 200])


def test_another_group_of_another_size_is_not_mistaken_for_it() -> None:
    add_up(group())
    assert add_up(group(line=np.ones(7), number=1, share=0.0)) == 6.0 + 5.0 + 200.0


def test_numbers_keep_their_kind() -> None:
    assert add_up(group(share=0.25, number=2**40)) == 3.0 + 5.0 + 0.25 * 2**40 + 200.0


def test_what_is_not_contiguous_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Group\.line is not contiguous"):
        add_up(group(line=np.arange(8.0)[::2]))


def test_a_copy_in_another_process_lies_elsewhere() -> None:
    one = group()
    address = one.address
    other = pickle.loads(pickle.dumps(one))
    one.line[:] = -1.0
    assert other.address != address
    assert add_up(other) == 3.0 + (5.0 - 1.5 + 200.0)


class Lost(Group):
    """A group whose address an interrupt keeps from the kernel."""

    def __getattribute__(self, name: str) -> object:
        if name == "address":
            raise KeyboardInterrupt
        return super().__getattribute__(name)


def test_an_address_that_cannot_be_had_is_an_error_in_python() -> None:
    plain = group()
    lost = Lost(plain.line, plain.number, plain.grid, plain.share, plain.small)
    with pytest.raises(KeyboardInterrupt):
        add_up(lost)
