#include "posthouse/imap/wire/response/response_parser.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/response/loose.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

using Context = ResponseContext;

bool read_capability(Cursor& in, const Context&, response::Capability& out) {
  out.names = take_loose_words(in);
  return true;
}
bool read_enabled(Cursor& in, const Context&, response::Enabled& out) {
  out.names = take_loose_words(in);
  return true;
}

bool read_id_data(Cursor& in, const Context&, response::Id& out) {
  take_spaces(in);
  if (in.take_word("NIL")) {
    return true;
  }
  return read_loose_pairs(in, out.fields);
}

bool read_list_extension(Cursor& in, const Context& context, response::ListEntry& out) {
  return read_loose_list(in, [&] {
    const auto name = take_loose_astring(in);
    take_spaces(in);
    if (!name) {
      return false;
    }
    if (iequals(*name, "CHILDINFO")) {
      return read_loose_list(in, [&] {
        auto info = take_loose_astring(in);
        out.child_info.push_back(info ? std::move(*info) : std::string());
        return info.has_value();
      });
    }
    if (iequals(*name, "OLDNAME")) {
      return in.take('(') && read_loose_mailbox(in, context, out.old_name.emplace()) && (take_spaces(in), in.take(')'));
    }
    return take_any_value(in);
  });
}

bool read_list_entry(Cursor& in, const Context& context, response::ListEntry& out) {
  const auto read_attribute = [&] {
    const std::string_view word = take_loose_word(in);
    if (word.empty()) {
      return take_any_value(in);
    }
    if (word != "\\") {
      out.attributes.emplace_back(word);
    }
    return true;
  };
  take_spaces(in);
  if (!in.take_word("NIL") && !read_loose_list(in, read_attribute)) {
    return false;
  }
  take_spaces(in);
  auto delimiter = take_lenient_nstring(in);
  if (!delimiter || !read_loose_mailbox(in, context, out.mailbox)) {
    return false;
  }
  if (*delimiter && !(*delimiter)->empty()) {
    out.delimiter = std::move(*delimiter);
  }
  take_spaces(in);
  return in.at_end() || read_list_extension(in, context, out);
}
bool read_list_data(Cursor& in, const Context& context, response::ListEntry& out) {
  return read_list_entry(in, context, out);
}
bool read_lsub_data(Cursor& in, const Context& context, response::ListEntry& out) {
  out.kind = response::ListKind::lsub;
  return read_list_entry(in, context, out);
}
bool read_xlist_data(Cursor& in, const Context& context, response::ListEntry& out) {
  out.kind = response::ListKind::xlist;
  return read_list_entry(in, context, out);
}

bool read_namespace_list(Cursor& in, const Context& context, std::vector<response::Namespace>& out) {
  take_spaces(in);
  if (in.take_word("NIL")) {
    return true;
  }
  return read_loose_list(in, [&] {
    if (!in.take('(')) {
      return false;
    }
    take_spaces(in);
    const auto prefix = take_loose_astring(in);
    take_spaces(in);
    auto delimiter = take_lenient_nstring(in);
    if (!prefix || !delimiter) {
      return false;
    }
    out.push_back({read_mailbox_name(*prefix, context.names).name, std::move(*delimiter)});
    for (take_spaces(in); !in.take(')'); take_spaces(in)) {
      if (!take_any_value(in)) {
        return false;
      }
    }
    return true;
  });
}

bool read_namespaces(Cursor& in, const Context& context, response::Namespaces& out) {
  for (auto* spaces : {&out.personal, &out.other_users, &out.shared}) {
    if (!read_namespace_list(in, context, *spaces)) {
      return false;
    }
  }
  return true;
}

bool read_status_value(Cursor& in, response::MailboxStatus& out) {
  const std::string name = to_upper(take_loose_word(in));
  take_spaces(in);
  const auto item = status_item(name);
  if (name.empty() || !item) {
    return !name.empty() && take_any_value(in);
  }
  response::StatusValue value{*item};
  if (*item == StatusItem::mailbox_id) {
    if (!in.take('(')) {
      return false;
    }
    value.text = take_loose_word(in);
    take_spaces(in);
    out.values.push_back(std::move(value));
    return in.take(')');
  }
  value.number = in.take_number64();
  const bool good = value.number || in.take_word("NIL");
  out.values.push_back(std::move(value));
  return good;
}

bool read_mailbox_status(Cursor& in, const Context& context, response::MailboxStatus& out) {
  return read_loose_mailbox(in, context, out.mailbox) &&
         read_loose_list(in, [&] { return read_status_value(in, out); });
}

bool read_flags_data(Cursor& in, const Context&, response::FlagList& out) {
  take_spaces(in);
  auto flags = take_lenient_flags(in);
  if (!flags) {
    return false;
  }
  out.flags = std::move(*flags);
  return true;
}

bool read_vanished(Cursor& in, const Context&, response::Vanished& out) {
  take_spaces(in);
  out.earlier = in.take_prefix("(EARLIER)");
  take_spaces(in);
  auto uids = NumberSet::parse(in.take_while(is_set_char));
  if (!uids) {
    return false;
  }
  out.uids = std::move(*uids);
  return true;
}

bool read_search_response(Cursor& in, const Context&, response::Search& out) {
  return read_search_data(in, out);
}
bool read_sort_response(Cursor& in, const Context&, response::Search& out) {
  out.sort = true;
  return read_search_data(in, out);
}
bool read_thread_response(Cursor& in, const Context&, response::Thread& out) {
  return read_thread_data(in, out);
}

using ReadData = bool (*)(Cursor&, const Context&, response::Data&);

// Reads into the alternative T by `read`.
template <class T, bool (*read)(Cursor&, const Context&, T&)>
bool data_of(Cursor& in, const Context& context, response::Data& out) {
  return read(in, context, out.emplace<T>());
}

struct DataName {
  std::string_view name;
  ReadData read;
};
// Responses that begin with their names, the frequent ones first.
constexpr DataName data_names[] = {
    {"LIST", data_of<response::ListEntry, read_list_data>},
    {"SEARCH", data_of<response::Search, read_search_response>},
    {"ESEARCH", data_of<response::ExtendedSearch, read_extended_search>},
    {"STATUS", data_of<response::MailboxStatus, read_mailbox_status>},
    {"FLAGS", data_of<response::FlagList, read_flags_data>},
    {"VANISHED", data_of<response::Vanished, read_vanished>},
    {"CAPABILITY", data_of<response::Capability, read_capability>},
    {"LSUB", data_of<response::ListEntry, read_lsub_data>},
    {"XLIST", data_of<response::ListEntry, read_xlist_data>},
    {"SORT", data_of<response::Search, read_sort_response>},
    {"THREAD", data_of<response::Thread, read_thread_response>},
    {"NAMESPACE", data_of<response::Namespaces, read_namespaces>},
    {"ID", data_of<response::Id, read_id_data>},
    {"ENABLED", data_of<response::Enabled, read_enabled>},
    {"QUOTA", data_of<response::Quota, read_quota>},
    {"QUOTAROOT", data_of<response::QuotaRoot, read_quota_root>},
    {"ACL", data_of<response::Acl, read_acl>},
    {"LISTRIGHTS", data_of<response::ListRights, read_list_rights_data>},
    {"MYRIGHTS", data_of<response::MyRights, read_my_rights>},
    {"METADATA", data_of<response::Metadata, read_metadata>},
    {"UIDBATCHES", data_of<response::UidBatches, read_uid_batches_data>},
};

std::optional<response::Condition> condition_of(std::string_view word) {
  constexpr std::pair<std::string_view, response::Condition> names[] = {{"OK", response::Condition::ok},
                                                                        {"NO", response::Condition::no},
                                                                        {"BAD", response::Condition::bad},
                                                                        {"BYE", response::Condition::bye},
                                                                        {"PREAUTH", response::Condition::preauth}};
  for (const auto& [name, condition] : names) {
    if (iequals(name, word)) {
      return condition;
    }
  }
  return std::nullopt;
}

// [SP code] SP text
response::Status read_status_text(Cursor& in, response::Condition condition) {
  response::Status status{condition};
  in.take(' ');  // behind two, "[" is the beginning of a text
  status.code = read_response_code(in);
  take_spaces(in);
  status.text = in.rest();
  return status;
}

// "12 EXISTS" and the like.
bool read_numbered(Cursor& in, const Context& context, response::Data& out) {
  const auto number = in.take_number();
  take_spaces(in);
  const std::string name = to_upper(take_loose_word(in));
  if (!number) {
    return false;
  }
  if (name == "FETCH" || name == "UIDFETCH") {
    auto& fetch = out.emplace<response::Fetch>();
    fetch.number = *number;
    fetch.by_uid = name == "UIDFETCH";
    return read_fetch_data(in, context, fetch);
  }
  if (name == "EXISTS") {
    out = response::Exists{*number};
  } else if (name == "EXPUNGE") {
    out = response::Expunge{*number};
  } else if (name == "RECENT") {
    out = response::Recent{*number};
  } else {
    return false;
  }
  return true;
}

bool read_untagged(Cursor& in, const Context& context, response::Data& out) {
  if (is_digit(in.peek())) {
    return read_numbered(in, context, out) && (take_spaces(in), in.at_end());
  }
  const std::string_view name = take_loose_word(in);
  if (const auto condition = condition_of(name)) {
    out = read_status_text(in, *condition);
    return true;
  }
  const auto* found = std::find_if(std::begin(data_names), std::end(data_names),
                                   [&](const DataName& entry) { return iequals(entry.name, name); });
  return found != std::end(data_names) && found->read(in, context, out) && (take_spaces(in), in.at_end());
}

}  // namespace

bool is_status_line(std::string_view text) {
  if (text.starts_with('+')) {
    return true;
  }
  Cursor in(text);
  take_loose_word(in);
  take_spaces(in);
  return condition_of(take_loose_word(in)).has_value();
}

Response parse_response(std::string_view text, const ResponseContext& context) {
  Response response;
  Cursor in(text);
  if (in.take('+')) {
    response.kind = ResponseKind::continuation;
    in.take(' ');
    response::Status status;
    status.code = read_response_code(in);
    if (status.code) {
      take_spaces(in);
    }
    status.text = in.rest();
    response.data = std::move(status);
    return response;
  }
  if (in.take('*')) {
    take_spaces(in);
    const std::size_t begin = in.position();
    if (!read_untagged(in, context, response.data)) {
      response.data = response::Unknown{std::string(text.substr(begin))};
    }
    return response;
  }
  const std::string_view tag = take_loose_word(in);
  take_spaces(in);
  if (const auto condition = condition_of(take_loose_word(in)); condition && !tag.empty()) {
    response.kind = ResponseKind::tagged;
    response.tag = tag;
    response.data = read_status_text(in, *condition);
    return response;
  }
  response.data = response::Unknown{std::string(text)};
  return response;
}

}  // namespace posthouse::imap
