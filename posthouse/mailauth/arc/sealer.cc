#include "posthouse/mailauth/arc/sealer.h"

#include <utility>

#include "posthouse/base/base64.h"
#include "posthouse/mailauth/arc/chain.h"
#include "posthouse/mailauth/dkim/clock.h"
#include "posthouse/mailauth/dkim/names_to_sign.h"
#include "posthouse/mailauth/dkim/signature_writer.h"
#include "posthouse/mailauth/dkim/signed_octets.h"
#include "posthouse/mailauth/error.h"
#include "posthouse/mailauth/keys/key_name.h"
#include "posthouse/mailauth/results/authentication_results.h"

namespace posthouse::mailauth {

ArcSealer::ArcSealer(std::shared_ptr<SignedMessage> message, SigningKey key, SigningOptions options)
    : message_(std::move(message)), key_(std::move(key)), options_(std::move(options)) {
  check_key_name(key_.selector, key_.domain);
  message_->want_body_hash(options_.body);
}

std::string ArcSealer::seal(Verdict verdict, mime::AuthenticationResults results) {
  message_->finish();
  if (message_->header_too_large()) {
    throw Error(Errc::field, "the message's header is too large to be sealed");
  }
  const ArcChain chain = read_arc_chain(*message_);
  if (chain.failed_before || chain.highest >= most_arc_sets) {
    return {};
  }
  const bool first = chain.highest == 0 && chain.fault.empty();
  const bool broken = !chain.fault.empty() || (!first && verdict != Verdict::pass);
  const std::string instance = std::to_string(chain.highest + 1);
  const std::string now = std::to_string(moment_of(options_.now).time_since_epoch().count());
  const std::string algorithm = algorithm_of(key_.key);

  results.instance = chain.highest + 1;
  const std::string results_field = authentication_results_field(results);

  // The tags stand in the order of their names.
  std::vector<std::string> names = names_to_sign(*message_, options_);
  std::erase_if(names, [](const std::string& name) { return name == "arc-seal"; });
  SignatureWriter message("ARC-Message-Signature");
  message.add("a", algorithm);
  message.add_signature();
  message.add("bh", base64_encode(message_->body_hash(options_.body)));
  message.add("c", std::string(to_string(options_.header)) + "/" + std::string(to_string(options_.body)));
  message.add("d", key_.domain.ascii());
  message.add_list("h", names);
  message.add("i", instance);
  message.add("s", key_.selector);
  message.add("t", now);
  const std::string message_field = message.field(key_.key.sign(digest_with_own_field(
      digest_of_fields(*message_, names, options_.header), message.unsigned_field(), options_.header)));

  SignatureWriter seal("ARC-Seal");
  seal.add("a", algorithm);
  seal.add_signature();
  seal.add("cv", first ? "none" : broken ? "fail" : "pass");
  seal.add("d", key_.domain.ascii());
  seal.add("i", instance);
  seal.add("s", key_.selector);
  seal.add("t", now);
  SealedOctets sealed(*message_);
  if (!broken) {  // a seal that tells of a broken chain is over its own set only (RFC 8617 section 5.1.2)
    for (const ArcLink& link : chain.links) {
      sealed.add(link);
    }
  }
  const std::string digest = sealed.digest_of_new(results_field, message_field, seal.unsigned_field());
  return seal.field(key_.key.sign(digest)) + message_field + results_field;
}

}  // namespace posthouse::mailauth
