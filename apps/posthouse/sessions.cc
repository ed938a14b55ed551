// posthouse sessions: who is connected to the running server.
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/text.h"
#include "posthouse/base/units.h"
#include "posthouse/server/control/control_client.h"

namespace posthouse::app {
namespace {

struct SessionsOptions {
  DataOption data;
  std::vector<std::uint64_t> end{};
  bool json = false;
};

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string time_of(std::string_view seconds) {
  return iso_time(store::Moment(std::chrono::seconds(number_of(seconds))));
}

boost::json::object json_of(const server::ControlRecord& session) {
  return {{"id", number_of(session["id"])},
          {"protocol", session["protocol"]},
          {"peer", session["peer"]},
          {"account", session["user"]},
          {"client", session["client"]},
          {"tls", session["tls"]},
          {"since", time_of(session["since"])},
          {"idle_seconds", number_of(session["idle"])},
          {"state", session["state"]}};
}

/// "-" where there is nothing; what a client has said does not reach the terminal as it is.
std::string column(std::string_view text) {
  return text.empty() ? "-" : printable(text, 60);
}

void print_line(const server::ControlRecord& session) {
  std::cout << fmt::format("{:>6} {:<11} {:<25} {:<30} {:<8} since {} idle {:<5} {}  {}\n", session["id"],
                           session["protocol"], column(session["peer"]), column(session["user"]),
                           session["tls"].empty() ? "no TLS" : session["tls"], time_of(session["since"]),
                           show_duration(std::chrono::seconds(number_of(session["idle"]))), column(session["state"]),
                           column(session["client"]));
}

void end_sessions(server::ControlClient& control, const std::vector<std::uint64_t>& ids) {
  for (const std::uint64_t id : ids) {
    control.ask(fmt::format("end {}", id));
    std::cout << "ended session " << id << '\n';
  }
}

void show_sessions(const SessionsOptions& options) {
  const Place place = options.data.place();
  say_where(options.data, place);
  server::ControlClient control(place.folder);
  if (!options.end.empty()) {
    return end_sessions(control, options.end);
  }
  boost::json::array array;
  control.ask("sessions", [&](const server::ControlRecord& session) {
    if (options.json) {
      array.push_back(json_of(session));
    } else {
      print_line(session);
    }
  });
  if (options.json) {
    std::cout << boost::json::serialize(array) << '\n';
  }
}

}  // namespace

void add_sessions_command(CLI::App& app) {
  auto options = std::make_shared<SessionsOptions>();
  CLI::App* const command =
      app.add_subcommand("sessions", "Show who is connected to the running server, and end sessions");
  options->data.add_to(*command);
  command
      ->add_option("--end", options->end,
                   "End this session; may be given several times. Given a second time, it is cut off")
      ->type_name("ID");
  command->add_flag("--json", options->json, "Print one JSON array");
  command->footer(
      "For the user that the server runs as, and root. A session that is in the middle of something ends when that is "
      "done.\nTry:  posthouse sessions");
  command->callback([options] { show_sessions(*options); });
}

}  // namespace posthouse::app
