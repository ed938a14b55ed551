"""Fibers of a program with posthouse::fiber in gdb: of a running process or of a core, built as a release or for debugging.

    (gdb) source gdb_fibers.py
    (gdb) info fibers                 each one's number, state, name, what it waits for, age
    (gdb) fiber 3 bt                  any command on the stack of fiber 3
    (gdb) fiber apply all bt          on every fiber's stack; or fiber apply 2 5 bt

Needs the types of Loop and Fiber (posthouse/fiber/engine/loop.cc is compiled with -g for that), x86-64, and what
Boost.Context 1.81 leaves on the stack of a fiber that is not running. In a core there is no clock, so no ages. The core
must be the kernel's: gdb's own (gcore) leaves out memory with guard regions in it (Linux 6.13), so all stacks.
"""
import itertools
import re
import time

import gdb
import gdb.unwinder

STATES = ("ready", "running", "parked", "done")  # Fiber::State
FOR_EVER = 2**63 - 1                             # TimePoint::max()
# What jump_fcontext has pushed: offsets from the context, which is where the stack pointer was (x86-64, System V).
SAVED_REGISTERS = {"r12": 0x10, "r13": 0x18, "r14": 0x20, "r15": 0x28, "rbx": 0x30, "rbp": 0x38, "rip": 0x40}
CONTEXT_SIZE = 0x48


def word(address):
    return int.from_bytes(bytes(gdb.selected_inferior().read_memory(address, 8)), "little", signed=True)


def text_at(address):
    """The std::string at `address`."""
    size = word(address + 8)
    return bytes(gdb.selected_inferior().read_memory(word(address), size)).decode("utf-8", "replace") if size else ""


def is_core():
    return gdb.selected_inferior().connection is not None and gdb.selected_inferior().connection.type == "core"


class Fiber:
    """A fiber as it lies in memory. Its members are read by address, so that incomplete types do not matter."""

    def __init__(self, number, value, loop):
        self.number, self.loop = number, loop
        self.state = STATES[int(value["state"])]
        self.name = text_at(int(value["name"].address))
        self.waits_for = value["waits_for"]["what"].string()
        self.descriptor = int(value["waits_for"]["descriptor"])
        self.object = 0 if value["waits_for"]["has_peer"] else int(value["waits_for"]["object"])
        self.until = word(int(value["until"].address))
        self.born = word(int(value["born"].address))
        self.context = int(value["context"])
        self.stack = int(value["stack"]["mapping"])
        self.stack_end = self.stack + int(value["stack"]["size"])
        self.started = int(value.address) - self.context > 2 * CONTEXT_SIZE  # make_fcontext puts one below the record

    def describe(self):
        if self.state != "parked":
            return ""
        if not self.waits_for:
            return "waits for its start"
        text = "waits for " + self.waits_for
        if self.descriptor >= 0:
            text += f" (descriptor {self.descriptor})"
        if self.object:
            text += f" ({self.object:#x})"
        if self.until != FOR_EVER and not is_core():
            text += f", at most {max(0, self.until - time.monotonic_ns()) / 1e9:.3f} s more"
        return text

    def age(self):
        return "" if is_core() else f"{(time.monotonic_ns() - self.born) / 1e9:.3f} s"

    def thread(self):
        """Where it runs."""
        for thread in gdb.selected_inferior().threads():
            thread.switch()
            if self.stack <= int(gdb.newest_frame().read_register("rsp")) < self.stack_end:
                return thread
        raise gdb.GdbError(f"fiber {self.number} runs, but on no thread that is there")


def fibers():
    """All fibers, loop by loop, in the order they were spawned, numbered from 1."""
    # Not by an expression: where the selected frame is of C, gdb would read it as C.
    symbol = gdb.lookup_global_symbol("posthouse::fiber::detail::Loop::all_")
    if symbol is None:
        raise gdb.GdbError("no fibers here: the program does not use posthouse::fiber, or was stripped")
    at = symbol.value()
    loops = []
    while at:
        loops.append(at.dereference())
        at = at["next_loop_"]
    found = []
    for loop in sorted(loops, key=lambda one: int(one["index_"])):
        at = loop["live_first_"]
        while at:
            one = Fiber(len(found) + 1, at.dereference(), int(loop["index_"]))
            if one.state != "done":
                found.append(one)
            at = at["live_next"]
    return found


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class ParkedStack(gdb.unwinder.Unwinder):
    """While `fiber` is set, the frame above gdb's frame 0 is where that fiber will go on.

    So nothing is written, neither into registers nor into memory: cores have no registers to write to.
    """

    def __init__(self):
        super().__init__("posthouse-fibers")
        self.fiber = None

    def __call__(self, pending_frame):
        if self.fiber is None or pending_frame.level() != 0:
            return None
        context = self.fiber.context
        # Frame 0 is taken to lie at the context, below all frames of the fiber: gdb wants the older ones higher up.
        info = pending_frame.create_unwind_info(FrameId(gdb.Value(context), pending_frame.read_register("rip")))
        long = gdb.lookup_type("unsigned long")
        for register, offset in SAVED_REGISTERS.items():
            info.add_saved_register(register, gdb.Value(word(context + offset) & (2**64 - 1)).cast(long))
        info.add_saved_register("rsp", gdb.Value(context + CONTEXT_SIZE).cast(long))
        return info


UNWINDER = ParkedStack()
gdb.unwinder.register_unwinder(None, UNWINDER, replace=True)


def run_on_parked(fiber, command):
    UNWINDER.fiber = fiber
    gdb.invalidate_cached_frames()
    try:
        gdb.newest_frame().older().select()
        output = gdb.execute(command, to_string=True)
    finally:
        UNWINDER.fiber = None
        gdb.invalidate_cached_frames()
    if re.match(r"\s*(bt|backtrace|where)\b", command):
        lines = re.split(r"(?=^#\d+ )", output, flags=re.MULTILINE)
        # Frame 0 is the thread's; what lies beneath make_fcontext is no frame.
        output = "".join(itertools.takewhile(lambda line: "make_fcontext" not in line,
                                             (line for line in lines if not line.startswith("#0 "))))
    gdb.write(output)


def run_on(fiber, command):
    """Runs `command` with the stack of `fiber` as the current one."""
    if "x86-64" not in gdb.selected_inferior().architecture().name():
        raise gdb.GdbError("the stacks of fibers are read on x86-64 only")
    before = gdb.selected_thread()
    try:
        if fiber.state == "running":
            fiber.thread().switch()
            gdb.write(gdb.execute(command, to_string=True))
        elif not fiber.started:
            gdb.write("It has not started yet.\n")
        else:
            run_on_parked(fiber, command)
    finally:
        before.switch()


class InfoFibers(gdb.Command):
    """List the fibers of posthouse::fiber: number, loop, state, name, what it waits for, age."""

    def __init__(self):
        super().__init__("info fibers", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        found = fibers()
        if not found:
            print("No fibers.")
        for fiber in found:
            name = f'"{fiber.name}"' if fiber.name else "a fiber"
            parts = [f"{fiber.number:>4}  loop {fiber.loop}  {fiber.state:<7}  {name}", fiber.describe(), fiber.age()]
            print("  ".join(part for part in parts if part))


class FiberCommand(gdb.Command):
    """Run a command on the stack of one fiber: fiber N COMMAND (bt when there is none)."""

    def __init__(self):
        super().__init__("fiber", gdb.COMMAND_STACK, prefix=True)

    def invoke(self, argument, from_tty):
        number, _, command = argument.strip().partition(" ")
        run_on(numbered(number, fibers()), command.strip() or "bt")


class FiberApply(gdb.Command):
    """Run a command on the stacks of several fibers: fiber apply all COMMAND, fiber apply 2 5 COMMAND."""

    def __init__(self):
        super().__init__("fiber apply", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        found = fibers()
        numbers, command = re.match(r"(all\b|(?:\d+\s+)*\d*)\s*(.*)", argument.strip()).groups()
        if not numbers or not command:
            raise gdb.GdbError("fiber apply all COMMAND, or fiber apply NUMBER… COMMAND")
        chosen = found if numbers == "all" else [numbered(one, found) for one in numbers.split()]
        for fiber in chosen:
            name = f' "{fiber.name}"' if fiber.name else ""
            about = fiber.describe() or fiber.state
            print(f"\nFiber {fiber.number}{name}, loop {fiber.loop}, {about}:")
            run_on(fiber, command)


def numbered(text, found):
    for fiber in found:
        if text == str(fiber.number):
            return fiber
    raise gdb.GdbError(f"no fiber {text!r}; see info fibers")


InfoFibers()
FiberCommand()
FiberApply()
