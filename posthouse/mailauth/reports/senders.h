#pragma once
// Who sends in my name: aggregate reports summed up.
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/mailauth/reports/aggregate_report.h"

namespace posthouse::mailauth {

/// The mail of one client in the name of one domain.
struct Sender {
  std::string domain{};                   ///< The author's domain.
  std::string source_ip{};                ///< The client; empty in the row of all for which there was no room.
  std::uint64_t messages = 0;             ///< How many.
  std::uint64_t passed = 0;               ///< DMARC passed.
  std::uint64_t dkim_passed = 0;          ///< With an aligned signature.
  std::uint64_t spf_passed = 0;           ///< With an aligned MAIL FROM.
  std::uint64_t quarantined = 0;          ///< Put aside by the receiver.
  std::uint64_t rejected = 0;             ///< Refused by the receiver.
  std::set<std::string> authenticated{};  ///< Domains that DKIM or SPF passed for, aligned or not; 10 at most.
  std::set<std::string> reporters{};      ///< Who says so; 10 at most.
};

/// Sums reports up; a report that comes twice (its reporter and id are the same) counts once.
///
///     SenderTable table;
///     for (const auto& report : read_aggregate_reports(message)) table.add(report);
///     for (const Sender& sender : table.senders()) …
class SenderTable {
 public:
  /// Of more clients the mail is summed up in one row.
  static constexpr std::size_t most_senders = 100'000;

  /// False when the report was there already.
  bool add(const AggregateReport& report);
  /// By domain, those with the most messages first.
  std::vector<Sender> senders() const;

 private:
  std::map<std::pair<std::string, std::string>, Sender> senders_;
  std::set<std::pair<std::string, std::string>> reports_;
};

}  // namespace posthouse::mailauth
