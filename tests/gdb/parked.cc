// Fibers that wait for different things, for tests/gdb/fibers.py to look at.
#include <cstdio>
#include <cstdlib>

#include "posthouse/net/net.h"

using namespace posthouse;
using namespace std::chrono_literals;

extern "C" {
/// Where the debugger stops, or the core is left: all other fibers are parked, the one called "late" has not begun.
[[gnu::noinline]] void all_are_parked(bool dump) {
  if (dump) {
    std::abort();
  }
  std::puts("parked");
  std::fflush(stdout);
}
[[gnu::noinline]] bool waits_for_a_letter(net::Stream& stream) {
  const bool came = stream.read_line().has_value();
  return came || stream.is_open();  // not a tail call: the frame stays
}
[[gnu::noinline]] bool waits_for_the_event(net::Event& event) {
  event.wait();
  return event.is_set();
}
[[gnu::noinline]] int sleeps_long() {
  net::sleep_for(1h);
  return 1;
}
}

/// With an argument it leaves a core.
int main(int count, char**) {
  net::run([count] {
    auto listener = net::listen("127.0.0.1:0");
    auto there = net::connect(listener.local_address());
    auto here = listener.accept();
    net::Event event;
    net::Scope scope;
    scope.spawn([&] { waits_for_a_letter(here); }, "postman");
    scope.spawn([&] { waits_for_the_event(event); }, "clerk");
    scope.spawn([] { sleeps_long(); }, "sleeper");
    net::yield();
    scope.spawn([] { sleeps_long(); }, "late");
    all_are_parked(count > 1);
    scope.cancel();
  });
}
