#include "posthouse/net/world.h"

#include "posthouse/net/fibers/loop.h"

namespace posthouse::net {

World* World::current() noexcept {
  return detail::Loop::current_world();
}

}  // namespace posthouse::net
