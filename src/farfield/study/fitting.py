"""Which training rows fit `max_length`, with the most demos that any arm may show them with."""

from collections.abc import Sequence

from farfield.data import Demos, Example
from farfield.prompts import Prompter, TokenizerLike
from farfield.spec import StudySpec
from farfield.study.forms import longest
from farfield.study.tasks import Fits

__all__ = ["fits_of"]


def fits_of(study: StudySpec, name: str, tokenizer: TokenizerLike) -> Fits:
    """Whether a training row fits `max_length` in the prompt of the arm with the most demos."""
    recipe, task = study.training, study.tasks[name]
    trained = [arm for arm in study.arms.values() if arm.trained]
    searched = max((shots for arm in trained for shots in arm.searched_shots(task.shots)), default=0)
    prompters = [Prompter(tokenizer, task, study.protocol(name), number) for number in range(len(task.prompts))]

    def fits(example: Example, demos: Demos, pool: Sequence[Example]) -> bool:
        if recipe is None:
            return True
        asked = [(prompters[0], demos.shown(example, study.most_demos))]
        if searched:
            asked += [(prompter, longest(pool, searched)) for prompter in prompters]
        return all(_short(prompter, example, shown, recipe.max_length) for prompter, shown in asked)

    return fits


def _short(prompter: Prompter, example: Example, shown: Sequence[Example], limit: int) -> bool:
    text = prompter.text(example, shown) + example.target
    # A token is at least a byte: most rows are short enough to be sure of without tokenising them.
    if len(text.encode()) + 16 <= limit and not prompter.protocol.chat:
        return True
    return len(prompter.lesson(example, shown)[0]) <= limit
