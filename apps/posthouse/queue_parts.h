#pragma once
// What the commands of the queue share: which recipients are meant, and how one is told. Private to the command queue.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/posthouse/data_option.h"
#include <boost/json.hpp>

#include "posthouse/queue/queue.h"

namespace CLI {
class App;
}

namespace posthouse::app {

/// The options that name recipients of the queue: ID…, --sender and so on, and --all.
struct QueueOptions {
  DataOption data{};
  std::vector<std::int64_t> ids{};
  std::optional<std::string> sender{}, recipient{}, domain{}, older_than{}, younger_than{}, reply{}, state{};
  bool all = false;

  void add_to(CLI::App& command);
  /// The same with --all, for commands that change what they are told; see require_some().
  void add_with_all(CLI::App& command);
  /// Throws CLI::RequiredError when neither recipients nor --all were named, CLI::ExcludesError for both.
  void require_some() const;
  queue::Filter filter() const;

 private:
  bool names_some() const;
};

/// "waiting", "held", "sending" or "failing".
const char* state_name(const queue::Listed& row);

boost::json::object queue_row_json(const queue::Listed& row);

/// "<ann@one.test>", printable.
std::string bracketed(const std::string& address);

void add_queue_show(CLI::App& app);
void add_queue_changes(CLI::App& app);

}  // namespace posthouse::app
