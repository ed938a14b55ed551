// posthouse judge: by which signs a message looks wanted or unwanted.
#include "posthouse/judge/judge.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <string>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "posthouse/base/error.h"
#include "posthouse/judge/words/words.h"
#include "posthouse/server/judging/letter_judge.h"

namespace posthouse::app {
namespace {

struct JudgeOptions {
  std::string file{};
  std::string account{};
  DataOption data{};
  bool json = false;
};

judge::Likelihood likelihood_for(const JudgeOptions& options, const mime::Message& message) {
  if (options.account.empty()) {
    return {};
  }
  const auto store = open_store(options.data);
  const auto account = store->accounts().find_account(options.account);
  if (!account) {
    throw Error("there is no account " + options.account);
  }
  return server::likelihood_of_words(*store, account->id, server::stored_words(message));
}

void print(const judge::Judgement& judgement) {
  for (const judge::Sign& sign : judgement.signs) {
    fmt::print("{:>5.1f}  {:<20} {}\n", sign.score, sign.name, sign.reason);
  }
  fmt::print("{:>5.1f}  of {:.1f}: {}\n", judgement.score, judgement.required,
             judgement.unwanted() ? "unwanted" : "wanted");
}

void print_json(const judge::Judgement& judgement) {
  boost::json::array signs;
  for (const judge::Sign& sign : judgement.signs) {
    signs.push_back(boost::json::object{{"name", sign.name}, {"score", sign.score}, {"reason", sign.reason}});
  }
  std::cout << boost::json::serialize(boost::json::object{{"score", judgement.score},
                                                          {"required", judgement.required},
                                                          {"unwanted", judgement.unwanted()},
                                                          {"signs", std::move(signs)}})
            << '\n';
}

void show(const JudgeOptions& options) {
  const auto message = mime::Message::map(options.file);
  const auto judgement = judge::judge(judge::signs_of(message, {.now = std::chrono::system_clock::now()}),
                                      likelihood_for(options, message));
  options.json ? print_json(judgement) : print(judgement);
  if (judgement.unwanted()) {
    throw ExitStatus{1};
  }
}

}  // namespace

void add_judge_command(CLI::App& app) {
  auto options = std::make_shared<JudgeOptions>();
  CLI::App* const command = app.add_subcommand("judge", "By which signs a message looks wanted or unwanted");
  command->add_option("FILE", options->file, "The message")->required();
  command->add_option("--account", options->account, "By what this account has taught, too, or everybody");
  command->add_flag("--json", options->json, "Print one JSON object");
  options->data.add_to(*command);
  command->footer(
      "Where a message comes from is judged when it comes in; `posthouse auth verify` looks into that.\n"
      "The status is 1 when the message is unwanted.");
  command->callback([options] { show(*options); });
}

}  // namespace posthouse::app
