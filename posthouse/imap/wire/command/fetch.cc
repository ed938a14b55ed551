#include "posthouse/imap/wire/command/fetch.h"

#include <algorithm>
#include <array>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_input.h"

namespace posthouse::imap {
namespace {

struct FetchName {
  std::string_view name;
  FetchKind kind;
};
constexpr std::array<FetchName, 18> fetch_names = {{{"ENVELOPE", FetchKind::envelope},
                                                    {"FLAGS", FetchKind::flags},
                                                    {"INTERNALDATE", FetchKind::internal_date},
                                                    {"RFC822", FetchKind::rfc822},
                                                    {"RFC822.HEADER", FetchKind::rfc822_header},
                                                    {"RFC822.TEXT", FetchKind::rfc822_text},
                                                    {"RFC822.SIZE", FetchKind::rfc822_size},
                                                    {"BODY", FetchKind::body},
                                                    {"BODYSTRUCTURE", FetchKind::body_structure},
                                                    {"BODY", FetchKind::body_section},
                                                    {"BINARY", FetchKind::binary},
                                                    {"BINARY.SIZE", FetchKind::binary_size},
                                                    {"UID", FetchKind::uid},
                                                    {"MODSEQ", FetchKind::modseq},
                                                    {"EMAILID", FetchKind::email_id},
                                                    {"THREADID", FetchKind::thread_id},
                                                    {"SAVEDATE", FetchKind::save_date},
                                                    {"PREVIEW", FetchKind::preview}}};

constexpr bool names_section(FetchKind kind) {
  return kind == FetchKind::body_section || kind == FetchKind::binary || kind == FetchKind::binary_size;
}

bool read_item_section(CommandInput& input, FetchItem& item) {
  auto section = read_section(input.in, {.fields = input.limits.items});
  if (!section) {
    return false;
  }
  if (item.kind != FetchKind::body_section && section->what != SectionText::whole) {
    return input.in.fail("BINARY names a part by its number");
  }
  item.section = std::move(*section);
  if (item.kind != FetchKind::binary_size && input.in.peek() == '<') {
    item.partial = read_partial(input.in);
    return item.partial.has_value();
  }
  return true;
}

bool read_fetch_item(CommandInput& input, FetchItem& item) {
  Cursor& in = input.in;
  std::string name =
      to_upper(in.take_while([](char c) { return is_digit(c) || c == '.' || to_lower(c) != to_upper(c); }));
  const bool section = in.peek() == '[';
  if (section && name.ends_with(".PEEK")) {
    item.peek = true;
    name.resize(name.size() - 5);
  }
  const auto* found = std::find_if(fetch_names.begin(), fetch_names.end(), [&](const FetchName& entry) {
    return entry.name == name && names_section(entry.kind) == section;
  });
  if (found == fetch_names.end() || (item.peek && found->kind == FetchKind::binary_size)) {
    return in.fail("An unknown item to fetch");
  }
  item.kind = found->kind;
  if (section) {
    return read_item_section(input, item);
  }
  if (item.kind == FetchKind::preview && in.take_prefix(" (LAZY)")) {
    item.lazy = true;
  }
  return true;
}

// "ALL", "FAST" and "FULL" stand for items (RFC 9051 section 6.4.5).
bool read_macro(Cursor& in, std::vector<FetchItem>& out) {
  const auto add = [&](std::initializer_list<FetchKind> kinds) {
    for (const FetchKind kind : kinds) {
      out.push_back({.kind = kind});
    }
    return true;
  };
  if (in.take_word("ALL")) {
    return add({FetchKind::flags, FetchKind::internal_date, FetchKind::rfc822_size, FetchKind::envelope});
  }
  if (in.take_word("FAST")) {
    return add({FetchKind::flags, FetchKind::internal_date, FetchKind::rfc822_size});
  }
  if (in.take_word("FULL")) {
    return add(
        {FetchKind::flags, FetchKind::internal_date, FetchKind::rfc822_size, FetchKind::envelope, FetchKind::body});
  }
  return false;
}

bool read_fetch_modifier(CommandInput& input, command::Fetch& out) {
  Cursor& in = input.in;
  if (in.take_word("CHANGEDSINCE")) {
    out.changed_since = in.expect_space() ? in.take_number64() : std::nullopt;
    return out.changed_since || in.fail("CHANGEDSINCE lacks its number");
  }
  if (in.take_word("VANISHED")) {
    out.vanished = true;
    return true;
  }
  if (in.take_word("PARTIAL")) {
    return in.expect_space() && read_partial_range(in, out.partial.emplace());
  }
  return in.fail("An unknown modifier of FETCH");
}

}  // namespace

bool FetchItem::sets_seen() const noexcept {
  return kind == FetchKind::rfc822 || kind == FetchKind::rfc822_text ||
         (!peek && (kind == FetchKind::body_section || kind == FetchKind::binary));
}

bool FetchItem::has_section() const noexcept {
  return names_section(kind);
}

std::string FetchItem::name() const {
  const auto* found =
      std::find_if(fetch_names.begin(), fetch_names.end(), [&](const FetchName& entry) { return entry.kind == kind; });
  return std::string(found->name) + (peek ? ".PEEK" : "");
}

bool read_fetch_items(CommandInput& input, std::vector<FetchItem>& out) {
  return read_list(input, [&] { return read_macro(input.in, out) || read_fetch_item(input, out.emplace_back()); });
}

bool read_fetch(CommandInput& input, command::Fetch& out) {
  Cursor& in = input.in;
  if (!read_set_argument(input, out.set) || !in.expect_space()) {
    return false;
  }
  if (in.peek() == '(') {
    if (!read_fetch_items(input, out.items)) {
      return false;
    }
  } else if (!read_macro(in, out.items) && !read_fetch_item(input, out.items.emplace_back())) {
    return false;
  }
  if (in.at_end()) {
    return true;
  }
  return in.expect_space() && read_list(input, [&] { return read_fetch_modifier(input, out); }) &&
         (!out.vanished || out.changed_since || in.fail("VANISHED needs CHANGEDSINCE"));
}

bool read_store(CommandInput& input, command::Store& out) {
  Cursor& in = input.in;
  if (!read_set_argument(input, out.set) || !in.expect_space()) {
    return false;
  }
  if (in.take_prefix("(UNCHANGEDSINCE ")) {
    out.unchanged_since = in.take_number64();
    if (!out.unchanged_since || !in.take_prefix(") ")) {
      return in.fail("UNCHANGEDSINCE lacks its number");
    }
  }
  if (in.take('+')) {
    out.mode = StoreMode::add;
  } else if (in.take('-')) {
    out.mode = StoreMode::remove;
  }
  if (in.take_word("FLAGS.SILENT")) {
    out.silent = true;
  } else if (!in.take_word("FLAGS")) {
    return in.fail("STORE changes FLAGS only");
  }
  if (!in.expect_space()) {
    return false;
  }
  if (in.peek() == '(') {
    return read_flag_list(input, out.flags);
  }
  do {
    if (!read_flag(in, out.flags)) {
      return false;
    }
  } while (in.take(' '));
  return true;
}

}  // namespace posthouse::imap
