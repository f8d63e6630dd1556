"""Batches on the workers of a Dask cluster: the same bytes as on local processes."""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from immunity.cohorts.tasks import Batch, Finished, Work, do_batch, lost_hosts
from immunity.language.errors import fail

PATIENCE = 10.0  # seconds to reach the scheduler
WORKS_KEPT = 2  # in a worker

_works: OrderedDict[str, Work] = OrderedDict()


def run_on_dask(work: Work, batches: Sequence[Batch], *, address: str, finished: Finished) -> None:
    """Run batches on a cluster, and hand each to ``finished`` with its task as it comes.

    A batch whose worker ends is run again on another. A folder for parts must be the same one for all workers.

    Raises
    ------
    KeyboardInterrupt
        After Ctrl-C; what has not begun is taken back from the cluster.
    RuleError
        E704 without the extra, E727 if there is no scheduler, E728 if it is lost on the way, E701 or E702 if a part
        cannot be written.
    """
    try:
        from distributed import CancelledError, Client, KilledWorker, as_completed
    except ImportError as error:
        raise fail("E704", text="distributed", extra="cluster") from error
    try:
        client: Any = Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError) as error:
        raise fail("E727", text=address, reason=str(error) or type(error).__name__) from error
    content = pickle.dumps(work, protocol=pickle.HIGHEST_PROTOCOL)
    digest = hashlib.sha256(content).hexdigest()
    futures: dict[Any, Batch] = {}
    with client:
        try:
            shared = client.scatter(content, broadcast=True, hash=False)
            for batch in batches:
                futures[client.submit(_do, digest, shared, batch, pure=False)] = batch
            for future in as_completed(list(futures), loop=client.loop):
                batch = futures.pop(future)
                try:
                    finished(batch[0], *future.result())
                except KilledWorker:
                    finished(batch[0], lost_hosts(work, batch), 0.0)
                future.release()
        except CancelledError as error:
            raise fail("E728", text=address) from error
        finally:
            client.cancel(list(futures))


def _do(digest: str, content: bytes, batch: Batch) -> tuple[Any, float]:
    """Run a batch, in a worker; what it is told is read once."""
    if digest not in _works:
        _works[digest] = pickle.loads(content)
        while len(_works) > WORKS_KEPT:
            _works.popitem(last=False)
    done, seconds, _ = do_batch(_works[digest], batch)
    return done, seconds
