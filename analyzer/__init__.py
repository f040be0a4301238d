"""Reads a job rejection letter: which reason it points to, what to do and when, and the email to send.

`analyzer.pipeline.Analyzer` is the front door for programs; `analyzer.cli` for people. Importing the package loads
nothing heavy.
"""

from analyzer.errors import AnalyzerError

__all__ = ["AnalyzerError"]
