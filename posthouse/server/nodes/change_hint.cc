#include "posthouse/server/nodes/change_hint.h"

#include "posthouse/base/digest.h"
#include "posthouse/base/text.h"

namespace posthouse::server {
namespace {

constexpr std::string_view hint_magic = "PHH1";
constexpr std::size_t hint_number = 8;
constexpr std::size_t hint_size = 2 * hint_number;
constexpr std::size_t hmac_size = 32;

void append_number(std::string& to, std::uint64_t number) {
  for (std::size_t i = hint_number; i-- != 0;) {
    to += static_cast<char>(number >> (8 * i) & 0xff);
  }
}

std::uint64_t take_number(std::string_view& from) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < hint_number; ++i) {
    number = number << 8 | static_cast<unsigned char>(from[i]);
  }
  from.remove_prefix(hint_number);
  return number;
}

}  // namespace

std::string write_hints(const std::vector<ChangeHint>& hints, std::string_view secret) {
  std::string datagram(hint_magic);
  for (const ChangeHint& hint : hints) {
    append_number(datagram, static_cast<std::uint64_t>(hint.account));
    append_number(datagram, hint.modseq);
  }
  return datagram + hmac_sha256(secret, datagram);
}

std::optional<std::vector<ChangeHint>> read_hints(std::string_view datagram, std::string_view secret) {
  constexpr std::size_t around = hint_magic.size() + hmac_size;
  if (datagram.size() <= around || datagram.size() > around + most_hints * hint_size ||
      (datagram.size() - around) % hint_size != 0 || !datagram.starts_with(hint_magic)) {
    return std::nullopt;
  }
  const std::string_view said = datagram.substr(0, datagram.size() - hmac_size);
  if (!equal_constant_time(datagram.substr(said.size()), hmac_sha256(secret, said))) {
    return std::nullopt;
  }
  std::vector<ChangeHint> hints;
  for (std::string_view rest = said.substr(hint_magic.size()); !rest.empty();) {
    const auto account = static_cast<store::AccountId>(take_number(rest));
    hints.push_back({account, take_number(rest)});
  }
  return hints;
}

}  // namespace posthouse::server
