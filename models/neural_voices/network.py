"""onnxruntime: a network of a folder of weights, run on a few threads and in its turn."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from models.neural_voices.computing import Cancellation, Places
from pipeline.errors import EngineError, EngineUnavailable


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def weights_folder(path: str, engine: str, example: str) -> Path:
    """The folder with the weights. Raises `EngineUnavailable`, which tells how to get those of the entry `example`."""
    folder = Path(path).resolve()
    if not path or not folder.is_dir():
        wanted = f"The folder {folder.name} is missing" if path else "No weights are named"
        raise EngineUnavailable(f"{wanted}: python3 run.py models pull {example}.", engine=engine)
    return folder


class Network:
    """One ONNX file, shared by all sessions."""

    def __init__(self, model: Path | bytes, name: str, *, threads: int, places: Places, engine: str) -> None:
        """`name` is the file's, for messages. Raises `EngineUnavailable`."""
        self._engine, self._places = engine, places
        try:
            self._onnx = import_module("onnxruntime")
        except ImportError as error:
            raise EngineUnavailable(
                f"The package onnxruntime is missing: python3 run.py models pull {engine}.", engine=engine
            ) from error
        options = self._onnx.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.log_severity_level = 3  # errors; it warns of what the publishers' exporters leave in their files
        # Threads that spin while they wait for work take cores from recognition.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            source = model if isinstance(model, bytes) else str(model)
            self._session = self._onnx.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have nothing else in common
            raise EngineUnavailable(
                f"{name} cannot be loaded; python3 run.py models verify tells whether it is whole.", engine=engine
            ) from error
        self._inputs = frozenset(port.name for port in self._session.get_inputs())

    def run(
        self, inputs: Mapping[str, Any], cancellation: Cancellation, outputs: Sequence[str] | None = None
    ) -> list[Any]:
        """The outputs, all or those that are named; of the inputs it is given those that it takes.

        Raises `EngineBusy`, and `EngineError` also where it is cancelled.
        """
        given = {name: value for name, value in inputs.items() if name in self._inputs}
        options = self._onnx.RunOptions()

        def end() -> None:
            options.terminate = True

        with self._places.place(cancellation):
            try:
                with cancellation.ending(end):
                    made: list[Any] = self._session.run(outputs, given, options)
            except Exception as error:  # as above
                why = "was cancelled" if cancellation.cancelled else "cannot be spoken"
                raise EngineError(f"The clause {why}.", engine=self._engine) from error
        return made
