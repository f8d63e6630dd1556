"""Scans: keys of a scenario over grids or Sobol points, and what becomes of the hosts at each."""

from immunity.scans.axes import Axis, read_axes
from immunity.scans.reads import Read, read_reads
from immunity.scans.run import run_scan
from immunity.scans.scan import Scan

__all__ = ["Axis", "Read", "Scan", "read_axes", "read_reads", "run_scan"]
