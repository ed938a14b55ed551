// The header of a proxy, cut anywhere.
//
// What must hold: what is told of a header is told of it alone, whatever follows, and of nothing shorter; what is refused
// stays refused with more octets; a header is bounded.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/net/error.h"
#include "posthouse/net/listen/proxy_header.h"

namespace {

using namespace posthouse;
using fuzz::check;

enum class Said { more, header, refused };

Said say(std::string_view input, std::optional<net::ProxyHeader>& header) {
  try {
    header = net::parse_proxy_header(input);
    return header ? Said::header : Said::more;
  } catch (const net::Error& error) {
    check(error.errc() == net::Errc::invalid || error.errc() == net::Errc::too_long);
    return Said::refused;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  std::optional<net::ProxyHeader> whole;
  const Said said = say(input, whole);
  check(!whole || (whole->size <= size && whole->size <= 16 + net::longest_proxy_block));
  check(said != Said::more || size < 16 + net::longest_proxy_block);
  for (std::size_t cut = 0; cut < size && cut < 300; ++cut) {
    std::optional<net::ProxyHeader> part;
    const Said of_part = say(input.substr(0, cut), part);
    if (of_part == Said::header) {
      check(whole && part->size == whole->size && part->client == whole->client && part->server == whole->server);
    }
    check(of_part != Said::refused || said == Said::refused);
    check(!whole || (of_part == Said::header) == (cut >= whole->size));
  }
  return 0;
}
