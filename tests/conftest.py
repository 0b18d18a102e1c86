"""Fixtures that many rooms share."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.tiny import write_tiny

# How long an example takes is a matter of the machine, and no test is a timing.
settings.register_profile("farfield", deadline=None)
settings.load_profile("farfield")


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama with a tokenizer, as a model folder."""
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny")
