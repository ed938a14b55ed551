#include "posthouse/queue/queue.h"

#include <chrono>
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/json_text.h"
#include "apps/posthouse/queue_parts.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/units.h"
#include "posthouse/fiber/sleep.h"
#include "posthouse/fiber/time.h"

namespace posthouse::app {
namespace {

void print_row(const queue::Listed& row) {
  fmt::print("{:<6} {:<8} {} -> {}\n       queued {}, tried {} times, next {}\n", row.id, state_name(row),
             row.reverse_path.empty() ? "<>" : printable(row.reverse_path), printable(row.recipient),
             iso_time(row.created_at), row.attempts, iso_time(row.next_attempt_at));
  if (!row.last_reply.empty()) {
    fmt::print("       {}\n", printable(row.last_reply));
  }
}

void print_domain(const queue::DomainSummary& domain) {
  fmt::print("{:<6} {}\n       oldest {}, next {}\n", domain.waiting, printable(domain.domain), iso_time(domain.oldest),
             iso_time(domain.next_attempt_at));
  if (!domain.last_reply.empty()) {
    fmt::print("       {}\n", printable(domain.last_reply));
  }
}

boost::json::object domain_json(const queue::DomainSummary& domain) {
  return {{"domain", text_value(domain.domain)},
          {"waiting", domain.waiting},
          {"oldest", iso_time(domain.oldest)},
          {"next_attempt_at", iso_time(domain.next_attempt_at)},
          {"last_reply", text_value(domain.last_reply)}};
}

/// Prints one JSON array, element by element.
class JsonArray {
 public:
  void add(const boost::json::object& element) {
    fmt::print("{}{}", empty_ ? "[" : ",\n ", boost::json::serialize(element));
    empty_ = false;
  }
  void end() { fmt::print("{}]\n", empty_ ? "[" : ""); }

 private:
  bool empty_ = true;
};

void list_queue(const QueueOptions& which, bool json) {
  const auto store = open_store(which.data);
  JsonArray array;
  std::size_t found = 0;
  queue::for_each(*store, which.filter(), [&](const queue::Listed& row) {
    ++found;
    json ? array.add(queue_row_json(row)) : print_row(row);
  });
  if (json) {
    array.end();
  } else {
    fmt::print("{} recipients wait\n", found);
  }
}

void list_domains(const QueueOptions& which, bool json) {
  const auto domains = queue::summarize(*open_store(which.data), which.filter());
  JsonArray array;
  std::uint64_t found = 0;
  for (const queue::DomainSummary& domain : domains) {
    found += domain.waiting;
    json ? array.add(domain_json(domain)) : print_domain(domain);
  }
  if (json) {
    array.end();
  } else {
    fmt::print("{} recipients wait for {} domains\n", found, domains.size());
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
  CLI::App* command = app.add_subcommand("list", "Show the recipients that wait for other servers");
  auto which = std::make_shared<QueueOptions>();
  auto json = std::make_shared<bool>(false);
  auto summary = std::make_shared<bool>(false);
  which->add_to(*command);
  command->add_flag("--summary", *summary, "By domain: how many wait, since when, and the last reply");
  command->add_flag("--json", *json, "One JSON array");
  command->callback([which, json, summary] { (*summary ? list_domains : list_queue)(*which, *json); });
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
  add_queue_show(*command);
  add_queue_changes(*command);
  add_wait(*command);
}

}  // namespace posthouse::app
