#include "posthouse/net/host_name.h"

#include <memory>

#include <idn2.h>

#include "posthouse/base/text.h"
#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

constexpr std::size_t most_of_name = 1020;  // 255 octets of A-labels take no more than four times as much in UTF-8

}  // namespace

std::string to_ascii_host(std::string_view name) {
  if (is_ascii(name)) {
    return std::string(name);
  }
  const auto fail = [&](const char* why) {
    throw Error(Errc::name_not_found, '"' + printable(name) + "\" is no host name: " + why,
                posthouse::ErrorDetails{.retryable = false, .connection_usable = true});
  };
  if (name.size() > most_of_name) {
    fail("it is too long");
  }
  if (name.find('\0') != std::string_view::npos) {
    fail("it has a zero octet in it");
  }
  char* made = nullptr;
  const int error = idn2_to_ascii_8z(std::string(name).c_str(), &made, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(made, idn2_free);
  if (error != IDN2_OK) {
    fail(idn2_strerror(error));
  }
  return made;
}

}  // namespace posthouse::net
