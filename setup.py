"""The compiled passes; all else about the project stands in pyproject.toml."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "farfield.engine._compiled",
            ["src/farfield/engine/compiled.c", "src/farfield/engine/attention.c"],
            depends=["src/farfield/engine/lanes.h", "src/farfield/engine/processors.h"],
            extra_compile_args=["-O3", "-ffast-math", "-fno-finite-math-only", "-fopenmp", "-Wno-psabi"],
            extra_link_args=["-fopenmp", "-lm"],
            # Where nothing can compile it the installation goes on without it, and tensor operations do the same.
            optional=True,
        )
    ]
)
