#pragma once
// What a status response says for programs: "[UIDNEXT 4392]" (RFC 9051 section 7.1 and extensions).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/imap/wire/text/cursor.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// APPENDUID (RFC 4315): several UIDs for MULTIAPPEND.
struct AppendUid {
  std::uint32_t uid_validity = 0;
  SequenceSet uids{};
  friend bool operator==(const AppendUid&, const AppendUid&) = default;
};
/// COPYUID (RFC 4315): the n-th number of one set became the n-th of the other.
struct CopyUid {
  std::uint32_t uid_validity = 0;
  SequenceSet from{};
  SequenceSet to{};
  friend bool operator==(const CopyUid&, const CopyUid&) = default;
};
/// INPROGRESS (RFC 9585).
struct Progress {
  std::optional<std::string> tag{};
  std::optional<std::uint64_t> done{};
  std::optional<std::uint64_t> goal{};
  friend bool operator==(const Progress&, const Progress&) = default;
};
/// MESSAGELIMIT (RFC 9738): how many messages at once, and the lowest UID that was dealt with.
struct MessageLimit {
  std::uint32_t limit = 0;
  std::optional<std::uint32_t> uid{};
  friend bool operator==(const MessageLimit&, const MessageLimit&) = default;
};
/// METADATA (RFC 5464): LONGENTRIES, MAXSIZE, TOOMANY or NOPRIVATE.
struct MetadataProblem {
  std::string word{};
  std::optional<std::uint64_t> size{};
  friend bool operator==(const MetadataProblem&, const MetadataProblem&) = default;
};

/// A response code: its name, and what follows it.
///
///     ResponseCode::word("TRYCREATE"), ResponseCode::number("UIDNEXT", 4392)
///     if (status.code && status.code->is("OVERQUOTA")) { … }
struct ResponseCode {
  /// monostate: nothing follows. number: UIDNEXT, UIDVALIDITY, UNSEEN, HIGHESTMODSEQ. Words: CAPABILITY, and, in
  /// parentheses, BADCHARSET, MAILBOXID. Flags: PERMANENTFLAGS. SequenceSet: MODIFIED (RFC 7162). A string: what follows
  /// any other name, as it came.
  using Value = std::variant<std::monostate, std::uint64_t, std::vector<std::string>, Flags, SequenceSet, AppendUid,
                             CopyUid, Progress, MessageLimit, MetadataProblem, std::string>;
  std::string name{};  ///< In upper case.
  Value value{};

  static ResponseCode word(std::string name) { return {std::move(name), {}}; }
  static ResponseCode number(std::string name, std::uint64_t number) { return {std::move(name), number}; }
  static ResponseCode append_uid(std::uint32_t uid_validity, const NumberSet& uids);
  static ResponseCode copy_uid(std::uint32_t uid_validity, SequenceSet from, SequenceSet to);
  static ResponseCode mailbox_id(std::string id);
  static ResponseCode permanent_flags(Flags flags) { return {"PERMANENTFLAGS", std::move(flags)}; }

  bool is(std::string_view other) const noexcept { return name == other; }
  /// The number that follows, if it is one.
  std::optional<std::uint64_t> number() const noexcept;
  friend bool operator==(const ResponseCode&, const ResponseCode&) = default;
};

/// Writes it with its brackets.
void append_response_code(std::string& out, const ResponseCode& code);
/// Reads one with its brackets. Nothing, with nothing taken, where there is none; a value that is not what belongs to
/// the name comes as a string.
std::optional<ResponseCode> read_response_code(Cursor& in);

}  // namespace posthouse::imap
