"""What can go wrong for a user, each shown as one line.

    AnalyzerError            any failure that a user can do something about
    ├── ReadError            a letter or a folder of letters cannot be read
    ├── CorpusError          a labelled example breaks the scheme
    ├── ModelError           a model folder is missing, damaged or of another format
    ├── ProfileError         the profile file cannot be used
    ├── PolicyError          the policy file cannot be used
    └── RunError             a batch cannot start or go on

A message says where, what, and what to do. Only `cli` turns one into an exit code.
"""


class AnalyzerError(Exception):
    """A failure that is shown to the user as one line."""


class ReadError(AnalyzerError):
    """A letter or a folder of letters cannot be read. `source` and `message_id` name it in lists, where known."""

    def __init__(self, message: str, *, source: str = "", message_id: str = "") -> None:
        super().__init__(message)
        self.source = source
        self.message_id = message_id


class CorpusError(AnalyzerError):
    """A labelled example, or a corpus as a whole, cannot be used."""


class ModelError(AnalyzerError):
    """A model folder is missing, damaged or of another format."""


class ProfileError(AnalyzerError):
    """The profile file cannot be used."""


class PolicyError(AnalyzerError):
    """The policy file cannot be used."""


class RunError(AnalyzerError):
    """A batch cannot start or go on."""
