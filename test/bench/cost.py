"""The parts that ask what a request costs: closed, paced, ceiling, many."""
import re
import tempfile
from pathlib import Path

import peers
import processes
import servers
from table import Row

# What a request costs a peer that no registry has, by what it costs a raw epoll sender; one session, 22 November 2026.
VEGETA_BY_RAW_CLOSED = 20.52 / 6.24
VEGETA_BY_RAW_AT_1000 = 150.7 / 34.7
AGENTS_PRIORITY = 10  # SCHED_FIFO, as an agent asks for


def column(rounds, name):
    return [each.get(name) for each in rounds]


def raw_sender(bench, port, core=None, rate=None, realtime=False):
    """(what it cost, what it said: requests, failed, skipped, lag_p50_us, lag_p99_us)"""
    priority = ["chrt", "-f", AGENTS_PRIORITY] if realtime else []
    words = ["--port", port, "--seconds", bench.seconds, *(["--rate", rate] if rate else [])]
    ended = processes.run([*priority, bench.program("raw_sender"), *words], bench.seconds + 20, core)
    said = {name: float(value) for name, value in re.findall(r"(\w+) ([\d.]+)", ended.output)}
    if ended.code != 0 or not said.get("requests"):
        raise RuntimeError("raw_sender: " + ended.output.strip())
    return ended, said


class Closed:
    """as fast as one core can, 64 connections: CPU of one request, every one of ours a sample on disk"""
    name = "closed"
    connections = 64

    def once(self, bench):
        figures = {}
        with servers.nginx(bench.folder, processes.SERVER) as port:
            url = f"http://127.0.0.1:{port}/"
            figures["ours"] = self.ours(bench, url)
            ended, said = raw_sender(bench, port, processes.CLIENT)
            figures["raw"] = ended.cpu_s * 1e6 / said["requests"]
            for name in filter(bench.peers.has, peers.NAMES):
                words = peers.closed_loop(name, url, self.connections, bench.seconds)
                if answered := bench.peers.run(name, words, bench.seconds, processes.CLIENT):
                    count, ended = answered
                    figures[name] = ended.cpu_s * 1e6 / count
        return figures

    def ours(self, bench, url):
        with tempfile.TemporaryDirectory(dir=bench.folder) as folder:
            ended = processes.run([bench.program("closed_loop"), "--url", url, "--samples", Path(folder, "samples"),
                                   "--connections", self.connections, "--seconds", bench.seconds],
                                  bench.seconds + 20, processes.CLIENT)
        count = re.match(r"requests (\d+) failed 0$", ended.output.strip())
        if not count:
            raise RuntimeError("closed_loop: " + ended.output.strip())
        return ended.cpu_s * 1e6 / int(count.group(1))

    def rows(self, rounds):
        goals = {"hey": 0.75, "wrk": 2.0}
        ours, raw = column(rounds, "ours"), column(rounds, "raw")
        for name in peers.NAMES:
            yield Row(self.name, name, "CPU us", ours, column(rounds, name), most=goals.get(name))
        yield Row(self.name, "raw sender", "CPU us", ours, raw)
        yield Row(self.name, "vegeta by raw", "CPU us", ours, raw, VEGETA_BY_RAW_CLOSED, most=0.65)


class Paced:
    """an open schedule of 1,000 and 5,000 a second, an agent of 20 users: CPU of one request"""
    name = "paced"
    rates = (1000, 5000)

    def once(self, bench):
        figures = {}
        with servers.nginx(bench.folder) as port:
            for rate in self.rates:
                measured = bench.agent(f"http://127.0.0.1:{port}/", rate)
                figures[f"ours {rate}"] = measured.cpu_us()
                figures[f"whole {rate}"] = (measured.cpu_s + measured.start_cpu_s) * 1e6 / measured.requests()
                figures[f"lag {rate}"] = measured.health["send_lag_p99"] / 1e3
                # A sender that is kept waiting sends many at once, which costs less each: the floor waits for nobody either.
                ended, said = raw_sender(bench, port, rate=rate, realtime=measured.health["realtime"])
                figures[f"raw {rate}"] = ended.cpu_s * 1e6 / said["requests"]
                figures[f"raw lag {rate}"] = said["lag_p99_us"]
        return figures

    def rows(self, rounds):
        for rate in self.rates:
            ours, raw = column(rounds, f"ours {rate}"), column(rounds, f"raw {rate}")
            yield Row(self.name, f"{rate}/s, raw sender", "CPU us", ours, raw, most=1.35 if rate == 5000 else None)
            if rate == 1000:
                scale = VEGETA_BY_RAW_AT_1000
                yield Row(self.name, f"{rate}/s, vegeta by raw", "CPU us", ours, raw, scale, most=0.35)
                whole = column(rounds, f"whole {rate}")
                yield Row(self.name, f"{rate}/s, the same, start included", "CPU us", whole, raw, scale, most=0.35)
            lags = column(rounds, f"lag {rate}"), column(rounds, f"raw lag {rate}")
            yield Row(self.name, f"{rate}/s, sent after due, p99, raw sender", "us", *lags)


class Ceiling:
    """the highest rate that one agent, on one core, keeps: nothing failed or not sent, p99 at most 5 ms after due"""
    name = "ceiling"
    rates = (10_000, 20_000, 30_000, 40_000, 50_000, 60_000, 70_000, 80_000)
    goal = 60_000
    latest_us = 5000

    def once(self, bench):
        kept = 0
        with servers.nginx(bench.folder, processes.SERVER) as port:
            for rate in self.rates:
                measured = bench.agent(f"http://127.0.0.1:{port}/", rate, core=processes.CLIENT)
                lag_us = measured.health["send_lag_p99"] / 1e3
                achieved = measured.requests() / (rate * bench.seconds)
                bench.say(f"  {rate}/s: {measured.failed()} failed or not sent, {achieved:.1%} of the schedule, sent "
                          f"after due p99 {lag_us:.0f} us, CPU {measured.cpu_us():.1f} us a request")
                if measured.failed() or lag_us > self.latest_us or achieved < 0.99:
                    break
                kept = rate
        return {"kept": kept}

    def rows(self, rounds):
        yield Row(self.name, "highest rate kept, the goal of 60,000", "1/s", column(rounds, "kept"), self.goal, least=1)


class Many:
    """10,000 users in one agent at 1,000/s, against 10: memory, and how late requests leave"""
    name = "many"
    rate = 1000
    most_mb = 1000

    def once(self, bench):
        figures = {}
        with servers.nginx(bench.folder) as port:
            for clients in (10, 10_000):
                measured = bench.agent(f"http://127.0.0.1:{port}/", self.rate, clients=clients)
                bench.say(f"  {clients} users: {measured.failed()} of {measured.requests()} failed or not sent, "
                          f"{measured.start_cpu_s:.2f} s CPU before the start")
                figures[f"memory {clients}"] = measured.peak_mb
                figures[f"lag {clients}"] = measured.health["send_lag_p99"] / 1e3
                figures[f"cpu {clients}"] = measured.cpu_us()
                figures[f"failed {clients}"] = measured.failed()
        return figures

    def rows(self, rounds):
        yield Row(self.name, "10,000 users, the goal of 1 GB", "MB", column(rounds, "memory 10000"), self.most_mb, most=1)
        yield Row(self.name, "sent after due, p99, 10,000 users / 10", "us", column(rounds, "lag 10000"),
                  column(rounds, "lag 10"), most=1.25)
        yield Row(self.name, "10,000 users / 10", "CPU us", column(rounds, "cpu 10000"), column(rounds, "cpu 10"))


PARTS = (Closed(), Paced(), Ceiling(), Many())
