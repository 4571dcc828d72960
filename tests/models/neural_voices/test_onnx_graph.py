from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx, which builds tiny networks, is not installed (requirements-dev.txt)")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

import onnx
import onnxruntime

from models.neural_voices.onnx_graph import part_of, with_output
from tests.models.tiny_networks import FLOAT, Graph


@pytest.fixture
def model(tmp_path: Path) -> bytes:
    """twice = 2 x; more = twice + y; squared = more * more."""
    graph = Graph()
    graph("Mul", "x", graph.constant(2.0), output="twice")
    graph("Add", "twice", "y", output="more")
    graph("Mul", "more", "more", output="squared")
    graph.save(tmp_path / "tiny.onnx", [("x", FLOAT, ("N",)), ("y", FLOAT, ("N",))], [("squared", FLOAT, ("N",))])
    return (tmp_path / "tiny.onnx").read_bytes()


def run(model: bytes, **inputs: float) -> dict[str, float]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    given = {name: np.array([value], np.float32) for name, value in inputs.items()}
    return {port.name: made[0] for port, made in zip(session.get_outputs(), session.run(None, given), strict=True)}


def test_a_network_in_two_halves_gives_what_it_gives_whole(model: bytes) -> None:
    first, second = part_of(model, (), ("twice",)), part_of(model, ("twice",), ("squared",))

    assert run(first, x=3.0) == {"twice": 6.0}
    assert run(second, twice=6.0, y=1.0) == run(model, x=3.0, y=1.0) == {"squared": 49.0}


def test_what_a_half_does_not_need_is_not_in_it(model: bytes) -> None:
    half = onnx.load_from_string(part_of(model, ("more",), ("squared",)))

    assert (len(half.graph.node), len(half.graph.initializer), [port.name for port in half.graph.input]) == (
        1,
        0,
        ["more"],
    )


def test_an_inner_value_is_given_out_too(model: bytes) -> None:
    assert run(with_output(model, "more"), x=3.0, y=1.0) == {"squared": 49.0, "more": 7.0}


@pytest.mark.parametrize("inputs", [("nobody",), ()])
def test_a_value_that_is_not_there_is_named(model: bytes, inputs: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="nobody"):
        part_of(model, inputs, ("squared",) if inputs else ("nobody",))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.99])
def test_a_file_that_is_cut_short_is_refused(model: bytes, share: float) -> None:
    with pytest.raises(ValueError, match=r"cut short|no ONNX file|there is no value"):
        part_of(model[: int(len(model) * share)], (), ("squared",))
