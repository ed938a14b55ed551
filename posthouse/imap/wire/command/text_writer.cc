#include "posthouse/imap/wire/command/text_writer.h"

#include "posthouse/imap/wire/text/strings.h"

namespace posthouse::imap {

CommandTextWriter& CommandTextWriter::raw(std::string_view text) {
  text_.octets += text;
  return *this;
}

CommandTextWriter& CommandTextWriter::literal_head(std::uint64_t size, bool binary) {
  const bool waits = size > style_.non_synchronizing || style_.non_synchronizing == 0;
  raw(binary ? "~{" : "{").raw(std::to_string(size)).raw(waits ? "}\r\n" : "+}\r\n");
  if (waits) {
    text_.pauses.push_back(text_.octets.size());
  }
  return *this;
}

CommandTextWriter& CommandTextWriter::string(std::string_view text) {
  if (is_quotable(text, style_.strings)) {
    append_quoted(text_.octets, text);
    return *this;
  }
  return literal_head(text.size()).raw(text);
}

CommandTextWriter& CommandTextWriter::nstring(const std::optional<std::string>& text) {
  return text ? string(*text) : raw("NIL");
}

CommandTextWriter& CommandTextWriter::any_octets(const std::optional<std::string>& text) {
  if (text && text->find('\0') != std::string::npos) {
    return literal_head(text->size(), true).raw(*text);
  }
  return nstring(text);
}

CommandTextWriter& CommandTextWriter::astring(std::string_view text) {
  return is_bare_astring(text) ? raw(text) : string(text);
}

CommandTextWriter& CommandTextWriter::mailbox(const MailboxName& name) {
  return astring(write_mailbox_name(name, style_.names));
}

CommandTextWriter& CommandTextWriter::pattern(const MailboxName& name) {
  return string(write_mailbox_name(name, style_.names));
}

CommandTextWriter& CommandTextWriter::fetch_item(const FetchItem& item) {
  raw(item.name());
  if (item.has_section()) {
    raw("[").raw(item.section.path());
    if (!item.section.fields.empty()) {
      space().list(item.section.fields, [&](const std::string& field) { astring(field); });
    }
    raw("]");
  }
  if (item.partial) {
    raw("<" + std::to_string(item.partial->offset) + '.' + std::to_string(item.partial->count) + '>');
  }
  return raw(item.lazy ? " (LAZY)" : "");
}

bool CommandTextWriter::words(std::initializer_list<std::pair<bool, const char*>> words) {
  bool any = false;
  for (const auto& [is, word] : words) {
    if (is) {
      raw(std::exchange(any, true) ? " " : "").raw(word);
    }
  }
  return any;
}

}  // namespace posthouse::imap
