#include "posthouse/milter/wire/negotiation.h"

#include "posthouse/milter/error.h"
#include "posthouse/milter/wire/packet.h"

namespace posthouse::milter {

std::string write_negotiation(const Negotiation& offer) {
  std::string data;
  write_number(data, offer.version);
  write_number(data, offer.actions);
  write_number(data, offer.steps);
  return data;
}

Negotiation read_negotiation(std::string_view data, const Negotiation& offer) {
  Negotiation agreed;
  agreed.version = take_number(data);
  agreed.actions = take_number(data);
  agreed.steps = take_number(data);
  if (agreed.version < oldest_version || agreed.version > offer.version) {
    throw Error(Errc::protocol, "the filter wants version " + std::to_string(agreed.version));
  }
  if ((agreed.actions & ~offer.actions) != 0) {
    throw Error(Errc::protocol, "the filter wants to do more than it may");
  }
  if ((agreed.steps & ~offer.steps) != 0) {
    throw Error(Errc::protocol, "the filter wants another dialogue than there is");
  }
  while (!data.empty()) {
    const std::uint32_t stage = take_number(data);
    const std::string_view names = take_text(data);
    if (stage >= stages || (agreed.actions & action::set_macros) == 0) {
      throw Error(Errc::protocol, "the filter wants macros where there are none");
    }
    agreed.macros[stage] = names;
  }
  return agreed;
}

}  // namespace posthouse::milter
