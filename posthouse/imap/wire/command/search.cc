#include "posthouse/imap/wire/command/search.h"

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_input.h"

namespace posthouse::imap {
namespace {

bool read_return_option(CommandInput& input, SearchReturn& want) {
  const std::string name = take_keyword(input.in);
  if (name == "PARTIAL") {
    return input.in.expect_space() && read_partial_range(input.in, want.partial.emplace());
  }
  const std::pair<std::string_view, bool*> options[] = {
      {"MIN", &want.min},   {"MAX", &want.max},         {"ALL", &want.all},      {"COUNT", &want.count},
      {"SAVE", &want.save}, {"CONTEXT", &want.context}, {"UPDATE", &want.update}};
  for (const auto& [option, set] : options) {
    if (name == option) {
      *set = true;
      return true;
    }
  }
  return input.in.fail("An unknown option of a search");
}

// [SP "RETURN" SP "(" … ")"]
bool read_return(CommandInput& input, SearchReturn& want) {
  if (!input.in.take_prefix(" RETURN (")) {
    return true;
  }
  want.given = true;
  if (input.in.take(')')) {
    want.all = true;
    return true;
  }
  input.in.seek(input.in.position() - 1);
  return read_list(input, [&] { return read_return_option(input, want); });
}

// [SP "CHARSET" SP charset] keys
bool read_program(CommandInput& input, command::Search& out) {
  if (input.in.take_prefix(" CHARSET ")) {
    input.in.seek(input.in.position() - 1);
    if (!read_astring_argument(input, out.charset)) {
      return false;
    }
  }
  return read_search_keys(input, out.keys);
}

bool read_sort_criterion(CommandInput& input, std::vector<SortCriterion>& out) {
  constexpr std::pair<std::string_view, SortKey> names[] = {{"ARRIVAL", SortKey::arrival},
                                                            {"CC", SortKey::cc},
                                                            {"DATE", SortKey::date},
                                                            {"FROM", SortKey::from},
                                                            {"SIZE", SortKey::size},
                                                            {"SUBJECT", SortKey::subject},
                                                            {"TO", SortKey::to},
                                                            {"DISPLAYFROM", SortKey::display_from},
                                                            {"DISPLAYTO", SortKey::display_to}};
  SortCriterion criterion;
  std::string name = take_keyword(input.in);
  if (name == "REVERSE") {
    criterion.reverse = true;
    if (!input.in.expect_space()) {
      return false;
    }
    name = take_keyword(input.in);
  }
  for (const auto& [key_name, key] : names) {
    if (name == key_name) {
      criterion.key = key;
      out.push_back(criterion);
      return true;
    }
  }
  return input.in.fail("An unknown key to sort by");
}

}  // namespace

bool read_search(CommandInput& input, command::Search& out) {
  return read_return(input, out.want) && read_program(input, out);
}

bool read_sort(CommandInput& input, command::Sort& out) {
  return read_return(input, out.search.want) && input.in.expect_space() &&
         read_list(input, [&] { return read_sort_criterion(input, out.criteria); }) &&
         read_astring_argument(input, out.search.charset) && read_search_keys(input, out.search.keys);
}

bool read_thread(CommandInput& input, command::Thread& out) {
  if (!input.in.expect_space()) {
    return false;
  }
  out.algorithm = take_keyword(input.in);
  return (!out.algorithm.empty() || input.in.fail("The algorithm of THREAD is missing")) &&
         read_astring_argument(input, out.search.charset) && read_search_keys(input, out.search.keys);
}

bool read_multi_search(CommandInput& input, command::MultiSearch& out) {
  if (input.in.take_prefix(" IN ")) {
    const auto read = [&] { return read_mailbox_filter(input, true, out.sources.emplace_back()); };
    if (!read_list(input, read)) {
      return false;
    }
  }
  return read_return(input, out.search.want) && read_program(input, out.search);
}

}  // namespace posthouse::imap
