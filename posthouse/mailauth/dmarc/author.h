#pragma once
// Whose name a message bears: the domains of its From field.
#include <string>
#include <vector>

#include "posthouse/mime/tree/message.h"

namespace posthouse::mailauth {

/// The authors' domains, or why there are none to check.
struct DmarcAuthor {
  std::vector<std::string> domains{};  ///< Different ones, A-labels in lower case, in order; at most 100.
  /// Why the message cannot be checked; empty for none. A message with several From fields shows different names in
  /// different programs, and one without any shows none; RFC 5322 section 3.6 allows neither.
  std::string problem{};
  bool refuse =
      false;  ///< `problem` is one to refuse the message for (RFC 7489 section 6.6.1, RFC 9989 section 5.3.1).
};

/// Looks at the From fields of a message.
DmarcAuthor dmarc_author(const mime::Message& message);

}  // namespace posthouse::mailauth
