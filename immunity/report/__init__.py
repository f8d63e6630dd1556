"""The self-contained report of a run: one page that opens offline."""

from immunity.report.model import Curve, Paper, PlaceSeries, Point, ReportInput
from immunity.report.render import render, write

__all__ = ["Curve", "Paper", "PlaceSeries", "Point", "ReportInput", "render", "write"]
