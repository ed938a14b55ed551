#include "apps/posthouse/queue_parts.h"

#include "apps/posthouse/json_text.h"
#include <CLI/CLI.hpp>

#include "posthouse/base/text.h"
#include "posthouse/base/units.h"

namespace posthouse::app {
namespace {

std::optional<queue::Moment::duration> age_of(const std::optional<std::string>& text) {
  return text ? std::optional<queue::Moment::duration>(*parse_duration(*text)) : std::nullopt;
}

std::optional<queue::State> state_called(const std::optional<std::string>& name) {
  if (!name) {
    return std::nullopt;
  }
  return *name == "waiting"   ? queue::State::waiting
         : *name == "held"    ? queue::State::held
         : *name == "sending" ? queue::State::sending
                              : queue::State::failing;
}

}  // namespace

void QueueOptions::add_to(CLI::App& command) {
  const auto is_time = [](const std::string& text) {
    return parse_duration(text) ? std::string() : "'" + text + "' is not a time such as 30m, 4h or 2d";
  };
  data.add_to(command);
  command.add_option("ID", ids, "Recipients' numbers in 'queue list'");
  command.add_option("--sender", sender, "Only mail of this sender; '<>' for reports")->type_name("ADDRESS");
  command.add_option("--recipient", recipient, "Only to this address")->type_name("ADDRESS");
  command.add_option("--domain", domain, "Only to this domain")->type_name("DOMAIN");
  command.add_option("--older-than", older_than, "Only what was queued longer ago, e.g. 4h or 2d")
      ->type_name("TIME")
      ->check(is_time);
  command.add_option("--younger-than", younger_than, "Only what was queued since, e.g. 10m")
      ->type_name("TIME")
      ->check(is_time);
  command.add_option("--reply", reply, "Only where the last reply has this text")->type_name("TEXT");
  command.add_option("--state", state, "Only what is waiting, held, sending or failing")
      ->type_name("STATE")
      ->check(CLI::IsMember({"waiting", "held", "sending", "failing"}));
}

void QueueOptions::add_with_all(CLI::App& command) {
  add_to(command);
  command.add_flag("--all", all, "Every recipient");
}

bool QueueOptions::names_some() const {
  return !ids.empty() || sender || recipient || domain || older_than || younger_than || reply || state;
}

void QueueOptions::require_some() const {
  if (!names_some() && !all) {
    throw CLI::RequiredError("ID, an option that names recipients, or --all");
  }
  if (names_some() && all) {
    throw CLI::ExcludesError("--all", "an ID or an option that names recipients");
  }
}

queue::Filter QueueOptions::filter() const {
  return {.ids = ids,
          .sender = sender,
          .recipient = recipient,
          .domain = domain,
          .older_than = age_of(older_than),
          .younger_than = age_of(younger_than),
          .reply = reply,
          .state = state_called(state)};
}

const char* state_name(const queue::Listed& row) {
  switch (queue::state_of(row)) {
    case queue::State::sending:
      return "sending";
    case queue::State::held:
      return "held";
    case queue::State::failing:
      return "failing";
    case queue::State::waiting:
      break;
  }
  return "waiting";
}

boost::json::object queue_row_json(const queue::Listed& row) {
  return {{"id", row.id},
          {"message", row.message_id},
          {"from", text_value(row.reverse_path)},
          {"to", text_value(row.recipient)},
          {"domain", text_value(row.domain)},
          {"state", state_name(row)},
          {"priority", row.priority},
          {"attempts", row.attempts},
          {"queued_at", iso_time(row.created_at)},
          {"next_attempt_at", iso_time(row.next_attempt_at)},
          {"expires_at", iso_time(row.expires_at)},
          {"last_reply", text_value(row.last_reply)}};
}

std::string bracketed(const std::string& address) {
  return "<" + printable(address) + ">";
}

}  // namespace posthouse::app
