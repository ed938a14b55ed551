// posthouse trace: what the log and the queue tell of a letter.
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include "apps/posthouse/log_source.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/utf8.h"
#include "posthouse/queue/queue.h"
#include "posthouse/server/log/letter_trace.h"

namespace posthouse::app {
namespace {

struct TraceOptions {
  std::string question{};
  LogPlaces log{};
  DataOption data{};
  std::size_t most = 20;
  bool json = false;
};

/// The lines of one letter, and those of its recipients that wait.
struct Story {
  std::string id{};
  std::string message{};
  std::vector<server::LoggedLine> lines{};
  std::vector<queue::Listed> waiting{};
};

struct Found {
  std::vector<Story> letters{};
  std::vector<server::LoggedLine> aside{};
  std::size_t left_out = 0;  ///< Letters before the first of `letters`.
};

constexpr std::size_t most_aside = 1000;

Found read_stories(const TraceOptions& options) {
  const KeptLog log(options.log);
  server::LetterTrace trace(options.question);
  for (int pass = 0; pass < server::LetterTrace::passes; ++pass) {
    log.read([&](std::string_view text) {
      if (const auto logged = server::read_logged_line(text)) {
        trace.look(logged->line);
      }
    });
  }
  Found found;
  found.left_out = trace.letters() - std::min(trace.letters(), options.most);
  for (std::size_t i = found.left_out; i < trace.letters(); ++i) {
    found.letters.push_back({.id = trace.id(i), .message = trace.message(i)});
  }
  log.read([&](std::string_view text) {
    auto logged = server::read_logged_line(text);
    if (!logged) {
      return;
    }
    const auto letter = trace.letter_of(logged->line);
    if (letter && *letter >= found.left_out) {
      found.letters[*letter - found.left_out].lines.push_back(std::move(*logged));
    } else if (!letter && trace.aside(logged->line) && found.aside.size() < most_aside) {
      found.aside.push_back(std::move(*logged));
    }
  });
  return found;
}

/// Adds what waits in the queue, where there is a house to ask.
void add_queue(const TraceOptions& options, Found& found) {
  if (!std::filesystem::exists(options.data.place().folder)) {
    return;
  }
  const auto store = open_store(options.data);
  constexpr std::size_t page = 1000;
  for (std::int64_t after = 0;;) {
    const auto rows = queue::list(*store, {}, after, page);
    for (const queue::Listed& row : rows) {
      const std::string message = std::to_string(row.message_id);
      for (Story& story : found.letters) {
        if (story.message == message) {
          story.waiting.push_back(row);
        }
      }
    }
    if (rows.size() < page) {
      return;
    }
    after = rows.back().id;
  }
}

std::string fields_of(const server::LogLine& line) {
  std::string text;
  for (const server::LogField& field : line.fields) {
    text += fmt::format(" {}={}", field.name, printable(field.value, 1'000));
  }
  return text;
}

void print_line(const server::LoggedLine& logged) {
  fmt::print("  {:<28} {}{}\n", printable(logged.time), printable(logged.line.event), fields_of(logged.line));
}

void print_story(const Story& story) {
  fmt::print("letter {}{}\n", story.id.empty() ? "whose arrival the log does not show" : printable(story.id),
             story.message.empty() ? "" : ", message " + printable(story.message));
  for (const server::LoggedLine& logged : story.lines) {
    print_line(logged);
  }
  for (const queue::Listed& row : story.waiting) {
    fmt::print("  now: recipient {} {} {}, tried {} times, next {}{}\n", row.id, printable(row.recipient),
               row.leased ? "is being sent"
               : row.held ? "is held"
                          : "waits",
               row.attempts, iso_time(row.next_attempt_at),
               row.last_reply.empty() ? "" : ": " + printable(row.last_reply, 1'000));
  }
}

boost::json::object to_json(const server::LoggedLine& logged) {
  boost::json::array fields;
  for (const server::LogField& field : logged.line.fields) {
    fields.push_back(boost::json::object{{"name", field.name}, {"value", repair_utf8(field.value)}});
  }
  return {{"time", repair_utf8(logged.time)},
          {"level", logged.level},
          {"msg", repair_utf8(logged.line.event)},
          {"fields", std::move(fields)}};
}

boost::json::array to_json(const std::vector<server::LoggedLine>& lines) {
  boost::json::array all;
  for (const server::LoggedLine& logged : lines) {
    all.push_back(to_json(logged));
  }
  return all;
}

boost::json::object to_json(const Found& found) {
  boost::json::array letters;
  for (const Story& story : found.letters) {
    boost::json::array waiting;
    for (const queue::Listed& row : story.waiting) {
      waiting.push_back(boost::json::object{{"id", row.id},
                                            {"to", row.recipient},
                                            {"attempts", row.attempts},
                                            {"next_attempt_at", iso_time(row.next_attempt_at)},
                                            {"last_reply", repair_utf8(row.last_reply)}});
    }
    letters.push_back(boost::json::object{{"id", story.id},
                                          {"message", story.message},
                                          {"lines", to_json(story.lines)},
                                          {"waiting", std::move(waiting)}});
  }
  return {{"letters", std::move(letters)}, {"left_out", found.left_out}, {"other_lines", to_json(found.aside)}};
}

void print(const TraceOptions& options, const Found& found) {
  if (found.left_out != 0) {
    fmt::print("{} earlier letters are left out (--letters)\n", found.left_out);
  }
  for (const Story& story : found.letters) {
    print_story(story);
  }
  if (!found.aside.empty()) {
    fmt::print("lines that tell of no letter\n");
  }
  for (const server::LoggedLine& logged : found.aside) {
    print_line(logged);
  }
  if (found.letters.empty() && found.aside.empty()) {
    fmt::print(stderr, "posthouse: the log has nothing of {}\n", printable(options.question));
  }
}

void trace(const TraceOptions& options) {
  Found found = read_stories(options);
  add_queue(options, found);
  if (options.json) {
    std::cout << boost::json::serialize(to_json(found)) << '\n';
  } else {
    print(options, found);
  }
  if (found.letters.empty() && found.aside.empty()) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_trace_command(CLI::App& app) {
  auto options = std::make_shared<TraceOptions>();
  CLI::App* const command = app.add_subcommand("trace", "Follow a letter through the log and the queue");
  command
      ->add_option("WHAT", options->question,
                   "An address, a Message-ID, a letter's id (\"Accepted as ID\"), or the number of a message")
      ->required();
  command
      ->add_option("--log", options->log.files,
                   "A file of the log, compressed or not; several in the order of time; - is standard input\n"
                   "(default: the journal)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command->add_option("--unit", options->log.unit, "Whose journal")->capture_default_str();
  command->add_option("--letters", options->most, "Show so many letters, the latest")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000}))
      ->capture_default_str();
  command->add_flag("--json", options->json, "Print one JSON object");
  options->data.add_to(*command);
  command->footer(
      "The status is 1 when nothing was found.\n"
      "Try:  posthouse trace ann@example.org\n"
      "      posthouse trace --log /var/log/posthouse.log.1 --log /var/log/posthouse.log 20240501.a@example.net");
  command->callback([options] { trace(*options); });
}

}  // namespace posthouse::app
