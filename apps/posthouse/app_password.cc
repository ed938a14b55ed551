// posthouse account app-password: passwords of programs, each with a name, so that one can be taken back.
#include <array>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/account_more.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/store/accounts/app_passwords.h"

namespace posthouse::app {
namespace {

constexpr std::array<std::string_view, 3> app_rights = {"all", "send", "read"};  // as store::AppRights

struct AppPasswordOptions {
  DataOption data;
  std::string address, name, rights = "all";
  bool json = false;
};

store::AppRights rights_of(const std::string& word) {
  for (std::size_t i = 0; i < app_rights.size(); ++i) {
    if (app_rights[i] == word) {
      return static_cast<store::AppRights>(i);
    }
  }
  return store::AppRights::all;
}

void add(const AppPasswordOptions& options) {
  const std::string password = open_store(options.data)->write_from_reserve([&](store::Write& write) {
    return store::add_app_password(write, options.address, options.name, rights_of(options.rights));
  });
  std::cerr << "The password of " << options.name << " for " << options.address << "; it is shown this once:\n";
  std::cout << password << '\n';
}

void remove(const AppPasswordOptions& options) {
  const bool there = open_store(options.data)->write_from_reserve([&](store::Write& write) {
    return store::remove_app_password(write, options.address, options.name);
  });
  if (!there) {
    throw Error(options.address + " has no app password " + options.name);
  }
  std::cout << "removed the app password " << options.name << " of " << options.address << '\n';
}

void list(const AppPasswordOptions& options) {
  const auto all =
      open_store(options.data)->read([&](store::Read& read) { return store::app_passwords(read, options.address); });
  boost::json::array array;
  for (const store::AppPassword& each : all) {
    const std::string_view rights = app_rights[static_cast<std::size_t>(each.rights)];
    if (options.json) {
      boost::json::object one{{"name", each.name}, {"rights", rights}, {"created_at", iso_time(each.created_at)}};
      if (each.used_at) {
        one["used_at"] = iso_time(*each.used_at);
        one["protocol"] = each.used_protocol;
        one["peer"] = each.used_peer;
      }
      array.push_back(std::move(one));
    } else {
      std::cout << each.name << "  " << rights << "  made " << iso_time(each.created_at) << "  "
                << (each.used_at
                        ? "used " + iso_time(*each.used_at) + " by " + each.used_protocol + " from " + each.used_peer
                        : "never used")
                << '\n';
    }
  }
  if (options.json) {
    std::cout << boost::json::serialize(array) << '\n';
  }
}

}  // namespace

void add_app_password_command(CLI::App& account) {
  auto options = std::make_shared<AppPasswordOptions>();
  CLI::App* const command =
      account.add_subcommand("app-password", "Passwords of programs and devices, which can be taken back one by one");
  command->require_subcommand(1);
  command->footer("Try:  posthouse account app-password add ann@example.org phone");
  CLI::App* const adding = command->add_subcommand("add", "Make one, which is shown once");
  CLI::App* const listing = command->add_subcommand("list", "Show their names, rights and last uses");
  CLI::App* const removing = command->add_subcommand("remove", "Take one back; its sessions end");
  for (CLI::App* const one : {adding, listing, removing}) {
    options->data.add_to(*one);
    one->add_option("ADDRESS", options->address, "e.g. ann@example.org")->required();
  }
  for (CLI::App* const one : {adding, removing}) {
    one->add_option("NAME", options->name, "What it is for, e.g. phone")->required();
  }
  adding
      ->add_option("--rights", options->rights,
                   "What it is good for: all, send (SMTP only), or read (IMAP and POP3 only)")
      ->check(CLI::IsMember(std::vector<std::string>{"all", "send", "read"}));
  listing->add_flag("--json", options->json, "Print one JSON array");
  adding->callback([options] { add(*options); });
  listing->callback([options] { list(*options); });
  removing->callback([options] { remove(*options); });
}

}  // namespace posthouse::app
