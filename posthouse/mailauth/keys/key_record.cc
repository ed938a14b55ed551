#include "posthouse/mailauth/keys/key_record.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/wire/tag_list.h"

namespace posthouse::mailauth {
namespace {

bool has(const std::vector<std::string>& list, std::string_view word) noexcept {
  return std::find(list.begin(), list.end(), word) != list.end();
}

}  // namespace

std::optional<KeyType> KeyRecord::key_type() const noexcept {
  if (type == to_string(KeyType::rsa)) {
    return KeyType::rsa;
  }
  return type == to_string(KeyType::ed25519) ? std::optional(KeyType::ed25519) : std::nullopt;
}

bool KeyRecord::allows_hash(std::string_view hash) const noexcept {
  return hashes.empty() || has(hashes, hash);
}

bool KeyRecord::allows_email() const noexcept {
  return services.empty() || has(services, "*") || has(services, "email");
}

std::optional<KeyRecord> parse_key_record(std::string_view text, std::string& why) {
  const std::optional<TagList> tags = TagList::parse(text, why);
  if (!tags.has_value()) {
    return std::nullopt;
  }
  if (const TagList::Tag* const version = tags->find("v")) {
    if (version->value != "DKIM1") {
      why = "v=" + printable(version->value, 40) + " is not DKIM1";
      return std::nullopt;
    }
    if (version != tags->tags().data()) {
      why = "v= is not the first tag";
      return std::nullopt;
    }
  }
  const TagList::Tag* const key = tags->find("p");
  if (key == nullptr) {
    why = "no p=";
    return std::nullopt;
  }
  std::optional<std::string> octets = decode_tag_base64(key->value);
  if (!octets.has_value()) {
    why = "p= is no base64";
    return std::nullopt;
  }
  KeyRecord record;
  record.key = std::move(*octets);
  record.type = to_lower(tags->value("k", "rsa"));
  record.notes = tags->value("n");
  if (const TagList::Tag* const hashes = tags->find("h")) {
    record.hashes = colon_list(hashes->value);
  }
  if (const TagList::Tag* const services = tags->find("s")) {
    record.services = colon_list(services->value);
  }
  const std::string_view flags = tags->value("t");
  record.testing = colon_list_has(flags, "y");
  record.strict = colon_list_has(flags, "s");
  return record;
}

std::string key_record_name(std::string_view selector, std::string_view domain) {
  std::string name(selector);
  name += "._domainkey.";
  name += domain;
  return name;
}

}  // namespace posthouse::mailauth
