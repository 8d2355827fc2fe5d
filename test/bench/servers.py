"""The servers that ours and theirs are turned on; all on loopback, each ended by its pid."""
import array
import contextlib
import socket
import subprocess
import time
from pathlib import Path

import processes

NGINX = """daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 16000; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ return 200 "0123456789"; }}
  }}
}}
"""


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def wait_until_open(port, server):
    for _ in range(200):
        if server.poll() is not None:
            raise RuntimeError(f"the server ended with {server.returncode} before it answered")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)
    raise RuntimeError("the server opened no port within 4 s")


@contextlib.contextmanager
def nginx(folder, core=None):
    """An nginx of the bench's own, ten bytes of body, never the system's service. Yields its port."""
    folder = Path(folder, "nginx")
    folder.mkdir(exist_ok=True)
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(NGINX.format(folder=folder, port=port))
    server = processes.start(["nginx", "-p", folder, "-c", config], core, stderr=subprocess.DEVNULL)
    try:
        wait_until_open(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


class Spoken:
    """A server of the tree, which says `word number` a line and ends when its input does."""

    def __init__(self, argv, core=None):
        self.process = processes.start(argv, core, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.said = {}
        word, number = self.process.stdout.readline().split()
        self.port = int(number)

    def end(self):
        """Everything it said; its instants are nanoseconds of CLOCK_MONOTONIC."""
        if self.process.returncode is None:
            self.process.stdin.close()
            lines = [line.split() for line in self.process.stdout]
            self.said = {word.decode(): int(number) for word, number in lines}
            self.process.wait()
        return self.said


@contextlib.contextmanager
def spoken(argv, core=None):
    server = Spoken(argv, core)
    try:
        yield server
    finally:
        server.end()


def stamps(path):
    """The instants at which requests reached a bench_server, in nanoseconds, in order."""
    instants = array.array("q")
    instants.frombytes(Path(path).read_bytes())
    return sorted(instants)
