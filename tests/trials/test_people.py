"""Who is in which group and arm, and who leaves when."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from immunity.trials.models import Ages, Group
from immunity.trials.people import allocated, dropout_days, group_of, middle_ages, strata_of


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


def test_ages_are_classes_of_equal_share_about_their_distribution() -> None:
    even = middle_ages(Ages.model_validate({"from": "20 y", "to": "60 y", "classes": 4}))
    assert even == pytest.approx([25.0, 35.0, 45.0, 55.0])
    ages = Ages.model_validate({"from": "18 y", "to": "90 y", "mean": "60 y", "sd": "10 y", "classes": 30})
    normal = np.array(middle_ages(ages))
    assert abs(normal.mean() - 60.0) < 0.1 and 9.0 < normal.std() < 10.0 and (np.diff(normal) > 0.0).all()
    strata = strata_of({"adults": Group(ages=ages, share=3.0, host={"sex": "female"}), "child": Group(share=1.0)})
    assert len(strata) == 31 and strata["child"].group == "child"
    assert sum(each.people.share for each in strata.values()) == pytest.approx(4.0)
    assert strata["adults_1"].people.host == {"sex": "female", "age": f"{normal[0]:.4g} y"}
    assert strata["adults_1"].group == "adults" and strata["adults_1"].age == normal[0]
