#include "posthouse/server/log/trace.h"

#include <string>

#include "posthouse/base/text.h"

namespace posthouse::server {

net::Trace trace_to_log(std::string_view kind, const net::Address& peer) {
  return [kind = std::string(kind), peer = peer.to_string()](net::Speaker who, std::string_view line) {
    const char* speaker = who == net::Speaker::client ? "C" : who == net::Speaker::server ? "S" : "-";
    log().trace("{} {} {}: {}", kind, peer, speaker, printable(line, 300));
  };
}

}  // namespace posthouse::server
