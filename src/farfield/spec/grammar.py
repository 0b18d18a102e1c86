"""An answer's format as a grammar for llguidance, which is loaded only where a study has a format."""

import re

__all__ = ["fault_of", "grammar"]


def grammar(expression: str, stop: str, most: int | None = None) -> str:
    """What may be written: an answer that matches as a whole, and then nothing, or `stop` and anything.

    A space or a line break may come first: an answer is read without white space around it, and models begin with one.
    The stop text stands in no answer, since it would end it.

    Args:
        expression: as Rust's `regex` has it, without look-around and back references.
        stop: text that ends an answer.
        most: characters of all that is written; None for any number.
    """
    from llguidance import regex_to_lark

    def literal(part: str) -> str:
        return f"/{regex_to_lark(part, '')}/"

    end = re.escape(stop)
    bound = "" if most is None else f" & /(?s:.{{0,{most}}})/"
    return (
        '%llguidance {"no_forcing": true}\n'  # else only one spelling in tokens is allowed of what must come
        "start: BOUND\n"
        f"MATCH: {literal(expression)}\n"
        "SAID: /[ \\n]?/ MATCH\n"
        f"ANSWER: SAID & ~{literal(f'(?s:.*){end}(?s:.*)')}\n"
        f"WHOLE: ANSWER ({literal(f'{end}(?s:.*)')})?\n"
        f"BOUND: WHOLE{bound}\n"
    )


def fault_of(expression: str, stop: str) -> str:
    """Why no answer can be held to an expression; empty where one can."""
    from llguidance import LLMatcher, LLTokenizer

    written = grammar(expression, stop)
    if told := LLMatcher.validate_grammar(written):
        return "it can't be read: " + _cause(told)
    matcher = LLMatcher(LLTokenizer("byte"), written, log_level=0)  # a vocabulary of single bytes
    matcher.compute_logit_bias()  # only now it knows whether anything matches
    return "no text matches it" if matcher.is_error() else ""


def _cause(told: str) -> str:
    """The library's own words, without the grammar that it shows around them."""
    named = re.search(r"error: (.+)", told) or re.search(r"\(in regex\): ([^;\n]+)", told)
    return named[1] if named else told.splitlines()[0]
