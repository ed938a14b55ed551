#include "posthouse/mailauth/dkim/key_check.h"

#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/keys/key_cache.h"

namespace posthouse::mailauth {
namespace {

struct Judgement {
  Verdict verdict;
  std::string reason;
};

std::shared_ptr<const PublicKey> read_key(const KeyRecord& record, const DkimOptions& options, std::string& why) {
  const KeyType type = *record.key_type();
  return options.keys != nullptr ? options.keys->read(type, record.key, why) : PublicKey::read(type, record.key, why);
}

/// What the record itself says against using it (RFC 6376 section 6.1.2).
std::string objection(const Signature& signature, const KeyRecord& record) {
  if (record.key.empty()) {
    return "the key has been revoked";
  }
  if (!record.allows_email()) {
    return "the key is not for e-mail";
  }
  if (!record.allows_hash("sha256")) {
    return "the key is not for sha256";
  }
  if (record.key_type() != signature.key_type) {
    return "the key is of kind " + printable(record.type, 40) + ", not " + std::string(to_string(signature.key_type));
  }
  if (record.strict && !signature.identity_domain.empty() && signature.identity_domain != signature.domain) {
    return "the key is not for subdomains, and i= is one";
  }
  return {};
}

Judgement judge(const Signature& signature, std::string_view digest, const KeyRecord& record,
                const DkimOptions& options, KeyCheck& check) {
  if (std::string reason = objection(signature, record); !reason.empty()) {
    return {Verdict::permerror, std::move(reason)};
  }
  std::string why;
  const std::shared_ptr<const PublicKey> key = read_key(record, options, why);
  if (key == nullptr) {
    return {Verdict::permerror, std::move(why)};
  }
  check.bits = key->bits();
  if (key->type() == KeyType::rsa && (key->bits() < options.least_rsa_bits || key->bits() > options.most_rsa_bits)) {
    const bool weak = key->bits() < options.least_rsa_bits;
    return {Verdict::policy, "a key of " + std::to_string(key->bits()) + " bits is too " + (weak ? "weak" : "large")};
  }
  if (digest.empty()) {
    return {Verdict::none, {}};
  }
  if (!key->verify(digest, signature.signature)) {
    return {Verdict::fail, "the signature is not that of the key over these fields"};
  }
  return {Verdict::pass, {}};
}

}  // namespace

KeyCheck check_with_key(const Signature& signature, std::string_view digest, const KeyLookup& found,
                        const DkimOptions& options) {
  KeyCheck check;
  check.secure = found.secure;
  if (options.steps) {
    for (const std::string& text : found.texts) {
      check.steps.push_back("key: " + key_record_name(signature.selector, signature.domain) + " \"" +
                            printable(text, 500) + "\"" + (found.secure ? " (DNSSEC)" : ""));
    }
  }
  if (found.verdict != Verdict::pass) {
    check.verdict = found.verdict;
    check.reason = found.reason;
    return check;
  }
  bool first = true;
  for (const KeyRecord& record : found.records) {
    Judgement judgement = judge(signature, digest, record, options, check);
    if (first || judgement.verdict == Verdict::pass) {  // of several that do not fit the first is told of
      check.verdict = judgement.verdict;
      check.reason = std::move(judgement.reason);
      check.testing = record.testing;
    }
    first = false;
    if (check.verdict == Verdict::pass) {
      break;
    }
  }
  return check;
}

}  // namespace posthouse::mailauth
