#include "posthouse/imap/search/base_subject.h"

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

std::string with_single_blanks(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (!is_space(c)) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

void drop_blanks(std::string_view& text) noexcept {
  while (text.starts_with(' ')) {
    text.remove_prefix(1);
  }
}

// subj-blob = "[" *BLOBCHAR "]" *WSP
bool drop_blob(std::string_view& text) noexcept {
  if (!text.starts_with('[')) {
    return false;
  }
  const std::size_t end = text.find_first_of("[]", 1);
  if (end == std::string_view::npos || text[end] == '[') {
    return false;
  }
  text.remove_prefix(end + 1);
  drop_blanks(text);
  return true;
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
bool drop_refwd(std::string_view& text) noexcept {
  std::string_view rest = text;
  if (istarts_with(rest, "re") || istarts_with(rest, "fw")) {
    rest.remove_prefix(istarts_with(rest, "fwd") ? 3 : 2);
  } else {
    return false;
  }
  drop_blanks(rest);
  drop_blob(rest);
  if (!rest.starts_with(':')) {
    return false;
  }
  text = rest.substr(1);
  return true;
}

class Stripper {
 public:
  explicit Stripper(std::string_view text) : text_(text) {}

  BaseSubject run() {
    do {
      drop_trailers();
      drop_leaders();
    } while (drop_forward());
    return {std::string(text_), replied_};
  }

 private:
  // Step 2.
  void drop_trailers() {
    constexpr std::string_view forwarded = "(fwd)";
    for (;;) {
      if (text_.ends_with(' ')) {
        text_.remove_suffix(1);
      } else if (text_.size() >= forwarded.size() &&
                 iequals(text_.substr(text_.size() - forwarded.size()), forwarded)) {
        text_.remove_suffix(forwarded.size());
        replied_ = true;
      } else {
        return;
      }
    }
  }

  // Steps 3 to 5. Blobs that no subj-refwd follows are not looked at again: what follows stays the same.
  void drop_leaders() {
    for (;;) {
      drop_blanks(text_);
      std::string_view rest = text_;
      std::string_view last_blob = text_;  // with all behind it
      for (std::string_view at = rest; drop_blob(rest); at = rest) {
        last_blob = at;
      }
      if (drop_refwd(rest)) {
        text_ = rest;
        replied_ = true;
        continue;
      }
      text_ = rest.empty() ? last_blob : rest;
      return;
    }
  }

  // Step 6.
  bool drop_forward() {
    constexpr std::string_view head = "[fwd:";
    if (!istarts_with(text_, head) || !text_.ends_with(']')) {
      return false;
    }
    text_.remove_prefix(head.size());
    text_.remove_suffix(1);
    replied_ = true;
    return true;
  }

  std::string_view text_;
  bool replied_ = false;
};

}  // namespace

BaseSubject base_subject(std::string_view subject) {
  const std::string text = with_single_blanks(subject);
  return Stripper(text).run();
}

}  // namespace posthouse::imap
