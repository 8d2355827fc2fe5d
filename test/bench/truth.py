"""The parts that ask whether what is told is true, or in time: arrivals, freeze, dark, first."""
import os
import select
import statistics
import subprocess
import time
from pathlib import Path

import peers
import processes
import servers
from cost import column, raw_sender
from table import Row

# Deviation of arrivals at 1,000/s, p99, of peers that no registry has, by that of a plain timer sender; one session,
# 22 November 2026.
VEGETA_BY_FLOOR = 682 / 101
WRK2_BY_FLOOR = 2611 / 101
CHAOS_TOOLKIT_MS = 129  # 1.45, from its start to its first action; the same session


def quantile(values, q):
    values = sorted(values)
    return values[min(int(q * len(values)), len(values) - 1)]


def deviations_us(instants):
    """How far each lies from the even schedule of their own mean rate. The first and last tenth do not count."""
    instants = instants[len(instants) // 10:-max(len(instants) // 10, 1)]
    if len(instants) < 100:
        raise RuntimeError(f"only {len(instants)} requests arrived")
    origin = instants[0]
    times = [instant - origin for instant in instants]
    slope, intercept = statistics.linear_regression(range(len(times)), times)
    return [abs(at - intercept - slope * number) / 1e3 for number, at in enumerate(times)]


class Arrivals:
    """1,000 a second: how far arrivals at the server lie from an even schedule, p99"""
    name = "arrivals"
    rate = 1000
    at_a_rate = ("hey", "h2load", "autocannon")

    def once(self, bench):
        figures = {"ours": self.seen(bench, self.ours), "raw": self.seen(bench, self.raw)}
        for name in filter(bench.peers.has, self.at_a_rate):
            figures[name] = self.seen(bench, lambda bench, port, peer=name: self.theirs(bench, port, peer))
        return figures

    @staticmethod
    def seen(bench, send):
        """Of the requests that came since the instant that `send` returns; nothing where it has none."""
        stamps = Path(bench.folder, "stamps")
        with servers.spoken([bench.program("bench_server"), "--stamps", stamps]) as server:
            since = send(bench, server.port)
        if since is None:
            return None
        return quantile(deviations_us([at for at in servers.stamps(stamps) if at >= since]), 0.99)

    def ours(self, bench, port):
        return bench.agent(f"http://127.0.0.1:{port}/", self.rate).start_ns

    def raw(self, bench, port):
        """At the agent's priority, which the floor of that other session did not have: theirs by raw is told too low."""
        raw_sender(bench, port, rate=self.rate, realtime=True in bench.realtime)
        return 0

    def theirs(self, bench, port, name):
        words = peers.at_a_rate(name, f"http://127.0.0.1:{port}/", self.rate, bench.seconds)
        return 0 if bench.peers.run(name, words, bench.seconds) else None

    def rows(self, rounds):
        ours, raw = column(rounds, "ours"), column(rounds, "raw")
        for name in self.at_a_rate:
            yield Row(self.name, name, "us", ours, column(rounds, name))
        yield Row(self.name, "raw sender", "us", ours, raw)
        yield Row(self.name, "vegeta by raw", "us", ours, raw, VEGETA_BY_FLOOR, most=0.25)
        yield Row(self.name, "wrk2 by raw", "us", ours, raw, WRK2_BY_FLOOR, most=0.08)


class Freeze:
    """a server that freezes once for 731 ms in 10 s of 500 a second: the p99 that is told, by the true one"""
    name = "freeze"
    rate = 500
    seconds = 10
    freeze_ms = 731

    def once(self, bench):
        figures = {}
        told, truth = self.asked(bench, self.ours)
        figures["ours"], figures["truth"] = told, truth
        for name in filter(bench.peers.has, ("hey", "ab")):
            told, truth = self.asked(bench, lambda bench, url, peer=name: self.theirs(bench, url, peer))
            figures[name], figures[f"{name} truth"] = told, truth
        return figures

    def asked(self, bench, ask):
        """(p99 as told, true p99), in ms."""
        argv = [bench.program("bench_server"), "--freeze-after", 3000, "--freeze-for", self.freeze_ms]
        with servers.spoken(argv) as server:
            told = ask(bench, f"http://127.0.0.1:{server.port}/")
            said = server.end()
        return told, self.truth((said["thawed"] - said["frozen"]) / 1e6)

    def truth(self, frozen_ms):
        """A request that is due t before the end of the freeze waits t, whoever sends it; all others do not wait."""
        waits = [max(frozen_ms - number * 1e3 / self.rate, 0) for number in range(self.rate * self.seconds)]
        return quantile(waits, 0.99)

    def ours(self, bench, url):
        return quantile(bench.agent(url, self.rate, self.seconds).latencies(), 0.99) / 1e3

    def theirs(self, bench, url, name):
        words = {"hey": ["-c", 10, "-q", self.rate // 10, "-z", f"{self.seconds}s", url],
                 "ab": ["-q", "-k", "-c", 10, "-t", self.seconds, "-n", peers.AS_MANY_AS_CAN_BE, url]}[name]
        answered = bench.peers.run(name, words, self.seconds)
        return peers.p99_ms(name, answered[1].output) if answered else None

    def rows(self, rounds):
        yield Row(self.name, "ours / truth", "ms", column(rounds, "ours"), column(rounds, "truth"), least=0.98, most=1.02)
        for name in ("hey", "ab"):
            yield Row(self.name, f"{name} / truth", "ms", column(rounds, name), column(rounds, f"{name} truth"))


class Dark:
    """every packet is lost for a second, at 5,000 and 10,000 a second: how late ours leave meanwhile, p99; beside it a server that
    accepts and never answers, where every request opens a connection"""
    name = "dark"
    rates = (5000, 10_000)
    modes = {"lost": "packets lost", "drop": "no answer"}
    seconds = 5
    dark_ms = 1000
    most_mb = 250

    def once(self, bench):
        figures = {}
        for mode in self.modes:
            for rate in self.rates:
                for name, value in self.through_the_dark(bench, mode, rate).items():
                    figures[f"{name} {mode} {rate}"] = value
        return figures

    def through_the_dark(self, bench, mode, rate):
        switch = Path(bench.folder, "dark")
        argv = [bench.program("dark_server"), "--mode", mode, "--when", switch, "--for", self.dark_ms]
        with servers.spoken(argv) as server:
            measured = bench.agent(f"http://127.0.0.1:{server.port}/", rate, self.seconds, at_half=switch.touch)
            said = server.end()
        dark, light = said["dark"], said["light"]
        return {"before": quantile(measured.lags(end=dark), 0.99),
                "inside": quantile(measured.lags(dark, light), 0.99),
                "after": quantile(measured.lags(light, light + 1_000_000_000), 0.99),
                "due": measured.health["due"], "recorded": measured.requests(),
                "not sent": measured.health["not_sent"], "memory": measured.peak_mb}

    def rows(self, rounds):
        for mode, rate in ((mode, rate) for mode in self.modes for rate in self.rates):
            of = lambda name: column(rounds, f"{name} {mode} {rate}")
            what = f"{self.modes[mode]}, {rate}/s: "
            goal = 3 if mode == "lost" else None
            yield Row(self.name, what + "in the dark / before", "us", of("inside"), of("before"), most=goal)
            yield Row(self.name, what + "in the second after it / before", "us", of("after"), of("before"))
            yield Row(self.name, what + "recorded / due", "", of("recorded"), of("due"), least=1, most=1)
            yield Row(self.name, what + "of these not sent / due", "", of("not sent"), of("due"))
            yield Row(self.name, what + "memory, the goal of 250 MB", "MB", of("memory"), self.most_mb, most=1)


STACK = "muster_stack: 1\nstack: here\nenvironment: lab\nhosts: {here: {reach: local}}\n"
PLAYBOOK = """muster: 1
drill: first-action
title: A fault that tells when it is done
stack: stack.yaml
steps:
  - inject: mark
    fault:
      command:
        host: here
        apply: [cp, /dev/null, "%(pipe)s"]
        verify: [test, -p, "%(pipe)s"]
        undo: [rm, -f, "%(pipe)s"]
        verify_undone: [test, "!", -e, "%(pipe)s"]
  - undo: mark
"""


class First:
    """`muster run`: from its start to its first action on a host"""
    name = "first"
    times = 5
    goal_ms = 20

    def once(self, bench):
        return {"ours": statistics.median(self.start_to_action_ms(bench) for _ in range(self.times))}

    @staticmethod
    def start_to_action_ms(bench):
        """The action opens a pipe for writing, which its reader notices at once."""
        folder = Path(bench.folder, "first")
        folder.mkdir(exist_ok=True)
        pipe = folder / "pipe"
        os.mkfifo(pipe)
        Path(folder, "stack.yaml").write_text(STACK)
        Path(folder, "drill.yaml").write_text(PLAYBOOK % {"pipe": pipe})
        allow = folder / "allow.conf"
        allow.touch(mode=0o600)
        allow.write_text("allow command\n")
        environment = {**os.environ, "MUSTER_HOME": str(folder / "home"), "MUSTER_ALLOW": str(allow)}
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        began = time.monotonic()
        run = processes.start([bench.program("muster"), "run", folder / "drill.yaml", "--json"], env=environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        acted = poll.poll(10_000)
        took_ms = (time.monotonic() - began) * 1e3
        os.close(reader)
        said, _ = run.communicate(timeout=60)
        pipe.unlink(missing_ok=True)
        if not acted:
            raise RuntimeError(f"muster run did nothing: {said[-300:]}")
        return took_ms

    def rows(self, rounds):
        goal = self.goal_ms / CHAOS_TOOLKIT_MS
        yield Row(self.name, "Chaos Toolkit 1.45, elsewhere", "ms", column(rounds, "ours"), CHAOS_TOOLKIT_MS, most=round(goal, 3))


PARTS = (Arrivals(), Freeze(), Dark(), First())
