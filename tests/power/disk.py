"""A disk that keeps a log of what was written to it and of when it was told to flush.

The disk is one file, given to the kernel by the FUSE protocol; a loop device on that file turns the barriers of a file
system into FUSE_FSYNC. Requests are handled one at a time, so the log is the order in which things happened. The log's
entries are numbered from 0; its *position* is how many there are.
"""
import ctypes
import errno
import mmap
import os
import pathlib
import struct
import subprocess
import sys

GETATTR, SETATTR, OPEN, READ, WRITE, RELEASE, FSYNC, FLUSH, INIT = 3, 4, 14, 15, 16, 18, 20, 25, 26
FORGET, INTERRUPT, BATCH_FORGET = 2, 36, 42  # have no answer
BIG_WRITES, MAX_PAGES = 1 << 5, 1 << 22
LONGEST = 1 << 20                        # octets of a write
REQUEST = struct.Struct("<IIQQIIII")     # fuse_in_header
ANSWER = struct.Struct("<IiQ")           # fuse_out_header
ATTRIBUTES = struct.Struct("<QQQQQQIIIIIIIIII")
ENTRY = struct.Struct("<QI")             # offset and length of a write, whose octets follow
FLUSHED = ENTRY.pack(0, 0)               # a flush: a write of nothing
POSITION = "Q"                           # of the log, in a file both sides map: one word, read and written as a whole

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNS = 0x20000


def system(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount_file(place, descriptor):
    """Puts the one file of a FUSE connection at the path of an empty file."""
    options = f"fd={descriptor},rootmode=100000,user_id=0,group_id=0,allow_other,max_read={LONGEST}".encode()
    system(LIBC.mount(b"power-disk", os.fsencode(place), b"fuse", 0, options), f"mount FUSE at {place}")


def stand_apart():
    """In the server's process, before it serves. It must not be the one that unmounts what stands on it, as the last
    of a mount namespace does at its end: it would wait for itself."""
    system(LIBC.unshare(CLONE_NEWNS), "unshare")


def copy_sparse(image, copy):
    subprocess.run(["cp", "--sparse=always", image, copy], check=True)


class Server:
    """Answers the kernel, in a process of its own, until the file is unmounted."""

    def __init__(self, fuse, folder):
        self.fuse = fuse
        self.image = os.open(folder / "image", os.O_RDWR)
        self.size = os.fstat(self.image).st_size
        self.log = open(folder / "log", "ab")
        with open(folder / "position", "r+b") as file:
            self.position = memoryview(mmap.mmap(file.fileno(), 0)).cast(POSITION)
        self.entries = 0
        self.handlers = {INIT: self.init, GETATTR: self.getattr, SETATTR: self.getattr, OPEN: self.open, READ: self.read,
                         WRITE: self.write, FSYNC: self.flush, FLUSH: self.nothing, RELEASE: self.nothing}

    def serve(self):
        while True:
            try:
                request = memoryview(os.read(self.fuse, LONGEST + 4096))
            except OSError as error:
                if error.errno == errno.ENODEV:
                    return self.log.close()
                if error.errno in (errno.ENOENT, errno.EINTR):  # whoever asked has been interrupted
                    continue
                raise
            _, opcode, unique, *_ = REQUEST.unpack_from(request)
            if opcode in (FORGET, INTERRUPT, BATCH_FORGET):
                continue
            handler = self.handlers.get(opcode)
            body = b"" if handler is None else handler(request[REQUEST.size:])
            header = ANSWER.pack(ANSWER.size + len(body), 0 if handler else -errno.ENOSYS, unique)
            try:
                os.writev(self.fuse, (header, body))
            except FileNotFoundError:  # whoever asked has been interrupted meanwhile, or has gone
                pass

    def note(self, *octets):
        """The entry is in the log before the kernel hears of its success."""
        for each in octets:
            self.log.write(each)
        self.entries += 1
        self.position[0] = self.entries

    def init(self, _):
        return struct.pack("<IIIIHHIIHHII24x", 7, 31, LONGEST, BIG_WRITES | MAX_PAGES, 64, 48, LONGEST, 1,
                           LONGEST // 4096, 0, 0, 0)

    def getattr(self, _):
        return struct.pack("<QII", 3600, 0, 0) + ATTRIBUTES.pack(
            1, self.size, self.size // 512, 0, 0, 0, 0, 0, 0, 0o100600, 1, 0, 0, 0, 4096, 0)

    def open(self, _):
        return struct.pack("<QII", 0, 0, 0)

    def read(self, request):
        _, offset, size = struct.unpack_from("<QQI", request)
        return os.pread(self.image, size, offset)

    def write(self, request):
        _, offset, size = struct.unpack_from("<QQI", request)
        octets = request[40:40 + size]
        os.pwrite(self.image, octets, offset)
        self.note(ENTRY.pack(offset, size), octets)
        return struct.pack("<II", size, 0)

    def flush(self, _):
        self.note(FLUSHED)
        return b""

    def nothing(self, _):
        return b""


class Disk:
    """The disk in `folder`, which holds `image`, made by mkfs: within `with` it is the file `folder`/disk.

    Afterwards `folder` has also `base`, the image as it was, and `log`.
    """

    def __init__(self, folder):
        self.folder, self.path = pathlib.Path(folder), pathlib.Path(folder) / "disk"
        copy_sparse(self.folder / "image", self.folder / "base")
        self.path.touch()
        (self.folder / "log").touch()
        (self.folder / "position").write_bytes(bytes(struct.calcsize(POSITION)))
        with open(self.folder / "position", "rb") as file:
            self.counter = memoryview(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)).cast(POSITION)
        self.server = None

    def position(self):
        """How many entries the log has now: whatever had happened before this call is below."""
        return self.counter[0]

    def __enter__(self):
        fuse = os.open("/dev/fuse", os.O_RDWR)
        try:
            self.server = subprocess.Popen([sys.executable, __file__, str(fuse), self.folder], pass_fds=[fuse],
                                           stdin=subprocess.PIPE, preexec_fn=stand_apart)
            mount_file(self.path, fuse)
            self.server.stdin.close()
        finally:
            os.close(fuse)
        return self

    def __exit__(self, *_):
        # Lazily: a loop device lets go of the file some moments after its own end.
        subprocess.run(["umount", "--lazy", self.path], check=True)
        try:
            assert self.server.wait(60) == 0, "the disk's server has failed"
        finally:
            self.server.kill()


if __name__ == "__main__":
    sys.stdin.read()  # ends when the file is mounted
    Server(int(sys.argv[1]), pathlib.Path(sys.argv[2])).serve()
