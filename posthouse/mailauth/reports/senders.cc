#include "posthouse/mailauth/reports/senders.h"

#include <algorithm>
#include <limits>

namespace posthouse::mailauth {
namespace {

constexpr std::size_t most_names = 10;

void add_name(std::set<std::string>& names, const std::string& name) {
  if (!name.empty() && names.size() < most_names) {
    names.insert(name);
  }
}

/// Counts come from outside: at the end of the type they stay there.
void add_count(std::uint64_t& sum, std::uint64_t count) {
  sum += std::min(count, std::numeric_limits<std::uint64_t>::max() - sum);
}

}  // namespace

bool SenderTable::add(const AggregateReport& report) {
  if (!reports_.emplace(report.org_name, report.report_id).second) {
    return false;
  }
  for (const AggregateRecord& record : report.records) {
    const std::string& domain = record.header_from.empty() ? report.policy.domain : record.header_from;
    std::pair<std::string, std::string> key(domain, record.source_ip);
    if (senders_.size() >= most_senders && senders_.count(key) == 0) {
      key = {};
    }
    Sender& sender = senders_[key];
    sender.domain = key.first;
    sender.source_ip = key.second;
    add_count(sender.messages, record.count);
    add_count(sender.passed, record.passes() ? record.count : 0);
    add_count(sender.dkim_passed, record.dkim == "pass" ? record.count : 0);
    add_count(sender.spf_passed, record.spf == "pass" ? record.count : 0);
    add_count(sender.quarantined, record.disposition == "quarantine" ? record.count : 0);
    add_count(sender.rejected, record.disposition == "reject" ? record.count : 0);
    for (const auto* results : {&record.dkim_results, &record.spf_results}) {
      for (const ReportedResult& result : *results) {
        if (result.result == "pass") {
          add_name(sender.authenticated, result.domain);
        }
      }
    }
    add_name(sender.reporters, report.org_name);
  }
  return true;
}

std::vector<Sender> SenderTable::senders() const {
  std::vector<Sender> rows;
  rows.reserve(senders_.size());
  for (const auto& [key, sender] : senders_) {
    rows.push_back(sender);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const Sender& a, const Sender& b) {
    return a.domain != b.domain ? a.domain < b.domain : a.messages > b.messages;
  });
  return rows;
}

}  // namespace posthouse::mailauth
