#include <limits>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/lenient.h"
#include "posthouse/imap/wire/response/response_parser.h"

namespace posthouse::imap {
namespace {

constexpr std::size_t any_ranges = std::numeric_limits<std::size_t>::max();

// "(TAG "a" MAILBOX x UIDVALIDITY 1)"
bool read_correlator(Cursor& in, const ResponseContext& context, response::ExtendedSearch& out) {
  in.take('(');
  for (take_spaces(in); !in.take(')'); take_spaces(in)) {
    const std::string name = to_upper(in.take_atom());
    take_spaces(in);
    if (name == "TAG") {
      out.tag = in.take_astring();
    } else if (name == "MAILBOX") {
      const auto octets = in.take_astring();
      if (!octets) {
        return false;
      }
      out.mailbox = read_mailbox_name(*octets, context.names);
    } else if (name == "UIDVALIDITY") {
      out.uid_validity = in.take_number();
    } else if (name.empty() || !take_any_value(in)) {
      return false;
    }
  }
  return true;
}

// "(" range SP (set / NIL) ")"
bool read_partial_found(Cursor& in, response::ExtendedSearch& out) {
  if (!in.take('(') || !read_partial_range(in, out.partial.emplace()) || !take_spaces(in)) {
    return false;
  }
  if (!in.take_word("NIL") && !(out.partial_found = in.take_set(any_ranges))) {
    return false;
  }
  return in.take(')');
}

// "(" position SP set … ")"
bool read_updates(Cursor& in, bool add, std::vector<response::SearchUpdate>& out) {
  if (!in.take('(')) {
    return false;
  }
  for (take_spaces(in); !in.take(')'); take_spaces(in)) {
    const auto position = in.take_number();
    take_spaces(in);
    auto set = in.take_set(any_ranges);
    if (!position || !set) {
      return false;
    }
    out.push_back({add, *position, std::move(*set)});
  }
  return true;
}

bool read_search_value(Cursor& in, response::ExtendedSearch& out) {
  const std::string name = to_upper(in.take_atom());
  if (name == "UID") {
    out.uid = true;
    return true;
  }
  take_spaces(in);
  if (name == "MIN") {
    return (out.min = in.take_number()).has_value();
  }
  if (name == "MAX") {
    return (out.max = in.take_number()).has_value();
  }
  if (name == "COUNT") {
    return (out.count = in.take_number64()).has_value();
  }
  if (name == "MODSEQ") {
    return (out.modseq = in.take_number64()).has_value();
  }
  if (name == "ALL") {
    return (out.all = in.take_set(any_ranges)).has_value();
  }
  if (name == "PARTIAL") {
    return read_partial_found(in, out);
  }
  if (name == "ADDTO" || name == "REMOVEFROM") {
    return read_updates(in, name == "ADDTO", out.updates);
  }
  return !name.empty() && take_any_value(in);
}

}  // namespace

bool read_search_data(Cursor& in, response::Search& out) {
  for (take_spaces(in); !in.at_end(); take_spaces(in)) {
    if (in.take_prefix("(MODSEQ ")) {
      out.modseq = in.take_number64();
      if (!out.modseq || !in.take(')')) {
        return false;
      }
      continue;
    }
    const auto number = in.take_number();
    if (!number) {
      return false;
    }
    out.numbers.push_back(*number);
  }
  return true;
}

bool read_extended_search(Cursor& in, const ResponseContext& context, response::ExtendedSearch& out) {
  take_spaces(in);
  if (in.peek() == '(' && !read_correlator(in, context, out)) {
    return false;
  }
  for (take_spaces(in); !in.at_end(); take_spaces(in)) {
    if (!read_search_value(in, out)) {
      return false;
    }
  }
  return true;
}

// Numbers behind one another are each the child of the one before; what stands in parentheses begins with a child of the
// last number before them.
bool read_thread_data(Cursor& in, response::Thread& out) {
  std::vector<std::uint32_t> open;  // the depth that each "(" began with
  std::uint32_t depth = 0;
  for (take_spaces(in); !in.at_end(); take_spaces(in)) {
    if (in.take('(')) {
      take_spaces(in);
      if (in.peek() == '(') {
        out.nodes.push_back({0, depth});  // several without their parent
        open.push_back(depth++);
      } else {
        open.push_back(depth);
      }
    } else if (in.take(')')) {
      if (open.empty()) {
        return false;
      }
      depth = open.back();
      open.pop_back();
    } else {
      const auto number = in.take_nz_number();
      if (!number || open.empty()) {
        return false;
      }
      out.nodes.push_back({*number, depth++});
    }
  }
  return open.empty();
}

}  // namespace posthouse::imap
