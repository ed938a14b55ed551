#include "posthouse/sieve/actions/header_edit.h"

#include "posthouse/base/text.h"
#include "posthouse/mime/fields/header.h"

namespace posthouse::sieve {

void apply_edit(const HeaderEdit& edit, std::string& header) {
  const mime::HeaderBlock block = mime::HeaderBlock::scan(header);
  const mime::Headers fields = block.headers();
  const bool inside = edit.index < fields.size();
  if (edit.added.empty()) {
    if (inside) {
      const mime::Field field = fields[edit.index];
      header.erase(field.offset(), field.raw().size());
    }
    return;
  }
  std::size_t at = block.from_line();
  if (inside) {
    at = fields[edit.index].offset();
  } else if (!fields.empty()) {
    const mime::Field last = fields[fields.size() - 1];
    at = last.offset() + last.raw().size();
  }
  const bool open_line = at > 0 && header[at - 1] != '\n';
  header.insert(at, open_line ? "\r\n" + edit.added : edit.added);
}

std::string apply_edits(std::span<const HeaderEdit> edits, std::string_view message) {
  const std::size_t body = mime::HeaderBlock::scan(message).body();
  std::string edited(message.substr(0, body));
  for (const HeaderEdit& edit : edits) {
    apply_edit(edit, edited);
  }
  return edited.append(message.substr(body));
}

std::string make_field(std::string_view name, std::string_view value) {
  constexpr std::size_t line_length = 76;
  std::string field(name);
  field += ':';
  std::size_t line_begin = 0;
  bool first = true;
  value = trim(value);
  while (!value.empty()) {
    // One word and the blanks before it.
    std::size_t begin = 0;
    bool broken = false;
    while (begin < value.size() && is_space(value[begin])) {
      broken = broken || value[begin] == '\n';
      ++begin;
    }
    std::size_t end = begin;
    while (end < value.size() && !is_space(value[end])) {
      ++end;
    }
    const bool too_long = field.size() - line_begin + end > line_length;
    if (!first && (broken || too_long)) {
      line_begin = field.size() + 2;
      field.append("\r\n").append(broken ? " " : value.substr(0, begin));
    } else if (first || broken) {
      field += ' ';
    } else {
      field.append(value.substr(0, begin));
    }
    field.append(value.substr(begin, end - begin));
    value.remove_prefix(end);
    first = false;
  }
  return field += "\r\n";
}

}  // namespace posthouse::sieve
