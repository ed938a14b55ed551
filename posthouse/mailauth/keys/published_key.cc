#include "posthouse/mailauth/keys/published_key.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "posthouse/base/digest.h"
#include "posthouse/base/text.h"
#include "posthouse/mailauth/keys/key_lookup.h"
#include "posthouse/mailauth/keys/public_key.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t string_octets = 255;

/// What keeps others from verifying with this record what `key` signs; pass when nothing does.
Verdict judge_record(const KeyRecord& record, const PrivateKey& key, const std::string& digest,
                     const std::string& signature, std::string& reason) {
  const auto no = [&](std::string why) {
    reason = std::move(why);
    return Verdict::permerror;
  };
  if (record.key.empty()) {
    return no("the key has been revoked: p= is empty");
  }
  if (record.key_type() != key.type()) {
    return no("k= is " + printable(record.type, 40) + ", the key is " + std::string(to_string(key.type())));
  }
  if (!record.allows_hash("sha256")) {
    return no("h= does not allow sha256");
  }
  if (!record.allows_email()) {
    return no("s= does not allow e-mail");
  }
  const std::shared_ptr<const PublicKey> published = PublicKey::read(key.type(), record.key, reason);
  if (published == nullptr) {
    return Verdict::permerror;
  }
  if (!published->verify(digest, signature)) {
    reason = "another key is published there";
    return Verdict::fail;
  }
  return Verdict::pass;
}

}  // namespace

std::string zone_line(std::string_view name, std::string_view text) {
  std::string line(name);
  line += ". IN TXT (";
  do {
    line += " \"";
    for (const char c : text.substr(0, string_octets)) {
      if (c == '"' || c == '\\') {
        line += '\\';
      }
      line += c;
    }
    line += '"';
    text.remove_prefix(std::min(text.size(), string_octets));
  } while (!text.empty());
  line += " )";
  return line;
}

PublishedKey check_published_key(net::Resolver& resolver, std::string_view selector, std::string_view domain,
                                 const PrivateKey& key, net::Deadline deadline) {
  PublishedKey result;
  const KeyLookup found = look_up_key(resolver, selector, domain, deadline);
  result.secure = found.secure;
  if (!found.texts.empty()) {
    result.found = printable(found.texts.front(), 2'000);
  }
  if (found.verdict != Verdict::pass) {
    result.verdict = found.verdict;
    result.reason = found.reason;
    return result;
  }
  if (found.records.size() > 1) {
    result.verdict = Verdict::permerror;
    result.reason = "more than one key record is published there (RFC 6376 section 3.6.2.2)";
    return result;
  }
  const KeyRecord& record = found.records.front();
  const std::string digest = sha256("posthouse");
  result.testing = record.testing;
  result.verdict = judge_record(record, key, digest, key.sign(digest), result.reason);
  return result;
}

}  // namespace posthouse::mailauth
