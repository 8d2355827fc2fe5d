"""Drives an agent as the runner does (probes/agent_protocol.h), and keeps what it measured."""
import json
import os
import struct
import subprocess
import threading
import time

import processes

PROTOCOL = 2
TASK, START, STOP = 1, 2, 4
HELLO, READY, FAILED, TEXT, SAMPLES, HEALTH, ENDED = range(64, 71)
# due, sent, done, client, dns, connect, tls, first byte, value, status, text, outcome, kind
SAMPLE = struct.Struct("<qqqIIIIIdHHBB")
OUTCOME, GOOD, NOT_SENT = 11, 0, 11
KIND, REQUEST = 12, 0
LEAD_NS = 300_000_000  # from the order to start until the first request is due
LONGEST_PREPARATION_S = 60


def frame(kind, payload=b""):
    return struct.pack("<IB", len(payload) + 1, kind) + payload


def task(url, rate, clients, timeout_s):
    params = {"url": url, "method": "GET", "timeout": int(timeout_s * 1e9)}
    item = {"probe": "readers", "kind": "http", "rate": rate, "poisson": False, "clients": clients,
            "resolver": "", "params": params}
    return {"protocol": PROTOCOL, "run": "bench", "vantage": "me", "host": "here", "region": "", "items": [item]}


def cpu_ns(pid):
    """Of its only thread. Finer than the clock ticks of /proc/PID/stat."""
    with open(f"/proc/{pid}/schedstat") as stat:
        return int(stat.read().split()[0])


class Measured:
    """One run of an agent. Lags and latencies in microseconds, in the order in which requests ended."""

    def __init__(self, start_ns, samples, health, cpu_s, start_cpu_s, peak_mb):
        self.start_ns = start_ns
        self.samples = samples
        self.health = health
        self.cpu_s = cpu_s              # from the start of the schedule on
        self.start_cpu_s = start_cpu_s  # before: loading, names, connections
        self.peak_mb = peak_mb

    def requests(self):
        return len(self.samples)

    def failed(self):
        return sum(sample[OUTCOME] != GOOD for sample in self.samples)

    def recorded_as_not_sent(self):
        return sum(sample[OUTCOME] == NOT_SENT for sample in self.samples)

    def cpu_us(self):
        return self.cpu_s * 1e6 / max(self.requests(), 1)

    def lags(self, begin=0, end=1 << 62):
        """How late the requests due in [begin, end) left."""
        return [(sample[1] - sample[0]) / 1e3 for sample in self.samples
                if begin <= sample[0] < end and sample[OUTCOME] != NOT_SENT]

    def latencies(self):
        return [(sample[2] - sample[0]) / 1e3 for sample in self.samples]


class Agent:
    def __init__(self, program, core):
        self.process = processes.start([program], core, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 20)

    def say(self, kind, payload=b""):
        self.process.stdin.write(frame(kind, payload))
        self.process.stdin.flush()

    def hear(self):
        head = self.process.stdout.read(5)
        if len(head) < 5:
            raise RuntimeError("the agent ended before it was told to")
        length, kind = struct.unpack("<IB", head)
        payload = self.process.stdout.read(length - 1)
        if kind == FAILED:
            raise RuntimeError("the agent: " + payload.decode())
        return kind, payload

    def hear_until(self, wanted):
        blocks, health = [], {}
        while True:
            kind, payload = self.hear()
            if kind == SAMPLES:
                blocks.append(payload[2:])
            elif kind == HEALTH:
                health = json.loads(payload)
            if kind == wanted:
                return blocks, health


def measure(program, url, rate, seconds, clients=20, timeout_s=1.0, core=None, at_half=None):
    """Lets an agent send at `rate` a second. `at_half` is called in the middle of it."""
    agent = Agent(program, core)
    # A stuck agent must not hold the bench up: at its end the reader sees the end of its output.
    timers = [threading.Timer(LONGEST_PREPARATION_S + 2 * seconds, agent.process.kill)]
    timers[0].start()
    try:
        agent.say(TASK, json.dumps(task(url, rate, clients, timeout_s)).encode())
        agent.hear_until(HELLO)
        start_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC) + LEAD_NS
        agent.say(START, json.dumps({"at": start_ns}).encode())
        agent.hear_until(READY)
        before_ns = cpu_ns(agent.process.pid)
        timers.append(threading.Timer(seconds + LEAD_NS / 1e9, agent.say, [STOP]))
        if at_half:
            timers.append(threading.Timer(seconds / 2 + LEAD_NS / 1e9, at_half))
        for timer in timers[1:]:
            timer.start()
        blocks, health = agent.hear_until(ENDED)
        agent.process.stdin.close()
        _, usage = processes.wait_for(agent.process)
    finally:
        for timer in timers:
            timer.cancel()
        if agent.process.returncode is None:
            agent.process.kill()
            agent.process.wait()
    cpu_s = usage.ru_utime + usage.ru_stime
    samples = [sample for block in blocks for sample in SAMPLE.iter_unpack(block) if sample[KIND] == REQUEST]
    return Measured(start_ns, samples, health, cpu_s - before_ns / 1e9, before_ns / 1e9, usage.ru_maxrss / 1024)
