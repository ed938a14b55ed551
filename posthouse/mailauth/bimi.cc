#include "posthouse/mailauth/bimi.h"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/lookup.h"

namespace posthouse::mailauth {
namespace {

struct BimiTag {
  std::string_view name;
  std::string_view value;
};

/// "name=value"; no name where there is no "=".
BimiTag bimi_tag(std::string_view text) {
  const std::size_t equals = text.find('=');
  return equals == std::string_view::npos ? BimiTag{}
                                          : BimiTag{trim(text.substr(0, equals)), trim(text.substr(equals + 1))};
}

bool is_bimi_record(std::string_view text) {
  const BimiTag version = bimi_tag(text.substr(0, text.find(';')));
  return version.name == "v" && version.value == "BIMI1";
}

void read_tags(std::string_view text, BimiRecord& record) {
  for (const std::string_view piece : split(text, ';')) {
    const BimiTag tag = bimi_tag(piece);
    if (tag.name == "l") {
      record.location = printable(tag.value, 2'000);
    } else if (tag.name == "a") {
      record.authority = printable(tag.value, 2'000);
    }
  }
}

/// True when the search ends at `domain`.
bool look_at(const std::string& domain, net::Resolver& resolver, net::Deadline deadline, BimiRecord& record) {
  const std::string name = fmt::format("{}._bimi.{}", record.selector, domain);
  const Lookup lookup = look_up_texts(resolver, name, deadline);
  std::vector<std::string> texts;
  std::copy_if(lookup.records.begin(), lookup.records.end(), std::back_inserter(texts), is_bimi_record);
  if (lookup.failed()) {
    record.verdict = Verdict::temperror;
    record.reason = lookup.why;
  } else if (texts.size() > 1) {
    record.verdict = Verdict::permerror;
    record.reason = fmt::format("{} has {} BIMI records", name, texts.size());
  } else if (texts.size() == 1) {
    record.verdict = Verdict::pass;
    record.domain = domain;
    read_tags(texts.front(), record);
    record.reason = record.location.empty() ? domain + " wants no picture" : domain + " has a BIMI record";
  }
  record.steps.push_back(record.verdict == Verdict::pass ? fmt::format("{}: {}", name, printable(texts.front(), 500))
                         : !record.reason.empty()        ? record.reason
                         : lookup.why.empty()            ? name + " has no BIMI record"
                                                         : lookup.why);
  return record.verdict != Verdict::none;
}

}  // namespace

std::string bimi_selector(std::string_view field) {
  std::string selector = "default";
  for (const std::string_view piece : split(field, ';')) {
    if (const BimiTag tag = bimi_tag(piece); tag.name == "s") {
      selector = to_lower(tag.value);
    }
  }
  return selector.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos ? selector
                                                                                                  : "default";
}

BimiRecord look_up_bimi(const std::string& author_domain, net::Resolver& resolver, const std::string& selector,
                        net::Deadline deadline) {
  BimiRecord record;
  record.selector = selector;
  if (!look_at(author_domain, resolver, deadline, record)) {
    DmarcRecords records(resolver, deadline, record.steps);
    const std::string organization = walk_tree(records, author_domain).domain;
    if (organization == author_domain || !look_at(organization, resolver, deadline, record)) {
      record.reason = author_domain + " has no BIMI record";
    }
  }
  return record;
}

}  // namespace posthouse::mailauth
