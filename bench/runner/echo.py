"""Starts an echo program on the first core and the load client on the second."""
import os
import subprocess


def pinned(core):
    return ["taskset", "-c", str(core)] if (os.cpu_count() or 1) > 1 else []


class Echo:
    def __init__(self, binaries, loads):
        self.binaries, self.loads = binaries, loads

    def __call__(self, program, connections, seconds):
        """Microseconds of server CPU per request of 64 octets."""
        server = subprocess.Popen([*pinned(0), str(self.binaries / program)], stdout=subprocess.PIPE, text=True)
        try:
            word, port = server.stdout.readline().split()
            assert word == "port", f"{program} did not say its port"
            figures = self.loads.run([*pinned(1), self.binaries / "tcp_client", port, 64, connections, seconds, server.pid],
                                     server=program, command="echo")
        finally:
            server.kill()
            server.wait()
            server.stdout.close()
        return figures["server_cpu_us_per_request"]
