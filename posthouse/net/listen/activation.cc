// Sockets that were opened for this program before it started (systemd.socket(5), sd_listen_fds(3)).
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"

namespace posthouse::net {
namespace {

constexpr int first_descriptor = 3;
constexpr int most_descriptors = 1024;

// The value of a variable, which is gone then: it is not meant for this program's children. "" when it is not set.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string taken = value == nullptr ? "" : value;
  ::unsetenv(name);
  return taken;
}

int number(const std::string& text) {
  return parse_number<int>(text).value_or(-1);
}

}  // namespace

std::vector<ActivatedListener> activated_listeners(ListenOptions options) {
  const std::string process = take_variable("LISTEN_PID");
  const std::string count_text = take_variable("LISTEN_FDS");
  const std::string names_text = take_variable("LISTEN_FDNAMES");
  if (process.empty() || number(process) != ::getpid()) {
    return {};
  }
  const int count = number(count_text);
  if (count < 0 || count > most_descriptors) {
    throw Error(Errc::invalid,
                fmt::format("LISTEN_FDS is \"{}\", which is no number of sockets", printable(count_text)));
  }
  const auto names = split(names_text, ':');
  std::vector<ActivatedListener> listeners;
  for (int i = 0; i < count; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const std::string_view name = index < names.size() ? names[index] : std::string_view();
    listeners.push_back({std::string(name), Listener::adopt(first_descriptor + i, options)});
  }
  return listeners;
}

}  // namespace posthouse::net
