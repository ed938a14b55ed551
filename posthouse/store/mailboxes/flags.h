#pragma once
// Changing the flags of messages.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "posthouse/store/changes/change.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

/// What STORE asks for (RFC 9051 section 6.4.6).
struct FlagChange {
  enum class How : std::uint8_t {
    replace,  ///< FLAGS
    add,      ///< +FLAGS
    remove    ///< -FLAGS
  };
  How how = How::replace;
  Flags system = 0;                     ///< system flags
  std::vector<std::string> keywords{};  ///< case makes no difference
  /// Others stay as they are: what whoever asks may change. flag::keywords is for all keywords or none.
  Flags allowed = flag::all;
};

/// What came of it.
struct FlagsStored {
  std::uint64_t modseq = 0;                      ///< that the changed ones have now; 0: none was changed
  std::vector<FlagsChanged::Message> changed{};  ///< by UID; messages that had just these flags are not among them
  std::vector<Uid> failed{};                     ///< by UID: changed after `unchangedsince` (MODIFIED of RFC 7162)
};

/// Changes the flags of the messages with these UIDs, those that are there and, where `unchangedsince` is given, have no
/// higher MODSEQ. Others who write wait meanwhile: some thousand a job are enough. Throws store::Error no_such_mailbox,
/// damaged; invalid_name and too_many as name_keywords.
FlagsStored store_flags(Write& write, MailboxId mailbox, std::span<const Uid> uids, const FlagChange& change,
                        std::optional<std::uint64_t> unchangedsince = std::nullopt);

}  // namespace posthouse::store
