#!/usr/bin/env python3
"""scripts/gdb_fibers.py on a live program and on its core."""
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "scripts/gdb_fibers.py"
PROGRAM = os.environ["POSTHOUSE_PARKED"]
GDB = shutil.which("gdb")
PATIENCE = float(os.environ.get("POSTHOUSE_TEST_PATIENCE", "60"))
ASK = ["info fibers", "fiber apply all bt", "fiber 2", "fiber 3 bt 3", "fiber 77 bt", "fiber apply", "bt -1"]


def gdb(*arguments, commands):
    """What gdb prints; of each command apart, behind a line "== COMMAND"."""
    words = [GDB, "--nx", "--batch", "-iex", "set debuginfod enabled off", *map(str, arguments)]
    for command in commands:
        words += ["-ex", f"echo \\n== {command}\\n", "-ex", command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE,
                          env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
    parts = re.split(r"^== (.*)\n", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2])), done.stdout + done.stderr


def core_of(program, folder):
    """The core of a run of `program` that is told to leave one; None when the kernel puts none there."""
    def allow():
        hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    subprocess.run([program, "core"], cwd=folder, preexec_fn=allow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   timeout=PATIENCE)
    return next(folder.glob("core*"), None)


@unittest.skipUnless(GDB, "no gdb on this machine")
class GdbFibers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="posthouse-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        cls.live, cls.live_output = gdb(PROGRAM, commands=["break all_are_parked", "run", f"source {SCRIPT}", *ASK, "kill"])
        cls.core = core_of(PROGRAM, cls.folder)
        if cls.core:
            cls.dead, cls.dead_output = gdb(PROGRAM, cls.core, commands=[f"source {SCRIPT}", *ASK])

    def both(self):
        if "ptrace" in self.live_output and "not permitted" in self.live_output:
            self.skipTest("gdb may not trace a program here")
        tried = [(self.live, self.live_output)]
        if self.core:
            tried.append((self.dead, self.dead_output))
        for answers, output in tried:
            self.assertIn("info fibers", answers, output)
            yield answers, output

    def test_a_core(self):
        if not self.core:
            self.skipTest("the kernel left no core here (see /proc/sys/kernel/core_pattern), so none was looked at")
        self.assertIn("SIGABRT", self.dead_output)

    def test_the_list(self):
        for answers, output in self.both():
            listed = answers["info fibers"]
            self.assertRegex(listed, r'(?m)^ +1  loop 0  running  (a fiber|"\w+")', output)
            self.assertRegex(listed, r'(?m)^ +2  loop 0  parked   "postman"  waits for input \(descriptor \d+\)', output)
            self.assertRegex(listed, r'(?m)^ +3  loop 0  parked   "clerk"  waits for an event', output)
            self.assertRegex(listed, r'(?m)^ +4  loop 0  parked   "sleeper"  waits for the time', output)
            self.assertRegex(listed, r'(?m)^ +5  loop 0  ready    "late"', output)
        self.assertRegex(self.live["info fibers"], r'"sleeper"  waits for the time, at most 3\d\d\d\.\d+ s more  \d+\.\d+ s\n')

    def test_every_stack(self):
        for answers, output in self.both():
            stacks = re.split(r"^Fiber \d+", answers["fiber apply all bt"], flags=re.MULTILINE)[1:]
            self.assertEqual(len(stacks), 5, output)
            for stack, function in zip(stacks, ("all_are_parked", "waits_for_a_letter", "waits_for_the_event", "sleeps_long")):
                self.assertRegex(stack, rf"(?m)^#\d+ .*\b{function}\b", output)
                self.assertRegex(stack, r"(?m)^#\d+ .*\benter_fiber\b", output)  # down to its end
                self.assertEqual(len(re.findall(r"\b(all_are_parked|waits_\w+|sleeps_long) \(", stack)), 1, stack)
            self.assertIn("It has not started yet.", stacks[4])

    def test_one_stack(self):
        for answers, output in self.both():
            self.assertRegex(answers["fiber 2"], r"(?m)^#\d+ .*\bwaits_for_a_letter\b", output)
            self.assertRegex(answers["fiber 3 bt 3"], r"\A#1 .*\n#2 .*\n", output)
            self.assertIn("no fiber '77'", output)
            self.assertIn("fiber apply all COMMAND", output)

    def test_a_program_without_fibers(self):
        _, output = gdb("/bin/true", commands=[f"source {SCRIPT}", "info fibers"])
        self.assertIn("no fibers here", output)

    def test_the_thread_is_left_as_it_was(self):
        for answers, output in self.both():
            self.assertRegex(answers["bt -1"], r"^#\d+ .*(main|_start|make_fcontext|\?\?)", output)


if __name__ == "__main__":
    unittest.main(verbosity=2)
