// The house as a whole, in one process: clients of our own bring letters to servers of our own, and fetch them.
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mime/tree/message.h"
#include "posthouse/pop3/wire/error.h"
#include "posthouse/queue/queue.h"
#include "posthouse/server/relay/relay_settings.h"
#include "posthouse/server/server_testing.h"
#include "posthouse/server/smtp/smtp_service.h"

namespace posthouse::server {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(ServerTest, TheWholeJourney) {
  run([] {
    TestServer two("two.test");
    two.start();
    Config config;
    config.services.of<RelaySettings>().routes.set("two.test",
                                                   {.host = "127.0.0.1", .port = two.address("smtp").port()});
    TestServer one("one.test", config);
    one.start();
    smtp::Client client = one.logged_in();
    EXPECT_TRUE(client.secure());
    const auto result = client.send("user@one.test", {"user@two.test", "user@one.test"}, letter);
    EXPECT_TRUE(result.complete());
    client.quit();
    const net::Deadline deadline(20s);
    while (queue::count(one.server().store()) != 0 && !deadline.expired()) {
      net::sleep_for(2ms);
    }

    const auto there = two.mailbox();
    ASSERT_THAT(there, SizeIs(1));
    EXPECT_THAT(there[0], StartsWith("Return-Path: <user@one.test>\r\nReceived: from mail.one.test ([127.0.0.1])\r\n"
                                     "\tby mail.two.test with ESMTPS id "));
    EXPECT_THAT(there[0],
                AllOf(HasSubstr("\r\n\tfor <user@two.test>;\r\n\t"), HasSubstr("by mail.one.test with ESMTPSA id "),
                      HasSubstr("(TLSv1.3 "), HasSubstr("\r\nDate: "), HasSubstr("\r\nMessage-ID: <"),
                      HasSubstr("\r\n\r\n.A line\r\n")));
    EXPECT_THAT(there[0].substr(10), Not(HasSubstr("Return-Path"))) << "ours stays at home";

    const auto here = one.mailbox();
    ASSERT_THAT(here, SizeIs(1));
    EXPECT_THAT(here[0], StartsWith("Return-Path: <user@one.test>\r\nReceived: from client.test"));
    EXPECT_THAT(here[0], Not(HasSubstr("for <"))) << "two recipients need not know of each other";
  });
}

TEST_F(ServerTest, ADamagedMailboxLosesNoMail) {
  run([] {
    TestServer one("one.test");
    one.start();
    const auto sql = [&](const char* statement) {
      one.server().store().write([&](store::Write& write) { store::own_tables(write).exec(statement); });
    };
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    client.send("a@b.test", {"user@one.test"}, letter);
    client.send("a@b.test", {"user@one.test"}, letter);
    sql("UPDATE mailbox SET uidnext = 1, highestmodseq = 1");
    client.send("a@b.test", {"user@one.test"}, letter);
    EXPECT_THAT(one.mailbox(), SizeIs(3)) << "its counters have been repaired";
    sql("UPDATE mailbox_message SET flags = uid - 1");
    sql("CREATE UNIQUE INDEX forbids_flags_0 ON mailbox_message (mailbox_id, flags)");
    EXPECT_EQ(code_of_refusal([&] { client.send("a@b.test", {"user@one.test"}, letter); }), 451);
    client.quit();
  });
}

TEST_F(ServerTest, MailFromOutsideIsForTheHouseOnly) {
  run([] {
    TestServer one("one.test");
    one.start();
    one.accounts().add_account("off@one.test", "secret words");
    one.accounts().set_enabled("off@one.test", false);
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    EXPECT_EQ(code_of_refusal([&] { client.send("a@b.test", {"x@elsewhere.test"}, letter); }), 550);
    EXPECT_EQ(code_of_refusal([&] { client.send("a@b.test", {"nobody@one.test"}, letter); }), 550);
    EXPECT_EQ(code_of_refusal([&] { client.send("a@b.test", {"off@one.test"}, letter); }), 550);
    EXPECT_FALSE(client.supports("AUTH"));
    const auto result = client.send("", {"USER@One.Test", "x@elsewhere.test", "postmaster@one.test"}, letter);
    EXPECT_THAT(result.refused, SizeIs(1));
    client.quit();
    const auto mailbox = one.mailbox();
    ASSERT_THAT(mailbox, SizeIs(1)) << "the user is the postmaster too: one copy";
    EXPECT_THAT(
        mailbox[0],
        AllOf(StartsWith("Return-Path: <>\r\nReceived: from client.test ([127.0.0.1])\r\n\tby mail.one.test with "
                         "ESMTP id "),
              Not(HasSubstr("Date: ")), Not(HasSubstr("Message-ID"))))
        << "another server's message is left as it is";

    net::Stream raw = net::connect(one.address("smtp"));
    say(raw, "");
    say(raw, "HELO raw.test");
    say(raw, "MAIL FROM:<>");
    EXPECT_THAT(say(raw, "RCPT TO:<Postmaster>"), StartsWith("250"));
    EXPECT_THAT(say(raw, "RCPT TO:<postmaster@[127.0.0.1]>"), StartsWith("250"));
    EXPECT_THAT(say(raw, "RCPT TO:<POSTMASTER@[127.0.0.2]>"), StartsWith("550 5.7.1"));
    EXPECT_THAT(say(raw, "RCPT TO:<user@[127.0.0.1]>"), StartsWith("550 5.7.1"));
    EXPECT_THAT(say(raw, "RCPT TO:<nobody@one.test>"), StartsWith("550 5.1.1"));
    EXPECT_THAT(say(raw, "RCPT TO:<x@elsewhere.test>"), StartsWith("550 5.7.1"));
  });
}

TEST_F(ServerTest, SubmissionIsForThoseWhoLogInUnderTheirOwnAddress) {
  run([] {
    TestServer one("one.test");
    one.start();
    one.accounts().add_alias("info@one.test", {"user@one.test", "x@elsewhere.test"});
    one.accounts().add_account("other@one.test", "secret words");
    {
      smtp::Client client = one.smtp("submission", net::Tls::starttls);
      EXPECT_EQ(code_of_refusal([&] { client.send("user@one.test", {"user@one.test"}, letter); }), 530);
      EXPECT_THROW(client.login("user@one.test", "wrong words"), smtp::Error);
    }
    smtp::Client client = one.smtp("submissions", net::Tls::implicit);
    client.login("user@one.test", "secret words");
    EXPECT_EQ(code_of_refusal([&] { client.send("other@one.test", {"user@one.test"}, letter); }), 553);
    EXPECT_EQ(code_of_refusal([&] { client.send("user@two.test", {"user@one.test"}, letter); }), 553);
    EXPECT_EQ(code_of_refusal([&] { client.send("user@one.test", {"nobody@one.test"}, letter); }), 550);
    EXPECT_EQ(code_of_refusal([&] { client.send("info@one.test", {"other@one.test"}, letter); }), 0);
    EXPECT_EQ(code_of_refusal([&] { client.send("User@ONE.test", {"other@one.test"}, letter); }), 0);
    EXPECT_EQ(code_of_refusal([&] { client.send("", {"other@one.test"}, letter); }), 0)
        << "a mail program's own report";
    EXPECT_THAT(one.mailbox("other"), SizeIs(3));
    net::Stream raw = net::connect(one.address("submission"));
    say(raw, "");
    EXPECT_THAT(say(raw, "EHLO raw.test"), Not(HasSubstr("AUTH")));
    EXPECT_THAT(say(raw, "AUTH PLAIN AHVzZXJAb25lLnRlc3QAc2VjcmV0IHdvcmRz"), ContainsRegex("^5[03][0-9] "));
  });
}

// RFC 5890 section 2.3.2.4: the A-label and the U-label are one domain.
TEST_F(ServerTest, ADomainHasTwoSpellings) {
  run([] {
    TestServer one("one.test");
    one.start();
    one.accounts().add_domain("b\u00FCcher.test");
    one.accounts().add_account("ann@b\u00FCcher.test", "secret words");
    one.accounts().add_alias("info@xn--bcher-kva.test", {"ann@B\u00FCcher.test"});
    const std::vector<std::string> spellings = {"b\u00FCcher.test", "B\u00DCCHER.Test", "xn--bcher-kva.test",
                                                "XN--BCHER-KVA.TEST"};
    std::size_t sent = 0;
    for (const std::string& domain : spellings) {
      smtp::Client stranger = one.smtp("smtp", net::Tls::none);
      EXPECT_EQ(code_of_refusal([&] { stranger.send("a@b.test", {"ann@" + domain}, letter); }), 0) << domain;
      EXPECT_EQ(code_of_refusal([&] { stranger.send("a@b.test", {"Info@" + domain}, letter); }), 0) << domain;
      EXPECT_EQ(code_of_refusal([&] { stranger.send("a@b.test", {"bob@" + domain}, letter); }), 550) << domain;
      smtp::Client client = one.smtp("submissions", net::Tls::implicit);
      client.login("ann@" + domain, "secret words");
      for (const std::string& from : spellings) {
        EXPECT_EQ(code_of_refusal([&] { client.send("ann@" + from, {"ann@" + domain}, letter); }), 0) << domain << from;
      }
      sent += 2 + spellings.size();
      EXPECT_THAT(one.mailbox("ann@" + domain), SizeIs(sent)) << domain;
    }
    net::Stream raw = net::connect(one.address("smtp"));
    say(raw, "");
    say(raw, "EHLO raw.test");
    say(raw, "MAIL FROM:<>");
    EXPECT_THAT(say(raw, "RCPT TO:<ann@xn--bcher-kva.test>"), StartsWith("250")) << "no SMTPUTF8 needed";
    EXPECT_THAT(say(raw, "RCPT TO:<ann@b\u00FCcher.test>"), StartsWith("553 5.6.7"));
    EXPECT_THAT(say(raw, "RCPT TO:<" + std::string(65, 'l') + "@one.test>"), StartsWith("550 5.1.1"))
        << "well formed, and nobody of ours";
  });
}

TEST_F(ServerTest, FieldsThatAreThereAreNotAdded) {
  run([] {
    TestServer one("one.test");
    one.start();
    smtp::Client client = one.logged_in();
    const std::string dated =
        "from: user@one.test\r\nMessage-ID: <mine@x>\r\ndate: Mon, 1 Jan 2024 00:00:00 +0000\r\n\r\nx\r\n";
    client.send("user@one.test", {"user@one.test"}, dated);
    client.send("user@one.test", {"user@one.test"}, "Subject: no end\r\n");
    client.send("", {"user@one.test"}, "Subject: of nobody\r\n\r\nFrom: the text\r\n");
    const auto mailbox = one.mailbox();
    ASSERT_THAT(mailbox, SizeIs(3));
    EXPECT_TRUE(mailbox[0].ends_with("\r\n" + dated)) << mailbox[0];
    EXPECT_THAT(mailbox[1],
                AllOf(HasSubstr("Subject: no end\r\nFrom: user@one.test\r\nDate: "), HasSubstr("\r\nMessage-ID: <")));
    EXPECT_THAT(mailbox[2], HasSubstr("Subject: of nobody\r\nFrom: user@one.test\r\nDate: "));
  });
}

TEST_F(ServerTest, AliasesLeadToMailboxesAndOut) {
  run([] {
    TestServer two("two.test");
    two.start();
    Config config;
    config.services.of<RelaySettings>().routes.set("two.test",
                                                   {.host = "127.0.0.1", .port = two.address("smtp").port()});
    TestServer one("one.test", config);
    one.start();
    one.accounts().add_account("cy@one.test", "secret words");
    one.accounts().add_alias("all@one.test", {"user@one.test", "cy@one.test", "user@two.test"});
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    client.send("a@b.test", {"all@one.test", "user@one.test"}, letter);
    EXPECT_THAT(one.mailbox(), SizeIs(1));
    EXPECT_THAT(one.mailbox("cy"), SizeIs(1));
    const net::Deadline deadline(20s);
    while (queue::count(one.server().store()) != 0 && !deadline.expired()) {
      net::sleep_for(2ms);
    }
    EXPECT_THAT(two.mailbox(), SizeIs(1));
  });
}

TEST_F(ServerTest, AMessageThatGoesRoundInACircleIsRefused) {
  run([] {
    TestServer one("one.test");
    one.start();
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    std::string circling;
    for (int i = 0; i < 50; ++i) {
      circling += "Received: by somebody\r\n";
    }
    try {
      client.send("a@b.test", {"user@one.test"}, circling + letter);
      ADD_FAILURE() << "it was taken";
    } catch (const smtp::Error& error) {
      EXPECT_EQ(error.answer().enhanced, "5.4.6");
    }
    EXPECT_THAT(one.mailbox(), SizeIs(0));
  });
}

TEST_F(ServerTest, AMaildropIsForOneSessionAtATime) {
  run([] {
    TestServer one("one.test");
    one.start();
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    for (int i = 0; i < 5; ++i) {
      client.send("a@b.test", {"user@one.test"}, "Subject: " + std::to_string(i) + "\r\n\r\nx\r\n");
    }
    {
      pop3::Client first = one.pop3();
      EXPECT_THROW(one.pop3(), pop3::Error);
      EXPECT_EQ(first.stat().count, 5U);
      client.send("a@b.test", {"user@one.test"}, "Subject: 5\r\n\r\nx\r\n");
      EXPECT_EQ(first.stat().count, 5U) << "as it was at the log-in";
      // In order, out of order, again, and all at once: what is read ahead is never mixed up.
      for (const std::size_t number : {1U, 2U, 3U, 2U, 2U, 5U, 1U, 4U, 5U}) {
        EXPECT_THAT(first.retrieve(number), HasSubstr("Subject: " + std::to_string(number - 1))) << number;
      }
      first.remove(2);
      first.quit();
    }
    pop3::Client second = one.pop3();
    EXPECT_EQ(second.stat().count, 5U);
    EXPECT_THAT(second.retrieve(2), HasSubstr("Subject: 2"));
    EXPECT_THAT(second.uidl(), SizeIs(5));
    second.remove(1);
    second.stream().close();  // no QUIT: nothing is removed
    const net::Deadline deadline(20s);
    for (;;) {
      try {
        EXPECT_THAT(one.mailbox(), SizeIs(5));
        break;
      } catch (const pop3::Error&) {  // the server has not noticed yet that the session is over
        ASSERT_FALSE(deadline.expired());
      }
    }
  });
}

TEST_F(ServerTest, LargeMessagesGoThroughFilesAndCanBeFetched) {
  run([] {
    TestServer one("one.test");
    one.start();
    std::string large = "Subject: large\r\n\r\n";
    while (large.size() < 700'000) {
      large += "a line of some length that is repeated very often\r\n";
    }
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    client.send("a@b.test", {"user@one.test"}, large);
    client.send("a@b.test", {"user@one.test"}, letter);
    const auto mailbox = one.mailbox();
    ASSERT_THAT(mailbox, SizeIs(2));
    EXPECT_TRUE(mailbox[0].ends_with(large));
    EXPECT_TRUE(mailbox[1].ends_with(letter));
  });
}

TEST_F(ServerTest, AScriptDecidesOnWhatComes) {
  run([] {
    TestServer one("one.test");
    one.start();
    const auto account = one.accounts().find_account("user@one.test").value().id;
    one.server().store().write([&](store::Write& write) {
      store::put_script(write, account, "main",
                        "require \"reject\"; if header \"subject\" \"drop\" { discard; }"
                        "elsif header \"subject\" \"no\" { reject \"never\"; }");
      store::activate_script(write, account, "main");
    });
    smtp::Client client = one.smtp("smtp", net::Tls::none);
    client.send("a@b.test", {"user@one.test"}, "Subject: drop\r\n\r\nx\r\n");
    EXPECT_EQ(code_of_refusal([&] { client.send("a@b.test", {"user@one.test"}, "Subject: no\r\n\r\nx\r\n"); }), 550);
    client.send("a@b.test", {"user@one.test"}, letter);
    EXPECT_THAT(one.mailbox(), SizeIs(1));
  });
}

}  // namespace
}  // namespace posthouse::server
