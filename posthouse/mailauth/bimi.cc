#include "posthouse/mailauth/bimi.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mailauth/dns/lookup.h"

namespace posthouse::mailauth {
namespace {

bool is_bimi_record(std::string_view text) {
  std::string_view version = trim(text.substr(0, text.find(';')));
  const std::size_t equals = version.find('=');
  return equals != std::string_view::npos && trim(version.substr(0, equals)) == "v" &&
         trim(version.substr(equals + 1)) == "BIMI1";
}

void read_tags(std::string_view text, BimiRecord& record) {
  for (const std::string_view piece : split(text, ';')) {
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos) {
      continue;
    }
    const std::string_view name = trim(piece.substr(0, equals));
    const std::string value = printable(trim(piece.substr(equals + 1)), 2'000);
    if (name == "l") {
      record.location = value;
    } else if (name == "a") {
      record.authority = value;
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
