"""A team that leaves `muster serve` running, for tests: its folder, its settings and tokens, its server, and what it asks it."""
import http.client
import http.server
import json
import os
import re
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import openapi
from openapi import Broken, ask

STACK = """muster_stack: 1
stack: served
environment: lab
hosts: {here: {reach: local}}
vantages: {me: {host: here}}
"""

PLAYBOOK = """muster: 1
drill: one-page
title: A page that is away
stack: stack.yaml
vars:
  hold: {type: duration, default: 600ms, help: how long}
probes:
  readers:
    http: {url: "http://127.0.0.1:%(port)d/", timeout: 500ms}
    from: [me]
    rate: 10/s
    settle: 1s
steps:
  - baseline: 1500ms
  - inject: it
    fault:
      command:
        host: here
        apply: [touch, "%(file)s"]
        verify: [test, -e, "%(file)s"]
        undo: [rm, -f, "%(file)s"]
        verify_undone: [test, "!", -e, "%(file)s"]
  - hold: ${hold}
  - undo: it
  - hold: 1500ms
objectives:
  - {metric: failed_requests, probe: readers, max: 1000}
"""

SETTINGS = """muster_server: 1
time_zone: Europe/Berlin
lease: %(lease)s
%(more)sdrills:
  short:
    playbook: drill.yaml
    when: "%(when)s"
  long:
    playbook: drill.yaml
    set: {hold: 10m}
    when: "0 0 29 2 *"
    overdue: 1d
serve:
  port: 0
  requests_per_minute: 100000
  tokens:
%(tokens)s
"""

NEVER = "0 0 29 2 *"
LONG_AGO = 120.0  # no figure, only a bound that a busy machine keeps


class Page(http.server.BaseHTTPRequestHandler):
    """Answers 503 while the file is there."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(503 if self.server.file.exists() else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


class Answer:
    def __init__(self, status, body, headers):
        self.status, self.body, self.headers = status, body, headers

    def json(self):
        return json.loads(self.body)


def asked(request):
    try:
        with urllib.request.build_opener(NoRedirects).open(request, timeout=30) as answer:
            return Answer(answer.status, answer.read().decode(), answer.headers)
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.read().decode(), error.headers)


class Team:
    """A folder with a stack, a drill and settings; a server that is started, killed and started again. Whatever it answers
    is held against its OpenAPI document."""
    def __init__(self, muster, folder, when=NEVER, more="", lease="5s"):
        self.muster, self.folder = muster, Path(folder)
        self.file = self.folder / "away"
        self.page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        self.page.daemon_threads = True
        self.page.file = self.file
        threading.Thread(target=self.page.serve_forever, daemon=True).start()
        allow = self.folder / "allow.conf"
        allow.touch(mode=0o600)
        allow.write_text("allow command\n")
        self.home = self.folder / "home"
        self.environment = {**os.environ, "MUSTER_HOME": str(self.home), "MUSTER_ALLOW": str(allow)}
        for name in ("GITHUB_ACTIONS", "MUSTER_STORE"):
            self.environment.pop(name, None)
        (self.folder / "stack.yaml").write_text(STACK)
        (self.folder / "drill.yaml").write_text(PLAYBOOK % {"port": self.page.server_port, "file": self.file})
        self.tokens = {}
        lines = ""
        for name, scopes in (("ci", "gate:read"), ("reader", "report:read"), ("on-call", "report:read, drill:start, drill:stop"),
                             ("chief", "admin")):
            said = self.call("token", name, "--expires", "2099-12-31",
                             *[word for scope in scopes.split(", ") for word in ("--scope", scope)])
            ask(said.returncode == 0, said.stderr)
            self.tokens[name] = re.search(r"^token: +(\S+)$", said.stdout, re.M).group(1)
            lines += re.search(r"^ +\S+: \{sha256.*$", said.stdout, re.M).group(0) + "\n"
        self.settings = self.folder / "muster.yaml"
        self.settings.write_text(SETTINGS % {"when": when, "more": more, "tokens": lines, "lease": lease})
        self.process = self.port = self.document = None

    def call(self, *words, **environment):
        return subprocess.run([self.muster, *map(str, words)], capture_output=True, text=True, timeout=150,
                              env={**self.environment, **environment}, cwd=self.folder)

    def serve(self):
        port = self.folder / "port"
        port.unlink(missing_ok=True)
        self.log = open(self.folder / "log", "a")
        self.process = subprocess.Popen([self.muster, "serve", "--settings", self.settings, "--json-log", "--port-file", port],
                                        env=self.environment, stderr=self.log, stdout=self.log, cwd=self.folder,
                                        restore_signals=False)  # so that a full disk is told it, and does not end it
        self.until(lambda: port.exists() or self.process.poll() is not None, "the server did not begin")
        ask(self.process.poll() is None, (self.folder / "log").read_text()[-600:])
        self.port = int(port.read_text())
        if self.document is None:
            self.document = openapi.Document(asked(urllib.request.Request(self.address + "/openapi.json")).json())

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def end(self, sign=signal.SIGTERM):
        if self.process is None:
            return None
        self.process.send_signal(sign)
        try:
            code = self.process.wait(timeout=LONG_AGO)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Broken("the server did not end") from None
        finally:
            self.process = None
        return code

    def close(self):
        try:
            self.end()
        finally:
            self.page.shutdown()
            self.page.server_close()

    def until(self, true, otherwise, limit=LONG_AGO):
        last = time.monotonic() + limit
        while not true():
            ask(time.monotonic() < last, otherwise + "; its log ends with " + self.log_end())
            time.sleep(0.02)

    def log_end(self):
        try:
            return (self.folder / "log").read_text()[-500:]
        except OSError:
            return "nothing"

    def request(self, path, method="GET", who=None, body=None, **headers):
        request = urllib.request.Request(self.address + path, method=method,
                                         data=body.encode() if body is not None else None)
        if who is not None:
            request.add_header("Authorization", "Bearer " + self.tokens.get(who, who))
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        answer = asked(request)
        self.document.hold(method, path, answer)
        return answer

    def said(self, method, path, text):
        """What bytes are answered that no library would send."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=150) as line:
            line.sendall(text.encode())
            response = http.client.HTTPResponse(line, method=method)
            response.begin()
            return self.held(method, path, response)

    def taken(self, line, path):
        """The answer on a connection that asked by GET."""
        return self.held("GET", path, line.getresponse())

    def held(self, method, path, response):
        answer = Answer(response.status, response.read().decode(), response.headers)
        self.document.hold(method, path, answer)
        return answer

    @staticmethod
    def answered(lines, before):
        """Those connections on which an answer lies, but for those before."""
        ready, _, _ = select.select([line.sock for line in lines if line not in before], [], [], 0)
        return [line for line in lines if line.sock in ready]

    def get(self, path, who="reader"):
        return self.request(path, who=who)

    def start(self, name, who="on-call"):
        answer = self.request(f"/api/v1/drills/{name}/start", "POST", who)
        ask(answer.status == 202, f"start: {answer.status} {answer.body[:200]}")

    def occurrences(self):
        return self.get("/api/v1/schedule").json()["occurrences"]

    def until_ended(self, count=1):
        def ended():
            known = [each for each in self.occurrences() if each["state"] in ("finished", "skipped", "cut")]
            return known if len(known) >= count else None
        self.until(ended, "no turn ended")
        return ended()[0]

    def until_in_force(self):
        self.until(self.file.exists, "there was no fault")

    def until_undone(self):
        self.until(lambda: not self.file.exists(), "the fault is still in force")

    def passes(self):
        """A drill that passed; one that this busy machine made unfair is done again."""
        for tried in range(1, 6):
            self.start("short")
            ended = self.until_ended(tried)
            ask(ended["state"] == "finished", str(ended))
            if ended["why"] != "inconclusive":
                break
        ask(ended["why"] == "pass", str(ended))
        return ended


def play(cases, muster, only):
    """Each case with a team of its own; returns the exit code."""
    passed = failed = 0
    for case, changes in cases:
        name = case.__name__.replace("_", " ")
        if only not in name:
            continue
        with tempfile.TemporaryDirectory(prefix="muster-serve-", ignore_cleanup_errors=True) as folder:
            problem = ""
            team = None
            try:
                team = Team(muster, folder, **changes)
                case(team)
            except Exception as error:  # a case that cannot be played has failed
                problem = str(error) or repr(error)
            finally:
                if team is not None:
                    try:
                        team.close()
                    except Broken as error:
                        problem = problem or str(error)
        print(f"{'FAIL ' + name + ': ' + problem if problem else 'ok   ' + name}", flush=True)
        passed, failed = passed + (not problem), failed + bool(problem)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
