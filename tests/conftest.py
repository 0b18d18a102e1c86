"""Fixtures that many rooms share."""

from pathlib import Path

import pytest

from tests.tiny import write_tiny


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama with a tokenizer, as a model folder."""
    return write_tiny(tmp_path_factory.mktemp("models") / "tiny")
