#include "posthouse/fiber/fiber_info.h"

#include <array>
#include <cinttypes>
#include <cstdio>

namespace posthouse::fiber {

namespace {

std::string text_of(Duration duration) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f s", std::chrono::duration<double>(duration).count());
  return text.data();
}

}  // namespace

std::string FiberInfo::to_string() const {
  std::string text = (name.empty() ? "a fiber" : '"' + name + '"') + " on loop " + std::to_string(loop);
  if (state == State::running) {
    text += " runs";
  }
  if (state == State::ready) {
    text += " is ready";
  }
  if (state == State::parked) {
    text += " waits for " + (waits_for.empty() ? "its start" : waits_for);
  }
  if (!peer.empty()) {
    text += " from " + peer;
  }
  if (descriptor >= 0) {
    text += " (descriptor " + std::to_string(descriptor) + ')';
  }
  if (object != nullptr) {
    std::array<char, 32> address{};
    std::snprintf(address.data(), address.size(), " (0x%" PRIxPTR ")", reinterpret_cast<std::uintptr_t>(object));
    text += address.data();
  }
  if (expires_in) {
    text += ", at most " + text_of(*expires_in) + " more";
  }
  return text + "; age " + text_of(age) + ", stack " + std::to_string(stack_used / 1024) + " of " +
         std::to_string(stack_size / 1024) + " KiB";
}

}  // namespace posthouse::fiber
