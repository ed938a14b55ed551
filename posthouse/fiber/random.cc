#include "posthouse/fiber/random.h"

#include <cassert>
#include <cerrno>

#include <sys/random.h>

#include "posthouse/base/hex.h"
#include "posthouse/fiber/error.h"
#include "posthouse/fiber/world.h"

namespace posthouse::fiber {

void random_bytes(std::span<char> out) {
  if (World* world = World::current(); world != nullptr) {
    return world->random_bytes(out);
  }
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0) {
      if (errno == EINTR) {
        continue;
      }
      throw Error::from_errno(errno, "cannot get random numbers");
    }
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

std::string random_hex(std::size_t octets) {
  std::string bytes(octets, '\0');
  random_bytes(bytes);
  return hex_encode(bytes);
}

std::uint64_t random_below(std::uint64_t bound) {
  assert(bound != 0);
  // Values below 2^64 mod bound would make small results more likely: they are drawn again.
  const std::uint64_t uneven = (0 - bound) % bound;
  for (;;) {
    std::uint64_t value;
    random_bytes({reinterpret_cast<char*>(&value), sizeof value});
    if (value >= uneven) {
      return value % bound;
    }
  }
}

}  // namespace posthouse::fiber
