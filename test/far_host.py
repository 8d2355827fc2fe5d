"""Another machine to drill: two network namespaces, a cable between them, and a real sshd in the far one. Needs root."""
import os
import signal
import subprocess
import time
from pathlib import Path

HERE, THERE = "10.77.0.1", "10.77.0.2"
HOME_THERE = "/root"

SSHD = """ListenAddress %(there)s
HostKey %(folder)s/host_key
AuthorizedKeysFile %(folder)s/authorized_keys
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
Subsystem sftp internal-sftp
SetEnv MUSTER_ALLOW=%(folder)s/allow.conf
"""


class Unsupported(Exception):
    pass


def pids():
    return [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def wait_until(true, limit=30.0, every=0.005):
    """How long it took, or None."""
    began = time.monotonic()
    while time.monotonic() - began < limit:
        if true():
            return time.monotonic() - began
        time.sleep(every)
    return None


def end(process):
    if process.poll() is None:
        process.kill()
    process.communicate()


class Network:
    """Two namespaces and a cable; in the second, an sshd with a /root, /run and /var/lib of its own."""

    def __init__(self, folder, sshd_under=()):
        """`sshd_under`: words before sshd's own, for one that stands in yet another namespace."""
        self.folder = folder
        self.sshd_under = sshd_under
        self.holders = []
        self.sshd = None

    def __enter__(self):
        try:
            self.near = self.hold("--net")
            self.far = self.hold("--net", "--mount", "--propagation", "private")
            self.near_run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", str(self.far))
            for run, address in ((self.near_run, HERE), (self.far_run, THERE)):
                run("ip", "link", "set", "lo", "up")
                run("ip", "address", "add", f"{address}/24", "dev", "eth0")
                run("ip", "link", "set", "eth0", "up")
            for place in (HOME_THERE, "/run", "/var/lib"):
                self.far_run("mount", "-t", "tmpfs", "tmpfs", place)
            self.far_run("mkdir", "-p", "/run/sshd")
            self.start_sshd()
        except BaseException:
            self.__exit__()
            raise
        return self

    def hold(self, *namespaces):
        # Its death, and so that of the namespaces, comes with ours at the latest: the pipe ends.
        holder = subprocess.Popen(["unshare", *namespaces, "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.holders.append(holder)
        own = os.readlink("/proc/self/ns/net")
        if wait_until(lambda: holder.poll() is not None or self.namespace_of(holder.pid) not in (own, None), 10) is None:
            raise Unsupported("no namespace was made")
        if holder.poll() is not None:
            raise Unsupported("this machine allows no namespaces (root is needed)")
        return holder.pid

    @staticmethod
    def namespace_of(pid):
        try:
            return os.readlink(f"/proc/{pid}/ns/net")
        except OSError:
            return None

    def near_words(self):
        return ["nsenter", f"--net=/proc/{self.near}/ns/net", "--"]

    def far_words(self):
        return ["nsenter", f"--target={self.far}", "--net", "--mount", "--"]

    def near_run(self, *words):
        return subprocess.run([*self.near_words(), *words], check=True, capture_output=True, text=True, timeout=30).stdout

    def far_run(self, *words):
        return subprocess.run([*self.far_words(), *words], check=True, capture_output=True, text=True, timeout=30).stdout

    def start_sshd(self):
        for name in ("host_key", "key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / name)], check=True)
        host_key = (self.folder / "host_key.pub").read_text()
        (self.folder / "known_hosts").write_text(f"{THERE} {host_key}")
        (self.folder / "empty").write_text("")
        # Both hosts agree to be broken; a real one has this in /etc/muster.
        (self.folder / "allow.conf").write_text("allow all\n")
        (self.folder / "allow.conf").chmod(0o600)
        self.allow("")
        (self.folder / "sshd_config").write_text(SSHD % {"there": THERE, "folder": self.folder})
        words = [*self.far_words(), *self.sshd_under, "/usr/sbin/sshd", "-D", "-e", "-f", str(self.folder / "sshd_config")]
        self.sshd = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=open(self.folder / "sshd.log", "w"))
        if wait_until(lambda: "Server listening" in (self.folder / "sshd.log").read_text(), 10) is None:
            raise Unsupported("sshd does not start: " + (self.folder / "sshd.log").read_text())

    def allow(self, options):
        (self.folder / "authorized_keys").write_text(options + (self.folder / "key.pub").read_text())

    def processes(self, name):
        """Pids of programs of that name on the far host."""
        there = self.namespace_of(self.far)
        found = []
        for pid in pids():
            try:
                if Path("/proc", pid, "comm").read_text().strip() == name and self.namespace_of(pid) == there:
                    found.append(int(pid))
            except OSError:
                pass
        return found

    def tables(self):
        return self.far_run("nft", "list", "tables")

    def __exit__(self, *_):
        if self.sshd:
            end(self.sshd)
        there = [self.namespace_of(holder.pid) for holder in self.holders if holder.poll() is None]
        own = os.readlink("/proc/self/ns/net")
        for pid in pids():
            if self.namespace_of(pid) in there and self.namespace_of(pid) not in (own, None):
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except OSError:
                    pass
        for holder in self.holders:
            end(holder)
