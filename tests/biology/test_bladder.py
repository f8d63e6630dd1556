"""BCG in a bladder: bacilli that cling, T cells that come, a tumour that is left."""

from __future__ import annotations

from functools import cache

import numpy as np

import immunity as im
from tests.biology.hasty import hasty_run

TUMOUR, BACILLI, HELPERS = "bladder.tumour", "bladder.bacilli", "bladder.helpers"


@cache
def bladder(scenario: str, lacks: str = "", days: int = 75) -> im.Run:
    host = {"deficiencies": [lacks]} if lacks else {}
    # a hundred cells settle, of which a person without BCG gets rid of none
    numbers = {"urothelial_carcinoma.implants": "1e-4"}
    return hasty_run(scenario, host=host, days=days, changes={"every": "1 d", "numbers": numbers})


def series(run: im.Run, readout: str) -> np.ndarray:
    return np.asarray(run[readout]).ravel()


def test_who_has_no_such_tumour_has_no_bladder() -> None:
    pools = hasty_run("bcg_vaccine", days=1).record.pool_names
    assert any("bcg" in name for name in pools)
    assert not any(word in name for name in pools for word in ("bladder", "pelvic_node", "urothelial"))


def test_what_is_left_grows_by_itself() -> None:
    resected = series(bladder("bladder_resection"), TUMOUR)
    assert 1.5 < resected[1] < 2.5
    assert 0.7 < resected[-1] - resected[4] < 1.3


def test_bacilli_cling_and_helpers_come_and_end_them() -> None:
    treated = bladder("bladder_bcg_induction")
    bacilli, helpers = series(treated, BACILLI), series(treated, HELPERS)
    assert bacilli[20] == 0.0
    assert bacilli[22] > 5.0
    assert helpers[22] < 2.0 < 5.0 < helpers[28:60].max()
    assert bacilli[31] < bacilli[24] - 2.0  # the first bacilli last for ten days
    assert bacilli[70] < 1.0


def test_bcg_takes_from_the_tumour_by_t_cells() -> None:
    resected = series(bladder("bladder_resection"), TUMOUR)[-1]
    treated = series(bladder("bladder_bcg_induction"), TUMOUR)[-1]
    assert treated < resected - 0.5
    bare = series(bladder("bladder_bcg_induction", "digeorge_complete"), TUMOUR)[-1]
    assert abs(bare - resected) < 0.3
