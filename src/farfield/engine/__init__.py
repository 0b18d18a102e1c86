"""Prompts through weights, what is shared computed once: score, generate, train.

Usable by itself:

model = AutoModelForCausalLM.from_pretrained("a-folder").eval()
backend = open_backend(model).backend
backend.score(prefix_ids, [Choices(asked=ids, labels=((4,), (7,)))])
"""

from farfield.engine.fake import FakeBackend, FakeEngine
from farfield.engine.local import Engine, LocalEngine, Settings
from farfield.engine.movement import Moved
from farfield.engine.open_backend import Opened, open_backend
from farfield.engine.plain import PlainBackend
from farfield.engine.protocol import Backend, Choices, Ending, Ids, Matcher, Progress, Target, silent
from farfield.engine.surprise import Surprise
from farfield.engine.torch_backend import TorchBackend
from farfield.engine.train import StepReport, Trained, train

__all__ = [
    "Backend",
    "Choices",
    "Ending",
    "Engine",
    "FakeBackend",
    "FakeEngine",
    "Ids",
    "LocalEngine",
    "Matcher",
    "Moved",
    "Opened",
    "PlainBackend",
    "Progress",
    "Settings",
    "StepReport",
    "Surprise",
    "Target",
    "TorchBackend",
    "Trained",
    "open_backend",
    "silent",
    "train",
]
