"""Every mistake a user can make, as one family of exceptions; the command line shows the message alone."""


class PaperatlasError(Exception):
    """A user's mistake or a state that only the user can fix: one line that names the thing and the way out."""

    exit_code = 2


class ConfigError(PaperatlasError):
    """A config file that cannot be used: which file, key and value, and what was expected."""


class CorpusError(PaperatlasError):
    """Input files that cannot be read, or that hold no paper."""


class ModelError(PaperatlasError):
    """A model that is missing, damaged or not the one it claims to be."""


class RunFolderError(PaperatlasError):
    """A run folder that is missing, damaged, or cannot be written."""


class ServiceError(PaperatlasError):
    """A network service that fails, refuses or gives an unusable answer."""


class UnknownPaperError(PaperatlasError):
    """An id that no paper of the atlas has."""


class BusyError(PaperatlasError):
    """Another process holds the run folder (exit code 75, as in sysexits' EX_TEMPFAIL)."""

    exit_code = 75
