"""What is written in documents that were dropped, and what is said of those that are hostile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from time import monotonic

import httpx2
import pytest
import pytest_asyncio

from pipeline.errors import KaikouError
from server.characters.transfer.worker_slots import WorkerSlots
from server.documents.documents import LARGEST, Documents
from server.documents.text import MOST
from tests.server.accounts.people import outcome
from tests.server.documents.made import docx, locked_pdf, paragraph, pdf
from tests.serving import Serving, serving

MARKUP = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
BOX = f"<mc:AlternateContent {MARKUP}><mc:Choice>{paragraph('Box')}</mc:Choice><mc:Fallback>{paragraph('Box')}</mc:Fallback>"
PAGE = """<!doctype html><html><head><title>Jobs</title><style>p {color: red}</style></head><body>
<script>alert("<p>no</p>")</script><h1>Baker</h1><p>We <b>bak</b>e &amp; sell.<ul><li>Oven<li>Bread</ul></body>"""


async def read(content: bytes, name: str = "cv", **how: float) -> str:
    return (await Documents(**how).read(content, name)).text  # type: ignore[arg-type]


async def refused(content: bytes, name: str = "cv", **how: float) -> str:
    """The code of the error."""
    with pytest.raises(KaikouError) as raised:
        await Documents(**how).read(content, name)  # type: ignore[arg-type]
    return raised.value.code


@pytest.mark.parametrize(
    ("content", "name", "text"),
    [
        (pdf("Jo Crumb", "Baker, 2019"), "cv.pdf", "Jo Crumb\n\nBaker, 2019"),
        (pdf("Jo Crumb"), "a page.html", "Jo Crumb"),
        (locked_pdf("Only printing is forbidden", ""), "cv.pdf", "Only printing is forbidden"),
        (docx(paragraph("Jo ", "Crumb") + paragraph("Baker")), "cv.docx", "Jo Crumb\nBaker"),
        (docx("<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:delText>c</w:delText></w:r></w:p>"), "", "a b"),
        (docx(paragraph("Before") + BOX + "</mc:AlternateContent>"), "", "Before\nBox"),
        (PAGE.encode(), "advert.html", "Baker\n\nWe bake & sell.\n\nOven\nBread"),
        ("# Jo\r\n\r\n\r\n\r\n- Baker \u200b\x85".encode(), "cv.md", "# Jo\n\n- Baker"),
        ("简历：面包师".encode("gb18030") * 20, "cv.txt", "简历：面包师" * 20),
        ("\ufeff简历".encode("utf-16-le"), "cv.txt", "简历"),
    ],
)
async def test_the_text_of_a_document_is_read_by_what_is_in_it(content: bytes, name: str, text: str) -> None:
    assert await read(content, name) == text


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (pdf("", ""), "no_text"),
        (b"   \n\n", "no_text"),
        (locked_pdf("secret", "word"), "document_encrypted"),
        (pdf("x")[:200], "document_broken"),
        (b"%PDF-1.4 nothing", "document_broken"),
        (docx("<w:p>"), "document_broken"),
        (docx(paragraph("x")).replace(b"word/document.xml", b"word/documents.xm"), "document_broken"),
        (docx(paragraph("&a;"), "<!DOCTYPE w [<!ENTITY a 'aaaa'>]>"), "document_broken"),
        (docx(paragraph("x"), "<!DOCTYPE w SYSTEM 'file:///etc/passwd'>"), "document_broken"),
        (docx("<w:p/>" + "<!-- -->" * 6_000_000), "document_too_large"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "document_type"),
        (b"PK\3\4" + b"\0" * 100, "document_type"),
        (b"\0\1\2\3" * 100, "document_type"),
    ],
)
async def test_what_cannot_be_read_is_told_by_a_code(content: bytes, code: str) -> None:
    assert len(content) < LARGEST
    assert await refused(content) == code


BOMB_XML = "<!DOCTYPE w [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "content",
    [
        pdf("x", kids="2 0 R"),
        pdf("x", content=b" " * 200_000_000),
        pdf("x", content=b"BT (a) Tj ET " * 3_000_000),
        docx(paragraph("&i;"), BOMB_XML + "]>"),
        docx("<w:p>" * 3_000_000),
    ],
    ids=["a ring of pages", "200 MB of blanks", "3 million words", "entities", "elements in elements"],
)
async def test_a_bomb_is_over_within_the_bounds_and_the_server_goes_on(content: bytes) -> None:
    began, late = monotonic(), list[float]()

    async def watch() -> None:
        while True:
            at = monotonic()
            await asyncio.sleep(0.05)
            late.append(monotonic() - at - 0.05)

    watching = asyncio.ensure_future(watch())
    try:
        text = await read(content, read_s=2.0)
        assert len(text) <= MOST
    except KaikouError as error:
        assert error.code.startswith("document_") or error.code == "no_text"  # noqa: PT017
    finally:
        watching.cancel()
    assert monotonic() - began < 10
    assert max(late) < 1.0


async def test_one_that_takes_too_long_is_ended() -> None:
    assert await refused(pdf("x"), read_s=0.01) == "document_too_slow"


async def test_what_is_longer_is_cut() -> None:
    documents = Documents()
    many = await documents.read(pdf(*(f"Page {number}" for number in range(60))), "cv.pdf")
    assert many.cut
    assert many.text.endswith("Page 49")
    long = await documents.read(b"word " * 10_000, "cv.txt")
    assert (len(long.text), long.cut) == (MOST, True)
    assert not (await documents.read(b"word", "cv.txt")).cut


async def test_only_some_are_read_at_once() -> None:
    slots = WorkerSlots(at_once=1, wait_s=0.01)
    documents = Documents(slots)
    found = await asyncio.gather(*(documents.read(b"word", "cv.txt") for _ in range(3)), return_exceptions=True)
    assert sorted(getattr(one, "code", "read") for one in found) == ["overloaded", "overloaded", "read"]


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Serving]:
    async with serving(rate_costly=0) as running:
        yield running


async def test_a_document_is_sent_as_a_file_and_its_text_comes_back(server: Serving) -> None:
    async with httpx2.AsyncClient(base_url=f"{server.http}/api/practice/", timeout=30) as client:
        read = await client.post("documents", files={"file": ("Lebenslauf.pdf", pdf("Jo Crumb"), "text/plain")})
        scan = await client.post("documents", files={"file": ("scan.pdf", pdf(""), "application/pdf")})
        large = await client.post("documents", files={"file": ("a.txt", b"a" * (LARGEST + 1), "text/plain")})
        none = await client.post("documents", files={"other": (None, b"a")})
        json = await client.post("documents", json={"file": "a"})
    assert read.json()["data"] == {"text": "Jo Crumb", "cut": False}
    assert outcome(scan) == (400, "no_text")
    assert outcome(large) == (413, "file_too_large")
    assert outcome(none) == (400, "missing_required_parameter")
    assert outcome(json) == (415, "unsupported_media_type")
