// The server's side of a SASL exchange on arbitrary lines.
//
// The first octet chooses the mechanism; the rest are the client's lines. What must hold: the exchange ends where it
// says so, every challenge is base64, and nobody is let in without a question to the verifier.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/base/base64.h"
#include "posthouse/dialogue/server_exchange.h"
#include "posthouse/sasl/mechanisms.h"

namespace {

using namespace posthouse;
using fuzz::check;

/// Lets in whoever proves anything.
class Anybody final : public sasl::Verifier {
 public:
  sasl::Verdict verify(const sasl::Attempt& attempt) override {
    ++asked;
    check(!attempt.authcid.empty() && attempt.authcid.find('\0') == std::string_view::npos);
    check(attempt.authzid.find('\0') == std::string_view::npos);
    return sasl::Verdict("somebody");
  }
  bool has_keys(sasl::ScramHash) const noexcept override { return true; }
  std::optional<sasl::ScramKeys> keys(const sasl::Context&, std::string_view, sasl::ScramHash hash) override {
    static const sasl::ScramKeys sha1 = sasl::make_scram_keys(sasl::ScramHash::sha1, "geheim", "salt", 1);
    static const sasl::ScramKeys sha256 = sasl::make_scram_keys(sasl::ScramHash::sha256, "geheim", "salt", 1);
    return hash == sasl::ScramHash::sha1 ? sha1 : sha256;
  }

  bool takes_certificate(const sasl::Context&) noexcept override { return true; }

  int asked = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  constexpr std::string_view names[] = {"PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256-PLUS", "EXTERNAL"};
  const std::size_t name = (data[0] & 3) + (data[0] >> 1 & 4);
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  Anybody verifier;
  const sasl::Context context{
      .channel_binding = [](std::string_view) -> std::optional<std::string> { return std::string("data"); },
      .certified = {"ann@one.test"}};
  dialogue::ServerExchange exchange(sasl::make_server_mechanism(names[name % std::size(names)], verifier, context));
  const auto next_line = [&] {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    return line;
  };
  dialogue::Outcome outcome =
      exchange.begin((data[0] & 4) != 0 ? std::optional<std::string_view>(next_line()) : std::nullopt);
  for (int turns = 0; outcome == dialogue::Outcome::challenge; ++turns) {
    check(turns < 4);
    check(base64_decode(exchange.challenge()).has_value());
    outcome = exchange.step(text.empty() ? "*" : next_line());
  }
  check(exchange.verdict() ? verifier.asked == 1 && outcome == dialogue::Outcome::done
                           : verifier.asked == 0 || outcome != dialogue::Outcome::done);
  check(exchange.step("AAAA") == dialogue::Outcome::malformed);
  return 0;
}
