"""The habits of the house, held by machine: public faces, sizes, names, and what must not stand in the tree."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import farfield

SOURCE = Path(farfield.__file__).parent
ROOT = SOURCE.parent.parent
MODULES = sorted(SOURCE.rglob("*.py"))
ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py"))


def _functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in named)


def test_there_is_a_house() -> None:
    assert len(MODULES) > 80
    assert set(ROOMS) == {
        "stats", "metrics", "spec", "data", "prompts", "models", "engine", "runs", "study", "findings", "report", "cli",
    }  # fmt: skip


@pytest.mark.parametrize("room", ROOMS)
def test_what_a_room_offers_stands_in_its_all(room: str) -> None:
    face = importlib.import_module(f"farfield.{room}")
    modules = {path.stem for path in (SOURCE / room).glob("*.py")} | {path.name for path in (SOURCE / room).iterdir()}
    public = {name for name in vars(face) if not name.startswith("_")} - modules
    assert public <= set(face.__all__)
    assert all(hasattr(face, name) for name in face.__all__)
    assert list(face.__all__) == sorted(set(face.__all__), key=_ruff_order)


def _ruff_order(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions, as the linter sorts them."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def test_the_top_offers_few_names_and_loads_them_late() -> None:
    assert set(farfield.__all__) == {"Results", "load_study", "open_results", "run"}
    assert all(callable(getattr(farfield, name)) for name in farfield.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = farfield.nothing
    script = "import sys, farfield; print(sorted({'torch', 'polars', 'pydantic'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_modules_and_functions_stay_small() -> None:
    long = [path.name for path in MODULES if path.read_text(encoding="utf-8").count("\n") > 400]
    assert long == []
    found = [(path, function) for path in MODULES for function in _functions(path)]
    assert len(found) > 400
    assert [f"{p.name}:{f.name}" for p, f in found if (f.end_lineno or 0) - f.lineno >= 60] == []
    # A command's options are its parameters: Typer reads them from the signature.
    wide = [f"{p.name}:{f.name}" for p, f in found if _arguments(f) > 7 and p.parent.name != "cli"]
    assert wide == []


def test_no_drawers_and_no_unfinished_work() -> None:
    assert {path.stem for path in MODULES} & {"utils", "util", "common", "helpers", "misc"} == set()
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "NotImplemented" + "Error")))
    texts = {path: path.read_text(encoding="utf-8") for path in (*MODULES, *ROOT.glob("tests/**/*.py"))}
    assert [str(path) for path, text in texts.items() if marks.search(text)] == []


def test_no_pickle_and_no_foreign_code() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\btorch\.(load|save)\(|\bimport pickle|trust_remote_code=True|weights_only", text), path


def test_every_public_name_has_a_docstring() -> None:
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        for node in tree.body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                assert ast.get_docstring(node), f"{path.name}: {node.name}"


def test_the_architecture_names_every_module() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    entries = {path.parent.name: path for path in SOURCE.glob("*/__init__.py")}
    assert all(f"{room}/" in text for room in entries)
    missing = [
        f"{path.parent.name}/{path.name}"
        for path in MODULES
        if path.parent != SOURCE and path.name != "__init__.py" and path.parent.name != "cli" and path.name not in text
    ]
    assert missing == []
