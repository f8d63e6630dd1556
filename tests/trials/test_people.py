"""Who is in which group and arm, and who leaves when."""

from __future__ import annotations

from itertools import islice

import numpy as np

from immunity.trials.people import allocated, dropout_days, group_of


def test_any_number_of_hosts_has_the_shares() -> None:
    shares = {"a": 1.0, "b": 2.0, "c": 1.0}
    groups = [group_of(host, shares) for host in range(500)]
    for count in (8, 40, 100, 500):
        for name, share in shares.items():
            assert abs(groups[:count].count(name) - count * share / 4.0) <= 2.0


def test_blocks_hold_every_arm_once_in_an_order_that_is_drawn() -> None:
    rows = list(islice(allocated(["a", "b", "c"], 1), 300))
    assert [host for host, _ in rows] == list(range(300))
    blocks = ["".join(arm for _, arm in rows[k : k + 3]) for k in range(0, 300, 3)]
    assert all(sorted(block) == ["a", "b", "c"] for block in blocks)
    assert len(set(blocks)) == 6
    assert rows == list(islice(allocated(["a", "b", "c"], 1), 300)) != list(islice(allocated(["a", "b", "c"], 2), 300))


def test_dropout_is_exponential_and_belongs_to_the_host() -> None:
    hosts = np.arange(2000)
    days = dropout_days(hosts, 1, 0.1, 2.0)
    assert (days > 2.0).all() and abs(days.mean() - 12.0) < 1.0
    assert np.array_equal(days[7:9], dropout_days(hosts[7:9], 1, 0.1, 2.0))
    assert np.isinf(dropout_days(hosts, 1, 0.0, 0.0)).all()
