#pragma once
// What a mailing list says about itself (RFC 2369, RFC 2919, RFC 8058).
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/mime/fields/header.h"

namespace posthouse::mime {

/// The List-* fields of a message. What is absent is empty.
struct MailingList {
  std::string id{};    ///< List-Id: "announce.one.test", without "<" and ">". The one thing to tell lists apart by.
  std::string name{};  ///< The phrase before it, decoded: "Announcements".
  std::vector<std::string> help{};         ///< URLs of how to use the list (RFC 2369 section 3.1).
  std::vector<std::string> unsubscribe{};  ///< URLs ("https://…", "mailto:…") in order of the list's preference.
  std::vector<std::string> subscribe{};    ///< Likewise, section 3.3.
  std::vector<std::string> post{};         ///< Where letters to the list go, section 3.4.
  std::vector<std::string> owner{};        ///< The people behind it, section 3.5.
  std::vector<std::string> archive{};      ///< Section 3.6.
  bool posting_allowed = true;             ///< False for "List-Post: NO".
  /// To leave the list, POST "List-Unsubscribe=One-Click" to this URL, without asking the user again (RFC 8058). Empty
  /// where the list does not offer that. Do so only where a valid DKIM signature covers both fields (section 4).
  std::string one_click{};

  /// No List-* field was there.
  bool empty() const noexcept;
};

/// Reads the List-* fields of a message.
MailingList read_mailing_list(const Headers& headers);

/// The URLs of a List-Unsubscribe or the like: what stands in angle brackets, comments and white space dropped; a bare
/// URL where there are no brackets. Never throws; linear time.
///
///     List-Unsubscribe: <https://one.test/leave?u=42>, (by mail) <mailto:leave@one.test>
std::vector<std::string> parse_list_urls(std::string_view raw_value);

}  // namespace posthouse::mime
