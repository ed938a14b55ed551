// Any octets are what an IMAP client says. The first octet chooses limits, how the rest is cut, and what is refused.
//
// What must hold: the events are the same however the octets are cut; a command that was read is, written, the same
// command; nothing is kept beyond the limits; what follows a refused command is read as if it had not been there.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/imap/imap.h"

using namespace posthouse;

namespace {

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

constexpr imap::CommandStyle plain_style{};

// A command that was read is, written and read, itself.
void check_command(const imap::Command& command, const imap::CommandLimits& limits, imap::NameStyle names) {
  if (std::holds_alternative<imap::command::Append>(command.arguments)) {
    return;
  }
  for (const std::uint64_t free : {std::uint64_t{0}, std::uint64_t{1} << 40}) {
    imap::CommandStyle style{.names = names, .non_synchronizing = free};
    style.strings = names == imap::NameStyle::utf8 ? imap::StringStyle::utf8 : imap::StringStyle::ascii;
    const imap::CommandText text = imap::write_command(command, style);
    imap::CommandLimits wide = limits;
    wide.line = wide.literal = wide.command = 1 << 24;
    wide.non_synchronizing = std::uint64_t{1} << 40;
    imap::CommandReader reader(wide);
    reader.set_names(names);
    std::string_view rest = text.octets;
    std::size_t pauses = 0;
    for (;;) {
      const imap::CommandStep step = reader.read(rest);
      rest.remove_prefix(step.size);
      if (step.event != imap::CommandEvent::proceed) {
        require(step.event == imap::CommandEvent::command && rest.empty());
        break;
      }
      require(text.octets.size() - rest.size() == text.pauses.at(pauses++));
    }
    require(pauses == text.pauses.size());
    require(imap::write_command(reader.command(), style).octets == text.octets);
  }
}

std::string play(std::string_view input, std::size_t piece, const imap::CommandLimits& limits, unsigned choice) {
  imap::CommandReader reader(limits);
  const imap::NameStyle names = choice & 1 ? imap::NameStyle::utf8 : imap::NameStyle::utf7;
  reader.set_names(names);
  std::string events;
  std::string buffer;
  std::uint64_t owed = 0;  // octets of a message
  while (!input.empty()) {
    buffer += input.substr(0, piece);
    input.remove_prefix(std::min(piece, input.size()));
    for (;;) {
      const imap::CommandStep step = reader.read(buffer);
      require(step.size <= buffer.size());
      require(owed == 0 || step.event == imap::CommandEvent::octets || step.event == imap::CommandEvent::more);
      switch (step.event) {
        case imap::CommandEvent::more:
          require(step.size == buffer.size());
          break;
        case imap::CommandEvent::proceed:
          events += '+';
          if (choice & 2) {
            reader.refuse();
          }
          break;
        case imap::CommandEvent::part:
          events += "<part>" + imap::append_part_text(reader.part(), plain_style).octets;
          if (choice & 4) {
            reader.refuse();
          } else if (!reader.part().url) {
            owed = reader.part().size;
          }
          break;
        case imap::CommandEvent::octets:
          require(step.octets.size() <= owed);
          owed -= step.octets.size();
          events += step.octets;
          break;
        case imap::CommandEvent::command:
          events += imap::write_command(reader.command(), plain_style).octets;
          if (piece > 1) {
            check_command(reader.command(), limits, names);
          }
          if (choice & 8 && std::holds_alternative<imap::command::Idle>(reader.command().arguments)) {
            reader.expect_line(20);
          }
          break;
        case imap::CommandEvent::line:
          require(step.octets.size() < 20);
          events += "<line>" + std::string(step.octets);
          break;
        case imap::CommandEvent::bad:
          events += reader.refusal().tag + " BAD " + reader.refusal().text + (reader.refusal().close ? "!" : "");
          break;
      }
      buffer.erase(0, step.size);
      if (step.event == imap::CommandEvent::more) {
        break;
      }
    }
  }
  return events;
}

void check_texts(std::string_view bytes) {
  if (const auto name = imap::decode_utf7(bytes)) {
    require(imap::encode_utf7(*name) == bytes);
  }
  for (const imap::NameStyle style : {imap::NameStyle::utf7, imap::NameStyle::utf8}) {
    const imap::MailboxName name = imap::read_mailbox_name(bytes, style);
    if (name.valid) {
      require(imap::read_mailbox_name(imap::write_mailbox_name(name, style), style) == name);
    }
  }
  if (const auto set = imap::SequenceSet::parse(bytes)) {
    require(imap::SequenceSet::parse(set->to_string()) == set);
    const imap::NumberSet numbers = set->resolve(1000);
    require(numbers.empty() || imap::NumberSet::parse(numbers.to_string()) == numbers);
  }
  if (const auto date = imap::parse_date_time(bytes)) {
    require(imap::parse_date_time(imap::format_date_time(*date)) == date);
  }
  if (const auto day = imap::parse_day(bytes)) {
    require(imap::parse_day(imap::format_day(*day)) == day);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  imap::CommandLimits limits;
  if (choice & 16) {
    limits = {.line = 200,
              .literal = 20,
              .command = 220,
              .non_synchronizing = 10,
              .skipped = 100,
              .items = 5,
              .search_depth = 4};
  }
  const std::string whole = play(bytes, bytes.size() + 1, limits, choice);
  require(play(bytes, 1, limits, choice) == whole);
  require(play(bytes, 7, limits, choice) == whole);
  check_texts(bytes);
  return 0;
}
