#include "posthouse/net/world/world.h"

namespace posthouse::net {

World* World::current() {
  fiber::World* const world = fiber::World::current();
  if (world == nullptr) {
    return nullptr;
  }
  auto* const with_network = dynamic_cast<World*>(world);
  if (with_network == nullptr) {
    throw Error(Errc::invalid, "the world of this run has no network", 0, true);
  }
  return with_network;
}

}  // namespace posthouse::net
