#include "posthouse/imap/wire/command/command_input.h"

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/text/grammar.h"

namespace posthouse::imap {

std::string take_keyword(Cursor& in) {
  return to_upper(in.take_atom());
}

bool read_astring_argument(CommandInput& input, std::string& out) {
  if (!input.in.expect_space()) {
    return false;
  }
  auto text = input.in.take_astring();
  if (!text) {
    return input.in.fail("A string is missing");
  }
  out = std::move(*text);
  return true;
}

bool read_mailbox(CommandInput& input, MailboxName& out) {
  const auto octets = input.in.take_astring();
  if (!octets) {
    return input.in.fail("The name of a mailbox is missing");
  }
  out = read_mailbox_name(*octets, input.names);
  return true;
}

bool read_mailbox_argument(CommandInput& input, MailboxName& out) {
  return input.in.expect_space() && read_mailbox(input, out);
}

bool read_pattern(CommandInput& input, MailboxName& out) {
  std::string octets(input.in.take_while(is_list_char));
  if (octets.empty()) {
    auto text = input.in.take_string();
    if (!text) {
      return input.in.fail("A pattern is missing");
    }
    octets = std::move(*text);
  }
  out = read_mailbox_name(octets, input.names);
  return true;
}

bool read_set_argument(CommandInput& input, SequenceSet& out) {
  if (!input.in.expect_space()) {
    return false;
  }
  auto set = input.in.take_set(input.limits.ranges);
  if (!set) {
    return input.in.fail("No set of messages, or a set of too many ranges");
  }
  out = std::move(*set);
  return true;
}

bool read_flag(Cursor& in, Flags& out) {
  const std::size_t begin = in.position();
  const bool backslash = in.take('\\');
  if (in.take_atom().empty()) {
    return in.fail(backslash ? "No flag" : "A flag is missing");
  }
  out.add(in.text().substr(begin, in.position() - begin));
  return true;
}

bool read_flag_list(CommandInput& input, Flags& out) {
  if (input.in.take_prefix("()")) {
    return true;
  }
  return read_list(input, [&] { return read_flag(input.in, out); });
}

}  // namespace posthouse::imap
