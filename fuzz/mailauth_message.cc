// Any octets are a message with signatures and ARC sets, in any pieces: all get a verdict, and none passes, for there is
// one key only, whose owner signed nothing. What we sign and seal ourselves passes, whatever the message is.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/arc/sealer.h"
#include "posthouse/mailauth/arc/verifier.h"
#include "posthouse/mailauth/dkim/verifier.h"
#include "posthouse/mailauth/testing/one_text_resolver.h"

using namespace posthouse;
using namespace posthouse::mailauth;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

constexpr std::chrono::sys_seconds moment{std::chrono::seconds(1'700'000'000)};

struct Verdicts {
  std::vector<DkimResult> signatures;
  ArcResult chain;
};

Verdicts verify(std::string_view bytes, std::size_t piece, net::Resolver& resolver) {
  const DkimOptions options{.now = moment, .steps = true};
  const auto message = std::make_shared<SignedMessage>();
  DkimVerifier dkim(message, resolver, options);
  ArcVerifier arc(message, resolver, options);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    message->add(bytes.substr(at, piece));
  }
  return {dkim.finish(), arc.finish()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const PrivateKey key = PrivateKey::generate(KeyType::ed25519);
  if (size == 0) {
    return 0;
  }
  testing::OneTextResolver resolver(key.record_text());
  const std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const Verdicts verdicts = verify(bytes, 1 + data[0], resolver);
  for (const DkimResult& result : verdicts.signatures) {
    require(result.verdict != Verdict::pass && result.verdict != Verdict::none && !result.reason.empty());
    authentication_result(result);
  }
  require(verdicts.chain.verdict != Verdict::pass);

  const auto message = std::make_shared<SignedMessage>();
  const SigningKey signing{mail::Domain("example.test"), "mail", key};
  SigningOptions options;
  options.now = moment;
  DkimSigner signer(message, {signing}, options);
  ArcSealer sealer(message, signing, options);
  message->add(bytes);
  message->finish();
  if (message->header_too_large()) {
    return 0;
  }
  // What begins in the middle of a field would go on with ours.
  if (!bytes.empty() && (bytes.front() == ' ' || bytes.front() == '\t' || bytes.starts_with("From ") ||
                         bytes.starts_with(">From ") || bytes.starts_with("\xEF\xBB\xBF"))) {
    return 0;
  }
  const std::string fields = signer.finish();
  const std::string set = sealer.seal(Verdict::none, {.authserv_id = "example.test"});
  require(verify(fields + bytes, 1'000, resolver).signatures.front().verdict == Verdict::pass);
  if (verdicts.chain.verdict == Verdict::none) {
    require(verify(set + bytes, 1'000, resolver).chain.verdict == Verdict::pass);
  }
  return 0;
}
