"""The one error that people are meant to read."""


class ExportError(Exception):
    """What is wrong with a step and what to do about it, in one sentence."""
