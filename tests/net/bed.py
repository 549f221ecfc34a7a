"""Hosts for tests: network namespaces of this machine, each with a real sshd, an address, a host name and a cache of its own.

A Bed has the hosts a, b and c, the host m on which mrrun runs, and a switch that connects them, which is one more namespace: nothing
touches the machine's own network. Faults are rules of nft in a host's namespace, or queues of tc. Everything that a bed has made is
gone after close(), also when a test fails; left() says what a run has left."""

import os, shutil, signal, subprocess, tempfile, threading, time
from pathlib import Path

HOSTS = ["a", "b", "c", "m"]
TOOLS = ["ip", "tc", "nft", "unshare", "ssh", "ssh-keygen", "/usr/sbin/sshd"]
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"


class NotHere(Exception):
    """Beds cannot be made on this machine, for a reason that the text gives."""


def call(*command, check=True, **more):
    done = subprocess.run([str(c) for c in command], env=dict(os.environ, PATH=PATH), stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30, **more)
    if check and done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def can_be_made():
    """Raises NotHere, or returns."""
    if os.geteuid() != 0:
        raise NotHere("needs root: network namespaces")
    for tool in TOOLS:
        if not shutil.which(tool, path=PATH):
            raise NotHere(f"needs {tool}")
    name = f"mrnet{os.getpid()}try"
    try:
        call("ip", "netns", "add", name)
        call("ip", "netns", "exec", name, "nft", "add", "table", "inet", "fault")
    except RuntimeError as error:
        raise NotHere(f"network namespaces cannot be had: {error}")
    finally:
        call("ip", "netns", "del", name, check=False)


def make_root(root):
    """A folder that is a whole host: a shell, coreutils, and what these need of glibc. No libzmq, no getconf, no home."""
    tools = ["sh", "ls", "dd", "id", "uname", "mkdir", "mktemp", "mv", "rm", "chmod", "touch", "sha256sum", "sleep", "cat"]
    for folder in ["bin", "tmp", "dev", "proc"]:
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    call("mknod", "-m", "666", root / "dev/null", "c", "1", "3")
    for tool in tools:
        path = os.path.realpath(shutil.which(tool, path=PATH))
        shutil.copy(path, root / "bin" / tool)
        for word in call("ldd", path).split():
            if word.startswith("/") and not (root / word[1:]).exists():
                (root / word[1:]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(os.path.realpath(word), root / word[1:])
    libc = next(root.glob("lib*/**/libc.so.6"))
    for name in ["libm.so.6", "libpthread.so.0", "libresolv.so.2", "libdl.so.2", "librt.so.1"]:  # what else is glibc's
        shutil.copy(os.path.realpath(Path("/") / libc.relative_to(root).parent / name), libc.parent / name)
    (root / "bin/bash").symlink_to("sh")  # the login shell that the machine's list of users may name


class Bed:
    made, lock = 0, threading.Lock()

    def __init__(self):
        with Bed.lock:
            Bed.made += 1
            self.prefix = f"mrnet{os.getpid()}x{Bed.made}"
        self.folder = Path(tempfile.mkdtemp(prefix="mr-net-"))
        self.sshds = {}
        self.faults = 0  # that were injected
        try:
            self.make()
        except BaseException:
            self.close()
            raise

    # ---- the network

    def space(self, host):
        return f"{self.prefix}{host}"

    def inside(self, host, *command):
        """The words of a command that runs there."""
        return ["ip", "netns", "exec", self.space(host), *command]

    def address(self, host):
        return f"10.77.0.{HOSTS.index(host) + 1}"

    def address6(self, host):
        return f"fd77::{HOSTS.index(host) + 1}"

    def make(self):
        switch = self.space("switch")
        call("ip", "netns", "add", switch)
        call("ip", "-n", switch, "link", "add", "bridge", "type", "bridge")
        call("ip", "-n", switch, "link", "set", "bridge", "up")
        for host in HOSTS:
            space = self.space(host)
            call("ip", "netns", "add", space)
            call("ip", "-n", space, "link", "set", "lo", "up")
            call("ip", "-n", space, "link", "add", "wire", "type", "veth", "peer", "name", f"port-{host}", "netns", switch)
            call("ip", "-n", switch, "link", "set", "dev", f"port-{host}", "master", "bridge", "up")
            call("ip", "-n", space, "addr", "add", f"{self.address(host)}/24", "dev", "wire")
            call("ip", "-n", space, "addr", "add", f"{self.address6(host)}/64", "dev", "wire", "nodad")
            call("ip", "-n", space, "link", "set", "wire", "up")
        self.write_ssh()
        for host in HOSTS[:3]:
            self.start_sshd(host)

    # ---- ssh

    def write_ssh(self):
        folder = self.folder
        call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key")
        shutil.copy(folder / "key.pub", folder / "authorized_keys")
        for host in HOSTS[:3]:
            call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / f"hostkey-{host}")
        self.write_known_hosts()
        (folder / "ssh_config").write_text("".join(f"Host {h}\n  HostName {self.address(h)}\n" for h in HOSTS[:3]) +
                                           f"Host *\n  User root\n  IdentityFile {folder}/key\n  IdentitiesOnly yes\n"
                                           f"  UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
                                           "  StrictHostKeyChecking yes\n")

    def write_known_hosts(self, wrong=()):
        lines = []
        for host in HOSTS[:3]:
            other = HOSTS[(HOSTS.index(host) + 1) % 3] if host in wrong else host
            key = " ".join((self.folder / f"hostkey-{other}.pub").read_text().split()[:2])
            lines.append(f"{self.address(host)},{self.address6(host)} {key}\n")
        (self.folder / "known_hosts").write_text("".join(lines))

    def start_sshd(self, host, root=None, over=None):
        """`root` is a folder that is everything that the host has; `over` is a pair of folders, of which it sees the first in the
        place of the second."""
        folder = self.folder
        cache = Path(f"/cache-{host}") if root else folder / f"cache-{host}"
        (folder / f"sshd-{host}").write_text(
            f"Port 22\nHostKey {folder}/hostkey-{host}\nAuthorizedKeysFile {folder}/authorized_keys\nStrictModes no\nUsePAM no\n"
            f"PermitRootLogin yes\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPidFile none\nPrintMotd no\n"
            f"SetEnv XDG_CACHE_HOME={cache}\n" + ("ChrootDirectory /run/root\n" if root else ""))
        # A mount namespace of its own, for a /run/sshd that need not be on the machine, and a name of its own.
        script = "mount -t tmpfs -o mode=755 none /run && mkdir -p /run/sshd /run/root && "
        script += f"mount --bind {root} /run/root && " if root else ""
        script += f"mount --bind {over[0]} {over[1]} && " if over else ""
        script += f"hostname {host} && exec /usr/sbin/sshd -D -e -f {folder}/sshd-{host}"
        log = open(folder / f"log-{host}", "ab")
        self.sshds[host] = subprocess.Popen(self.inside(host, "unshare", "-m", "-u", "sh", "-c", script), stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={"PATH": PATH}, start_new_session=True)
        log.close()
        for _ in range(100):
            if ":22 " in call(*self.inside(host, "ss", "-ltn")) or self.sshds[host].poll() is not None:
                return
            time.sleep(0.05)

    def stop_sshd(self, host):
        self.faults += 1
        process = self.sshds.pop(host)
        process.kill()
        process.wait()

    def cache(self, host):
        return self.folder / f"cache-{host}" / "mr"

    # ---- faults

    def cut(self, host, ways=("input", "output"), rule="drop"):
        """What the host receives (input) or sends (output), or a part of it, is lost from now on. Its own loopback is not."""
        self.faults += 1
        self.filter(host, ways, rule)

    def filter(self, host, ways, rule):
        lines = ["add table inet fault", "flush table inet fault"]
        for way in ways:
            device = "iifname" if way == "input" else "oifname"
            lines += [f"add chain inet fault {way} {{ type filter hook {way} priority 0; }}", f"add rule inet fault {way} {device} wire {rule}"]
        subprocess.run(self.inside(host, "nft", "-f", "-"), input="\n".join(lines).encode(), env={"PATH": PATH}, check=True, timeout=30)

    def lose(self, host, percent):
        """Of what it receives. When every host loses so much, that is the loss in each direction."""
        self.cut(host, ("input",), rule=f"numgen random mod 100 < {percent} drop")

    def heal(self, host):
        call(*self.inside(host, "nft", "delete", "table", "inet", "fault"), check=False)

    def slow_down(self, host, rate):
        self.faults += 1
        call(*self.inside(host, "tc", "qdisc", "add", "dev", "wire", "root", "tbf", "rate", rate, "burst", "64k", "latency", "400ms"))

    def pids(self, host):
        return [int(pid) for pid in call("ip", "netns", "pids", self.space(host), check=False).split() if pid.isdigit()]

    def kill_all(self, host):
        """As if the host had lost its power: nobody says goodbye. Its sshd is gone, too."""
        self.filter(host, ("input", "output"), "drop")
        self.sshds.pop(host, None)
        for _ in range(50):
            pids = self.pids(host)
            if not pids:
                return
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.02)

    # ---- what is left

    def ours(self, host):
        """Processes there other than sshd's: (number, name, command)."""
        found = []
        for pid in self.pids(host):
            try:
                name = Path(f"/proc/{pid}/comm").read_text().strip()
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if command and not command.startswith(("sshd:", "/usr/sbin/sshd")):
                found.append((pid, name, command))
        return found

    def left(self, patience):
        """What runs have left, after `patience` seconds at most: processes, parts of files, directories, sockets."""
        end = time.time() + patience
        while True:
            found = [f"{host}: {pid} {name} {command[:100]}" for host in HOSTS for pid, name, command in self.ours(host)]
            found += [str(p) for host in HOSTS[:3] for p in self.cache(host).glob("new.*")]
            found += [str(p) for p in (self.folder / "tmp").glob("*")]
            if not found or time.time() > end:
                return found
            time.sleep(0.1)

    def close(self):
        for host in HOSTS:
            self.kill_all(host) if self.pids(host) else None
        for process in self.sshds.values():
            process.kill()
        for name in HOSTS + ["switch"]:
            call("ip", "netns", "del", self.space(name), check=False)
        shutil.rmtree(self.folder, ignore_errors=True)
