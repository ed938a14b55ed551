#pragma once
// One evaluation of check_host(). (Internal to the module.)
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mailauth/dns/lookup.h"
#include "posthouse/mailauth/spf/check.h"
#include "posthouse/mailauth/spf/macro.h"
#include "posthouse/mailauth/spf/record.h"

namespace posthouse::mailauth {

/// What an include does not recurse for: the records under way are a stack of frames, whose depth the limit of look-ups
/// bounds.
class SpfEvaluation {
 public:
  SpfEvaluation(const SpfQuery& query, net::Resolver& resolver, const SpfLimits& limits, net::Deadline deadline);

  /// Runs once.
  SpfOutcome run();

 private:
  /// Ends the evaluation, thrown by whatever finds a reason to.
  struct Stop {
    Verdict result;
    std::string reason;
  };
  struct Frame {
    std::string domain;
    SpfRecord record;
    std::size_t next = 0;  // the term to look at
  };
  /// What the record on top of the stack has come to.
  struct Decision {
    Verdict result;
    std::string reason;
    std::string mechanism;
  };

  std::string why_malformed(const std::string& domain) const;
  std::optional<SpfRecord> load(const std::string& domain, Lookup& lookup);
  Frame needed(const std::string& domain, std::string_view by);
  std::optional<Decision> advance();
  std::optional<Decision> unmatched();
  bool finished(Decision& decision);
  bool matches(const SpfTerm& term, std::string& reason);
  bool matches_network(const SpfTerm& term) const;
  bool matches_addresses(const SpfTerm& term, const std::string& host, bool counted);
  bool matches_mx(const SpfTerm& term);
  bool matches_ptr(const SpfTerm& term);
  bool matches_exists(const SpfTerm& term);
  const std::vector<std::string>& validated_names();
  std::string host_name();
  std::string target(const std::string& domain_spec);
  std::string explain();
  void count_lookup(std::string_view term);
  void count_void(const Lookup& lookup);
  static void require_answer(const Lookup& lookup);
  void step(const std::string& text);
  bool ipv6() const { return query_.ip.ipv4_octets().empty(); }
  std::string_view client() const { return ipv6() ? query_.ip.octets() : query_.ip.ipv4_octets(); }

  const SpfQuery& query_;
  net::Resolver& resolver_;
  const SpfLimits& limits_;
  const net::Deadline deadline_;
  SpfOutcome outcome_;
  MacroValues values_;
  std::vector<Frame> frames_;
  std::optional<std::vector<std::string>> names_;  // of the client, once they were asked for
};

}  // namespace posthouse::mailauth
