#pragma once
// A message that has to stay in a snapshot. Private to this module.
#include <cstdint>

#include "posthouse/store/views/snapshot.h"
#include "posthouse/store/views/view_state.h"

namespace posthouse::store {

struct MailboxSnapshot::Retained {
  ViewRow row{};               ///< as it was, or its UID alone
  std::uint64_t expunged = 0;  ///< with which MODSEQ; or a lower one, up to which all is known
};

}  // namespace posthouse::store
