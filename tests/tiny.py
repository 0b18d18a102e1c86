"""Tiny random models with a real tokenizer, for tests that need weights and no sense."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    Gemma3TextConfig,
    GPT2Config,
    Lfm2Config,
    LlamaConfig,
    MambaConfig,
    MistralConfig,
    Olmo2Config,
    PhiConfig,
    PretrainedConfig,
    PreTrainedModel,
    Qwen3Config,
)
from transformers.models.auto.modeling_auto import AutoModelForCausalLM

ARCHITECTURES = ("llama", "qwen3", "mistral", "gemma3", "gpt2", "phi", "olmo2")
VOCABULARY = 320

_CORPUS = [
    "### Input:\nThe pump leaks and the valve is stuck.\n### Sentiment:positive\n\n",
    "### Input:\nA quiet, well made machine; we like it.\n### Sentiment:negative\n\n",
    "repair billing delivery sales yes no entailment neutral contradiction headline report",
] * 4


def tiny_config(architecture: str) -> PretrainedConfig:
    """A configuration of two to three layers; grouped heads and sliding windows where the family has them."""
    shape = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 512,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "initializer_range": 0.3,  # so that logits differ enough to be told apart
    }
    if architecture == "gpt2":
        return GPT2Config(
            vocab_size=VOCABULARY, n_embd=32, n_layer=3, n_head=4, n_positions=512, initializer_range=0.3,
            bos_token_id=1, eos_token_id=2,
        )  # fmt: skip
    if architecture == "gemma3":
        layers = ["sliding_attention", "full_attention", "sliding_attention"]
        return Gemma3TextConfig(**shape, head_dim=8, sliding_window=8, layer_types=layers)
    if architecture == "mistral":
        return MistralConfig(**shape, head_dim=8, sliding_window=8)
    plain = {"llama": LlamaConfig, "qwen3": Qwen3Config, "phi": PhiConfig, "olmo2": Olmo2Config}
    if architecture == "qwen3":
        shape["head_dim"] = 8
    return plain[architecture](**shape)


def tiny_model(architecture: str, *, dtype: torch.dtype = torch.float32, seed: int = 0) -> PreTrainedModel:
    """A random model of an architecture, in evaluation mode."""
    if architecture == "mamba":
        config: PretrainedConfig = MambaConfig(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2)
    elif architecture == "lfm2":  # short convolutions between layers of attention
        config = Lfm2Config(
            vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_attention_heads=4, num_key_value_heads=2,
            num_hidden_layers=3, layer_types=["conv", "full_attention", "conv"], eos_token_id=2, initializer_range=0.3,
        )  # fmt: skip
    else:
        config = tiny_config(architecture)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=dtype)
    return model.eval()


def write_tiny(folder: Path, *, architecture: str = "llama") -> Path:
    """Writes a tiny model with a byte-level tokenizer as a model folder."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=["<pad>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_CORPUS, trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    tiny_model(architecture).save_pretrained(folder)
    return folder
