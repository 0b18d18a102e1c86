"""Every error that farfield raises on purpose, in one tree.

    FarfieldError            what happened, where, and how to mend it
    ├── UsageError           exit 2: the caller can mend it
    │   ├── SpecError        a study file: key, line, nearest known key
    │   ├── DataError        a data file: file, row, column
    │   ├── PromptError      a prompt that can't be built or doesn't fit the model
    │   ├── ModelError       a model that is unknown, unsupported or damaged
    │   ├── PlanError        a plan that this machine can't carry out
    │   └── RunError         a run folder: locked, newer version, not a run
    ├── Fault                exit 3: the world failed (disk, network, a killed worker)
    │   └── DownloadError    weights that could not be fetched
    └── Stopped              exit 130: Ctrl-C in a command that leaves nothing behind

Anything else that escapes is a defect of farfield and shows its traceback.
"""

__all__ = [
    "DataError",
    "DownloadError",
    "FarfieldError",
    "Fault",
    "ModelError",
    "PlanError",
    "PromptError",
    "RunError",
    "SpecError",
    "Stopped",
    "UsageError",
]


class FarfieldError(Exception):
    """An error with three parts, each shown on a line of its own.

    Args:
        what: what is wrong, one sentence.
        where: file, line, row, column or key; empty where there is no place.
        mend: what to do about it, one sentence; empty where nothing can be done.
    """

    exit_code = 3

    def __init__(self, what: str, *, where: str = "", mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.mend = mend

    def __str__(self) -> str:
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.mend:
            lines.append(f"  mend:  {self.mend}")
        return "\n".join(lines)


class UsageError(FarfieldError):
    """The caller can mend it: exit code 2."""

    exit_code = 2


class SpecError(UsageError):
    """A study file that can't be read or says something impossible."""


class DataError(UsageError):
    """A data file that is missing, empty, malformed or at odds with the study."""


class PromptError(UsageError):
    """A prompt that can't be built or doesn't fit the model's context."""


class ModelError(UsageError):
    """A model that is unknown, unsupported or damaged."""


class PlanError(UsageError):
    """A plan that this machine can't carry out."""


class RunError(UsageError):
    """A run folder that is locked, from a newer version, or no run at all."""


class Fault(FarfieldError):  # noqa: N818 (a fault is the world's, an error the caller's)
    """The world failed: disk, network, a killed worker. Exit code 3."""


class DownloadError(Fault):
    """Weights that could not be fetched."""


class Stopped(FarfieldError):  # noqa: N818 (what a person did is no error)
    """Ctrl-C in a command that leaves nothing behind. Exit code 130, as shells have it."""

    exit_code = 130
