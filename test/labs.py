"""Practice labs side by side, for the tests that run drills on them: a drill waits more than it works."""
import json
import os
import signal
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_below(root):
    """Seconds of CPU of a process and of all below it, with what they have waited for: everything a lab has used."""
    children, seconds = defaultdict(list), {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = int(stat.parent.name), stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
        children[int(rest[1])].append(pid)
        seconds[pid] = sum(map(int, rest[11:15])) / TICKS
    below = [root]
    for pid in below:
        below += children[pid]
    return sum(seconds.get(pid, 0.0) for pid in below)


class Lab:
    """One lab at a time, kept while the words of its `lab up` stay the same; with a history of its own."""

    def __init__(self, muster, home):
        self.muster = muster
        self.home = home
        self.environment = {**os.environ, "MUSTER_HOME": home}
        self.words = None  # what `lab up` was told
        self.up_seconds = 0.0
        self.called_seconds = 0.0  # of CPU, in what was called
        self.ended_seconds = 0.0  # of CPU, in labs that are down

    def call(self, *words, timeout=180, given=None):
        with tempfile.TemporaryFile("w+") as question, tempfile.TemporaryFile("w+") as out, \
                tempfile.TemporaryFile("w+") as errors:
            question.write(given or "")
            question.seek(0)
            process = subprocess.Popen([self.muster, *words], stdin=question, stdout=out, stderr=errors,
                                       env=self.environment)
            self.wait(process, timeout)
            for file in (out, errors):
                file.seek(0)
            return subprocess.CompletedProcess(words, process.returncode, out.read(), errors.read())

    def wait(self, process, timeout):
        """As Popen.wait, and counts the CPU that it has used; nothing is left to do where `poll` has seen its end."""
        if process.returncode is not None:
            return
        alarm = threading.Timer(timeout, os.kill, (process.pid, signal.SIGKILL))
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        in_time = alarm.is_alive()
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        self.called_seconds += usage.ru_utime + usage.ru_stime
        if not in_time:
            raise subprocess.TimeoutExpired(process.args, timeout)

    def lab_seconds(self):
        try:
            state = json.loads((Path(self.home) / "lab" / "state.json").read_text())
        except OSError:
            return 0.0
        return cpu_below(state["supervisor"]["pid"])

    def cpu_seconds(self):
        return self.called_seconds + self.ended_seconds + self.lab_seconds()

    def set_up(self, words):
        if words == self.words:
            return
        self.down()
        began = time.monotonic()
        up = self.call("lab", "up", *words)
        self.up_seconds = time.monotonic() - began
        if up.returncode != 0:
            raise RuntimeError("the lab did not come up: " + up.stdout + up.stderr)
        self.words = words

    def well(self):
        """Empty, or what the lab says is not; a replica that was cut off may need a moment."""
        for _ in range(60):
            status = self.call("lab", "status")
            if status.returncode == 0:
                return ""
            time.sleep(0.25)
        return next((line for line in status.stdout.splitlines() if not line.endswith("healthy")), "not healthy")

    def down(self):
        self.words = None
        self.ended_seconds += self.lab_seconds()
        self.call("lab", "down")


class Lanes:
    """Cases (name, words for `lab up`, holds(lab) -> (good, text)), each lane taking the next; what did not hold is tried again,
    alone, and once more: beside others, and on a machine that has something else to do, a run may not have been a fair
    measurement."""

    def __init__(self, muster, todo):
        self.muster = muster
        self.todo = list(todo)
        self.again = []
        self.counts = {True: 0, False: 0}
        self.lock = threading.Lock()
        self.used_seconds = 0.0  # of CPU

    def tell(self, good, name, text):
        with self.lock:
            self.counts[good] += 1
            print(f"{'good' if good else 'ERROR: '}  {name}: {text}", flush=True)

    def next_case(self, lab):
        """One that wants the lab which this lane has, if there is one."""
        with self.lock:
            for case in self.todo:
                if case[1] == lab.words:
                    self.todo.remove(case)
                    return case
            return self.todo.pop(0) if self.todo else None

    def run(self, last_chance):
        with tempfile.TemporaryDirectory(prefix="muster-labs-") as home:
            lab = Lab(self.muster, home)
            try:
                while (case := self.next_case(lab)) is not None:
                    name, words, holds = case
                    began, used = time.monotonic(), lab.cpu_seconds()
                    try:
                        lab.set_up(words)
                        good, text = holds(lab)
                    except (RuntimeError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
                        good, text = False, repr(error)
                    used = lab.cpu_seconds() - used
                    text += f" ({time.monotonic() - began:.1f} s, {used:.1f} s of CPU)"
                    with self.lock:
                        self.used_seconds += used
                    if good or last_chance:
                        self.tell(good, name, text)
                        continue
                    print(f"again, alone  {name}: {text}", flush=True)
                    lab.down()
                    with self.lock:
                        self.again.append(case)
            finally:
                lab.down()

    def run_all(self, lanes):
        threads = [threading.Thread(target=self.run, args=(False,)) for _ in range(lanes)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for is_last in (False, True):
            self.todo, self.again = self.again, []
            self.run(is_last)
        print(f"{self.used_seconds:.0f} s of CPU in {sum(self.counts.values())} cases")
