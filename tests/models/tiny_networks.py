"""What the tiny networks of tests are put together from: nodes, random weights, lists of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FLOAT, INT32, INT64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
Port: TypeAlias = tuple[str, int, Sequence[int | str]]
"""Name, type and shape of an input or output."""

MELS, STACKED = 80, 7
WIDTH = 16
HAN = "的一是不了人我在有他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么"
WORDS = ("hello", "world", "good", "yes", "no", "river", "rain")


class Graph:
    """A network put together node by node; constants are named by what they are for."""

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def __call__(self, kind: str, *inputs: str, output: str = "", **attributes: object) -> str:
        """Add a node with one output, and name that output."""
        name = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, value: object, kind: type[np.generic] = np.float32) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, kind), name))
        return name

    def save(
        self, path: Path, inputs: Iterable[Port], outputs: Iterable[Port], metadata: Mapping[str, object] | None = None
    ) -> None:
        ports = [[helper.make_tensor_value_info(*port) for port in side] for side in (inputs, outputs)]
        graph = helper.make_graph(self._nodes, "tiny", ports[0], ports[1], self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        helper.set_model_props(model, {key: str(value) for key, value in (metadata or {}).items()})
        path.parent.mkdir(parents=True, exist_ok=True)
        onnx.save(model, str(path))


def random_values(*shape: int, seed: int = 7) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def contrasts(*shape: int) -> NDArray[np.float32]:
    """Random weights that react to differences between inputs and not to how loud all of them are."""
    weights = random_values(*shape)
    return weights - weights.mean(axis=0)


def listed(values: Iterable[object]) -> str:
    return ",".join(str(value) for value in values)


def write_tokens(folder: Path, tokens: Sequence[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = "".join(f"{token} {index}\n" for index, token in enumerate(tokens))
    (folder / "tokens.txt").write_text(text, "utf-8")


def only_words(tokens: Sequence[str], specials: int) -> NDArray[np.float32]:
    """A bias that keeps the first `specials` tokens from ever being chosen."""
    bias = np.zeros(len(tokens), np.float32)
    bias[:specials] = -1e4
    return bias


def labour(graph: Graph, value: str, products: int) -> str:
    """The same value, after some work that depends on it, so that it cannot be left out or done in advance."""
    size = 768
    first = graph("ReduceMean", value, keepdims=0)
    made = graph("Add", graph.constant(random_values(size, size) / size**0.5), first)
    weights = graph.constant(random_values(size, size, seed=8) / size**0.5)
    for _ in range(products):
        made = graph("Tanh", graph("MatMul", made, weights))
    nothing = graph("Mul", graph("ReduceMean", made, keepdims=0), graph.constant(0.0))
    return graph("Add", value, nothing)
