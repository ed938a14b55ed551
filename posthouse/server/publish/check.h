#pragma once
// Whether the DNS says of a domain what this house needs it to say.
#include <string>
#include <vector>

#include "posthouse/mail/domain.h"
#include "posthouse/net/dns/resolver.h"
#include "posthouse/server/config/config.h"

namespace posthouse::server {

struct Finding {
  enum class Grade {
    good,     ///< As it should be.
    advice,   ///< Mail works without; it would be better.
    problem,  ///< Mail is lost, refused or suspected.
    unknown,  ///< The DNS does not answer.
  };
  Grade grade = Grade::good;
  std::string subject{};  ///< "MX", "SPF", "DKIM mail" …
  std::string text{};     ///< A sentence, printable.
};

/// "good", "advice".
std::string_view to_string(Finding::Grade grade) noexcept;

/// Asks the DNS about `domain` and compares with records_to_publish(). Parks the fiber or blocks the thread, for each
/// question until `patience` has passed. Throws what that throws; net::Error (Errc::canceled).
std::vector<Finding> check_published(const Config& config, const mail::Domain& domain, net::Resolver& resolver,
                                     std::chrono::milliseconds patience);

}  // namespace posthouse::server
