#include "posthouse/net/world/world.h"

#include "posthouse/fiber/engine/loop.h"

namespace posthouse::net {

World* World::current() noexcept {
  return detail::Loop::current_world();
}

}  // namespace posthouse::net
