// The table of commands, and those that are read in a few lines.
#include <algorithm>
#include <iterator>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_input.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

using Read = bool (*)(CommandInput&, Command&);

// Reads into the alternative T by `read`.
template <class T, bool (*read)(CommandInput&, T&)>
bool into(CommandInput& input, Command& out) {
  return read(input, out.arguments.emplace<T>());
}
template <class T>
bool bare(CommandInput&, Command& out) {
  out.arguments.emplace<T>();
  return true;
}
// One mailbox is all.
template <class T>
bool mailbox_only(CommandInput& input, Command& out) {
  return read_mailbox_argument(input, out.arguments.emplace<T>().mailbox);
}

bool read_word_argument(CommandInput& input, std::string& out, const char* missing) {
  if (!input.in.expect_space()) {
    return false;
  }
  out = take_keyword(input.in);
  return !out.empty() || input.in.fail(missing);
}

// A digit of base64 or "=", and other printable ASCII: whether it is base64 is the mechanism's business.
bool is_base64_text(char c) {
  return c > ' ' && c < 127;
}

// Some write the mechanism in quotes, and the response as a literal.
bool read_authenticate(CommandInput& input, command::Authenticate& out) {
  if (!read_astring_argument(input, out.mechanism)) {
    return false;
  }
  out.mechanism = to_upper(out.mechanism);
  if (!is_atom(out.mechanism)) {
    return input.in.fail("The mechanism is missing");
  }
  if (input.in.take(' ')) {
    out.initial_response = input.in.take_literal();
    if (!out.initial_response) {
      out.initial_response = input.in.take_while(is_base64_text);
    }
    const bool base64 = std::all_of(out.initial_response->begin(), out.initial_response->end(), is_base64_text);
    return (base64 && !out.initial_response->empty()) || input.in.fail("No initial response; an empty one is \"=\"");
  }
  return true;
}

bool read_login(CommandInput& input, command::Login& out) {
  return read_astring_argument(input, out.user) && read_astring_argument(input, out.password);
}

bool read_enable(CommandInput& input, command::Enable& out) {
  do {
    if (out.capabilities.size() == input.limits.items ||
        !read_word_argument(input, out.capabilities.emplace_back(), "A capability is missing")) {
      return input.in.fail("Too many capabilities");
    }
  } while (input.in.peek() == ' ');
  return true;
}

bool read_id(CommandInput& input, command::Id& out) {
  Cursor& in = input.in;
  if (!in.expect_space()) {
    return false;
  }
  if (in.take_word("NIL") || in.take_prefix("()")) {
    return true;
  }
  // Some write commas, and values without quotes.
  return read_list(input, [&] {
    auto name = in.take_astring();
    in.take(',');
    const bool space = in.take(' ');
    std::optional<std::string> value;
    const bool nil = in.take_word("NIL");
    if (!nil) {
      value = in.take_astring();
      in.take(',');
    }
    if (!name || !space || (!nil && !value)) {
      return in.fail("No fields of ID");
    }
    out.fields.emplace_back(std::move(*name), std::move(value));
    return true;
  });
}

bool read_compress(CommandInput& input, command::Compress& out) {
  return read_word_argument(input, out.algorithm, "The algorithm is missing");
}

bool read_examine(CommandInput& input, command::Select& out) {
  out.read_only = true;
  return read_select(input, out);
}

bool read_rename(CommandInput& input, command::Rename& out) {
  return read_mailbox_argument(input, out.from) && read_mailbox_argument(input, out.to);
}

bool read_lsub(CommandInput& input, command::List& out) {
  out.lsub = true;
  return read_list_command(input, out);
}

bool read_uid_expunge(CommandInput& input, command::Expunge& out) {
  return read_set_argument(input, out.uids.emplace());
}

bool read_expunge(CommandInput& input, Command& out) {
  command::Expunge& expunge = out.arguments.emplace<command::Expunge>();
  return !out.uid || read_uid_expunge(input, expunge);
}

bool read_copy(CommandInput& input, command::Copy& out) {
  return read_set_argument(input, out.set) && read_mailbox_argument(input, out.mailbox);
}

bool read_move(CommandInput& input, command::Move& out) {
  return read_set_argument(input, out.set) && read_mailbox_argument(input, out.mailbox);
}

bool read_cancel_update(CommandInput& input, command::CancelUpdate& out) {
  do {
    if (out.tags.size() == input.limits.items || !read_astring_argument(input, out.tags.emplace_back())) {
      return input.in.fail("Too many tags");
    }
  } while (input.in.peek() == ' ');
  return true;
}

bool read_uid_batches(CommandInput& input, command::UidBatches& out) {
  Cursor& in = input.in;
  const auto size = in.expect_space() ? in.take_nz_number() : std::nullopt;
  if (!size) {
    return in.fail("The size of a batch is missing");
  }
  out.size = *size;
  if (!in.take(' ')) {
    return true;
  }
  const auto first = in.take_nz_number();
  const bool colon = in.take(':');
  const auto last = in.take_nz_number();
  if (!first || !colon || !last) {
    return in.fail("No range of batches");
  }
  out.batches = NumberRange{std::min(*first, *last), std::max(*first, *last)};
  return true;
}

bool read_set_acl(CommandInput& input, command::SetAcl& out) {
  if (!read_mailbox_argument(input, out.mailbox) || !read_astring_argument(input, out.identifier) ||
      !read_astring_argument(input, out.rights)) {
    return false;
  }
  if (out.rights.starts_with('+') || out.rights.starts_with('-')) {
    out.mode = out.rights.front() == '+' ? StoreMode::add : StoreMode::remove;
    out.rights.erase(0, 1);
  }
  return true;
}

bool read_delete_acl(CommandInput& input, command::DeleteAcl& out) {
  return read_mailbox_argument(input, out.mailbox) && read_astring_argument(input, out.identifier);
}

bool read_list_rights(CommandInput& input, command::ListRights& out) {
  return read_mailbox_argument(input, out.mailbox) && read_astring_argument(input, out.identifier);
}

bool read_get_quota(CommandInput& input, command::GetQuota& out) {
  return read_astring_argument(input, out.root);
}

bool read_set_quota(CommandInput& input, command::SetQuota& out) {
  Cursor& in = input.in;
  if (!read_astring_argument(input, out.root) || !in.expect_space()) {
    return false;
  }
  if (in.take_prefix("()")) {
    return true;
  }
  return read_list(input, [&] {
    std::string resource = take_keyword(in);
    const bool space = in.take(' ');
    const auto limit = in.take_number64();
    if (resource.empty() || !space || !limit) {
      return in.fail("No limits of a quota");
    }
    out.limits.emplace_back(std::move(resource), *limit);
    return true;
  });
}

// Which forms of a command there are.
enum class Forms : std::uint8_t { plain, both, uid };

struct CommandName {
  std::string_view name;
  Forms forms;
  Read read;
};

// In the order of their names. APPEND and REPLACE are read by AppendReader.
constexpr CommandName command_names[] = {
    {"APPEND", Forms::plain, nullptr},
    {"AUTHENTICATE", Forms::plain, into<command::Authenticate, read_authenticate>},
    {"CANCELUPDATE", Forms::plain, into<command::CancelUpdate, read_cancel_update>},
    {"CAPABILITY", Forms::plain, bare<command::Capability>},
    {"CHECK", Forms::plain, bare<command::Check>},
    {"CLOSE", Forms::plain, bare<command::Close>},
    {"COMPRESS", Forms::plain, into<command::Compress, read_compress>},
    {"COPY", Forms::both, into<command::Copy, read_copy>},
    {"CREATE", Forms::plain, into<command::Create, read_create>},
    {"DELETE", Forms::plain, mailbox_only<command::Delete>},
    {"DELETEACL", Forms::plain, into<command::DeleteAcl, read_delete_acl>},
    {"ENABLE", Forms::plain, into<command::Enable, read_enable>},
    {"ESEARCH", Forms::plain, into<command::MultiSearch, read_multi_search>},
    {"EXAMINE", Forms::plain, into<command::Select, read_examine>},
    {"EXPUNGE", Forms::both, read_expunge},
    {"FETCH", Forms::both, into<command::Fetch, read_fetch>},
    {"GETACL", Forms::plain, mailbox_only<command::GetAcl>},
    {"GETMETADATA", Forms::plain, into<command::GetMetadata, read_get_metadata>},
    {"GETQUOTA", Forms::plain, into<command::GetQuota, read_get_quota>},
    {"GETQUOTAROOT", Forms::plain, mailbox_only<command::GetQuotaRoot>},
    {"ID", Forms::plain, into<command::Id, read_id>},
    {"IDLE", Forms::plain, bare<command::Idle>},
    {"LIST", Forms::plain, into<command::List, read_list_command>},
    {"LISTRIGHTS", Forms::plain, into<command::ListRights, read_list_rights>},
    {"LOGIN", Forms::plain, into<command::Login, read_login>},
    {"LOGOUT", Forms::plain, bare<command::Logout>},
    {"LSUB", Forms::plain, into<command::List, read_lsub>},
    {"MOVE", Forms::both, into<command::Move, read_move>},
    {"MYRIGHTS", Forms::plain, mailbox_only<command::MyRights>},
    {"NAMESPACE", Forms::plain, bare<command::Namespace>},
    {"NOOP", Forms::plain, bare<command::Noop>},
    {"NOTIFY", Forms::plain, into<command::Notify, read_notify>},
    {"RENAME", Forms::plain, into<command::Rename, read_rename>},
    {"REPLACE", Forms::both, nullptr},
    {"SEARCH", Forms::both, into<command::Search, read_search>},
    {"SELECT", Forms::plain, into<command::Select, read_select>},
    {"SETACL", Forms::plain, into<command::SetAcl, read_set_acl>},
    {"SETMETADATA", Forms::plain, into<command::SetMetadata, read_set_metadata>},
    {"SETQUOTA", Forms::plain, into<command::SetQuota, read_set_quota>},
    {"SORT", Forms::both, into<command::Sort, read_sort>},
    {"STARTTLS", Forms::plain, bare<command::StartTls>},
    {"STATUS", Forms::plain, into<command::Status, read_status>},
    {"STORE", Forms::both, into<command::Store, read_store>},
    {"SUBSCRIBE", Forms::plain, mailbox_only<command::Subscribe>},
    {"THREAD", Forms::both, into<command::Thread, read_thread>},
    {"UIDBATCHES", Forms::plain, into<command::UidBatches, read_uid_batches>},
    {"UNAUTHENTICATE", Forms::plain, bare<command::Unauthenticate>},
    {"UNSELECT", Forms::plain, bare<command::Unselect>},
    {"UNSUBSCRIBE", Forms::plain, mailbox_only<command::Unsubscribe>},
};

const CommandName* find_command(const CommandHead& head) noexcept {
  const auto* found =
      std::lower_bound(std::begin(command_names), std::end(command_names), head.name,
                       [](const CommandName& entry, const std::string& name) { return entry.name < name; });
  if (found == std::end(command_names) || found->name != head.name || (head.uid && found->forms == Forms::plain)) {
    return nullptr;
  }
  return found;
}

}  // namespace

bool read_head(Cursor& in, CommandHead& out) {
  out.tag = in.take_while(is_tag_char);
  if (out.tag.empty() || in.peek() != ' ') {
    out.tag.clear();
    return in.fail("A command begins with a tag and a space");
  }
  in.take(' ');
  out.name = take_keyword(in);
  if (out.name == "UID" && in.take(' ')) {
    out.uid = true;
    out.name = take_keyword(in);
  }
  return !out.name.empty() || in.fail("The command is missing");
}

bool is_append(const CommandHead& head) noexcept {
  return (head.name == "APPEND" && !head.uid) || head.name == "REPLACE";
}

bool is_known(const CommandHead& head) noexcept {
  return find_command(head) != nullptr;
}

bool read_arguments(CommandInput& input, const CommandHead& head, Command& out) {
  const CommandName* found = find_command(head);
  if (found == nullptr || found->read == nullptr) {
    return input.in.fail("Unknown command");
  }
  out.tag = head.tag;
  out.uid = head.uid;
  return found->read(input, out) && (input.in.at_end() || input.in.fail("Too much behind the arguments"));
}

}  // namespace posthouse::imap
