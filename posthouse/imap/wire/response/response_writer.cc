#include "posthouse/imap/wire/response/response_writer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "posthouse/imap/wire/text/date.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {
namespace {

// In the order of response::Condition.
constexpr std::array<std::string_view, 5> conditions = {"OK", "NO", "BAD", "BYE", "PREAUTH"};

// Text for people: one line, never empty (RFC 9051 section 9, resp-text), and no "[" at its start that is no code.
void append_people_text(std::string& out, std::string_view text, bool behind_code) {
  const std::size_t begin = out.size();
  for (const char c : text.substr(0, text.find_first_of("\r\n"))) {
    if (!is_control(c)) {
      out += c;
    }
  }
  if (out.size() == begin || (!behind_code && out[begin] == '[')) {
    out.insert(begin, 1, out.size() == begin ? '.' : ' ');
  }
}

void append_status(std::string& out, const response::Status& status) {
  out += conditions[static_cast<std::size_t>(status.condition)];
  out += ' ';
  if (status.code) {
    append_response_code(out, *status.code);
    out += ' ';
  }
  append_people_text(out, status.text, status.code.has_value());
}

// Writes what stands between "* " and the line end.
class DataWriter {
 public:
  DataWriter(std::string& out, const ResponseStyle& style) : out_(out), style_(style) {}

  void operator()(const response::Unknown& data) { out_ += data.text; }
  void operator()(const response::Status& data) { append_status(out_, data); }
  void operator()(const response::Capability& data) { words("CAPABILITY", data.names); }
  void operator()(const response::Enabled& data) { words("ENABLED", data.names); }
  void operator()(const response::Id& data) {
    out_ += "ID ";
    if (data.fields.empty()) {
      out_ += "NIL";
      return;
    }
    list(data.fields, [&](const auto& field) {
      string(field.first);
      out_ += ' ';
      append_nstring(out_, field.second, style_.strings);
    });
  }
  void operator()(const response::ListEntry& data) {
    constexpr std::string_view kinds[] = {"LIST (", "LSUB (", "XLIST ("};
    out_ += kinds[static_cast<std::size_t>(data.kind)];
    join(data.attributes, [&](const std::string& attribute) { out_ += attribute; });
    out_ += ") ";
    append_nstring(out_, data.delimiter);
    mailbox(data.mailbox);
    list_extension(data);
  }
  void operator()(const response::Namespaces& data) {
    out_ += "NAMESPACE";
    for (const auto* spaces : {&data.personal, &data.other_users, &data.shared}) {
      out_ += spaces->empty() ? " NIL" : " (";
      for (const response::Namespace& space : *spaces) {
        out_ += '(';
        string(write_mailbox_name(space.prefix, style_.names));
        out_ += ' ';
        append_nstring(out_, space.delimiter);
        out_ += ')';
      }
      out_ += spaces->empty() ? "" : ")";
    }
  }
  void operator()(const response::MailboxStatus& data) {
    out_ += "STATUS";
    mailbox(data.mailbox);
    out_ += ' ';
    list(data.values, [&](const response::StatusValue& value) {
      out_ += name_of(value.item);
      if (value.item == StatusItem::mailbox_id) {
        out_ += " (" + value.text + ')';
      } else {
        out_ += value.number ? ' ' + std::to_string(*value.number) : " NIL";
      }
    });
  }
  void operator()(const response::FlagList& data) { out_ += "FLAGS (" + data.flags.to_string() + ')'; }
  void operator()(const response::Exists& data) { out_ += std::to_string(data.count) + " EXISTS"; }
  void operator()(const response::Recent& data) { out_ += std::to_string(data.count) + " RECENT"; }
  void operator()(const response::Expunge& data) { out_ += std::to_string(data.number) + " EXPUNGE"; }
  void operator()(const response::Vanished& data) {
    out_ += data.earlier ? "VANISHED (EARLIER) " : "VANISHED ";
    out_ += data.uids.to_string();
  }
  void operator()(const response::Search& data) {
    out_ += data.sort ? "SORT" : "SEARCH";
    for (const std::uint32_t number : data.numbers) {
      out_ += ' ';
      out_ += std::to_string(number);
    }
    if (data.modseq) {
      out_ += " (MODSEQ " + std::to_string(*data.modseq) + ')';
    }
  }
  void operator()(const response::ExtendedSearch& data) {
    out_ += "ESEARCH";
    correlator(data.tag, data);
    out_ += data.uid ? " UID" : "";
    number(" MIN ", data.min);
    number(" MAX ", data.max);
    if (data.all && !data.all->ranges().empty()) {
      out_ += " ALL " + data.all->to_string();
    }
    number(" COUNT ", data.count);
    if (data.partial) {
      out_ += " PARTIAL (" + data.partial->to_string() + ' ' +
              (data.partial_found ? data.partial_found->to_string() : "NIL") + ')';
    }
    for (const response::SearchUpdate& update : data.updates) {
      out_ += (update.add ? " ADDTO (" : " REMOVEFROM (") + std::to_string(update.position) + ' ' +
              update.numbers.to_string() + ')';
    }
    number(" MODSEQ ", data.modseq);
  }
  void operator()(const response::Thread& data);
  void operator()(const response::Fetch& data);

  void operator()(const response::Quota& data) {
    out_ += "QUOTA ";
    append_astring(out_, data.root, style_.strings);
    out_ += ' ';
    list(data.resources, [&](const response::QuotaResource& resource) {
      out_ += resource.name + ' ' + std::to_string(resource.usage) + ' ' + std::to_string(resource.limit);
    });
  }
  void operator()(const response::QuotaRoot& data) {
    out_ += "QUOTAROOT";
    mailbox(data.mailbox);
    astrings(data.roots);
  }
  void operator()(const response::Acl& data) {
    out_ += "ACL";
    mailbox(data.mailbox);
    for (const auto& [identifier, rights] : data.rights) {
      astrings({identifier, rights});
    }
  }
  void operator()(const response::ListRights& data) {
    out_ += "LISTRIGHTS";
    mailbox(data.mailbox);
    astrings({data.identifier, data.required});
    astrings(data.optional);
  }
  void operator()(const response::MyRights& data) {
    out_ += "MYRIGHTS";
    mailbox(data.mailbox);
    astrings({data.rights});
  }
  void operator()(const response::Metadata& data) {
    out_ += "METADATA";
    mailbox(data.mailbox);
    if (data.values.empty()) {
      astrings(data.changed);
      return;
    }
    out_ += ' ';
    list(data.values, [&](const auto& entry) {
      append_astring(out_, entry.first, style_.strings);
      out_ += ' ';
      if (entry.second && entry.second->find('\0') != std::string::npos) {
        out_ += "~{" + std::to_string(entry.second->size()) + "}\r\n" + *entry.second;
      } else {
        append_nstring(out_, entry.second, style_.strings);
      }
    });
  }
  void operator()(const response::UidBatches& data) {
    out_ += "UIDBATCHES";
    if (data.tag) {
      out_ += " (TAG ";
      string(*data.tag);
      out_ += ')';
    }
    char before = ' ';
    for (const NumberRange& range : data.batches) {
      out_ += before + std::to_string(range.first) + ':' + std::to_string(range.last);
      before = ',';
    }
  }

 private:
  void string(std::string_view text) { append_string(out_, text, style_.strings); }
  void mailbox(const MailboxName& name) {
    out_ += ' ';
    append_astring(out_, write_mailbox_name(name, style_.names), style_.strings);
  }
  void words(std::string_view name, const std::vector<std::string>& words) {
    out_ += name;
    for (const std::string& word : words) {
      out_ += ' ' + word;
    }
  }
  void astrings(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      out_ += ' ';
      append_astring(out_, text, style_.strings);
    }
  }
  template <class Number>
  void number(std::string_view name, const std::optional<Number>& number) {
    if (number) {
      out_ += name;
      out_ += std::to_string(*number);
    }
  }
  template <class List, class Write>
  void join(const List& entries, Write write) {
    bool first = true;
    for (const auto& entry : entries) {
      out_ += std::exchange(first, false) ? "" : " ";
      write(entry);
    }
  }
  template <class List, class Write>
  void list(const List& entries, Write write) {
    out_ += '(';
    join(entries, write);
    out_ += ')';
  }
  void list_extension(const response::ListEntry& data) {
    if (data.child_info.empty() && !data.old_name) {
      return;
    }
    out_ += " (";
    if (!data.child_info.empty()) {
      out_ += "\"CHILDINFO\" ";
      list(data.child_info, [&](const std::string& info) { string(info); });
    }
    if (data.old_name) {
      out_ += data.child_info.empty() ? "\"OLDNAME\" (" : " \"OLDNAME\" (";
      append_astring(out_, write_mailbox_name(*data.old_name, style_.names), style_.strings);
      out_ += ')';
    }
    out_ += ')';
  }
  void correlator(const std::optional<std::string>& tag, const response::ExtendedSearch& data) {
    if (!tag) {
      return;
    }
    out_ += " (TAG ";
    string(*tag);
    if (data.mailbox) {
      out_ += " MAILBOX";
      mailbox(*data.mailbox);
      number(" UIDVALIDITY ", data.uid_validity);
    }
    out_ += ')';
  }

  std::string& out_;
  const ResponseStyle& style_;
};

// "(2)(3 6 (4 23)(44 7 96))" (RFC 5256 section 4): a message's only child follows it, several stand in parentheses each.
void DataWriter::operator()(const response::Thread& data) {
  out_ += "THREAD";
  if (!data.nodes.empty()) {
    out_ += ' ';
  }
  // How many children each node has; the last entry is for the threads themselves, which always stand in parentheses.
  std::vector<std::size_t> children(data.nodes.size(), 0);
  std::vector<std::size_t> ancestors;
  for (std::size_t i = 0; i < data.nodes.size(); ++i) {
    ancestors.resize(std::min<std::size_t>(ancestors.size(), data.nodes[i].depth));
    if (!ancestors.empty()) {
      ++children[ancestors.back()];
    }
    ancestors.push_back(i);
  }
  std::vector<std::pair<std::size_t, std::uint32_t>> open;  // nodes on the way down, and how many ")" end each
  for (std::size_t i = 0; i < data.nodes.size(); ++i) {
    while (open.size() > data.nodes[i].depth) {
      out_.append(open.back().second, ')');
      open.pop_back();
    }
    const bool alone = !open.empty() && children[open.back().first] == 1;
    const bool behind_number = alone && data.nodes[open.back().first].number != 0;
    out_ +=
        alone ? (behind_number ? " " : "") : (!open.empty() && out_.back() != ')' && out_.back() != '(' ? " (" : "(");
    if (data.nodes[i].number != 0) {
      out_ += std::to_string(data.nodes[i].number);
    }
    open.emplace_back(i, alone ? 0 : 1);
  }
  while (!open.empty()) {
    out_.append(open.back().second, ')');
    open.pop_back();
  }
}

void DataWriter::operator()(const response::Fetch& data) {
  out_.resize(out_.size() - 2);  // FetchWriter begins and ends the line itself
  FetchWriter fetch(out_, data.number, style_, data.by_uid);
  const auto tell = [&](const auto& value, auto write) {
    if (value) {
      (fetch.*write)(*value);
    }
  };
  tell(data.uid, &FetchWriter::uid);
  tell(data.flags, &FetchWriter::flags);
  tell(data.internal_date, &FetchWriter::internal_date);
  tell(data.size, &FetchWriter::size);
  tell(data.modseq, &FetchWriter::modseq);
  std::string text;
  if (data.envelope) {
    append_envelope(text, *data.envelope);
    fetch.ready("ENVELOPE", text);
  }
  if (data.body) {
    text.clear();
    append_body_structure(text, *data.body, BodyForm::body);
    fetch.ready("BODY", text);
  }
  if (data.structure) {
    text.clear();
    append_body_structure(text, *data.structure, BodyForm::structure);
    fetch.ready("BODYSTRUCTURE", text);
  }
  for (const response::BinarySize& size : data.binary_sizes) {
    fetch.binary_size(size);
  }
  tell(data.email_id, &FetchWriter::email_id);
  tell(data.thread_id, &FetchWriter::thread_id);
  tell(data.save_date, &FetchWriter::save_date);
  tell(data.preview, &FetchWriter::preview);
  for (const auto& [name, value] : data.others) {
    fetch.ready(name, value);
  }
  for (const response::BodyData& body : data.bodies) {
    fetch.body(body);
  }
  fetch.end();
  out_.resize(out_.size() - 2);
}

}  // namespace

void ResponseWriter::untagged(const response::Data& data) {
  if (const auto* vanished = std::get_if<response::Vanished>(&data); vanished != nullptr && vanished->uids.empty()) {
    return;
  }
  out_ += "* ";
  std::visit(DataWriter(out_, style_), data);
  out_ += "\r\n";
}

void ResponseWriter::tagged(std::string_view tag, const response::Status& status) {
  out_ += tag;
  out_ += ' ';
  append_status(out_, status);
  out_ += "\r\n";
}

void ResponseWriter::proceed(std::string_view text) {
  out_ += "+ ";
  append_people_text(out_, text, false);
  out_ += "\r\n";
}

}  // namespace posthouse::imap
