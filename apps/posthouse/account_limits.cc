// posthouse account limits: how much an account may send.
#include <array>
#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "apps/posthouse/account_more.h"
#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/base/number.h"
#include "posthouse/base/text.h"
#include "posthouse/store/accounts/sending.h"

namespace posthouse::app {
namespace {

/// A limit, what it counts, and the option that sets it.
struct Limit {
  const char* option;
  const char* what;
  std::optional<std::uint64_t> store::SendingLimits::* limit;
  std::uint64_t store::SendingUse::* use;
};

constexpr std::array<Limit, 4> sending_limits_shown = {
    {{"sent-per-hour", "letters an hour", &store::SendingLimits::letters_an_hour, &store::SendingUse::letters_an_hour},
     {"recipients-per-hour", "recipients an hour", &store::SendingLimits::recipients_an_hour,
      &store::SendingUse::recipients_an_hour},
     {"sent-per-day", "letters a day", &store::SendingLimits::letters_a_day, &store::SendingUse::letters_a_day},
     {"recipients-per-day", "recipients a day", &store::SendingLimits::recipients_a_day,
      &store::SendingUse::recipients_a_day}}};

struct LimitsOptions {
  DataOption data;
  std::string address;
  std::array<std::optional<std::string>, sending_limits_shown.size()> wanted{};
  bool json = false;
};

/// "default" is nothing, "none" 0.
std::optional<std::uint64_t> sending_limit_of(const std::string& text, const char* option) {
  if (text == "default") {
    return std::nullopt;
  }
  if (text == "none") {
    return 0;
  }
  const auto number = parse_number<std::uint32_t>(text);
  if (!number || *number == 0) {
    std::cerr << "posthouse account limits: --" << option << ": '" << printable(text)
              << "' is neither a number nor \"none\" nor \"default\"\n";
    throw ExitStatus{2};
  }
  return *number;
}

std::string shown_limit(const std::optional<std::uint64_t>& limit) {
  if (!limit) {
    return "as the server has it";
  }
  return *limit == 0 ? "no limit" : "of " + std::to_string(*limit);
}

void limits(const LimitsOptions& options) {
  const auto store = open_store(options.data);
  const auto account = store->accounts().find_account(options.address);
  if (!account) {
    throw Error("no such account: " + options.address);
  }
  store::SendingLimits now = store->read([&](store::Read& read) { return store::sending_limits(read, account->id); });
  const store::SendingLimits before = now;
  for (std::size_t i = 0; i < sending_limits_shown.size(); ++i) {
    if (options.wanted[i]) {
      now.*sending_limits_shown[i].limit = sending_limit_of(*options.wanted[i], sending_limits_shown[i].option);
    }
  }
  if (now != before) {
    store->write_from_reserve([&](store::Write& write) { store::set_sending_limits(write, account->id, now); });
  }
  const auto use = store->read([&](store::Read& read) {
    return store::sent_lately(
        read, account->id, std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
  });
  boost::json::object object;
  for (const Limit& each : sending_limits_shown) {
    const std::optional<std::uint64_t>& limit = now.*each.limit;
    if (options.json) {
      object[each.option] = {{"used", use.*each.use},
                             {"limit", limit ? boost::json::value(*limit) : boost::json::value("default")}};
    } else {
      std::cout << each.what << ": " << use.*each.use << " counted, " << shown_limit(limit) << '\n';
    }
  }
  if (options.json) {
    std::cout << boost::json::serialize(object) << '\n';
  }
}

}  // namespace

void add_limits_command(CLI::App& account) {
  auto options = std::make_shared<LimitsOptions>();
  CLI::App* const command =
      account.add_subcommand("limits", "Show how much an account sends and may send, and set that");
  command->footer(
      "Each limit is a number, \"none\", or \"default\" for what the server has. It is counted where there is a "
      "limit.\n"
      "Try:  posthouse account limits ann@example.org --sent-per-hour 100");
  options->data.add_to(*command);
  command->add_option("ADDRESS", options->address, "e.g. ann@example.org")->required();
  for (std::size_t i = 0; i < sending_limits_shown.size(); ++i) {
    command->add_option(std::string("--") + sending_limits_shown[i].option, options->wanted[i],
                        std::string("How many ") + sending_limits_shown[i].what);
  }
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options] { limits(*options); });
}

}  // namespace posthouse::app
