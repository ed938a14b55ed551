#include "posthouse/queue/queue.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/units.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/time.h"

namespace posthouse::app {
namespace {

constexpr std::size_t page = 1000;

const char* state_of(const queue::Listed& row) {
  return row.leased ? "sending" : row.held ? "held" : "waiting";
}

boost::json::object to_json(const queue::Listed& row) {
  return {{"id", row.id},
          {"message", row.message_id},
          {"from", row.reverse_path},
          {"to", row.recipient},
          {"state", state_of(row)},
          {"attempts", row.attempts},
          {"queued_at", iso_time(row.created_at)},
          {"next_attempt_at", iso_time(row.next_attempt_at)},
          {"expires_at", iso_time(row.expires_at)},
          {"last_reply", row.last_reply}};
}

void print_row(const queue::Listed& row) {
  fmt::print("{:<6} {:<8} {} -> {}\n       queued {}, tried {} times, next {}\n", row.id, state_of(row),
             row.reverse_path.empty() ? "<>" : printable(row.reverse_path), printable(row.recipient),
             iso_time(row.created_at), row.attempts, iso_time(row.next_attempt_at));
  if (!row.last_reply.empty()) {
    fmt::print("       {}\n", printable(row.last_reply));
  }
}

/// Calls `each` with every row of the queue.
template <class F>
void for_each_row(store::Store& store, F each) {
  std::int64_t after = 0;
  for (;;) {
    const auto rows = queue::list(store, after, page);
    for (const queue::Listed& row : rows) {
      each(row);
    }
    if (rows.size() < page) {
      return;
    }
    after = rows.back().id;
  }
}

void list_queue(const DataOption& data, bool json) {
  const auto store = open_store(data);
  if (!json) {
    for_each_row(*store, print_row);
    fmt::print("{} recipients wait\n", queue::count(*store));
    return;
  }
  std::string separator = "[";
  for_each_row(*store, [&](const queue::Listed& row) {
    fmt::print("{}{}", separator, boost::json::serialize(to_json(row)));
    separator = ",\n ";
  });
  fmt::print("{}]\n", separator == "[" ? "[" : "");
}

void retry(const DataOption& data, std::optional<std::int64_t> id) {
  const std::size_t changed = queue::retry(*open_store(data), id);
  fmt::print("{} recipients are due now\n", changed);
  if (id && changed == 0) {
    fmt::print(stderr, "posthouse: no recipient {} waits in the queue\n", *id);
    throw ExitStatus{1};
  }
}

void remove(const DataOption& data, std::int64_t id) {
  if (queue::remove(*open_store(data), id)) {
    fmt::print("removed {}\n", id);
    return;
  }
  fmt::print(stderr, "posthouse: no recipient {} waits in the queue\n", id);
  throw ExitStatus{1};
}

using Change = std::size_t (*)(store::Store&, std::optional<std::int64_t>);

/// Calls `change` for each of `ids`, or once for every recipient when there are none. `done` says what was changed.
void change(const DataOption& data, const std::vector<std::int64_t>& ids, Change change, const char* done) {
  const auto store = open_store(data);
  std::size_t changed = ids.empty() ? change(*store, std::nullopt) : 0;
  bool missing = false;
  for (const std::int64_t id : ids) {
    const std::size_t one = change(*store, id);
    changed += one;
    if (one == 0) {
      fmt::print(stderr, "posthouse: recipient {} is not in the queue, or was so already\n", id);
      missing = true;
    }
  }
  fmt::print("{} recipients {}\n", changed, done);
  if (missing) {
    throw ExitStatus{1};
  }
}

void wait_until_empty(const DataOption& data, std::chrono::milliseconds timeout) {
  const auto store = open_store(data);
  const fiber::Deadline deadline(timeout);
  std::uint64_t left = queue::count(*store);
  while (left != 0 && !deadline.expired()) {
    fiber::sleep_for(std::chrono::milliseconds(50));
    left = queue::count(*store);
  }
  if (left == 0) {
    return;
  }
  fmt::print(stderr, "posthouse: {} recipients still wait in the queue\n", left);
  throw ExitStatus{1};
}

void add_list(CLI::App& app) {
  CLI::App* command = app.add_subcommand("list", "Show every recipient that waits for another server");
  auto data = std::make_shared<DataOption>();
  auto json = std::make_shared<bool>(false);
  data->add_to(*command);
  command->add_flag("--json", *json, "One JSON array");
  command->callback([data, json] { list_queue(*data, *json); });
}

void add_retry(CLI::App& app) {
  CLI::App* command = app.add_subcommand("retry", "Try a recipient, or all, again now");
  auto data = std::make_shared<DataOption>();
  auto id = std::make_shared<std::int64_t>(0);
  data->add_to(*command);
  CLI::Option* one = command->add_option("ID", *id, "The recipient's number in 'queue list'");
  auto all = std::make_shared<bool>(false);
  command->add_flag("--all", *all, "Every recipient")->excludes(one);
  command->callback([data, id, one, all] {
    if (one->count() == 0 && !*all) {
      throw CLI::RequiredError("ID or --all");
    }
    retry(*data, one->count() != 0 ? std::optional(*id) : std::nullopt);
  });
}

void add_change(CLI::App& app, const char* name, const char* about, Change what, const char* done) {
  CLI::App* command = app.add_subcommand(name, about);
  auto data = std::make_shared<DataOption>();
  auto ids = std::make_shared<std::vector<std::int64_t>>();
  auto all = std::make_shared<bool>(false);
  data->add_to(*command);
  CLI::Option* some = command->add_option("ID", *ids, "Recipients' numbers in 'queue list'");
  command->add_flag("--all", *all, "Every recipient")->excludes(some);
  command->callback([data, ids, all, what, done] {
    if (ids->empty() && !*all) {
      throw CLI::RequiredError("ID or --all");
    }
    change(*data, *ids, what, done);
  });
}

void add_remove(CLI::App& app) {
  CLI::App* command = app.add_subcommand("remove", "Take a recipient out of the queue; nobody is told");
  auto data = std::make_shared<DataOption>();
  auto id = std::make_shared<std::int64_t>(0);
  data->add_to(*command);
  command->add_option("ID", *id, "The recipient's number in 'queue list'")->required();
  command->callback([data, id] { remove(*data, *id); });
}

void add_wait(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("wait", "Wait until nobody waits in the queue any more; status 1 at the timeout");
  auto data = std::make_shared<DataOption>();
  auto timeout = std::make_shared<std::string>("1m");
  data->add_to(*command);
  command->add_option("--timeout", *timeout, "How long, e.g. 20s or 5m (default: 1m)")
      ->type_name("TIME")
      ->check([](const std::string& text) {
        return parse_duration(text) ? std::string() : "'" + text + "' is not a time such as 20s or 5m";
      });
  command->callback([data, timeout] { wait_until_empty(*data, *parse_duration(*timeout)); });
}

}  // namespace

void add_queue_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("queue", "Look at and handle the mail that waits for other servers");
  command->require_subcommand(1);
  add_list(*command);
  add_retry(*command);
  add_change(*command, "hold", "Keep recipients, or all, from being sent until they are released", queue::hold,
             "are held");
  add_change(*command, "release", "Let recipients that are held, or all of them, be sent", queue::release,
             "are let go");
  add_remove(*command);
  add_wait(*command);
}

}  // namespace posthouse::app
