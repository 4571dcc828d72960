"""Reports that are taken along, as Markdown and as PDF, in both languages."""

from __future__ import annotations

from typing import Any, get_args

import httpx2
import pypdfium2
import pytest

from pipeline.practice.measures.definitions import Definition
from server.practice.exporting.document import About, Document, Part, document_of
from server.practice.exporting.markdown import markdown_of
from server.practice.exporting.pdf import pdf_of
from server.practice.exporting.texts import BLANK, all_texts
from server.practice.report.answers import Reason
from server.settings.keeping import StorageSettings
from tests.server.accounts.people import browser, register, serving_on
from tests.server.practice.reports import NOON, a_report, keep_report

PACE = Definition(
    "pace", "measures", "Pace", "words/min", 0, "Words in a minute.", "words / min", "T & A 1990", "Speed is no aim."
)


def document(language: str = "en", parts: dict[str, Any] | None = None, title: str = "In a café") -> Document:
    about = About(title, language, "2027-01-15 08:00", 9, NOON)
    contents = a_report() if parts is None else parts
    made = {name: one if isinstance(one, Part) else Part("ready", one, "rules") for name, one in contents.items()}
    return document_of(about, made, {"pace": PACE})


def text_of(pdf: bytes) -> str:
    """What is read in a PDF, its lines joined."""
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join(page.get_textpage().get_text_range() for page in pages).replace("\r\n", " ")


def ink_of(pdf: bytes) -> float:
    """How much of the first page is not white."""
    page = pypdfium2.PdfDocument(pdf)[0].render(scale=1).to_numpy()
    return float((page < 128).mean())


def test_a_report_begins_with_what_to_do_next_and_ends_with_what_the_numbers_mean() -> None:
    written = markdown_of(document())
    headings = [line[3:] for line in written.splitlines() if line.startswith("## ")]

    assert headings == [
        "What to do next",
        "How you spoke",
        "Your words",
        "What would be said otherwise",
        "How well you were understood",
        "Your answers",
        "How the answers were",
        "What the numbers mean",
    ]
    assert "### 1. Say the result.\n\nWhy: No answer had one.\n\n- “I wrote a test.” (1:12)" in written
    assert "- Pace: 121 words/min (from 40; last time 118)" in written
    assert "- pauses: too little to measure" in written
    assert "- goed → went" in written
    assert "- Task: not found" in written
    assert "### Structure: 2 to 3 of 5" in written
    assert "Source: T \\& A 1990" in written


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_pdf_says_what_the_markdown_says(language: str) -> None:
    report = document(language, title="咖啡馆 In a café")
    read = "".join(text_of(pdf_of(report)).split())

    missing = [block.text for block in report.blocks if "".join(block.text.split()) not in read]
    assert missing == []
    assert "".join(report.title.split()) in read


def test_chinese_in_a_pdf_is_drawn_and_not_only_named() -> None:
    empty = pdf_of(document("zh", {}, title=""))
    full = pdf_of(document("zh", {"next": {"items": [{"text": "说出结果。" * 60, "why": "", "clips": []}]}}))

    assert ink_of(full) > ink_of(empty) + 0.01


def test_the_same_report_is_the_same_file() -> None:
    assert pdf_of(document()) == pdf_of(document())


HOSTILE = "# <script>alert(1)</script> **bold** [x](javascript:1) | a\n- b\x00\u202e 😀 \ud83d" + "&lt;" * 30


def test_what_was_said_is_neither_markup_nor_a_new_line() -> None:
    said = [HOSTILE, "- no list", "1. no list", "= no heading", "+ no list", "```", "    no code"]
    written = markdown_of(document(parts={"next": {"items": [{"text": "x", "why": text} for text in said]}}))

    assert "\\# \\<script\\>" in written
    assert "\\*\\*bold\\*\\*" in written
    assert "\\&lt;" in written
    alone = document(
        parts={"mistakes": {"groups": [], "better": [], "per_100": None}, "rubric": {"impression": {"text": "1. a"}}}
    )
    assert "\n\n1\\. a\n" in markdown_of(alone)


def test_every_text_is_there_in_both_languages_with_the_same_blanks() -> None:
    blanks = {key: {of: sorted(BLANK.findall(text)) for of, text in one.items()} for key, one in all_texts().items()}

    assert [key for key, one in blanks.items() if set(one) != {"en", "zh"} or one["en"] != one["zh"]] == []
    assert set(get_args(Reason)) - {""} <= {key.removeprefix("reason.") for key in blanks}


def test_what_was_said_may_look_like_a_blank() -> None:
    item = {"said": "{better}", "better": "{said}", "reason": "", "clip": {}, "hinders": False}
    group = {"kind": "k", "label": "{count}", "count": 1, "previous": None, "items": [item]}
    written = markdown_of(document(parts={"mistakes": {"groups": [group], "better": [], "per_100": None}}))

    assert "\\{better\\} → \\{said\\}" in written


def test_no_text_breaks_a_pdf() -> None:
    items = [{"text": HOSTILE.replace("\ud83d", ""), "why": "w" * 5_000, "clips": []}] * 20
    read = text_of(pdf_of(document(parts={"next": {"items": items}})))

    assert "<script>alert(1)</script>" in read


def test_a_report_without_end_makes_a_document_of_a_bounded_size() -> None:
    items = [{"text": "so " * 50_000, "why": "", "clips": []}] * 5_000
    report = document(parts={"next": {"items": items}})

    assert len(report.blocks) <= 1_500
    assert max(len(block.text) for block in report.blocks) <= 4_000


def test_what_is_missing_or_not_ready_says_so_and_why() -> None:
    parts = {"questions": Part("missing", {}, reason="no_language_model"), "next": Part("waiting", {})}
    written = markdown_of(document(parts=parts))

    assert "Missing: no language model is connected." in written
    assert "This part is not ready yet." in written
    assert "还没有报告" in markdown_of(document("zh", {}))


async def test_a_report_is_taken_along_by_its_owner_alone(storage: StorageSettings) -> None:
    async with serving_on(storage) as server, browser(server) as ann, browser(server) as ben:
        id = (await register(ann, "ann@example.org"))["account"]["id"]
        await register(ben, "ben@example.org")
        await keep_report(server.app.state.services.database, id, own_language="zh")
        address = "/api/practices/prac_1/report/export"
        markdown = await ann.get(address)
        pdf = await ann.get(address, params={"format": "pdf"})
        bens = await ben.get(address, params={"format": "pdf"})

    assert markdown.text.startswith("# 练习：In a café\n")
    assert "attachment" in markdown.headers["Content-Disposition"]
    assert "接下来做什么" in text_of(pdf.content)
    assert pdf.headers["Content-Type"] == "application/pdf"
    assert bens.status_code == 404
    assert isinstance(pdf, httpx2.Response)
