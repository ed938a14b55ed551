// What comes to a server by its control socket and from other nodes, as arbitrary octets.
//
// What must hold: an item that is read is written as what reads the same again; hints are believed by nobody who lacks the
// secret, and are as many as there are octets for.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/base/digest.h"
#include "posthouse/server/control/control_record.h"
#include "posthouse/server/nodes/change_hint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthouse;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto record = server::ControlRecord::parse(input)) {
    const auto again = server::ControlRecord::parse(record->to_string());
    fuzz::check(again.has_value() && again->fields() == record->fields());
  }
  const std::string_view secret = "what the nodes share";
  fuzz::check(!server::read_hints(input, secret));
  const std::string signed_input = std::string(input) + hmac_sha256(secret, input);
  if (const auto hints = server::read_hints(signed_input, secret)) {
    fuzz::check(!hints->empty() && hints->size() <= server::most_hints);
    fuzz::check(server::write_hints(*hints, secret) == signed_input);
  }
  return 0;
}
