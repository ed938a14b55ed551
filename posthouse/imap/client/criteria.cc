#include "posthouse/imap/client/criteria.h"

#include <algorithm>

namespace posthouse::imap {
namespace {

Criteria one(SearchKey key) {
  Criteria criteria;
  criteria.keys.push_back(std::move(key));
  return criteria;
}

Criteria flag_key(SearchTerm term, std::string_view name) {
  return one({.term = term, .text = std::string(name)});
}
Criteria text_key(SearchTerm term, std::string_view text) {
  return one({.term = term, .text = std::string(text)});
}
Criteria day_key(SearchTerm term, std::chrono::year_month_day day) {
  return one({.term = term, .day = day});
}
Criteria number_key(SearchTerm term, std::uint64_t number) {
  return one({.term = term, .number = number});
}
Criteria age_key(SearchTerm term, std::chrono::seconds age) {
  return number_key(term, static_cast<std::uint64_t>(std::max<std::int64_t>(age.count(), 1)));
}

// Appends `criteria` as one node.
void append_node(SearchKeys& out, const Criteria& criteria) {
  const bool single = !criteria.keys.empty() && criteria.keys.front().size == criteria.keys.size();
  if (criteria.keys.empty()) {
    out.push_back({.term = SearchTerm::all});
    return;
  }
  if (!single) {
    out.push_back({.term = SearchTerm::all_of, .size = static_cast<std::uint32_t>(criteria.keys.size() + 1)});
  }
  out.insert(out.end(), criteria.keys.begin(), criteria.keys.end());
}

}  // namespace

Criteria operator&&(Criteria a, const Criteria& b) {
  a.keys.insert(a.keys.end(), b.keys.begin(), b.keys.end());
  return a;
}

Criteria operator||(const Criteria& a, const Criteria& b) {
  Criteria either = one({.term = SearchTerm::any_of});
  append_node(either.keys, a);
  append_node(either.keys, b);
  either.keys.front().size = static_cast<std::uint32_t>(either.keys.size());
  return either;
}

Criteria operator!(const Criteria& a) {
  Criteria none = one({.term = SearchTerm::none_of});
  append_node(none.keys, a);
  none.keys.front().size = static_cast<std::uint32_t>(none.keys.size());
  return none;
}

Criteria everything() {
  return one({.term = SearchTerm::all});
}
Criteria uids(const NumberSet& uids) {
  // IMAP cannot write the empty set: no message is not one of all.
  return uids.empty() ? !everything() : one({.term = SearchTerm::uids, .set = SequenceSet(uids)});
}

Criteria has_flag(std::string_view name) {
  return flag_key(SearchTerm::flag, name);
}
Criteria lacks_flag(std::string_view name) {
  return flag_key(SearchTerm::no_flag, name);
}
Criteria seen() {
  return has_flag("\\Seen");
}
Criteria unseen() {
  return lacks_flag("\\Seen");
}
Criteria answered() {
  return has_flag("\\Answered");
}
Criteria flagged() {
  return has_flag("\\Flagged");
}
Criteria deleted() {
  return has_flag("\\Deleted");
}
Criteria draft() {
  return has_flag("\\Draft");
}

Criteria header(std::string_view field, std::string_view text) {
  return one({.term = SearchTerm::header, .field = std::string(field), .text = std::string(text)});
}
Criteria from(std::string_view text) {
  return header("From", text);
}
Criteria to(std::string_view text) {
  return header("To", text);
}
Criteria cc(std::string_view text) {
  return header("Cc", text);
}
Criteria bcc(std::string_view text) {
  return header("Bcc", text);
}
Criteria subject(std::string_view text) {
  return header("Subject", text);
}
Criteria body(std::string_view text) {
  return text_key(SearchTerm::body, text);
}
Criteria anywhere(std::string_view text) {
  return text_key(SearchTerm::text, text);
}

Criteria before(std::chrono::year_month_day day) {
  return day_key(SearchTerm::before, day);
}
Criteria on(std::chrono::year_month_day day) {
  return day_key(SearchTerm::on, day);
}
Criteria since(std::chrono::year_month_day day) {
  return day_key(SearchTerm::since, day);
}
Criteria sent_before(std::chrono::year_month_day day) {
  return day_key(SearchTerm::sent_before, day);
}
Criteria sent_on(std::chrono::year_month_day day) {
  return day_key(SearchTerm::sent_on, day);
}
Criteria sent_since(std::chrono::year_month_day day) {
  return day_key(SearchTerm::sent_since, day);
}
Criteria older(std::chrono::seconds age) {
  return age_key(SearchTerm::older, age);
}
Criteria younger(std::chrono::seconds age) {
  return age_key(SearchTerm::younger, age);
}

Criteria larger(std::uint64_t octets) {
  return number_key(SearchTerm::larger, octets);
}
Criteria smaller(std::uint64_t octets) {
  return number_key(SearchTerm::smaller, octets);
}
Criteria changed_from(std::uint64_t modseq) {
  return number_key(SearchTerm::modseq, modseq);
}

}  // namespace posthouse::imap
