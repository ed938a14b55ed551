#pragma once
// SEARCH as its definition reads, message by message and key by key: what search() must find, for tests and fuzzing
// (private). Everything is decoded anew for each key; no step is saved.
#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/search/message_text.h"
#include "posthouse/imap/search/search.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/mime/charset/casemap.h"
#include "posthouse/mime/charset/charset.h"
#include "posthouse/mime/html/html_text.h"

namespace posthouse::imap {

class NaiveSearch {
 public:
  /// `keys`, with texts in UTF-8, must outlive it.
  NaiveSearch(OpenMailbox& mailbox, const SearchKeys& keys, SearchContext context = {})
      : mailbox_(mailbox), keys_(keys), context_(std::move(context)) {}

  NumberSet run() {
    NumberSet found;
    mailbox_.fetch(NumberSet::all(), Want::size | Want::envelope, [&](const Message& message) {
      octets_.clear();
      mailbox_.read(message.uid, 0, message.size, [&](std::string_view piece) {
        octets_ += piece;
        return true;
      });
      bool all = true;
      for (std::size_t i = 0; i < keys_.size(); i += keys_[i].size) {
        all = all && holds(i, message);
      }
      if (all) {
        found.add(message.uid);
      }
      return true;
    });
    return found;
  }

 private:
  // The depth is that of the command reader's limits.
  bool holds(std::size_t i, const Message& message) const {
    const SearchKey& key = keys_[i];
    if (key.term == SearchTerm::all_of || key.term == SearchTerm::any_of || key.term == SearchTerm::none_of) {
      bool all = true, any = false;
      for (std::size_t child = i + 1; child < i + key.size; child += keys_[child].size) {
        const bool one = holds(child, message);
        all = all && one;
        any = any || one;
      }
      return key.term == SearchTerm::all_of ? all : any != (key.term == SearchTerm::none_of);
    }
    return leaf_holds(key, message);
  }

  static bool compare(SearchTerm before, SearchTerm on, SearchTerm term, std::chrono::sys_days day,
                      const SearchKey& key) {
    const std::chrono::sys_days wanted(key.day);
    return term == before ? day < wanted : term == on ? day == wanted : day >= wanted;
  }

  bool leaf_holds(const SearchKey& key, const Message& message) const {
    using std::chrono::days;
    using std::chrono::floor;
    const auto age = (context_.now - message.internal_date.utc).count();
    switch (key.term) {
      case SearchTerm::numbers:
        return key.set.is_saved_result() ? context_.saved.contains(message.uid)
                                         : key.set.resolve(mailbox_.count()).contains(message.number);
      case SearchTerm::uids:
        return key.set.is_saved_result() ? context_.saved.contains(message.uid)
                                         : key.set.resolve(mailbox_.largest_uid()).contains(message.uid);
      case SearchTerm::flag:
        return message.flags->has(key.text);
      case SearchTerm::no_flag:
        return !message.flags->has(key.text);
      case SearchTerm::header:
        return header_holds(key);
      case SearchTerm::body:
        return text_holds(key.text, false);
      case SearchTerm::text:
        return text_holds(key.text, true);
      case SearchTerm::before:
      case SearchTerm::on:
      case SearchTerm::since:
        return compare(SearchTerm::before, SearchTerm::on, key.term,
                       floor<days>(message.internal_date.utc + message.internal_date.offset), key);
      case SearchTerm::sent_before:
      case SearchTerm::sent_on:
      case SearchTerm::sent_since:
        return message.sent_date &&
               compare(SearchTerm::sent_before, SearchTerm::sent_on, key.term, *message.sent_date, key);
      case SearchTerm::saved_before:
      case SearchTerm::saved_on:
      case SearchTerm::saved_since:
        return compare(SearchTerm::saved_before, SearchTerm::saved_on, key.term, floor<days>(message.save_date), key);
      case SearchTerm::larger:
        return message.size > key.number;
      case SearchTerm::smaller:
        return message.size < key.number;
      case SearchTerm::older:
        return age >= static_cast<std::int64_t>(key.number);
      case SearchTerm::younger:
        return age <= static_cast<std::int64_t>(key.number);
      case SearchTerm::modseq:
        return message.modseq >= key.number;
      case SearchTerm::email_id:
        return message.email_id == key.text;
      case SearchTerm::thread_id:
        return message.thread_id == key.text;
      default:
        return true;
    }
  }

  // One blank for white space.
  static std::string squeezed(std::string_view text) {
    std::string out;
    for (const char c : mime::casemapped(text)) {
      if (!is_space(c) || !out.ends_with(' ')) {
        out += is_space(c) ? ' ' : c;
      }
    }
    return out;
  }
  static bool contains(std::string_view text, std::string_view needle) {
    return squeezed(text).find(squeezed(needle)) != std::string::npos;
  }

  bool header_holds(const SearchKey& key) const {
    const mime::Message message = mime::Message::view(octets_);
    const Envelope envelope = make_envelope(message.headers());
    const std::pair<std::string_view, const std::optional<std::string>*> single[] = {
        {"Subject", &envelope.subject},
        {"Date", &envelope.date},
        {"Message-ID", &envelope.message_id},
        {"In-Reply-To", &envelope.in_reply_to}};
    for (const auto& [name, text] : single) {
      if (iequals(name, key.field)) {
        return *text && contains(decoded_value(**text), key.text);
      }
    }
    for (const mime::Field field : message.headers()) {
      if (field.is(key.field) && contains(decoded_value(field.raw_value()), key.text)) {
        return true;
      }
    }
    const std::pair<std::string_view, const std::vector<EnvelopeAddress>*> lists[] = {
        {"From", &envelope.from}, {"To", &envelope.to}, {"Cc", &envelope.cc}, {"Bcc", &envelope.bcc}};
    for (const auto& [name, list] : lists) {
      if (iequals(name, key.field) && !list->empty() && contains(address_text(*list), key.text)) {
        return true;
      }
    }
    return false;
  }

  bool text_holds(const std::string& needle, bool headers) const {
    if (needle.empty()) {
      return true;
    }
    const mime::Message message = mime::Message::view(octets_);
    for (const mime::Part part : message.walk()) {
      const bool embedded = part.parent() && part.parent()->is_message();
      if (headers || embedded) {
        for (const mime::Field field : part.headers()) {
          if (contains(std::string(field.name()) + ": " + decoded_value(field.raw_value(), charset_of(message)),
                       needle)) {
            return true;
          }
        }
        const Envelope envelope = make_envelope(part.headers());
        for (const auto* list :
             {&envelope.from, &envelope.sender, &envelope.reply_to, &envelope.to, &envelope.cc, &envelope.bcc}) {
          if (contains(address_text(*list), needle)) {
            return true;
          }
        }
        if (contains(part.filename().value_or(""), needle)) {
          return true;
        }
      }
      if (part.is_leaf() && (part.is("text/") || part.is("message/") || part.is("multipart/"))) {
        const std::string text = part.text();
        if (contains(part.is("text/html")
                         ? mime::html_to_text(text, {.limit = std::max<std::size_t>(text.size() * 2, 1024)})
                         : text,
                     needle)) {
          return true;
        }
      }
    }
    return false;
  }

  static std::string charset_of(const mime::Message& message) {
    for (const mime::Part part : message.walk()) {
      if (part.index() < 32 && part.is_leaf() && part.is("text/") && mime::is_known_charset(part.charset()) &&
          !part.charset().empty()) {
        return part.charset();
      }
    }
    return {};
  }

  OpenMailbox& mailbox_;
  const SearchKeys& keys_;
  SearchContext context_;
  std::string octets_{};
};

}  // namespace posthouse::imap
