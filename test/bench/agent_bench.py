#!/usr/bin/env python3
"""What a request costs an agent, and how late it leaves.

    test/bench/agent_bench.py BUILD_DIR [--seconds 5] [--rates 1000,5000] [--clients 1,20]
                              [--url http://127.0.0.1:PORT/] [--dark drop]

Starts dark_server and probe_agent of BUILD_DIR (build them with optimisation), lets the agent send at each rate and
prints one line for each. Without --url dark_server answers; with --dark it answers nothing for a second in the middle,
and the lag shows whether the agent keeps its schedule through that.
"""
import argparse
import json
import os
import resource
import shutil
import struct
import subprocess
import tempfile
import threading
import time

TASK, START, WRITTEN, STOP = 1, 2, 3, 4
HELLO, READY, FAILED, TEXT, SAMPLES, HEALTH, ENDED = range(64, 71)
SAMPLE = struct.Struct("<qqqIIIIIdHHBB")


def frame(kind, payload=b""):
    return struct.pack("<IB", len(payload) + 1, kind) + payload


def read_frame(pipe):
    length, kind = struct.unpack("<IB", pipe.read(5))
    return kind, pipe.read(length - 1)


def quantile(values, q):
    return values[min(len(values) - 1, int(q * len(values)))] if values else float("nan")


def task(url, rate, clients):
    params = {"url": url, "method": "GET", "timeout": 1_000_000_000}
    item = {"probe": "readers", "kind": "http", "rate": rate, "poisson": False, "clients": clients,
            "resolver": "", "params": params}
    return {"protocol": 1, "run": "bench", "vantage": "me", "host": "here", "region": "", "items": [item]}


def cpu_of(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(agent_program, url, rate, clients, seconds, darken):
    agent = subprocess.Popen([agent_program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1 << 20)
    say = lambda data: (agent.stdin.write(data), agent.stdin.flush())
    say(frame(TASK, json.dumps(task(url, rate, clients)).encode()))
    kind, payload = read_frame(agent.stdout)
    assert kind == HELLO, payload
    at = time.clock_gettime_ns(time.CLOCK_MONOTONIC) + 500_000_000
    say(frame(START, json.dumps({"at": at}).encode()))
    while read_frame(agent.stdout)[0] != READY:
        pass
    before = cpu_of(agent.pid)
    stopper = threading.Timer(seconds + 0.5, lambda: say(frame(STOP)))
    stopper.start()
    threading.Timer(seconds / 2 + 0.5, darken).start()
    latencies, failed, connects, health = [], 0, 0, {}
    while True:
        kind, payload = read_frame(agent.stdout)
        if kind == ENDED:
            break
        if kind == HEALTH:
            health = json.loads(payload)
        if kind == SAMPLES:
            for sample in SAMPLE.iter_unpack(payload[2:]):
                latencies.append((sample[2] - sample[0]) / 1000)
                failed += sample[11] != 0
                connects += sample[5] > 0
    _, _, usage = os.wait4(agent.pid, 0)
    agent.returncode = 0
    cpu = usage.ru_utime + usage.ru_stime - before
    latencies.sort()
    micro = lambda name: health[name] / 1000
    print(f"{rate:6}/s {clients:4} users: {len(latencies):6} requests, {failed} failed, {health['not_sent']} not sent, "
          f"{connects} connects; CPU {cpu * 1e6 / max(len(latencies), 1):6.1f} us/request; "
          f"send lag p50 {micro('send_lag_p50'):.0f} p99 {micro('send_lag_p99'):.0f} max {micro('send_lag_max'):.0f} us; "
          f"latency p50 {quantile(latencies, 0.5):.0f} p99 {quantile(latencies, 0.99):.0f} us; "
          f"RSS {usage.ru_maxrss / 1024:.0f} MB; hiccup {health['longest_hiccup'] / 1e6:.1f} ms; "
          f"realtime {health['realtime']}", flush=True)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("build")
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--rates", default="1000,5000")
    options.add_argument("--clients", default="1,20")
    options.add_argument("--url")
    options.add_argument("--dark", choices=["refuse", "reset", "drop", "503"])
    chosen = options.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    server, url = None, chosen.url
    switch = os.path.join(tempfile.mkdtemp(), "dark")
    darken = (lambda: open(switch, "w").close()) if chosen.dark else (lambda: None)
    if not url:
        argv = [f"{chosen.build}/dark_server", "--when", switch, "--for", "1000", "--mode", chosen.dark or "refuse"]
        server = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        url = f"http://127.0.0.1:{server.stdout.readline().split()[1].decode()}/"
    try:
        for rate in chosen.rates.split(","):
            for clients in chosen.clients.split(","):
                measure(f"{chosen.build}/probe_agent", url, int(rate), int(clients), chosen.seconds, darken)
    finally:
        if server:
            server.stdin.close()
            server.wait()
        shutil.rmtree(os.path.dirname(switch))


main()
