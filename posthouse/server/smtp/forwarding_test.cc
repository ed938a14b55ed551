// Letters that are sent on bear a sender of ours (mail::Srs), and the reports on them find the one who wrote.
#include <chrono>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "posthouse/mail/srs.h"
#include "posthouse/server/error.h"
#include "posthouse/server/filters/script_shelf.h"
#include "posthouse/server/relay/relay_settings.h"
#include "posthouse/server/relay/sender_rewriting.h"
#include "posthouse/server/smtp/intake_testing.h"

namespace posthouse::server {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;

class ForwardingTest : public IntakeTest {
 protected:
  ForwardingTest() {
    rules.srs = std::make_shared<const mail::Srs>("a secret of this house");
    rules.shelf = &shelf;
    accounts().add_alias("away@one.test", {"hong@two.test", "ann@one.test"});
  }
  smtp::Reply send(const std::string& from, const std::string& to) {
    SmtpBackend backend(house, rules, visits, busy);
    smtp::Envelope envelope{.reverse_path = from};
    EXPECT_TRUE(backend.mail(stranger, envelope).positive());
    if (smtp::Reply reply = backend.recipient(stranger, envelope, to); !reply.positive()) {
      return reply;
    }
    envelope.recipients.push_back(to);
    const auto data = backend.data(stranger, envelope);
    data->append(lunch_letter);
    return data->finish();
  }
  std::vector<queue::Listed> queued() { return queue::list(*house.store); }

  ScriptShelf shelf;
};

TEST_F(ForwardingTest, TheSenderIsRewrittenForOtherHousesOnly) {
  EXPECT_TRUE(send("x@elsewhere.test", "away@one.test").positive());
  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_THAT(queued()[0].reverse_path, StartsWith("SRS0="));
  EXPECT_THAT(queued()[0].reverse_path, EndsWith("=elsewhere.test=x@one.test"));
  EXPECT_THAT(text_in(ann), HasSubstr("Return-Path: <x@elsewhere.test>"));
}

TEST_F(ForwardingTest, WhatAFilterSendsOnIsRewrittenToo) {
  filter(bob, "redirect \"hong@two.test\";");
  EXPECT_TRUE(send("x@elsewhere.test", "bob@one.test").positive());
  ASSERT_THAT(queued(), SizeIs(1));
  EXPECT_THAT(queued()[0].reverse_path, EndsWith("=elsewhere.test=x@one.test"));
}

TEST_F(ForwardingTest, ReportsGoBackAndNothingElseDoes) {
  EXPECT_TRUE(send("x@elsewhere.test", "away@one.test").positive());
  const std::string rewritten = queued().at(0).reverse_path;
  EXPECT_EQ(send("y@elsewhere.test", rewritten).code, 550) << "no way through this house for anybody's mail";
  std::string forged = rewritten;
  forged.replace(forged.find("elsewhere"), 9, "somewhere");
  EXPECT_EQ(send("", forged).code, 550);
  EXPECT_TRUE(send("", rewritten).positive());
  ASSERT_THAT(queued(), SizeIs(2));
  EXPECT_EQ(queued()[1].recipient, "x@elsewhere.test");
  EXPECT_THAT(queued()[1].reverse_path, IsEmpty());
}

TEST_F(ForwardingTest, TheSecretIsMadeOnce) {
  Config config;
  config.data = folder.path().string();
  EXPECT_EQ(sender_rewriter(config), nullptr);
  config.services.of<RelaySettings>().srs = true;
  const auto day = std::chrono::sys_days(std::chrono::year(2026) / 12 / 1);
  const auto once = sender_rewriter(config)->rewrite("x@elsewhere.test", "one.test", day);
  EXPECT_EQ(sender_rewriter(config)->rewrite("x@elsewhere.test", "one.test", day), once);
  const auto key = folder.path() / "srs.key";
  EXPECT_EQ(std::filesystem::status(key).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::ofstream(key) << "short\n";
  EXPECT_THROW(sender_rewriter(config), Error);
  config.services.of<RelaySettings>().srs_secret_file = (folder.path() / "none").string();
  EXPECT_THROW(sender_rewriter(config), Error) << "a file that is named is not made";
}

TEST_F(ForwardingTest, ItIsOffWhereNobodyAskedForIt) {
  rules.srs = nullptr;
  EXPECT_TRUE(send("x@elsewhere.test", "away@one.test").positive());
  EXPECT_EQ(queued().at(0).reverse_path, "x@elsewhere.test");
}

}  // namespace
}  // namespace posthouse::server
