#pragma once
// Which organization a domain belongs to (RFC 9989 section 4.10).
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "posthouse/mailauth/dmarc/record.h"
#include "posthouse/mailauth/results/result.h"
#include "posthouse/net/dns/resolver.h"

namespace posthouse::mailauth {

/// How the organization of a domain is found.
enum class OrganizationMethod : std::uint8_t {
  tree_walk,          ///< By the DMARC records above it (RFC 9989).
  public_suffix_list  ///< By the public suffix list (RFC 7489), as Debian's package publicsuffix has it.
};

/// The DMARC records that one check comes across; each name is asked for once.
class DmarcRecords {
 public:
  struct Entry {
    std::optional<DmarcRecord> record{};
    bool failed = false;  ///< Nobody could say.
  };

  /// `resolver` and `steps`, which gets a line for each name, must outlive this.
  DmarcRecords(net::Resolver& resolver, net::Deadline deadline, Steps& steps)
      : resolver_(resolver), deadline_(deadline), steps_(steps) {}

  /// The record of `domain`, at the name with "_dmarc." in front; several are none. Valid as long as this. `domain` is of
  /// A-labels in lower case. Throws net::Error (Errc::canceled).
  const Entry& at(const std::string& domain);

 private:
  net::Resolver& resolver_;
  net::Deadline deadline_;
  Steps& steps_;
  std::map<std::string, Entry> entries_;
};

/// The organization of a domain.
struct Organization {
  std::string domain{};         ///< The Organizational Domain.
  std::string public_suffix{};  ///< The domain above it that says psd=y; empty for none.
  bool failed = false;          ///< The DNS could not be asked; `domain` is a guess.
};

/// Walks up the tree from `domain`: at most eight questions.
Organization walk_tree(DmarcRecords& records, const std::string& domain);
/// The shortest ending of `domain` that somebody can register; `domain` itself when it is a public suffix.
Organization registrable_domain(const std::string& domain);
/// By the one method or the other.
Organization organization_of(OrganizationMethod method, DmarcRecords& records, const std::string& domain);

}  // namespace posthouse::mailauth
