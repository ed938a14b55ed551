#pragma once
// The dialogue of a session, line by line, for people to read: what `--debug` prints. Secrets are masked by the session
// before the trace sees them.
#include <cstdio>
#include <functional>
#include <string>
#include <string_view>

namespace posthouse::net {

/// Who said a traced line.
enum class Speaker {
  client,  ///< Who connected.
  server,  ///< Who was connected to.
  note,    ///< Neither: what the session remarks itself, e.g. "TLSv1.3 from here on, certificate verified".
};

/// Called with each line of the dialogue, without its line end, before it is sent or as it is received. Long data
/// (message bodies) is summed up in a note instead of being repeated. It must not use the session it watches. Runs
/// where the session runs. An empty function means: no trace.
using Trace = std::function<void(Speaker who, std::string_view line)>;

/// A trace that prints `C: …`, `S: …` and `-- …` to `file`, control octets made visible.
///
///     options.trace = net::trace_to(stderr);
inline Trace trace_to(std::FILE* file) {
  return [file](Speaker who, std::string_view line) {
    std::string text = who == Speaker::client ? "C: " : who == Speaker::server ? "S: " : "-- ";
    constexpr char digits[] = "0123456789abcdef";
    for (const char c : line) {
      const auto octet = static_cast<unsigned char>(c);
      if ((octet < 0x20 && c != '\t') || octet == 0x7f) {
        text.append("\\x").append(1, digits[octet >> 4]).append(1, digits[octet & 15]);
      } else {
        text.push_back(c);
      }
    }
    text.push_back('\n');
    std::fwrite(text.data(), 1, text.size(), file);
  };
}

}  // namespace posthouse::net
