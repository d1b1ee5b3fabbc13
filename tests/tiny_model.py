"""A sentence-transformers model of two layers, made in a moment: random weights, and words of the demo as its tokens.

Its vectors are near each other where texts share words, which is all the meaning it has.
"""

import json
from collections import Counter
from pathlib import Path

from pipeline.embedding.int8_model import calibration_texts

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WIDTH = 64


def vocabulary() -> list[str]:
    """Special tokens, punctuation, letters alone and within words, then the demo's words by falling frequency."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    counts = Counter(word for text in calibration_texts() for word in text.lower().split() if word.isalpha())
    frequent = [word for word, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])) if len(word) > 1]
    return [*SPECIAL, *".,:;()[]%-'/", *letters, *(f"##{letter}" for letter in letters), *frequent[:800]]


def write_tiny_model(folder: Path) -> Path:
    """The model in a folder."""
    import torch
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel

    words = vocabulary()
    folder.mkdir(parents=True)
    torch.manual_seed(7)
    shape = BertConfig(
        vocab_size=len(words),
        hidden_size=WIDTH,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=128,
        max_position_embeddings=128,
    )
    BertModel(shape).save_pretrained(folder)
    tokenizer = BertWordPieceTokenizer({word: number for number, word in enumerate(words)}, lowercase=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]"}
    write(folder / "tokenizer_config.json", {"tokenizer_class": "BertTokenizer", "mask_token": "[MASK]"} | names)
    write(folder / "sentence_bert_config.json", {"max_seq_length": 64})
    write(folder / "1_Pooling" / "config.json", {"word_embedding_dimension": WIDTH, "pooling_mode_mean_tokens": True})
    kinds = {"": "models.Transformer", "1_Pooling": "models.Pooling"}
    modules = [
        {"idx": place, "name": str(place), "path": path, "type": f"sentence_transformers.{kind}"}
        for place, (path, kind) in enumerate(kinds.items())
    ]
    write(folder / "modules.json", modules)
    return folder


def write(path: Path, content: object) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
