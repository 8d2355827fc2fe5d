"""The tools that ours is held against: where they come from, how each is asked, and how its answer is read."""
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import processes

DEBIAN = {"wrk": "wrk", "hey": "hey", "h2load": "nghttp2-client", "ab": "apache2-utils"}
AUTOCANNON = "autocannon@9.0.0"
NAMES = (*DEBIAN, "autocannon")
USERS_AT_A_RATE = 50  # connections of the tools that share a rate among theirs
AS_MANY_AS_CAN_BE = 100_000_000


def say(line):
    print(line, file=sys.stderr, flush=True)


class Peers:
    """Those of the tools that this machine has."""

    def __init__(self, build, install):
        self.folder = Path(build, "bench-peers")
        self.missing = {}
        if install:
            self._install_from_debian()
            self._install_from_npm()
        for name in NAMES:
            if not self._command(name):
                self.missing[name] = "not installed"
        for name, why in self.missing.items():
            say(f"{name} is left out: {why}")

    def _command(self, name):
        if name != "autocannon":
            return [name] if shutil.which(name) else None
        script = self.folder / "node_modules/autocannon/autocannon.js"
        return ["node", str(script)] if script.exists() and shutil.which("node") else None

    @staticmethod
    def _install_from_debian():
        packages = [package for tool, package in DEBIAN.items() if not shutil.which(tool)]
        if not packages:
            return
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            return say(f"not installed, which takes root and apt-get: {' '.join(packages)}")
        say(f"installing from Debian: {' '.join(packages)}")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        ended = subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
                               capture_output=True, text=True, env=environment)
        if ended.returncode != 0:
            say("apt-get: " + (ended.stderr.strip().splitlines() or ["failed"])[-1])

    def _install_from_npm(self):
        if self._command("autocannon"):
            return
        if not shutil.which("npm") or not shutil.which("node"):
            return say("autocannon comes from npm, and node runs it; one of the two is not here")
        say(f"installing from npm, into {self.folder}: {AUTOCANNON}")
        ended = subprocess.run(["npm", "install", "--prefix", str(self.folder), "--no-audit", "--no-fund", AUTOCANNON],
                               capture_output=True, text=True)
        if ended.returncode != 0:
            say("npm: " + (ended.stderr.strip().splitlines() or ["failed"])[-1])

    def has(self, name):
        return name not in self.missing

    def run(self, name, words, seconds, core=None):
        """(requests answered, what the tool cost and said); nothing, said aloud, where it counts no answer."""
        ended = processes.run([*self._command(name), *words], seconds * 2 + 20, core)
        try:
            count = COUNTS[name](ended.output)
        except (ValueError, KeyError, AttributeError):
            count = 0
        if count == 0:
            say(f"  {name} ended with {ended.code} and counts no answer: {ended.output[-300:]}")
            return None
        return count, ended


def number_in(pattern):
    return lambda output: int(re.search(pattern, output).group(1))


COUNTS = {
    "wrk": number_in(r"(\d+) requests in"),
    "hey": number_in(r"\[200\]\s+(\d+) responses"),
    "h2load": number_in(r"(\d+) succeeded"),
    "ab": number_in(r"Complete requests:\s+(\d+)"),
    "autocannon": lambda output: json.loads(output[output.index("{"):])["2xx"],
}


def closed_loop(name, url, connections, seconds):
    """As fast as one core can, each connection sending once it was answered."""
    seconds = max(int(seconds), 1)
    return {
        "wrk": ["-t", 1, "-c", connections, "-d", f"{seconds}s", url],
        "hey": ["-cpus", 1, "-c", connections, "-z", f"{seconds}s", url],
        "h2load": ["--h1", "-t", 1, "-c", connections, "-D", seconds, url],
        "ab": ["-q", "-k", "-c", connections, "-t", seconds, "-n", AS_MANY_AS_CAN_BE, url],
        "autocannon": ["--json", "--no-progress", "-c", connections, "-d", seconds, url],
    }[name]


def at_a_rate(name, url, rate, seconds):
    """`rate` requests a second in all, by the tools that know one."""
    seconds = max(int(seconds), 1)
    each = rate // USERS_AT_A_RATE
    return {
        "hey": ["-c", USERS_AT_A_RATE, "-q", each, "-z", f"{seconds}s", url],
        "h2load": ["--h1", "-t", 1, "-c", USERS_AT_A_RATE, "--rps", each, "-D", seconds, url],
        "autocannon": ["--json", "--no-progress", "-c", USERS_AT_A_RATE, "-R", rate, "-d", seconds, url],
    }[name]


def p99_ms(name, report):
    """The 99th percentile that the tool itself reports."""
    if name == "hey":
        return float(re.search(r"99% in ([\d.]+) secs", report).group(1)) * 1e3
    return float(re.search(r"^\s+99%\s+(\d+)", report, re.M).group(1))
