"""Texts as sparse vectors of length 1, whose products are cosines."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from farfield.metrics import cjk_count

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

__all__ = ["text_vectors"]

_READ = 2000  # characters of a text; what it is about stands there, and one long text costs no more than others
_JAPANESE = 0.1  # share of Japanese or Chinese characters from which words can't be told by spaces
_LOOKED_AT = 1000  # texts that decide it


def text_vectors(texts: Sequence[str]) -> "csr_matrix":
    """TF-IDF of words, or of two and three characters where the texts are Japanese or Chinese.

    Features are hashed into 2^18 places (Weinberger et al., arXiv 0902.2206), so that no vocabulary is held: memory
    goes with the characters of the texts. Only a text's first 2,000 characters are read. Texts that say nothing are
    alike: they share a feature of their own.

    Args:
        texts: [n], at least one.

    Returns:
        [n, features], float32, each row of length 1.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    read = [text[:_READ] for text in texts]
    by_character = _is_japanese(read[:: max(1, len(read) // _LOOKED_AT)])
    kind: dict[str, Any] = {"analyzer": "char_wb", "ngram_range": (2, 3)} if by_character else {}
    counts = HashingVectorizer(n_features=1 << 18, norm=None, alternate_sign=False, dtype=np.float32, **kind)
    weighed = TfidfTransformer(sublinear_tf=True).fit_transform(counts.transform(read))
    silent = (np.diff(weighed.indptr) == 0).astype(np.float32)[:, None]
    return hstack([weighed, csr_matrix(silent)], format="csr", dtype=np.float32)


def _is_japanese(texts: Sequence[str]) -> bool:
    return sum(map(cjk_count, texts)) > _JAPANESE * max(1, sum(map(len, texts)))
