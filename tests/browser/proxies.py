"""Real proxies between the browser and a server, with what docs/deployment.md says, or what people have instead."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")
OPENSSL = shutil.which("openssl")

DEPLOYMENT = Path(__file__).parents[2] / "docs" / "deployment.md"
START_S = 20.0

AROUND_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {server}
}}
"""


def documented(language: str) -> list[str]:
    """The configurations of docs/deployment.md that are written in `language`, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DEPLOYMENT.read_text("utf-8"), re.MULTILINE | re.DOTALL)


@contextmanager
def nginx(folder: Path, server: str, upstream: str) -> Iterator[str]:
    """nginx as this user, with a `server` block; it is at the address `HOST:PORT` on this machine."""
    certificate, key = certificate_in(folder)
    port = free_port()
    server = re.sub(r"listen [^;]*?( ssl)?;", rf"listen 127.0.0.1:{port}\1;", server)
    server = re.sub(r"ssl_certificate [^;]*;", f"ssl_certificate {certificate};", server)
    server = re.sub(r"ssl_certificate_key [^;]*;", f"ssl_certificate_key {key};", server)
    written = folder / "nginx.conf"
    written.write_text(AROUND_NGINX.format(folder=folder, server=server.replace("http://127.0.0.1:7210", upstream)))
    with running([str(NGINX), "-p", str(folder), "-c", str(written), "-e", str(folder / "nginx.log")], port):
        yield f"127.0.0.1:{port}"


@contextmanager
def caddy(folder: Path, site: str, upstream: str) -> Iterator[str]:
    """Caddy likewise, with a site and a certificate of its own making."""
    certificate, key = certificate_in(folder)
    port = free_port()
    block = site.split("{", 1)[1].replace("127.0.0.1:7210", upstream.removeprefix("http://"))
    written = folder / "Caddyfile"
    options = "{\nadmin off\nauto_https off\n}\n"
    written.write_text(f"{options}https://:{port} {{\nbind 127.0.0.1\ntls {certificate} {key}\n{block}")
    with running([str(CADDY), "run", "--config", str(written), "--adapter", "caddyfile"], port, home=folder):
        yield f"127.0.0.1:{port}"


@contextmanager
def running(command: Sequence[str], port: int, home: Path | None = None) -> Iterator[None]:
    """A proxy that takes connections at `port`, until the block ends."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(home)} if home else None
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        deadline = monotonic() + START_S
        while not takes_connections(port):
            assert process.poll() is None, process.communicate()[1].decode()
            assert monotonic() < deadline, "it does not listen"
            sleep(0.02)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=START_S)


def takes_connections(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def certificate_in(folder: Path) -> tuple[Path, Path]:
    """A certificate that nobody has signed, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    kind = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=kaikou.test",
    ]
    command = [str(OPENSSL), "req", "-x509", *kind, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True, timeout=START_S)
    return certificate, key
