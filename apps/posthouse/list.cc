// posthouse list: addresses whose mail goes on to members, in the name of an owner.
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/posthouse/commands.h"
#include "apps/posthouse/data_option.h"
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "posthouse/base/error.h"
#include "posthouse/store/accounts/lists.h"

namespace posthouse::app {
namespace {

constexpr std::array<std::string_view, 3> posters = {"anyone", "members", "owner"};  // as store::ListPosters

struct ListOptions {
  DataOption data;
  std::string address, owner, post = "anyone";
  std::vector<std::string> members;
  bool json = false;
};

store::ListPosters posters_of(const std::string& word) {
  for (std::size_t i = 0; i < posters.size(); ++i) {
    if (posters[i] == word) {
      return static_cast<store::ListPosters>(i);
    }
  }
  return store::ListPosters::anyone;
}

void add(const ListOptions& options) {
  open_store(options.data)->write_from_reserve([&](store::Write& write) {
    store::add_list(write, options.address, options.owner, posters_of(options.post));
    store::add_members(write, options.address, options.members);
  });
  std::cout << "added list " << options.address << '\n';
}

void remove(const ListOptions& options) {
  open_store(options.data)->write_from_reserve([&](store::Write& write) {
    store::remove_list(write, options.address);
  });
  std::cout << "removed list " << options.address << '\n';
}

void change_members(const ListOptions& options, bool adding) {
  const std::size_t changed = open_store(options.data)->write_from_reserve([&](store::Write& write) {
    return adding ? store::add_members(write, options.address, options.members)
                  : store::remove_members(write, options.address, options.members);
  });
  std::cout << (adding ? "added " : "removed ") << changed << (changed == 1 ? " member" : " members")
            << (adding ? " to " : " of ") << options.address << '\n';
  if (changed < options.members.size()) {
    std::cout << "the others " << (adding ? "were members already\n" : "were no members\n");
  }
}

void print(const store::MailList& list) {
  std::cout << list.address << "  owner " << list.owner << ", mail from "
            << posters[static_cast<std::size_t>(list.posters)] << ", " << list.members.size()
            << (list.members.size() == 1 ? " member\n" : " members\n");
}

boost::json::object object_of(const store::MailList& list) {
  return {{"address", list.address},
          {"owner", list.owner},
          {"post", posters[static_cast<std::size_t>(list.posters)]},
          {"members", boost::json::value_from(list.members)}};
}

void show(const ListOptions& options) {
  const auto store = open_store(options.data);
  if (options.address.empty()) {
    boost::json::array array;
    for (const store::MailList& list : store->read([](store::Read& read) { return store::lists(read); })) {
      if (options.json) {
        array.push_back(object_of(list));
      } else {
        print(list);
      }
    }
    if (options.json) {
      std::cout << boost::json::serialize(array) << '\n';
    }
    return;
  }
  const auto list = store->read([&](store::Read& read) { return store::find_list(read, options.address); });
  if (!list) {
    throw Error("no such list: " + options.address);
  }
  if (options.json) {
    std::cout << boost::json::serialize(object_of(*list)) << '\n';
    return;
  }
  print(*list);
  for (const std::string& member : list->members) {
    std::cout << "  " << member << '\n';
  }
}

}  // namespace

void add_list_command(CLI::App& app) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* const command = app.add_subcommand("list", "Addresses whose mail goes on to members");
  command->require_subcommand(1);
  command->footer(
      "Works with the server running or not.\n"
      "Try:  posthouse list add team@example.org --owner ann@example.org bob@example.org carl@elsewhere.net");
  CLI::App* const adding = command->add_subcommand("add", "Make a list; its domain has to exist");
  CLI::App* const removing = command->add_subcommand("remove", "Remove a list");
  CLI::App* const showing = command->add_subcommand("show", "Show the lists, or one with its members");
  CLI::App* const members = command->add_subcommand("members", "Add members, and remove some");
  members->require_subcommand(1);
  CLI::App* const joining = members->add_subcommand("add", "Add members");
  CLI::App* const leaving = members->add_subcommand("remove", "Remove members");
  for (CLI::App* const one : {adding, removing, showing, joining, leaving}) {
    options->data.add_to(*one);
  }
  for (CLI::App* const one : {adding, removing, joining, leaving}) {
    one->add_option("LIST", options->address, "e.g. team@example.org")->required();
  }
  showing->add_option("LIST", options->address, "Only this one, with its members");
  showing->add_flag("--json", options->json, "Print JSON");
  adding->add_option("--owner", options->owner, "Who is told of what cannot be delivered: an address")->required();
  adding->add_option("--post", options->post, "Who may write to it: anyone, members or owner")
      ->check(CLI::IsMember(std::vector<std::string>{"anyone", "members", "owner"}));
  adding->add_option("MEMBER", options->members, "Addresses, here or elsewhere");
  for (CLI::App* const one : {joining, leaving}) {
    one->add_option("MEMBER", options->members, "Addresses, here or elsewhere")->required();
  }
  adding->callback([options] { add(*options); });
  removing->callback([options] { remove(*options); });
  showing->callback([options] { show(*options); });
  joining->callback([options] { change_members(*options, true); });
  leaving->callback([options] { change_members(*options, false); });
}

}  // namespace posthouse::app
