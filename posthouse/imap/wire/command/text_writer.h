#pragma once
// Puts the text of a command together. Private to the module.
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/imap/wire/command/command_text.h"
#include "posthouse/imap/wire/text/mailbox_name.h"

namespace posthouse::imap {

/// Each function appends what it is named after.
class CommandTextWriter {
 public:
  explicit CommandTextWriter(const CommandStyle& style) : style_(style) {}

  CommandTextWriter& raw(std::string_view text);
  CommandTextWriter& space() { return raw(" "); }
  CommandTextWriter& astring(std::string_view text);
  CommandTextWriter& string(std::string_view text);
  CommandTextWriter& nstring(const std::optional<std::string>& text);
  /// NIL, a string, or a literal8 where there is NUL in it.
  CommandTextWriter& any_octets(const std::optional<std::string>& text);
  CommandTextWriter& mailbox(const MailboxName& name);
  /// A mailbox with wildcards.
  CommandTextWriter& pattern(const MailboxName& name);
  CommandTextWriter& fetch_item(const FetchItem& item);
  /// The announcement of a literal, its line end included.
  CommandTextWriter& literal_head(std::uint64_t size, bool binary = false);
  /// The words that are true, a space between each two; false when there is none.
  bool words(std::initializer_list<std::pair<bool, const char*>> words);
  /// "(" entries ")", each written by `write`.
  template <class List, class Write>
  CommandTextWriter& list(const List& entries, Write write) {
    raw("(");
    bool first = true;
    for (const auto& entry : entries) {
      if (!std::exchange(first, false)) {
        space();
      }
      write(entry);
    }
    return raw(")");
  }

  CommandText take() { return std::move(text_); }

 private:
  const CommandStyle& style_;
  CommandText text_{};
};

}  // namespace posthouse::imap
