#include "posthouse/fiber/foreign_descriptor.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>

#include "posthouse/fiber/engine/descriptor.h"
#include "posthouse/fiber/engine/wait_list.h"
#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/world.h"

namespace posthouse::fiber {

using detail::Descriptor;

struct ForeignDescriptor::State {
  // Room for output is listened to only while somebody waits for it.
  explicit State(int descriptor) : own(descriptor, Descriptor::Kind::udp) {}
  Descriptor own;
};

namespace {

// A Descriptor has a waiter for each side; for both at once, which libraries seldom ask for, it is looked now and then
// whether there is another reason to go on. In a World, whose time is not that of other libraries, nothing else is.
bool wait_for_either(int descriptor, bool input, bool output, Deadline deadline) {
  constexpr int slice_ms = 50;
  const bool simulated = World::current() != nullptr;
  pollfd asked{descriptor, static_cast<short>((input ? POLLIN | POLLRDHUP : 0) | (output ? POLLOUT : 0)), 0};
  for (;;) {
    if (!simulated) {
      throw_if_interrupted();
    }
    const int ready = blocking([&] { return ::poll(&asked, 1, simulated ? -1 : slice_ms); });
    if (ready > 0) {
      return true;
    }
    if (!simulated && deadline.expired()) {
      return false;
    }
  }
}

}  // namespace

ForeignDescriptor::ForeignDescriptor(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    throw Error::from_errno(errno, "cannot wait for a connection");
  }
  state_ = std::make_unique<State>(copy);
}

ForeignDescriptor::~ForeignDescriptor() = default;

bool ForeignDescriptor::wait(bool input, bool output, Deadline deadline) {
  Descriptor& own = state_->own;
  if (World::current() == nullptr && input != output) {
    const auto side = input ? Descriptor::Side::read : Descriptor::Side::write;
    own.drained(side);  // the library has seen that; what comes from now on wakes us
    if (own.wait(side, deadline) == Descriptor::Wait::ready) {
      return true;
    }
    detail::throw_if_bound_passed();
    return false;
  }
  return wait_for_either(own.get(), input, output, deadline);
}

}  // namespace posthouse::fiber
