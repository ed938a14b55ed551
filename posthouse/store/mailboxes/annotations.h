#pragma once
// What clients write down about an account or a mailbox (METADATA, RFC 5464): values by names such as "/private/comment",
// asked within Store::read and changed within Store::write. Case makes no difference in names, which are kept in lower case.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/store/commit/read.h"
#include "posthouse/store/commit/write.h"
#include "posthouse/store/tables/types.h"

namespace posthouse::store {

inline constexpr std::size_t most_annotations = 100;         ///< of an account, and of each mailbox
inline constexpr std::size_t most_annotation_octets = 8192;  ///< of a value
inline constexpr std::size_t most_annotation_name = 255;     ///< octets of a name

struct Annotation {
  std::string name{};
  std::string value{};  ///< any octets
  friend bool operator==(const Annotation&, const Annotation&) = default;
};

/// Nothing removes it.
using AnnotationChange = std::pair<std::string, std::optional<std::string>>;

/// Those of the account itself, by name.
std::vector<Annotation> annotations_of_account(Read& read, AccountId account);
/// Those of one of its mailboxes, by name.
std::vector<Annotation> annotations_of_mailbox(Read& read, MailboxId mailbox);

/// Throws store::Error no_such_account; invalid_name for a name that is no ASCII, empty or too long; too_large for a value;
/// too_many.
void annotate_account(Write& write, AccountId account, std::span<const AnnotationChange> changes);
/// The same; no_such_mailbox. Its account's MODSEQ stays as it is.
void annotate_mailbox(Write& write, MailboxId mailbox, std::span<const AnnotationChange> changes);

}  // namespace posthouse::store
