// What the house tells a sender of recipients that are here (RFC 3461 section 5.2).
#include <gmock/gmock.h>

#include "posthouse/mime/tree/message.h"
#include "posthouse/server/filters/script_shelf.h"
#include "posthouse/server/smtp/intake_testing.h"

namespace posthouse::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class SuccessTest : public IntakeTest {
 protected:
  /// Bob sends a letter to one recipient, as a user of the house.
  smtp::Reply send(const std::string& to, const std::string& notify, const std::string& sender = "bob@one.test") {
    smtp::Session user;
    user.kind = smtp::Kind::submission;
    user.user = bob.address;
    user.user_id = bob.id;
    user.hostname = house.hostname;
    SmtpBackend backend(house, rules, visits, busy);
    smtp::Envelope envelope{.reverse_path = sender, .envid = "QQ"};
    EXPECT_TRUE(backend.mail(user, envelope).positive());
    envelope.recipient_options.push_back({smtp::Notify::parse(notify).value_or(smtp::Notify()), "rfc822;x@old.test"});
    EXPECT_TRUE(backend.recipient(user, envelope, to).positive());
    envelope.recipients.push_back(to);
    const auto data = backend.data(user, envelope);
    data->append("Subject: Lunch\r\n\r\nAt noon?\r\n");
    return data->finish();
  }
  ScriptShelf shelf;
};

TEST_F(SuccessTest, ALetterInItsMailboxIsDelivered) {
  EXPECT_TRUE(send("ann@one.test", "SUCCESS").positive());
  EXPECT_THAT(messages(ann), SizeIs(1));
  ASSERT_THAT(messages(bob), SizeIs(1));
  EXPECT_THAT(text_in(bob),
              AllOf(HasSubstr("Action: delivered\r\n"), HasSubstr("Final-Recipient: rfc822; ann@one.test\r\n"),
                    HasSubstr("Original-Recipient: rfc822; x@old.test\r\n"), HasSubstr("Original-Envelope-Id: QQ\r\n"),
                    HasSubstr("Subject: Lunch\r\n"), HasSubstr("Return-Path: <>\r\n"), Not(HasSubstr("At noon?"))));
}

TEST_F(SuccessTest, NobodyIsToldWhoDidNotAsk) {
  for (const char* notify : {"", "NEVER", "FAILURE,DELAY"}) {
    EXPECT_TRUE(send("ann@one.test", notify).positive());
  }
  EXPECT_TRUE(send("ann@one.test", "SUCCESS", "").positive()) << "the null sender";
  EXPECT_THAT(messages(ann), SizeIs(4));
  EXPECT_THAT(messages(bob), IsEmpty());
}

TEST_F(SuccessTest, AFilteredLetterIsDeliveredToo) {
  rules.shelf = &shelf;
  filter(ann, "require \"fileinto\"; fileinto \"Trash\";");
  EXPECT_TRUE(send("ann@one.test", "SUCCESS").positive());
  EXPECT_THAT(text_in(bob), HasSubstr("Action: delivered\r\n"));
}

TEST_F(SuccessTest, AnAliasOfSeveralIsExpandedAndTheRestIsNotToldTwice) {
  accounts().add_alias("all@one.test", {"ann@one.test", "hong@two.test"});
  EXPECT_TRUE(send("all@one.test", "SUCCESS,FAILURE").positive());
  EXPECT_THAT(messages(ann), SizeIs(1));
  EXPECT_THAT(text_in(bob),
              AllOf(HasSubstr("Action: expanded\r\n"), HasSubstr("Final-Recipient: rfc822; all@one.test\r\n"),
                    Not(HasSubstr("hong@two.test"))));
  const auto rows = house.store->write([&](store::Write& write) {
    return queue::claim(store::own_tables(write), "two.test", "w", queue::moment_now(),
                        queue::moment_now() + std::chrono::hours(1), 10);
  });
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].notify, smtp::Notify::parse("FAILURE"));
  EXPECT_EQ(rows[0].orcpt, "rfc822;x@old.test");
  EXPECT_EQ(rows[0].envid, "QQ");
}

TEST_F(SuccessTest, WhatAnAliasSendsOnToOneIsToldByWhoGetsIt) {
  accounts().add_alias("away@one.test", {"hong@two.test"});
  EXPECT_TRUE(send("away@one.test", "SUCCESS").positive());
  EXPECT_TRUE(send("li@two.test", "SUCCESS").positive());
  EXPECT_THAT(messages(bob), IsEmpty());
  const auto rows = house.store->write([&](store::Write& write) {
    return queue::claim(store::own_tables(write), "two.test", "w", queue::moment_now(),
                        queue::moment_now() + std::chrono::hours(1), 10);
  });
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_TRUE(rows[0].notify.success() && rows[1].notify.success());
}

}  // namespace
}  // namespace posthouse::server
