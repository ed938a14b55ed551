// Where an address leads that nobody has in that very spelling: subaddresses, catch-all, required names.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/store/testing.h"

namespace posthouse::store {
namespace {

using ::testing::IsEmpty;
using Status = Resolution::Status;

class AddressesTest : public StoreOnEachEngine {
 protected:
  Accounts& accounts() { return store->accounts(); }
  void rules(const std::string& separators, const std::string& whom = {}) {
    accounts().set_address_rules({.separators = separators, .operator_address = whom});
  }
  /// The accounts it leads to, then "-> " and the others, or why it leads nowhere.
  std::string leads(const std::string& address) {
    const Resolution resolution = accounts().resolve(address);
    std::string text;
    for (const LocalRecipient& recipient : resolution.local) {
      text += (text.empty() ? "" : " ") + recipient.address;
    }
    for (const std::string& remote : resolution.remote) {
      text += (text.empty() ? "-> " : " -> ") + remote;
    }
    switch (resolution.status) {
      case Status::ok:
        return text;
      case Status::no_such_domain:
        return "no domain";
      case Status::no_such_user:
        return "no user";
      case Status::disabled:
        return "disabled";
      case Status::loop:
        break;
    }
    return "loop";
  }
};

POSTHOUSE_ON_EACH_ENGINE(AddressesTest);

TEST_P(AddressesTest, WhatFollowsThePlusIsForTheReader) {
  add_mailbox(*store, "bob");
  add_mailbox(*store, "ann+own");
  accounts().add_alias("info@one.test", {"bob@one.test"});
  accounts().add_alias("ann+alias@one.test", {"bob@one.test"});
  EXPECT_EQ(leads("ann+books@one.test"), "ann@one.test");
  EXPECT_EQ(leads("ANN+Books@One.Test"), "ann@one.test");
  EXPECT_EQ(leads("ann+@one.test"), "ann@one.test");
  EXPECT_EQ(leads("ann+a+b+c@one.test"), "ann@one.test");
  EXPECT_EQ(leads("\"ann+two words\"@one.test"), "ann@one.test");
  EXPECT_EQ(leads("info+x@one.test"), "bob@one.test");
  EXPECT_EQ(leads("ann+own@one.test"), "ann+own@one.test") << "an account of that very name";
  EXPECT_EQ(leads("ann+alias@one.test"), "bob@one.test") << "an alias of that very name";
  EXPECT_EQ(leads("ann+own+x@one.test"), "ann+own@one.test") << "the longest name";
  EXPECT_EQ(leads("+books@one.test"), "no user");
  EXPECT_EQ(leads("eve+books@one.test"), "no user");
  EXPECT_EQ(leads("ann-books@one.test"), "no user");
  EXPECT_EQ(leads("ann+books@two.test"), "no domain");
  EXPECT_EQ(leads("ann" + std::string(60, '+') + "@one.test"), "ann@one.test");
  accounts().set_enabled("ann@one.test", false);
  EXPECT_EQ(leads("ann+books@one.test"), "disabled");
}

TEST_P(AddressesTest, SeparatorsAreASetting) {
  add_mailbox(*store, "jean-luc");
  rules("");
  EXPECT_EQ(leads("ann+books@one.test"), "no user");
  rules("+-");
  EXPECT_EQ(leads("ann+books@one.test"), "ann@one.test");
  EXPECT_EQ(leads("ann-books@one.test"), "ann@one.test");
  EXPECT_EQ(leads("ann-books+more@one.test"), "ann@one.test");
  EXPECT_EQ(leads("jean-luc@one.test"), "jean-luc@one.test");
  EXPECT_EQ(leads("jean-luc-books@one.test"), "jean-luc@one.test");
  EXPECT_EQ(leads("jean-books@one.test"), "no user");
}

TEST_P(AddressesTest, AliasesMayNameSubaddresses) {
  accounts().add_alias("shop@one.test", {"ann+shop@one.test"});
  EXPECT_EQ(leads("shop@one.test"), "ann@one.test");
}

TEST_P(AddressesTest, TheCatchAllGetsTheRest) {
  add_mailbox(*store, "bob");
  EXPECT_EQ(leads("nobody@one.test"), "no user");
  accounts().add_alias("*@One.Test", {"bob@one.test", "eve@elsewhere.test"});
  EXPECT_EQ(leads("nobody@one.test"), "bob@one.test -> eve@elsewhere.test");
  EXPECT_EQ(leads("nobody+x@one.test"), "bob@one.test -> eve@elsewhere.test");
  EXPECT_EQ(leads("ann@one.test"), "ann@one.test");
  EXPECT_EQ(leads("ann+x@one.test"), "ann@one.test") << "a subaddress comes before";
  EXPECT_EQ(leads("nobody@two.test"), "no domain");
  EXPECT_EQ(error_of([&] { accounts().add_alias("*@one.test", {"ann@one.test"}); }), "store.exists");
  accounts().remove_alias("*@one.test");
  EXPECT_EQ(leads("nobody@one.test"), "no user");
  EXPECT_EQ(error_of([&] { accounts().add_account("*@one.test", "password"); }), "store.invalid_name");
}

TEST_P(AddressesTest, ACatchAllThatLeadsNowhereGoesInNoCircle) {
  accounts().add_alias("*@one.test", {"ghost@one.test"});
  EXPECT_EQ(leads("nobody@one.test"), "loop");
  EXPECT_EQ(leads("*@one.test"), "loop");
  accounts().add_alias("ghost@one.test", {"phantom@one.test", "ann@one.test"});
  EXPECT_EQ(leads("nobody@one.test"), "ann@one.test");
}

TEST_P(AddressesTest, RequiredNamesAreAlwaysThere) {
  add_mailbox(*store, "bob");
  accounts().add_domain("two.test");
  for (const std::string name : {"postmaster@", "Abuse@"}) {
    rules("+");
    EXPECT_EQ(leads(name + "one.test"), "ann@one.test") << "the oldest account";
    EXPECT_EQ(leads(name + "two.test"), "no user") << "a domain with nobody";
    rules("+", "bob@one.test");
    EXPECT_EQ(leads(name + "one.test"), "bob@one.test");
    EXPECT_EQ(leads(name + "two.test"), "bob@one.test");
    rules("+", "root@elsewhere.test");
    EXPECT_EQ(leads(name + "two.test"), "-> root@elsewhere.test");
    rules("+", "gone@one.test");
    EXPECT_EQ(leads(name + "one.test"), "ann@one.test") << "an operator who is not there";
    rules("+", "postmaster@one.test");
    EXPECT_EQ(leads("postmaster@one.test"), "ann@one.test") << "no circle";
  }
  rules("+");
  accounts().add_alias("*@one.test", {"bob@one.test"});
  EXPECT_EQ(leads("abuse@one.test"), "bob@one.test") << "the catch-all before a guess";
  rules("+", "ann@one.test");
  EXPECT_EQ(leads("abuse@one.test"), "ann@one.test") << "the operator before the catch-all";
  accounts().add_alias("abuse@one.test", {"bob@one.test"});
  EXPECT_EQ(leads("abuse@one.test"), "bob@one.test") << "whoever has the name";
  EXPECT_EQ(leads("hostmaster@two.test"), "no user") << "nobody requires it";
}

}  // namespace
}  // namespace posthouse::store
