// Where addresses lead mail that comes over SMTP, and how much of it users may send, without the sockets.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/server/smtp/intake_testing.h"
#include "posthouse/server/watch/quota_watch.h"
#include "posthouse/smtp/wire/error.h"
#include "posthouse/store/accounts/lists.h"
#include "posthouse/store/accounts/sending.h"

namespace posthouse::server {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

class AddressedMailTest : public IntakeTest {
 protected:
  AddressedMailTest() {
    rules.shelf = &shelf;
    user.kind = smtp::Kind::submission;
    user.user = ann.address;
    user.user_id = ann.id;
    user.peer = stranger.peer;
    user.hostname = house.hostname;
  }

  /// "250 2.0.0", or the first refusal.
  std::string send(const smtp::Session& session, const std::string& from, const std::vector<std::string>& to,
                   const std::string& message = lunch_letter) {
    SmtpBackend backend(house, rules, visits, busy);
    smtp::Envelope envelope{.reverse_path = from};
    const auto shown = [](const smtp::Reply& reply) { return std::to_string(reply.code) + " " + reply.enhanced; };
    if (const auto reply = backend.mail(session, envelope); !reply.positive()) {
      return shown(reply);
    }
    for (const std::string& one : to) {
      if (const auto reply = backend.recipient(session, envelope, one); !reply.positive()) {
        return shown(reply);
      }
      envelope.recipients.push_back(one);
    }
    try {
      const auto data = backend.data(session, envelope);
      data->append(message);
      return shown(data->finish());
    } catch (const smtp::Error& error) {
      return shown(error.answer());
    }
  }
  std::string send(const std::vector<std::string>& to, const std::string& from = "x@elsewhere.test") {
    return send(stranger, from, to);
  }
  void list(const std::string& name, const std::vector<std::string>& members,
            store::ListPosters posters = store::ListPosters::anyone, const std::string& owner = "ann@one.test") {
    house.store->write([&](store::Write& write) {
      store::add_list(write, name, owner, posters);
      store::add_members(write, name, members);
    });
  }
  /// What waits for other houses: "from > to".
  std::vector<std::string> queued() {
    std::vector<std::string> lines;
    for (const queue::Listed& row : queue::list(*house.store)) {
      lines.push_back(row.reverse_path + " > " + row.recipient);
    }
    return lines;
  }
  void limit_messages(const store::Account& account, std::uint64_t messages) {
    accounts().set_quota(account.address, {.octets = std::nullopt, .messages = messages});
  }

  ScriptShelf shelf;
  smtp::Session user;
};

TEST_F(AddressedMailTest, ADetailReachesReceivedAndScripts) {
  filter(ann,
         "require [\"subaddress\", \"envelope\", \"fileinto\", \"mailbox\"];\n"
         "if envelope :detail \"to\" \"books\" { fileinto :create \"Books\"; }\n");
  EXPECT_EQ(send({"ann+books@one.test"}), "250 2.0.0");
  EXPECT_THAT(text_in(ann, "Books"), HasSubstr("for <ann+books@one.test>"));
  EXPECT_THAT(messages(ann), IsEmpty());
  EXPECT_EQ(send({"bob+x@one.test", "bob+y@one.test", "bob@one.test"}), "250 2.0.0");
  EXPECT_EQ(messages(bob).size(), 1U) << "one message";
  accounts().set_address_rules({.separators = "-"});
  EXPECT_EQ(send({"ann+books@one.test"}), "550 5.1.1");
  EXPECT_EQ(send({"ann-books@one.test"}), "250 2.0.0");
  EXPECT_EQ(messages(ann, "Books").size(), 2U);
}

TEST_F(AddressedMailTest, UsersSendByTheirDetails) {
  EXPECT_EQ(send(user, "ann+shop@one.test", {"bob@one.test"}), "250 2.0.0");
  EXPECT_EQ(send(user, "bob+shop@one.test", {"bob@one.test"}), "553 5.7.1");
  EXPECT_EQ(send(user, "anything@one.test", {"bob@one.test"}), "553 5.7.1");
  accounts().add_alias("*@one.test", {"ann@one.test"});
  EXPECT_EQ(send(user, "anything@one.test", {"bob@one.test"}), "250 2.0.0") << "who gets it answers it";
  EXPECT_EQ(send(user, "bob@one.test", {"bob@one.test"}), "553 5.7.1");
}

TEST_F(AddressedMailTest, AnAliasToTheOutsideIsNamedWithItsDetail) {
  accounts().add_alias("info@one.test", {"eve@elsewhere.test", "bob@one.test"});
  EXPECT_EQ(send({"info+x@one.test"}), "250 2.0.0");
  EXPECT_THAT(text_in(bob), HasSubstr("Delivered-To: info+x@one.test\r\n"));
  EXPECT_THAT(queued(), ElementsAre("x@elsewhere.test > eve@elsewhere.test"));
}

TEST_F(AddressedMailTest, FullAndDisabledMailboxesAreAnsweredAsItIsSet) {
  limit_messages(ann, 1);
  EXPECT_EQ(send({"ann@one.test"}), "250 2.0.0");
  accounts().set_enabled("bob@one.test", false);
  EXPECT_EQ(send({"ann@one.test"}), "452 4.2.2");
  EXPECT_EQ(send({"bob@one.test"}), "550 5.2.1");
  rules.addresses.refuse_over_quota = true;
  rules.addresses.defer_disabled = true;
  EXPECT_EQ(send({"ann@one.test"}), "552 5.2.2");
  EXPECT_EQ(send({"bob@one.test"}), "450 4.2.1");
}

TEST_F(AddressedMailTest, AListSendsOnInItsOwnersName) {
  list("team@one.test", {"ann@one.test", "bob+team@one.test", "eve@elsewhere.test"});
  EXPECT_EQ(send({"team@one.test"}), "250 2.0.0");
  for (const store::Account& member : {ann, bob}) {
    EXPECT_THAT(text_in(member), StartsWith("Return-Path: <owner-team@one.test>\r\n"
                                            "List-Id: <team.one.test>\r\n"
                                            "List-Post: <mailto:team@one.test>\r\n"
                                            "List-Owner: <mailto:owner-team@one.test>\r\n"
                                            "Delivered-To: team@one.test\r\n"));
    EXPECT_THAT(text_in(member), HasSubstr("\r\n" + lunch_letter)) << "not an octet of the letter itself changes";
  }
  EXPECT_THAT(queued(), ElementsAre("owner-team@one.test > eve@elsewhere.test"));
  EXPECT_EQ(send(stranger, "x@elsewhere.test", {"team@one.test"}, text_in(ann)), "554 5.4.6") << "it comes back";
}

TEST_F(AddressedMailTest, ALetterToAListAndToOthersIsTwo) {
  list("team@one.test", {"bob@one.test", "eve@elsewhere.test"});
  const std::string large = lunch_letter + std::string(100'000, 'x') + "\r\n";
  EXPECT_EQ(send(user, "ann@one.test", {"team@one.test", "ann@one.test", "joe@elsewhere.test"}, large), "250 2.0.0");
  EXPECT_THAT(text_in(ann), StartsWith("Return-Path: <ann@one.test>\r\n"));
  EXPECT_THAT(text_in(ann), Not(HasSubstr("List-Id")));
  EXPECT_THAT(text_in(bob), HasSubstr("List-Id: <team.one.test>"));
  EXPECT_THAT(text_in(bob), HasSubstr(std::string(100'000, 'x')));
  EXPECT_THAT(queued(),
              UnorderedElementsAre("ann@one.test > joe@elsewhere.test", "owner-team@one.test > eve@elsewhere.test"));
}

TEST_F(AddressedMailTest, MembersHaveTheirScripts) {
  list("team@one.test", {"ann@one.test", "bob@one.test"});
  filter(ann,
         "require [\"fileinto\", \"mailbox\"];\n"
         "if header :contains \"list-id\" \"team.one.test\" { fileinto :create \"Team\"; }\n");
  filter(bob, "require \"reject\"; reject \"not me\";");
  EXPECT_EQ(send({"team@one.test"}), "250 2.0.0") << "one member cannot refuse it for all";
  EXPECT_EQ(messages(ann, "Team").size(), 1U);
  EXPECT_THAT(messages(bob), IsEmpty());
  EXPECT_EQ(messages(ann).size(), 1U) << "bob's refusal, to the owner";
  EXPECT_THAT(text_in(ann), HasSubstr("not me"));
}

TEST_F(AddressedMailTest, ANestedListIsMembersLikeOthers) {
  list("inner@one.test", {"bob@one.test"}, store::ListPosters::owner);
  list("outer@one.test", {"inner@one.test", "ann@one.test"});
  EXPECT_EQ(send({"outer@one.test"}), "250 2.0.0");
  EXPECT_THAT(text_in(bob), HasSubstr("List-Id: <outer.one.test>"));
  EXPECT_EQ(send({"inner@one.test"}), "550 5.7.2");
}

TEST_F(AddressedMailTest, WhoMayWriteToAList) {
  const auto by = [&](const std::string& list) {
    return std::vector<std::string>{send({list}, "x@elsewhere.test"), send({list}, "eve@elsewhere.test"),
                                    send({list}, "bob@one.test"), send(user, "ann@one.test", {list})};
  };
  list("all@one.test", {"bob@one.test"});
  EXPECT_THAT(by("all@one.test"), ElementsAre("250 2.0.0", "250 2.0.0", "250 2.0.0", "250 2.0.0"));
  list("members@one.test", {"ann+x@one.test", "Eve@elsewhere.test", "bob@one.test"}, store::ListPosters::members,
       "bob@one.test");
  EXPECT_THAT(by("members@one.test"), ElementsAre("550 5.7.2", "250 2.0.0", "550 5.7.2", "250 2.0.0"))
      << "bob has not logged in: that may be anybody";
  list("news@one.test", {"bob@one.test"}, store::ListPosters::owner);
  EXPECT_THAT(by("news@one.test"), ElementsAre("550 5.7.2", "550 5.7.2", "550 5.7.2", "250 2.0.0"));
  EXPECT_THAT(text_in(bob), HasSubstr("List-Post: NO\r\n"));
  list("none@one.test", {});
  EXPECT_EQ(send({"none@one.test"}), "550 5.2.4");
  accounts().add_alias("way@one.test", {"news@one.test"});
  EXPECT_EQ(send({"way@one.test"}), "550 5.7.2") << "nor by way of an alias";
  filter(bob, "redirect \"news@one.test\";");
  EXPECT_EQ(send({"bob@one.test"}), "250 2.0.0");
  EXPECT_THAT(text_in(bob), HasSubstr("Return-Path: <x@elsewhere.test>")) << "nor by way of a script: he keeps it";
}

TEST_F(AddressedMailTest, TheOwnerIsToldOfMembersWhoGetNothing) {
  accounts().add_account("carl@one.test", "geheim");
  const auto dave = accounts().add_account("dave@one.test", "geheim");
  accounts().set_enabled("carl@one.test", false);
  limit_messages(dave, 1);
  EXPECT_EQ(send({"dave@one.test"}), "250 2.0.0");
  list("team@one.test", {"carl@one.test", "dave@one.test", "gone@one.test", "bob@one.test"});
  EXPECT_EQ(send({"team@one.test"}), "250 2.0.0");
  EXPECT_EQ(messages(bob).size(), 1U);
  ASSERT_EQ(messages(ann).size(), 1U);
  const std::string report = text_in(ann);
  EXPECT_THAT(report, StartsWith("Return-Path: <>\r\n"));
  for (const char* line : {"rfc822; carl@one.test", "rfc822; dave@one.test", "rfc822; gone@one.test", "Status: 5.2.1",
                           "Status: 5.2.2", "Status: 5.1.1", "Subject: Lunch"}) {
    EXPECT_THAT(report, HasSubstr(line));
  }
  EXPECT_THAT(report, Not(HasSubstr("rfc822; bob@one.test")));
}

TEST_F(AddressedMailTest, ReportsToAListAreForItsOwner) {
  list("team@one.test", {"bob@one.test"});
  EXPECT_EQ(send({"team@one.test"}, ""), "250 2.0.0");
  EXPECT_EQ(send({"owner-team@one.test"}, ""), "250 2.0.0");
  EXPECT_THAT(messages(bob), IsEmpty());
  EXPECT_EQ(messages(ann).size(), 2U);
  EXPECT_EQ(send(user, "team@one.test", {"bob@one.test"}), "250 2.0.0") << "the owner speaks for the list";
  user.user = bob.address;
  user.user_id = bob.id;
  EXPECT_EQ(send(user, "team@one.test", {"bob@one.test"}), "553 5.7.1") << "its members do not";
}

TEST_F(AddressedMailTest, UsersSendNoMoreThanTheyMay) {
  rules.addresses.sending = {.letters_an_hour = 3, .recipients_a_day = 5};
  EXPECT_EQ(send(user, "ann@one.test", {"bob@one.test"}), "250 2.0.0");
  EXPECT_EQ(send(user, "ann@one.test", {"a@x.test", "b@x.test", "c@x.test", "d@x.test", "e@x.test"}), "452 4.7.1")
      << "the fifth recipient";
  EXPECT_EQ(send(user, "ann@one.test", {"bob@one.test"}), "250 2.0.0");
  EXPECT_EQ(send(user, "ann@one.test", {"bob@one.test"}), "250 2.0.0");
  EXPECT_EQ(send(user, "ann@one.test", {"bob@one.test"}), "450 4.7.1");
  EXPECT_EQ(send({"bob@one.test"}), "250 2.0.0") << "what comes from elsewhere is not counted";
  EXPECT_EQ(messages(bob).size(), 4U);
  ASSERT_EQ(messages(ann).size(), 1U) << "the postmaster is told once a day";
  EXPECT_THAT(text_in(ann), HasSubstr("Auto-Submitted: auto-generated"));
  house.store->write([&](store::Write& write) {
    store::set_sending_limits(write, ann.id, {.letters_an_hour = 0, .recipients_a_day = 0});
  });
  EXPECT_EQ(send(user, "ann@one.test", {"bob@one.test"}), "250 2.0.0") << "she has limits of her own: none";
}

TEST_F(AddressedMailTest, TwoSessionsCountTogether) {
  rules.addresses.sending = {.letters_an_hour = 1};
  SmtpBackend first(house, rules, visits, busy);
  SmtpBackend second(house, rules, visits, busy);
  smtp::Envelope envelope{.reverse_path = "ann@one.test"};
  EXPECT_TRUE(first.mail(user, envelope).positive());
  EXPECT_TRUE(second.mail(user, envelope).positive());
  envelope.recipients.emplace_back("bob@one.test");
  EXPECT_NE(first.data(user, envelope), nullptr);
  EXPECT_THROW(second.data(user, envelope), smtp::Error);
}

TEST_F(AddressedMailTest, AnAlmostFullMailboxIsToldOnce) {
  QuotaWatch watch(*house.store, house.hostname);
  limit_messages(ann, 20);
  for (int i = 0; i < 17; ++i) {
    EXPECT_EQ(send({"ann@one.test"}), "250 2.0.0");
  }
  watch.look();
  EXPECT_EQ(messages(ann).size(), 17U);
  EXPECT_EQ(send({"ann@one.test", "bob@one.test"}), "250 2.0.0");
  watch.look();
  ASSERT_EQ(messages(ann).size(), 19U);
  EXPECT_THAT(text_in(ann), HasSubstr("Subject: Your mailbox is almost full"));
  EXPECT_THAT(text_in(ann), StartsWith("Return-Path: <>\r\n"));
  watch.look();
  EXPECT_EQ(messages(ann).size(), 19U);
  EXPECT_EQ(messages(bob).size(), 1U) << "without a limit there is nothing to tell";
}

}  // namespace
}  // namespace posthouse::server
