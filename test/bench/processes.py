"""Programs that the bench starts: what they cost, and that none of them outlives it."""
import os
import resource
import subprocess
import tempfile
import threading

CLIENT, SERVER = 0, 1  # the cores of the two where a part keeps them apart


def raise_open_files():
    """Sockets of ten thousand users; children inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def start(argv, core=None, **streams):
    """Ends with this process, however that ends: setpriv has the kernel send it SIGTERM."""
    pinned = core is not None and len(os.sched_getaffinity(0)) > 1
    on_core = ["taskset", "-c", str(core)] if pinned else []
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", *on_core, *map(str, argv)], **streams)


class Ended:
    """What a program said, and what it and its threads used."""

    def __init__(self, output, code, usage):
        self.output = output
        self.code = code
        self.cpu_s = usage.ru_utime + usage.ru_stime
        self.peak_mb = usage.ru_maxrss / 1024


def wait_for(child):
    """The exit code and rusage of a child, which is reaped."""
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    return child.returncode, usage


def run(argv, seconds, core=None):
    """Runs it to its end, or to SIGKILL after `seconds`."""
    with tempfile.TemporaryFile() as output:
        child = start(argv, core, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        killer = threading.Timer(seconds, child.kill)
        killer.start()
        code, usage = wait_for(child)
        killer.cancel()
        output.seek(0)
        return Ended(output.read().decode(errors="replace"), code, usage)
