"""Practice labs side by side, for the tests that run drills on them: a drill waits more than it works."""
import os
import subprocess
import tempfile
import threading
import time


class Lab:
    """One lab at a time, kept while the settings stay the same; with a history of its own."""

    def __init__(self, muster, home):
        self.muster = muster
        self.home = home
        self.environment = {**os.environ, "MUSTER_HOME": home}
        self.settings = None
        self.up_seconds = 0.0

    def call(self, *words, timeout=180, given=None):
        return subprocess.run([self.muster, *words], capture_output=True, text=True, env=self.environment,
                              timeout=timeout, input=given)

    def set_up(self, settings):
        if settings == self.settings:
            return
        self.down()
        words = ["lab", "up"]
        for name, value in settings.items():
            words += ["--set", f"{name}={value}"]
        began = time.monotonic()
        up = self.call(*words)
        self.up_seconds = time.monotonic() - began
        if up.returncode != 0:
            raise RuntimeError("the lab did not come up: " + up.stdout + up.stderr)
        self.settings = settings

    def well(self):
        """Empty, or what the lab says is not; a replica that was cut off may need a moment."""
        for _ in range(60):
            status = self.call("lab", "status")
            if status.returncode == 0:
                return ""
            time.sleep(0.25)
        return next((line for line in status.stdout.splitlines() if not line.endswith("healthy")), "not healthy")

    def down(self):
        self.settings = None
        self.call("lab", "down")


class Lanes:
    """Cases (name, lab settings, holds(lab) -> (good, text)), each lane taking the next; what did not hold is tried again,
    alone, and once more: beside others, and on a machine that has something else to do, a run may not have been a fair
    measurement."""

    def __init__(self, muster, todo):
        self.muster = muster
        self.todo = list(todo)
        self.again = []
        self.counts = {True: 0, False: 0}
        self.lock = threading.Lock()

    def tell(self, good, name, text):
        with self.lock:
            self.counts[good] += 1
            print(f"{'good' if good else 'ERROR: '}  {name}: {text}", flush=True)

    def next_case(self, lab):
        """One with the settings that this lane's lab has, if there is one."""
        with self.lock:
            for case in self.todo:
                if case[1] == lab.settings:
                    self.todo.remove(case)
                    return case
            return self.todo.pop(0) if self.todo else None

    def run(self, last_chance):
        with tempfile.TemporaryDirectory(prefix="muster-labs-") as home:
            lab = Lab(self.muster, home)
            try:
                while (case := self.next_case(lab)) is not None:
                    name, settings, holds = case
                    try:
                        lab.set_up(settings)
                        good, text = holds(lab)
                    except (RuntimeError, subprocess.TimeoutExpired, ValueError, KeyError) as error:
                        good, text = False, repr(error)
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
