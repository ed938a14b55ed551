#include "posthouse/fiber/foreign_descriptor.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>

#include "posthouse/fiber/engine/descriptor.h"
#include "posthouse/fiber/error.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/world.h"

namespace posthouse::fiber {

using detail::Descriptor;

struct ForeignDescriptor::State {
  // Room for output is listened to only while somebody waits for it.
  explicit State(int descriptor) : own(descriptor, Descriptor::Kind::udp) {}
  Descriptor own;
};

ForeignDescriptor::ForeignDescriptor(int descriptor) {
  const int copy = ::fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    throw Error::from_errno(errno, "cannot wait for a connection");
  }
  state_ = std::make_unique<State>(copy);
}

ForeignDescriptor::~ForeignDescriptor() = default;

void ForeignDescriptor::wait(bool input, bool output) {
  Descriptor& own = state_->own;
  if (in_fiber() && input != output && World::current() == nullptr) {
    const auto side = input ? Descriptor::Side::read : Descriptor::Side::write;
    own.drained(side);  // the library has seen that; what comes from now on wakes us
    try {
      if (own.wait(side, Deadline::never()) == Descriptor::Wait::ready) {
        return;
      }
    } catch (const Error&) {  // canceled: waits where that does not reach
    }
  }
  pollfd asked{own.get(), static_cast<short>((input ? POLLIN | POLLRDHUP : 0) | (output ? POLLOUT : 0)), 0};
  blocking([&] {
    while (::poll(&asked, 1, -1) < 0 && errno == EINTR) {
    }
  });
}

}  // namespace posthouse::fiber
