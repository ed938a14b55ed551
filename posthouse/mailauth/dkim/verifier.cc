#include "posthouse/mailauth/dkim/verifier.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dkim/clock.h"
#include "posthouse/mailauth/dkim/key_check.h"
#include "posthouse/mailauth/dkim/signature.h"
#include "posthouse/mailauth/dkim/signed_octets.h"
#include "posthouse/mailauth/keys/key_lookup.h"

namespace posthouse::mailauth {
namespace {

constexpr std::string_view field_name = "dkim-signature";

DkimResult begin_result(const SignatureReading& reading) {
  const Signature& signature = reading.signature;
  DkimResult result;
  result.verdict = reading.fault;
  result.reason = reading.reason;
  result.domain = signature.domain;
  result.selector = signature.selector;
  result.identity = signature.identity;
  result.algorithm = printable(signature.algorithm, 40);
  result.signature_start = printable(signature.signature_start);
  result.header = signature.header;
  result.body = signature.body;
  result.fields = signature.fields;
  result.body_length = signature.body_length;
  result.signed_at = signature.signed_at;
  result.expires_at = signature.expires_at;
  return result;
}

std::string named_fields(const SignedMessage& message, const Signature& signature, std::uint32_t index) {
  FieldPicker picker(message, index);
  std::string names;
  for (const std::string& name : signature.fields) {
    if (names.size() > 2'000) {
      return names + ", …";
    }
    names += names.empty() ? "" : ", ";
    names += picker.next(name).has_value() ? name : name + " (none)";
  }
  return names;
}

}  // namespace

struct DkimVerifier::State {
  struct One {
    std::uint32_t index = 0;  // of its field
    SignatureReading reading{};
  };

  State(std::shared_ptr<SignedMessage> the_message, net::Resolver& the_resolver, DkimOptions the_options)
      : message(std::move(the_message)), resolver(the_resolver), options(std::move(the_options)) {}

  void read_header() {
    const std::span<const std::uint32_t> all = message->fields_called(field_name);
    not_looked_at = all.size() - std::min(all.size(), options.signatures);
    for (std::size_t i = 0; i < all.size() - not_looked_at; ++i) {
      One one{.index = all[i], .reading = read_signature(message->fields()[all[i]], SignatureKind::dkim)};
      if (one.reading.fault == Verdict::none) {
        const Signature& signature = one.reading.signature;
        message->want_body_hash(signature.body, signature.body_length);
      }
      signatures.push_back(std::move(one));
    }
  }

  // The verdict on the body alone: none where it is as it was signed.
  void check_body(const Signature& signature, DkimResult& result) const {
    result.body_size = message->body_size(signature.body);
    const std::string digest = message->body_hash(signature.body, signature.body_length);
    const auto is = [&](Verdict verdict, std::string reason) {
      result.verdict = verdict;
      result.reason = std::move(reason);
    };
    if (digest.empty()) {
      is(Verdict::fail, "the body is shorter than it was signed");
    } else if (!equal_constant_time(digest, signature.body_hash)) {
      is(Verdict::fail, "the body is not as it was signed");
    } else if (options.require_whole_body && signature.body_length && *signature.body_length < result.body_size) {
      is(Verdict::policy, "only " + std::to_string(*signature.body_length) + " of " + std::to_string(result.body_size) +
                              " octets of the body are signed");
    }
  }

  DkimResult verify(const One& one, KeyLookups& lookups) const {
    const Signature& signature = one.reading.signature;
    DkimResult result = begin_result(one.reading);
    if (options.steps) {
      result.steps.push_back("signature: d=" + result.domain + " s=" + result.selector + " a=" + result.algorithm +
                             " c=" + std::string(to_string(result.header)) + "/" + std::string(to_string(result.body)));
    }
    if (one.reading.fault != Verdict::none) {
      return conclude(std::move(result));
    }
    if (options.steps) {
      result.steps.push_back("fields: " + named_fields(*message, signature, one.index));
    }
    if (std::string untimely = untimely_reason(signature, moment, options.clock_skew); !untimely.empty()) {
      result.verdict = Verdict::fail;
      result.reason = std::move(untimely);
      return conclude(std::move(result));
    }
    check_body(signature, result);
    if (options.steps) {
      result.steps.push_back(
          "body: " + std::to_string(result.body_size) + " octets in " + std::string(to_string(signature.body)) +
          " form" + (signature.body_length ? ", of them signed " + std::to_string(*signature.body_length) : "") + ", " +
          (result.verdict == Verdict::fail ? result.reason : "as it was signed"));
    }
    const bool body_failed = result.verdict == Verdict::fail;
    KeyCheck key =
        check_with_key(signature, body_failed ? std::string() : signed_digest(*message, signature, one.index),
                       lookups.find(signature.selector, signature.domain), options);
    result.key_bits = key.bits;
    result.testing = key.testing;
    result.secure = key.secure;
    std::move(key.steps.begin(), key.steps.end(), std::back_inserter(result.steps));
    const bool unsure =
        result.verdict == Verdict::none || (result.verdict == Verdict::policy && key.verdict != Verdict::pass);
    if (unsure) {
      result.verdict = key.verdict;
      result.reason = std::move(key.reason);
    }
    return conclude(std::move(result));
  }

  DkimResult conclude(DkimResult result) const {
    if (options.steps) {
      result.steps.push_back(std::string(to_string(result.verdict)) + (result.reason.empty() ? "" : ": ") +
                             result.reason);
    }
    return result;
  }

  std::shared_ptr<SignedMessage> message;
  net::Resolver& resolver;
  DkimOptions options;
  std::chrono::sys_seconds moment{};
  std::vector<One> signatures{};
  std::size_t not_looked_at = 0;
};

DkimVerifier::DkimVerifier(net::Resolver& resolver, DkimOptions options)
    : DkimVerifier(std::make_shared<SignedMessage>(), resolver, std::move(options)) {}

DkimVerifier::DkimVerifier(std::shared_ptr<SignedMessage> message, net::Resolver& resolver, DkimOptions options)
    : state_(std::make_shared<State>(std::move(message), resolver, std::move(options))) {
  state_->message->on_header(state_, [state = state_.get()] { state->read_header(); });
}

DkimVerifier::~DkimVerifier() = default;

void DkimVerifier::add(std::string_view octets) {
  state_->message->add(octets);
}

std::vector<DkimResult> DkimVerifier::finish(net::Deadline deadline) {
  state_->message->finish();
  state_->moment = moment_of(state_->options.now);
  std::vector<DkimResult> results;
  if (state_->message->header_too_large()) {
    results.push_back(state_->conclude({.verdict = Verdict::permerror, .reason = "the header is too large"}));
    return results;
  }
  KeyLookups lookups(state_->resolver, deadline);
  for (const State::One& one : state_->signatures) {
    results.push_back(state_->verify(one, lookups));
  }
  return results;
}

std::size_t DkimVerifier::not_looked_at() const noexcept {
  return state_->not_looked_at;
}

}  // namespace posthouse::mailauth
