"""What a file is, by what is in it."""

from __future__ import annotations

import os
import time

import pytest

from server.files.types.by_content import HEAD_BYTES, TAIL_BYTES, content_type
from tests.server.files.types.samples import SAMPLES, Sample, zipped


def told(sample: Sample) -> str:
    content = sample.content
    return content_type(content[:HEAD_BYTES], content[HEAD_BYTES:][-TAIL_BYTES:], len(content), sample.name)


@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_is_what_is_in_it(kind: str) -> None:
    assert told(SAMPLES[kind]) == SAMPLES[kind].type


def test_an_office_file_is_known_by_the_list_at_its_end() -> None:
    content = zipped(
        *(f"customXml/{number:0200}.xml" for number in range(800)), "[Content_Types].xml", "word/document.xml"
    )

    assert content.find(b"word/") > HEAD_BYTES
    assert told(Sample(content, "")).endswith("wordprocessingml.document")


def test_no_content_is_ever_taken_for_a_script_or_a_style_sheet() -> None:
    types = {told(sample) for sample in SAMPLES.values()}

    assert not {kind for kind in types if kind.endswith(("javascript", "ecmascript", "css"))}


HOSTILE = (b"<!--", b"<!---->", b"<!doctype [", b"<?x", b'["', b'[\\"', b" ", b"{", b"PK\3\4" + b"w" * 40)


@pytest.mark.parametrize("piece", HOSTILE, ids=ascii)
def test_hostile_text_is_told_apart_in_a_moment(piece: bytes) -> None:
    begun = time.process_time()
    told(Sample(piece * (2 * HEAD_BYTES // len(piece)), ""))

    assert time.process_time() - begun < 1


def test_random_bytes_are_hardly_ever_taken_for_something() -> None:
    known = [told(Sample(os.urandom(3000), "")) for _ in range(3000)]

    assert sum(kind != "application/octet-stream" for kind in known) < 9
