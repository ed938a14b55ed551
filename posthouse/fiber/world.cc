#include "posthouse/fiber/world.h"

namespace posthouse::fiber {

constinit thread_local World* World::current_ = nullptr;

}  // namespace posthouse::fiber
