"""The compiled passes; all else about the project stands in pyproject.toml."""

from setuptools import Extension, setup

ENGINE = "src/farfield/engine"

setup(
    ext_modules=[
        Extension(
            "farfield.engine._compiled",
            [f"{ENGINE}/{name}.c" for name in ("compiled", "attention", "attention_backward")],
            depends=[f"{ENGINE}/{name}.h" for name in ("attention", "lanes", "processors")],
            extra_compile_args=["-O3", "-ffast-math", "-fno-finite-math-only", "-fopenmp", "-Wno-psabi"],
            extra_link_args=["-fopenmp", "-lm"],
            # Where nothing can compile it the installation goes on without it, and tensor operations do the same.
            optional=True,
        )
    ]
)
