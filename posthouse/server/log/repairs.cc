#include "posthouse/server/log/repairs.h"

#include <variant>

#include "posthouse/server/log/log.h"

namespace posthouse::server {

void log_repairs(std::span<const store::Change> changes) {
  for (const store::Change& change : changes) {
    if (const auto* repaired = std::get_if<store::MailboxRepaired>(&change)) {
      log().error(
          "repaired mailbox={} account={} uidvalidity={} uidnext={} highestmodseq={} cause=\"its counters were behind "
          "its messages\"",
          repaired->mailbox, repaired->account, repaired->uidvalidity, repaired->uidnext, repaired->highestmodseq);
    }
  }
}

}  // namespace posthouse::server
