// posthouse queue show ID: one recipient with all that is known of it, and its letter.
#include <cstdio>
#include <memory>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/json_text.h"
#include "apps/posthouse/queue_parts.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/mime/mime.h"
#include "posthouse/relay/outgoing.h"

namespace posthouse::app {
namespace {

struct QueueShowOptions {
  DataOption data{};
  std::int64_t id = 0;
  bool header = false;
  bool letter = false;
  bool json = false;
};

bool was_tried(const queue::Listed& row) {
  return row.last_attempt_at != queue::Moment{};
}

void print_field(const char* name, const std::string& value) {
  fmt::print("{:<14} {}\n", name, value);
}

void print_envelope(const queue::Listed& row) {
  print_field("recipient", bracketed(row.recipient));
  if (!row.original_recipient.empty() && row.original_recipient != row.recipient) {
    print_field("written to", bracketed(row.original_recipient));
  }
  print_field("sender", bracketed(row.reverse_path));
  print_field("state", state_name(row));
  print_field("priority", std::to_string(row.priority));
  print_field("queued", iso_time(row.created_at));
  print_field("attempts", std::to_string(row.attempts));
  if (was_tried(row)) {
    print_field(row.leased ? "trying since" : "last attempt", iso_time(row.last_attempt_at));
  }
  if (!row.last_reply.empty()) {
    print_field("last reply", printable(row.last_reply));
  }
  print_field("next attempt", row.held     ? "when it is released"
                              : row.leased ? "under way"
                                           : iso_time(row.next_attempt_at));
  print_field("expires", iso_time(row.expires_at));
}

void print_queued_json(store::Store& store, const QueueShowOptions& options, const queue::Listed& row) {
  boost::json::object object = queue_row_json(row);
  object["original_recipient"] = text_value(row.original_recipient);
  if (was_tried(row)) {
    object["last_attempt_at"] = iso_time(row.last_attempt_at);
  }
  if (options.header) {
    object["header"] = text_value(relay::read_header(store, row.message_id));
  }
  if (options.letter) {
    object["letter"] = text_value(store.messages().load(row.message_id, store::Audience::next_hop));
  }
  fmt::print("{}\n", boost::json::serialize(object));
}

void print_letter(store::Store& store, std::int64_t message) {
  store.messages().read(
      message, [](std::string_view part) { return std::fwrite(part.data(), 1, part.size(), stdout) == part.size(); },
      store::Audience::next_hop);
}

void show_queued(const QueueShowOptions& options) {
  const auto store = open_store(options.data);
  const auto rows = queue::list(*store, {.ids = {options.id}});
  if (rows.empty()) {
    fmt::print(stderr, "posthouse: no recipient {} waits in the queue\n", options.id);
    throw ExitStatus{1};
  }
  if (options.json) {
    return print_queued_json(*store, options, rows.front());
  }
  if (options.letter) {
    return print_letter(*store, rows.front().message_id);
  }
  print_envelope(rows.front());
  if (options.header) {
    fmt::print("\n{}", mime::terminal_text(relay::read_header(*store, rows.front().message_id)));
  }
}

}  // namespace

void add_queue_show(CLI::App& app) {
  CLI::App* command = app.add_subcommand("show", "Show all that is known of one recipient, and its letter");
  auto options = std::make_shared<QueueShowOptions>();
  options->data.add_to(*command);
  command->add_option("ID", options->id, "The recipient's number in 'queue list'")->required();
  command->add_flag("--header", options->header, "The letter's header, too");
  command->add_flag("--letter", options->letter, "The letter as it will be sent, and nothing else");
  command->add_flag("--json", options->json, "One JSON object; with --header and --letter these, too");
  command->callback([options] { show_queued(*options); });
}

}  // namespace posthouse::app
