#pragma once
// What to search for, put together as one would say it.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/imap/wire/command/search.h"
#include "posthouse/imap/wire/text/flags.h"
#include "posthouse/imap/wire/text/number_set.h"

namespace posthouse::imap {

/// What SEARCH looks for: keys that must all hold. Made by the functions below, joined by &&, || and !.
///
///     client.search(imap::unseen() && (imap::from("ann") || imap::subject("rain")) && !imap::flagged());
///
/// Texts are UTF-8; servers look for them anywhere in the field, ASCII case aside (mostly more cleverly).
struct Criteria {
  SearchKeys keys{};  ///< Not empty.

  friend bool operator==(const Criteria&, const Criteria&) = default;
};

/// Both hold.
Criteria operator&&(Criteria a, const Criteria& b);
/// At least one holds.
Criteria operator||(const Criteria& a, const Criteria& b);
/// It does not hold.
Criteria operator!(const Criteria& a);

/// Every message.
Criteria everything();
/// Messages of these UIDs.
Criteria uids(const NumberSet& uids);

/// A flag is set, or a keyword: "\Seen", "$Forwarded".
Criteria has_flag(std::string_view name);
Criteria lacks_flag(std::string_view name);
Criteria seen();
Criteria unseen();
Criteria answered();
Criteria flagged();
Criteria deleted();
Criteria draft();

/// `text` is in the field `field` of the header; empty: the field is there.
Criteria header(std::string_view field, std::string_view text);
Criteria from(std::string_view text);
Criteria to(std::string_view text);
Criteria cc(std::string_view text);
Criteria bcc(std::string_view text);
Criteria subject(std::string_view text);
/// `text` is in the body.
Criteria body(std::string_view text);
/// `text` is in header or body.
Criteria anywhere(std::string_view text);

/// By the day the server got it, its time and zone aside.
Criteria before(std::chrono::year_month_day day);
Criteria on(std::chrono::year_month_day day);
Criteria since(std::chrono::year_month_day day);
/// By the day in its Date field.
Criteria sent_before(std::chrono::year_month_day day);
Criteria sent_on(std::chrono::year_month_day day);
Criteria sent_since(std::chrono::year_month_day day);
/// It came longer ago than that, or not so long ago (WITHIN, RFC 5032). At least a second.
Criteria older(std::chrono::seconds age);
Criteria younger(std::chrono::seconds age);

/// More octets than that, or fewer.
Criteria larger(std::uint64_t octets);
Criteria smaller(std::uint64_t octets);
/// Changed at `modseq` or later (CONDSTORE, RFC 7162).
Criteria changed_from(std::uint64_t modseq);

}  // namespace posthouse::imap
