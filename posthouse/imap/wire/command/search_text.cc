#include "posthouse/imap/wire/command/search_text.h"

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/date.h"

namespace posthouse::imap {
namespace {

void append_flag_key(CommandTextWriter& out, const SearchKey& key) {
  const bool set = key.term == SearchTerm::flag;
  if (key.text == "\\Recent") {
    out.raw(set ? "RECENT" : "OLD");
  } else if (key.text.starts_with('\\')) {
    out.raw(set ? "" : "UN").raw(to_upper(std::string_view(key.text).substr(1)));
  } else {
    out.raw(set ? "KEYWORD " : "UNKEYWORD ").raw(key.text);
  }
}

void append_header_key(CommandTextWriter& out, const SearchKey& key) {
  for (const char* field : {"Bcc", "Cc", "From", "Subject", "To"}) {
    if (key.field == field) {
      out.raw(to_upper(std::string_view(field))).space().astring(key.text);
      return;
    }
  }
  out.raw("HEADER ").astring(key.field).space().astring(key.text);
}

void append_modseq_key(CommandTextWriter& out, const SearchKey& key) {
  out.raw("MODSEQ ");
  if (!key.field.empty()) {
    out.string(key.field).space().raw(key.text).space();
  }
  out.raw(std::to_string(key.number));
}

void append_day_key(CommandTextWriter& out, std::string_view name, const SearchKey& key) {
  out.raw(name).space().raw(format_day(key.day));
}

void append_number_key(CommandTextWriter& out, std::string_view name, const SearchKey& key) {
  out.raw(name).space().raw(std::to_string(key.number));
}

// A key without those inside it.
void append_search_key(CommandTextWriter& out, const SearchKey& key) {
  switch (key.term) {
    case SearchTerm::all_of:
      out.raw("(");
      return;
    case SearchTerm::any_of:
      out.raw("OR");
      return;
    case SearchTerm::none_of:
      out.raw("NOT");
      return;
    case SearchTerm::all:
      out.raw("ALL");
      return;
    case SearchTerm::numbers:
      out.raw(key.set.to_string());
      return;
    case SearchTerm::uids:
      out.raw("UID ").raw(key.set.to_string());
      return;
    case SearchTerm::flag:
    case SearchTerm::no_flag:
      append_flag_key(out, key);
      return;
    case SearchTerm::header:
      append_header_key(out, key);
      return;
    case SearchTerm::body:
      out.raw("BODY ").astring(key.text);
      return;
    case SearchTerm::text:
      out.raw("TEXT ").astring(key.text);
      return;
    case SearchTerm::before:
      return append_day_key(out, "BEFORE", key);
    case SearchTerm::on:
      return append_day_key(out, "ON", key);
    case SearchTerm::since:
      return append_day_key(out, "SINCE", key);
    case SearchTerm::sent_before:
      return append_day_key(out, "SENTBEFORE", key);
    case SearchTerm::sent_on:
      return append_day_key(out, "SENTON", key);
    case SearchTerm::sent_since:
      return append_day_key(out, "SENTSINCE", key);
    case SearchTerm::saved_before:
      return append_day_key(out, "SAVEDBEFORE", key);
    case SearchTerm::saved_on:
      return append_day_key(out, "SAVEDON", key);
    case SearchTerm::saved_since:
      return append_day_key(out, "SAVEDSINCE", key);
    case SearchTerm::save_date_supported:
      out.raw("SAVEDATESUPPORTED");
      return;
    case SearchTerm::larger:
      return append_number_key(out, "LARGER", key);
    case SearchTerm::smaller:
      return append_number_key(out, "SMALLER", key);
    case SearchTerm::older:
      return append_number_key(out, "OLDER", key);
    case SearchTerm::younger:
      return append_number_key(out, "YOUNGER", key);
    case SearchTerm::modseq:
      return append_modseq_key(out, key);
    case SearchTerm::email_id:
      out.raw("EMAILID ").raw(key.text);
      return;
    case SearchTerm::thread_id:
      out.raw("THREADID ").raw(key.text);
      return;
  }
}

}  // namespace

void append_search_keys(CommandTextWriter& out, const SearchKeys& keys) {
  std::vector<std::size_t> ends;  // of the parentheses that are open
  bool first_inside = false;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!first_inside) {
      out.space();
    }
    append_search_key(out, keys[i]);
    first_inside = keys[i].term == SearchTerm::all_of;
    if (first_inside) {
      ends.push_back(i + keys[i].size);
    }
    while (!ends.empty() && ends.back() == i + 1) {
      out.raw(")");
      ends.pop_back();
    }
  }
}

void append_search_return(CommandTextWriter& out, const SearchReturn& want) {
  if (!want.given) {
    return;
  }
  out.raw(" RETURN (");
  const bool any = out.words({{want.min, "MIN"},
                              {want.max, "MAX"},
                              {want.all, "ALL"},
                              {want.count, "COUNT"},
                              {want.save, "SAVE"},
                              {want.context, "CONTEXT"},
                              {want.update, "UPDATE"}});
  if (want.partial) {
    out.raw(any ? " PARTIAL " : "PARTIAL ").raw(want.partial->to_string());
  }
  out.raw(")");
}

void append_search(CommandTextWriter& out, const command::Search& search) {
  append_search_return(out, search.want);
  if (!search.charset.empty()) {
    out.raw(" CHARSET ").astring(search.charset);
  }
  append_search_keys(out, search.keys);
}

void append_sort_criterion(CommandTextWriter& out, const SortCriterion& criterion) {
  constexpr const char* names[] = {"ARRIVAL", "CC", "DATE",        "FROM",     "SIZE",
                                   "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"};
  out.raw(criterion.reverse ? "REVERSE " : "").raw(names[static_cast<std::size_t>(criterion.key)]);
}

}  // namespace posthouse::imap
