#pragma once
// Subjects without what answering and forwarding puts around them (RFC 5256 section 2.1).
#include <string>
#include <string_view>

namespace posthouse::imap {

/// What SORT (SUBJECT) sorts by and THREAD joins by.
struct BaseSubject {
  std::string text{};             ///< UTF-8, one blank for white space; empty where nothing else is left.
  bool reply_or_forward = false;  ///< "Re:", "Fwd:", "(fwd)" or "[fwd: …]" was there.
  friend bool operator==(const BaseSubject&, const BaseSubject&) = default;
};

/// Takes "Re:", "Fw:", "Fwd:", "[…]" before something else, "(fwd)" behind it and "[fwd: …]" around it off a Subject whose
/// encoded words are decoded, as often as they are there. Two of them are the same subject when mime::casemapped() makes
/// them the same. Never throws; linear time.
///
///     base_subject("Re: [list] Fwd: Lunch? (fwd)")   // {"Lunch?", true}
BaseSubject base_subject(std::string_view subject);

}  // namespace posthouse::imap
