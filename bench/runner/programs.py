"""Programs of which one is measured at a time: started on the first core, while the load client runs on the second."""
import contextlib
import os
import subprocess

from loads import LoadFailed

SERVER_CORE, CLIENT_CORE = 0, 1


def pinned(core):
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 else []


@contextlib.contextmanager
def serving(command):
    """Runs a server that prints `port N` when it is ready; gives its process, whose `.port` is that number."""
    server = subprocess.Popen([*pinned(SERVER_CORE), *map(str, command)], stdout=subprocess.PIPE, text=True)
    try:
        words = server.stdout.readline().split()
        if len(words) != 2 or words[0] != "port":
            raise LoadFailed(f"{command[0]} did not say its port")
        server.port = int(words[1])
        yield server
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
