#pragma once
// Many UIDs in few statements. Private to this module.
#include <span>
#include <string>
#include <vector>

#include "posthouse/base/portions.h"
#include "posthouse/sql/connection/connection.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// `uids` in their order, each once.
std::vector<Uid> in_order(std::span<const Uid> uids);

/// `uids`, which are in order, as ranges that have nothing else in them.
std::vector<UidRange> ranges_of(std::span<const Uid> uids);

/// Runs "`select` WHERE h.mailbox_id = ? AND …", a query of mailbox_message h, for `uids`, which are in order, and calls `f`
/// with each row, in their order.
template <class... Columns, class F>
void each_held(sql::Connection& db, const std::string& select, MailboxId mailbox, std::span<const Uid> uids, F&& f) {
  constexpr std::size_t in_a_list = 32;  // so that few statements have to be prepared (sql::list)
  constexpr std::size_t long_range = 8;
  const std::vector<UidRange> ranges = ranges_of(uids);
  if (ranges.size() * long_range <= uids.size()) {
    for (const UidRange& range : ranges) {
      for (const auto& row :
           db.query<Columns...>(select + " WHERE h.mailbox_id = ? AND h.uid >= ? AND h.uid <= ? ORDER BY h.uid",
                                mailbox, range.first, range.last)) {
        f(row);
      }
    }
    return;
  }
  in_portions(uids, in_a_list, [&](const std::span<const Uid>& some) {
    for (const auto& row : db.query<Columns...>(select + " WHERE h.mailbox_id = ? AND h.uid IN (?) ORDER BY h.uid",
                                                mailbox, sql::list(some))) {
      f(row);
    }
  });
}

}  // namespace posthouse::store
