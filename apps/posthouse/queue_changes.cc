// posthouse queue retry|hold|release|fail|remove: what an operator does with recipients, one by one or many at once.
#include <functional>
#include <memory>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/queue_parts.h"
#include <CLI/CLI.hpp>
#include <fmt/format.h>

namespace posthouse::app {
namespace {

struct ChangeOptions {
  QueueOptions which{};
  bool dry_run = false;
  std::string reason{};
};

/// Changes what a filter names; returns how many.
using PlainChange = std::size_t (*)(store::Store&, const queue::Filter&);
using QueueChange = std::function<std::size_t(store::Store&, const queue::Filter&)>;

void preview(store::Store& store, const queue::Filter& filter) {
  std::size_t found = 0;
  queue::for_each(store, filter, [&](const queue::Listed& row) {
    ++found;
    fmt::print("{:<6} {:<8} {} -> {}\n", row.id, state_name(row), bracketed(row.reverse_path),
               bracketed(row.recipient));
  });
  fmt::print("{} recipients are meant; nothing is changed\n", found);
}

void change_queued(const QueueOptions& which, const QueueChange& what, const char* done) {
  const auto store = open_store(which.data);
  queue::Filter filter = which.filter();
  std::size_t changed = which.ids.empty() ? what(*store, filter) : 0;
  bool missing = false;
  for (const std::int64_t id : which.ids) {
    filter.ids = {id};
    const std::size_t one = what(*store, filter);
    changed += one;
    if (one == 0) {
      fmt::print(stderr, "posthouse: recipient {} is not in the queue, or is not such that this can be done\n", id);
      missing = true;
    }
  }
  fmt::print("{} recipients {}\n", changed, done);
  if (missing) {
    throw ExitStatus{1};
  }
}

CLI::App* add_change(CLI::App& app, const char* name, const char* about, const std::shared_ptr<ChangeOptions>& options,
                     const QueueChange& what, const char* done) {
  CLI::App* command = app.add_subcommand(name, about);
  options->which.add_with_all(*command);
  command->add_flag("--dry-run", options->dry_run, "Only show who is meant");
  command->callback([options, what, done] {
    options->which.require_some();
    if (options->dry_run) {
      preview(*open_store(options->which.data), options->which.filter());
    } else {
      change_queued(options->which, what, done);
    }
  });
  return command;
}

}  // namespace

void add_queue_changes(CLI::App& app) {
  const auto fresh = [] { return std::make_shared<ChangeOptions>(); };
  add_change(app, "retry", "Try recipients again now", fresh(), PlainChange(queue::retry), "are due now");
  add_change(app, "hold", "Keep recipients from being sent until they are released", fresh(), PlainChange(queue::hold),
             "are held");
  add_change(app, "release", "Let recipients that are held be sent", fresh(), PlainChange(queue::release),
             "are let go");
  const auto failing = fresh();
  add_change(
      app, "fail", "Give recipients up: the running server, or the next, tells their senders", failing,
      [failing](store::Store& store, const queue::Filter& filter) {
        return queue::fail(store, filter, failing->reason);
      },
      "are given up")
      ->add_option("--reason", failing->reason, "What the senders are told")
      ->type_name("TEXT")
      ->check([](const std::string& text) {
        return text.find_first_of("\r\n") == std::string::npos ? std::string() : "a reason is one line";
      });
  add_change(app, "remove", "Take recipients out of the queue; nobody is told", fresh(), PlainChange(queue::remove),
             "are removed");
}

}  // namespace posthouse::app
