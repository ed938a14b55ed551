// Commands with parameters in parentheses (RFC 4466): SELECT, CREATE, GETMETADATA, SETMETADATA.
#include "posthouse/base/text.h"
#include "posthouse/imap/wire/command/command_input.h"

namespace posthouse::imap {
namespace {

// [SP known-uids] [SP "(" sequence numbers SP UIDs ")"] ")"
bool read_known_messages(CommandInput& input, command::Resync& out) {
  Cursor& in = input.in;
  if (in.take(' ') && in.peek() != '(') {
    out.known_uids = in.take_set(input.limits.ranges);
    if (!out.known_uids) {
      return in.fail("No set of UIDs in QRESYNC, or a set of too many ranges");
    }
    if (!in.take(' ')) {
      return true;
    }
  }
  if (!in.take('(')) {
    return true;
  }
  auto numbers = in.take_set(input.limits.ranges);
  const bool space = in.take(' ');
  auto uids = in.take_set(input.limits.ranges);
  if (!numbers || !space || !uids) {
    return in.fail("No sequence numbers with their UIDs in QRESYNC");
  }
  out.match.emplace(std::move(*numbers), std::move(*uids));
  return in.expect(')', "A list has no end");
}

bool read_resync(CommandInput& input, command::Resync& out) {
  Cursor& in = input.in;
  if (!in.take_prefix(" (")) {
    return in.fail("QRESYNC lacks its list");
  }
  const auto validity = in.take_nz_number();
  const bool space = in.take(' ');
  const auto modseq = in.take_number64();
  if (!validity || !space || !modseq) {
    return in.fail("QRESYNC lacks UIDVALIDITY or MODSEQ");
  }
  out.uid_validity = *validity;
  out.modseq = *modseq;
  return read_known_messages(input, out) && in.expect(')', "A list has no end");
}

bool read_select_parameter(CommandInput& input, command::Select& out) {
  if (input.in.take_word("CONDSTORE")) {
    out.condstore = true;
    return true;
  }
  if (input.in.take_word("QRESYNC")) {
    return read_resync(input, out.resync.emplace());
  }
  return input.in.fail("An unknown parameter of SELECT");
}

bool read_special_use(CommandInput& input, std::vector<std::string>& out) {
  Cursor& in = input.in;
  if (!in.take_prefix("USE ")) {
    return in.fail("An unknown parameter of CREATE");
  }
  if (in.take_prefix("()")) {
    return true;
  }
  return read_list(input, [&] {
    const std::size_t begin = in.position();
    if (!in.take('\\') || in.take_atom().empty()) {
      return in.fail("No special use of a mailbox");
    }
    out.emplace_back(in.text().substr(begin, in.position() - begin));
    return true;
  });
}

bool read_metadata_option(CommandInput& input, command::GetMetadata& out) {
  Cursor& in = input.in;
  if (in.take_prefix("MAXSIZE ")) {
    out.max_size = in.take_number64();
    return out.max_size || in.fail("MAXSIZE lacks its number");
  }
  if (in.take_prefix("DEPTH ")) {
    const std::string depth = take_keyword(in);
    if (depth == "INFINITY") {
      out.depth = command::GetMetadata::infinite_depth;
    } else if (depth == "0" || depth == "1") {
      out.depth = depth == "0" ? 0 : 1;
    } else {
      return in.fail("DEPTH is 0, 1 or infinity");
    }
    return true;
  }
  return in.fail("An unknown option of GETMETADATA");
}

bool begins_options(const Cursor& in) {
  return istarts_with(in.rest(), "(MAXSIZE ") || istarts_with(in.rest(), "(DEPTH ");
}

// RFC 5464 has the options before the mailbox in its grammar and behind it in its examples.
bool read_metadata_options(CommandInput& input, command::GetMetadata& out) {
  while (begins_options(input.in)) {
    if (!read_list(input, [&] { return read_metadata_option(input, out); }) || !input.in.expect_space()) {
      return false;
    }
  }
  return true;
}

bool read_entry_name(CommandInput& input, std::string& out) {
  auto name = input.in.take_astring();
  if (!name || !name->starts_with('/')) {
    return input.in.fail("The name of an entry begins with \"/\"");
  }
  out = std::move(*name);
  return true;
}

bool read_entry_value(CommandInput& input, command::SetMetadata& out) {
  Cursor& in = input.in;
  auto& [name, value] = out.entries.emplace_back();
  if (!read_entry_name(input, name) || !in.expect_space()) {
    return false;
  }
  if (in.take_word("NIL")) {
    return true;
  }
  value = in.take_quoted();
  if (!value) {
    value = in.take_literal(true);
  }
  return value || in.fail("The value of an entry is missing");
}

}  // namespace

bool read_select(CommandInput& input, command::Select& out) {
  if (!read_mailbox_argument(input, out.mailbox)) {
    return false;
  }
  return !input.in.take(' ') || read_list(input, [&] { return read_select_parameter(input, out); });
}

bool read_create(CommandInput& input, command::Create& out) {
  if (!read_mailbox_argument(input, out.mailbox)) {
    return false;
  }
  return !input.in.take(' ') || read_list(input, [&] { return read_special_use(input, out.special_use); });
}

bool read_get_metadata(CommandInput& input, command::GetMetadata& out) {
  Cursor& in = input.in;
  if (!in.expect_space() || !read_metadata_options(input, out) || !read_mailbox(input, out.mailbox) ||
      !in.expect_space() || !read_metadata_options(input, out)) {
    return false;
  }
  const auto read = [&] { return read_entry_name(input, out.entries.emplace_back()); };
  return in.peek() == '(' ? read_list(input, read) : read();
}

bool read_set_metadata(CommandInput& input, command::SetMetadata& out) {
  return read_mailbox_argument(input, out.mailbox) && input.in.expect_space() &&
         read_list(input, [&] { return read_entry_value(input, out); });
}

}  // namespace posthouse::imap
