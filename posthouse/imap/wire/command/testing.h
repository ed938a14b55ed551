#pragma once
// What a command reader makes of a client's octets, as lines to compare.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "posthouse/imap/wire/command/command_reader.h"
#include "posthouse/imap/wire/command/command_text.h"

namespace posthouse::imap {

/// How a client's octets are cut.
enum class Cut { whole, lines, octets };

/// The events of one reader. A command is "> " and its canonical text; octets of a message are joined.
class CommandPlay {
 public:
  explicit CommandPlay(const CommandLimits& limits = {}, NameStyle names = NameStyle::utf7)
      : reader_(limits), names_(names) {
    reader_.set_names(names);
  }

  std::vector<std::string> run(std::string_view client, Cut cut) {
    while (!client.empty()) {
      std::size_t size = client.size();
      if (cut == Cut::octets) {
        size = 1;
      } else if (cut == Cut::lines) {
        size = std::min(size, client.find('\n') + 1);
        size = size == 0 ? client.size() : size;
      }
      feed(client.substr(0, size));
      client.remove_prefix(size);
    }
    flush();
    return events_;
  }

  /// Ask for a line after AUTHENTICATE and IDLE; refuse every APPEND at its first part.
  bool lines = true;
  bool refuse_messages = false;

 private:
  void feed(std::string_view octets) {
    buffer_ += octets;
    for (;;) {
      const CommandStep step = reader_.read(buffer_);
      show(step);
      buffer_.erase(0, step.size);
      if (step.event == CommandEvent::more) {
        ASSERT_TRUE(buffer_.empty());
        return;
      }
    }
  }

  void show(const CommandStep& step) {
    if (step.event != CommandEvent::octets && step.event != CommandEvent::more) {
      flush();
    }
    switch (step.event) {
      case CommandEvent::more:
        break;
      case CommandEvent::proceed:
        events_.push_back("+");
        break;
      case CommandEvent::part:
        show_part();
        break;
      case CommandEvent::octets:
        octets_ += step.octets;
        break;
      case CommandEvent::command:
        show_command();
        break;
      case CommandEvent::line:
        events_.push_back("= " + std::string(step.octets));
        break;
      case CommandEvent::bad: {
        const CommandRefusal& r = reader_.refusal();
        events_.push_back(r.tag + " BAD " + r.text + (r.too_big ? " (too big)" : "") + (r.close ? " (close)" : ""));
        break;
      }
    }
  }

  void show_part() {
    std::string out = "part";
    for (const auto* text : {&reader_.command().tag}) {
      out += ' ' + *text;
    }
    const AppendPart& part = reader_.part();
    out += append_part_text(part, {.names = names_}).octets;
    if (out.ends_with("\r\n")) {
      out.resize(out.size() - 2);
    }
    if (!part.url && !part.synchronizing) {
      out.insert(out.size() - 1, "+");
    }
    events_.push_back(out);
    if (refuse_messages) {
      events_.push_back(reader_.refuse() ? "refused" : "refused, close");
    } else if (!part.url && part.synchronizing) {
      events_.push_back("+");
    }
  }

  void show_command() {
    const Command& command = reader_.command();
    std::string text = write_command(command, {.names = names_}).octets;
    if (text.ends_with("\r\n")) {
      text.resize(text.size() - 2);
    }
    events_.push_back("> " + text);
    const bool asks = std::holds_alternative<command::Authenticate>(command.arguments) ||
                      std::holds_alternative<command::Idle>(command.arguments);
    if (lines && asks) {
      reader_.expect_line(100);
    }
  }

  void flush() {
    if (!octets_.empty()) {
      events_.push_back("octets " + octets_);
      octets_.clear();
    }
  }

  CommandReader reader_;
  NameStyle names_;
  std::string buffer_{};
  std::string octets_{};
  std::vector<std::string> events_{};
};

/// The same, checked to be the same however the octets are cut.
inline std::vector<std::string> play(std::string_view client, const CommandLimits& limits = {},
                                     NameStyle names = NameStyle::utf7, bool refuse_messages = false) {
  std::vector<std::string> whole;
  for (const Cut cut : {Cut::whole, Cut::lines, Cut::octets}) {
    CommandPlay one(limits, names);
    one.refuse_messages = refuse_messages;
    auto events = one.run(client, cut);
    if (cut == Cut::whole) {
      whole = std::move(events);
    } else {
      EXPECT_EQ(events, whole) << client.substr(0, 300);
    }
  }
  return whole;
}

}  // namespace posthouse::imap
