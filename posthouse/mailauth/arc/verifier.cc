#include "posthouse/mailauth/arc/verifier.h"

#include <string>
#include <utility>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/arc/chain.h"
#include "posthouse/mailauth/dkim/clock.h"
#include "posthouse/mailauth/dkim/key_check.h"
#include "posthouse/mailauth/dkim/signed_octets.h"
#include "posthouse/mailauth/keys/key_lookup.h"

namespace posthouse::mailauth {

struct ArcVerifier::State {
  State(std::shared_ptr<SignedMessage> the_message, net::Resolver& the_resolver, DkimOptions the_options)
      : message(std::move(the_message)), resolver(the_resolver), options(std::move(the_options)) {}

  void read_header() {
    chain = read_arc_chain(*message);
    for (const ArcLink& link : chain.links) {
      message->want_body_hash(link.message.body, link.message.body_length);
    }
  }

  ArcResult verify(net::Deadline deadline) {
    if (message->header_too_large()) {
      return conclude(Verdict::fail, "the header is too large");
    }
    list_sets();
    if (!chain.fault.empty()) {
      return conclude(Verdict::fail, chain.fault);
    }
    if (chain.links.empty()) {
      return conclude(Verdict::none, {});
    }
    KeyLookups lookups(resolver, deadline);
    if (KeyCheck check = check_message(chain.links.size() - 1, lookups); check.verdict != Verdict::pass) {
      return conclude_broken(check, "the message is not as the last house signed it: ");
    }
    std::vector<std::string> digests;
    SealedOctets sealed(*message);
    for (const ArcLink& link : chain.links) {
      digests.push_back(sealed.add(link));
    }
    for (std::size_t i = chain.links.size(); i-- > 0;) {
      const KeyCheck check = check_seal(i, digests[i], lookups);
      if (check.verdict != Verdict::pass) {
        return conclude_broken(check, "seal " + std::to_string(i + 1) + ": ");
      }
    }
    find_oldest_pass(lookups);
    return conclude(Verdict::pass, {});
  }

  void list_sets() {
    for (const ArcLink& link : chain.links) {
      result.sets.push_back({.instance = link.seal.instance,
                             .domain = link.seal.domain,
                             .selector = link.seal.selector,
                             .chain = link.seal.chain,
                             .results = link.results});
    }
  }

  KeyCheck check_message(std::size_t index, KeyLookups& lookups) {
    const ArcLink& link = chain.links[index];
    const Signature& signature = link.message;
    KeyCheck check;
    check.reason = untimely_reason(signature, moment, options.clock_skew);
    const std::string body = message->body_hash(signature.body, signature.body_length);
    if (check.reason.empty() && (body.empty() || !equal_constant_time(body, signature.body_hash))) {
      check.reason = "the body is not as it was signed";
    }
    if (check.reason.empty()) {
      check = check_with_key(signature, signed_digest(*message, signature, link.message_index),
                             lookups.find(signature.selector, signature.domain), options);
    } else {
      check.verdict = Verdict::fail;
    }
    result.sets[index].message = check.verdict;
    tell("message signature", index, signature, check);
    return check;
  }

  KeyCheck check_seal(std::size_t index, const std::string& digest, KeyLookups& lookups) {
    const Signature& seal = chain.links[index].seal;
    KeyCheck check = check_with_key(seal, digest, lookups.find(seal.selector, seal.domain), options);
    result.sets[index].seal = check.verdict;
    tell("seal", index, seal, check);
    return check;
  }

  void find_oldest_pass(KeyLookups& lookups) {
    std::size_t oldest = chain.links.size() - 1;
    while (oldest > 0 && check_message(oldest - 1, lookups).verdict == Verdict::pass) {
      --oldest;
    }
    result.oldest_pass = static_cast<unsigned>(oldest) + 1;
  }

  void tell(const char* what, std::size_t index, const Signature& signature, const KeyCheck& check) {
    if (options.steps) {
      result.steps.insert(result.steps.end(), check.steps.begin(), check.steps.end());
      result.steps.push_back("set " + std::to_string(index + 1) + ": " + what + " of " + signature.domain + ": " +
                             std::string(to_string(check.verdict)) + (check.reason.empty() ? "" : ", ") + check.reason);
    }
  }

  ArcResult conclude_broken(const KeyCheck& check, const std::string& where) {
    return conclude(check.verdict == Verdict::temperror ? Verdict::temperror : Verdict::fail, where + check.reason);
  }

  ArcResult conclude(Verdict verdict, std::string reason) {
    result.verdict = verdict;
    result.reason = std::move(reason);
    if (options.steps) {
      result.steps.push_back(std::string(to_string(verdict)) + (result.reason.empty() ? "" : ": ") + result.reason);
    }
    return std::move(result);
  }

  std::shared_ptr<SignedMessage> message;
  net::Resolver& resolver;
  DkimOptions options;
  std::chrono::sys_seconds moment{};
  ArcChain chain{};
  ArcResult result{};
};

ArcVerifier::ArcVerifier(net::Resolver& resolver, DkimOptions options)
    : ArcVerifier(std::make_shared<SignedMessage>(), resolver, std::move(options)) {}

ArcVerifier::ArcVerifier(std::shared_ptr<SignedMessage> message, net::Resolver& resolver, DkimOptions options)
    : state_(std::make_shared<State>(std::move(message), resolver, std::move(options))) {
  state_->message->on_header(state_, [state = state_.get()] { state->read_header(); });
}

ArcVerifier::~ArcVerifier() = default;

void ArcVerifier::add(std::string_view octets) {
  state_->message->add(octets);
}

ArcResult ArcVerifier::finish(net::Deadline deadline) {
  state_->message->finish();
  state_->moment = moment_of(state_->options.now);
  return state_->verify(deadline);
}

}  // namespace posthouse::mailauth
