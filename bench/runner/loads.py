"""Runs the load client and its kin; what they print is kept whole for the results file."""
import json
import statistics
import subprocess


class LoadFailed(Exception):
    """A load ended with troubles; its figures are worth nothing."""


class Loads:
    """Calls the programs of bench/ below `binaries` and records every line they print."""

    def __init__(self, binaries):
        self.binaries = binaries
        self.records = []

    def mailload(self, server, command, **options):
        """One measure of `server` (see servers.py); options become --name value."""
        words = [str(self.binaries / "mailload"), command, "--pids", server.pids(), "--deadline", "900"]
        for name, value in options.items():
            words += ["--" + name.replace("_", "-"), str(value)]
        return self.run(words, server=server.name, command=command)

    def run(self, words, **notes):
        done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
        try:
            figures = json.loads(done.stdout)
        except json.JSONDecodeError:
            figures = {}
        self.records.append({**notes, **figures, "arguments": list(map(str, words[1:])), "status": done.returncode})
        if done.returncode != 0:
            raise LoadFailed(f"{' '.join(map(str, words))}\n{done.stdout}{done.stderr}")
        return figures

    def disturbance(self):
        """How many cores other programs kept busy during the loads, in the worst of them and in the middle one."""
        busy = [record["other_cores_busy"] for record in self.records if "other_cores_busy" in record]
        return (max(busy), statistics.median(busy)) if busy else (0, 0)
