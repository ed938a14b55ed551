#pragma once
// What many responses are made of, read kindly. Private to the module.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/response/response_parser.h"

namespace posthouse::imap {

/// A word of any octets but spaces, quotes, parentheses and control characters.
std::string_view take_loose_word(Cursor& in);
/// An astring, a word or a literal of any octets; NIL is a text here.
std::optional<std::string> take_loose_astring(Cursor& in);
/// Texts up to the end of the line.
std::vector<std::string> take_loose_words(Cursor& in);
/// Spaces and the name of a mailbox.
bool read_loose_mailbox(Cursor& in, const ResponseContext& context, MailboxName& out);

/// Spaces and "(" entries ")", each read by `read` with no space before it.
template <class Read>
bool read_loose_list(Cursor& in, Read read) {
  take_spaces(in);
  if (!in.take('(')) {
    return false;
  }
  for (take_spaces(in); !in.take(')'); take_spaces(in)) {
    if (in.at_end() || !read()) {
      return false;
    }
  }
  return true;
}

/// The same for entries that are a name and a value, or NIL.
bool read_loose_pairs(Cursor& in, std::vector<std::pair<std::string, std::optional<std::string>>>& out);

// Responses about rights, quotas and metadata, from behind the name on.
bool read_quota(Cursor& in, const ResponseContext& context, response::Quota& out);
bool read_quota_root(Cursor& in, const ResponseContext& context, response::QuotaRoot& out);
bool read_acl(Cursor& in, const ResponseContext& context, response::Acl& out);
bool read_list_rights_data(Cursor& in, const ResponseContext& context, response::ListRights& out);
bool read_my_rights(Cursor& in, const ResponseContext& context, response::MyRights& out);
bool read_metadata(Cursor& in, const ResponseContext& context, response::Metadata& out);
bool read_uid_batches_data(Cursor& in, const ResponseContext& context, response::UidBatches& out);

}  // namespace posthouse::imap
