#include "posthouse/mailauth/keys/key_lookup.h"

#include <utility>

#include "posthouse/base/text.h"

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_texts = 10;
constexpr std::size_t most_records = 3;

}  // namespace

KeyLookup look_up_key(net::Resolver& resolver, std::string_view selector, std::string_view domain,
                      net::Deadline deadline) {
  KeyLookup found;
  const std::string name = key_record_name(selector, domain);
  const auto none = [&](Verdict verdict, std::string reason) {
    found.verdict = verdict;
    found.reason = std::move(reason);
    return found;
  };
  try {
    const net::DnsAnswer<std::string> answer = resolver.txt(name, deadline);
    found.secure = answer.secure();
    for (const std::string& text : answer) {
      if (found.texts.size() == most_texts) {
        break;
      }
      found.texts.push_back(text);
    }
  } catch (const net::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    if (error.retryable()) {
      return none(Verdict::temperror, "no answer for " + name + ": " + error.what());
    }
    return none(Verdict::permerror, "no key: " + name + " does not exist");
  }
  std::string why;
  for (const std::string& text : found.texts) {
    std::string fault;
    std::optional<KeyRecord> record = parse_key_record(text, fault);
    if (!record.has_value()) {
      why = why.empty() ? fault : why;
    } else if (found.records.size() < most_records) {
      found.records.push_back(std::move(*record));
    }
  }
  if (found.texts.empty()) {
    return none(Verdict::permerror, "no key: " + name + " has no TXT record");
  }
  if (found.records.empty()) {
    return none(Verdict::permerror, "no key record at " + name + ": " + why);
  }
  return found;
}

const KeyLookup& KeyLookups::find(std::string_view selector, std::string_view domain) {
  std::string name = key_record_name(selector, domain);
  const auto known = found_.find(name);
  if (known != found_.end()) {
    return known->second;
  }
  return found_.emplace(std::move(name), look_up_key(resolver_, selector, domain, deadline_)).first->second;
}

}  // namespace posthouse::mailauth
