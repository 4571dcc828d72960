"""A server on this machine that speaks as much of Hugging Face, ModelScope, GitHub's releases and of the registries of
Python's and npm's packages as a download needs.

It misbehaves on request: answers other statuses, breaks off, knows no ranges, is slow or silent, sends other bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import ssl
import sys
import tarfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs, unquote, urlsplit

COMMIT = "c0ffee" + "0" * 34


@dataclass(frozen=True)
class Asked:
    """One request; `begin` is where its range starts, `sample` whether it has an end."""

    method: str
    path: str
    begin: int = 0
    sample: bool = False


@dataclass
class Faults:
    """What goes wrong with a file, by its path; each entry of a list is used up by one answer.

    statuses: sent instead. cuts: bytes after which the connection breaks. plain: knows no ranges. slow_s: wait between
    kilobytes. silent: says nothing more after so many bytes, until the server ends. wrong: other bytes in place of the
    content. etags: what the file is tagged with. no_head: statuses that HEAD is answered with, always.
    """

    statuses: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    cuts: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    plain: set[str] = field(default_factory=set)
    slow_s: dict[str, float] = field(default_factory=dict)
    silent: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    etags: dict[str, str] = field(default_factory=dict)
    no_head: dict[str, int] = field(default_factory=dict)


@dataclass
class HubServer:
    """Its content. repositories: path to bytes, by name; releases: asset to bytes, by "owner/name/tag".

    wheels: file to bytes, by name of the Python package; told as HTML where `html` is set, and as JSON else. tarballs: bytes
    by "name/version" of the npm package. login: "Authorization" without which packages are refused.
    """

    address: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    releases: dict[str, dict[str, bytes]] = field(default_factory=dict)
    wheels: dict[str, dict[str, bytes]] = field(default_factory=dict)
    tarballs: dict[str, bytes] = field(default_factory=dict)
    html: bool = False
    files_at: str = ".."
    """Where an index says that files are; by itself, beside it."""
    pages: dict[str, str] = field(default_factory=dict)
    """What is answered to paths as JSON, instead of the truth."""
    busy: dict[str, list[int]] = field(default_factory=dict)
    """Statuses that paths are answered with first."""
    loops: set[str] = field(default_factory=set)
    """Paths that redirect to themselves."""
    login: str = ""
    logins: list[str] = field(default_factory=list)
    """Those that clients showed."""
    over: Event = field(default_factory=Event)
    faults: Faults = field(default_factory=Faults)
    asked: list[Asked] = field(default_factory=list)
    elsewhere: str = ""
    """Where releases redirect to, instead of to another path of this server."""

    def fetched(self, name: str) -> list[int]:
        """Where the answered requests for the content of a file began, but for those of its beginning alone."""
        content = (asked for asked in self.asked if asked.method == "GET" and not asked.sample)
        return [asked.begin for asked in content if asked.path.endswith("/" + name)]


@contextmanager
def hub_server(tls: ssl.SSLContext | None = None) -> Iterator[HubServer]:
    """A server that lives as long as the context; with `tls` one that speaks https."""
    hub = HubServer()
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = _Server(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    hub.address = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def archive(files: Mapping[str, bytes], mode: str = "w:bz2") -> bytes:
    """A tar of these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as tar:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def wheel(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def git_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that are killed are what the tests are about."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_details: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        if path in self.hub.loops:
            self._text("", "text/plain", 302, {"Location": path})
            return
        if self.hub.busy.get(path):
            self._json({}, self.hub.busy[path].pop(0))
            return
        if path in self.hub.pages:
            self._text(self.hub.pages[path], "application/vnd.pypi.simple.v1+json")
            return
        match path.strip("/").split("/"):
            case ["api", "models", owner, name, "revision", _]:
                self._model_info(f"{owner}/{name}")
            case ["api", "models", owner, name, "tree", _, *_]:
                self._model_tree(f"{owner}/{name}")
            case ["api", "v1", "models", owner, name, "repo", "files"]:
                self._listed(f"{owner}/{name}")
            case ["api", "v1", "models", owner, name, "repo"]:
                self._file(f"{owner}/{name}", parse_qs(parts.query)["FilePath"][0])
            case ["api", *_]:
                self._json({}, 404)
            case ["simple" | "npm" | "files", *_] if not self._let_in():
                self._json({"error": "who are you?"}, 401)
            case ["simple", name]:
                self._simple_index(name)
            case ["npm", name, version]:
                there = f"{name}/{version}" in self.hub.tarballs
                tarball = f"{self.hub.address}/files/{name}-{version}.tgz"
                self._json({"dist": {"tarball": tarball}} if there else {}, 200 if there else 404)
            case ["files", file]:
                self._content(file, self._package(file))
            case [owner, name, "releases", "download", tag, asset]:
                self._redirect(f"{owner}/{name}/{tag}/{asset}")
            case ["objects", owner, name, tag, asset]:
                self._content(asset, self.hub.releases.get(f"{owner}/{name}/{tag}", {}).get(asset))
            case [owner, name, "resolve", _, *file]:
                self._file(f"{owner}/{name}", "/".join(file))
            case _:
                self._json({"error": "not found"}, 404)

    # --- Listings ---

    def _model_info(self, repository: str) -> None:
        files = self.hub.repositories.get(repository)
        if files is None:
            self._json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
            return
        siblings = [
            {"rfilename": path, "size": len(content), **self._hashes(path, content)} for path, content in files.items()
        ]
        self._json(
            {"id": repository, "modelId": repository, "sha": COMMIT, "private": False, "tags": [], "siblings": siblings}
        )

    def _model_tree(self, repository: str) -> None:
        files = self.hub.repositories[repository]
        rows = []
        for path, content in files.items():
            hashes = self._hashes(path, content)
            row = {"type": "file", "path": path, "size": len(content), "oid": hashes["blobId"]}
            if "lfs" in hashes:
                row["lfs"] = {"oid": sha(content), "size": len(content), "pointerSize": 130}
            rows.append(row)
        self._json(rows)

    def _hashes(self, path: str, content: bytes) -> dict[str, object]:
        lfs = {"sha256": sha(content), "size": len(content), "pointerSize": 130}
        return {"blobId": git_id(content), **({"lfs": lfs} if path.endswith((".onnx", ".pt")) else {})}

    def _listed(self, repository: str) -> None:
        files = self.hub.repositories.get(repository)
        if files is None:
            self._json({"Code": 10010205001, "Message": "not found", "Success": False}, 404)
            return
        rows = [
            {
                "Path": path,
                "Name": path.rpartition("/")[2],
                "Size": len(content),
                "Sha256": sha(content),
                "Type": "blob",
            }
            for path, content in files.items()
        ]
        self._json({"Code": 200, "Success": True, "Data": {"Files": rows}})

    # --- Packages ---

    def _let_in(self) -> bool:
        self.hub.logins.append(shown := self.headers.get("Authorization", ""))
        return self.hub.login in ("", shown)

    def _package(self, file: str) -> bytes | None:
        wheels = {name: content for files in self.hub.wheels.values() for name, content in files.items()}
        tarballs = {f"{name.replace('/', '-')}.tgz": content for name, content in self.hub.tarballs.items()}
        return {**wheels, **tarballs}.get(file)

    def _files(self) -> str:
        return f"{'../..' if self.hub.files_at == '..' else self.hub.files_at}/files"

    def _simple_index(self, name: str) -> None:
        files = self.hub.wheels.get(name)
        if files is None:
            self._json({}, 404)
        elif self.hub.html:
            links = (
                f'<a href="{self._files()}/{file}#sha256={sha(content)}">{file}</a>' for file, content in files.items()
            )
            self._text(f"<!DOCTYPE html><html><body>{''.join(links)}</body></html>", "text/html")
        else:
            rows = [
                {"filename": file, "url": f"{self._files()}/{file}", "hashes": {"sha256": sha(content)}}
                for file, content in files.items()
            ]
            told = json.dumps({"meta": {"api-version": "1.0"}, "name": name, "files": rows})
            self._text(told, "application/vnd.pypi.simple.v1+json")

    # --- Files ---

    def _file(self, repository: str, path: str) -> None:
        self._content(path, self.hub.repositories.get(repository, {}).get(path))

    def _redirect(self, asset: str) -> None:
        self.send_response(302)
        self.send_header("Location", (self.hub.elsewhere or self.hub.address) + f"/objects/{asset}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _content(self, name: str, content: bytes | None) -> None:
        faults, asked = self.hub.faults, self.headers.get("Range")
        first, _, last = (asked or "").removeprefix("bytes=").partition("-")
        begin = int(first or 0)
        etag = faults.etags.get(name, f'"{sha(content or b"")}"')
        if self.headers.get("If-Range", etag) != etag or name in faults.plain:
            begin, asked = 0, None
        self.hub.asked.append(Asked(self.command, f"/{name}", begin, bool(last)))
        if self.command == "GET" and faults.statuses[name]:
            self._json({}, faults.statuses[name].pop(0))
            return
        if self.command == "HEAD" and name in faults.no_head:
            self._json({}, faults.no_head[name])
            return
        if content is None:
            self._json({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
            return
        if self.command == "GET" and faults.wrong[name]:
            content = faults.wrong[name].pop(0)
        if begin and begin >= len(content):
            self._json({}, 416)
            return
        total, sent = len(content), content[begin : int(last) + 1 if asked and last else len(content)]
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(sent)))
        self.send_header("ETag", etag)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("X-Repo-Commit", COMMIT)
        if asked:
            self.send_header("Content-Range", f"bytes {begin}-{begin + len(sent) - 1}/{total}")
        self.end_headers()
        if self.command == "GET":
            self._send(name, sent)

    def _send(self, name: str, content: bytes) -> None:
        faults = self.hub.faults
        if name in faults.silent:
            self.wfile.write(content[: faults.silent[name]])
            self.wfile.flush()
            self.hub.over.wait(60)
            self.close_connection = True
            return
        cut = faults.cuts[name].pop(0) if faults.cuts[name] else len(content)
        pause = faults.slow_s.get(name, 0.0)
        try:
            for at in range(0, cut, 1024) if pause else [0]:
                self.wfile.write(content[at : min(at + 1024, cut)] if pause else content[:cut])
                self.wfile.flush()
                time.sleep(pause)
        except OSError:  # the other side has left
            self.close_connection = True
        if cut < len(content):
            self.close_connection = True

    def _json(self, value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self._text(json.dumps(value), "application/json", status, headers)

    def _text(self, text: str, kind: str, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
