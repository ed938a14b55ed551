#include "posthouse/milter/client/client.h"

#include "tests/support/faults.h"
#include <gtest/gtest.h>

#include "posthouse/milter/client/message_feed.h"
#include "posthouse/milter/testing/fake_filter.h"

namespace posthouse::milter {
namespace {

const std::string letter = "From: ann@two.test\r\nSubject:  a\r\n b\r\n\r\nHello\r\n";
using Heard = std::vector<std::string>;

/// One session with one message; the result is that of the message.
Result one_message(Client& client, std::string_view message = letter, std::size_t piece = std::string::npos) {
  client.connect("mail.two.test", net::Address("192.0.2.1", 258));
  client.helo("mail.two.test");
  client.mail("<ann@two.test>", "SIZE=100 BODY=8BITMIME");
  client.recipient("<bob@one.test>");
  client.data();
  MessageFeed feed(client);
  for (std::size_t at = 0; at < message.size(); at += std::min(piece, message.size())) {
    feed.append(message.substr(at, piece));
  }
  return feed.finish();
}

Result asked(FakeFilter& filter, std::string_view message = letter, ClientOptions options = {}) {
  Result result;
  with_filter(filter, [&](net::Stream stream) {
    Client client(std::move(stream), options);
    result = one_message(client, message);
    client.quit();
  });
  return result;
}

TEST(MilterClient, TellsAllThereIs) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::string::npos}) {
    FakeFilter filter;
    filter.byte_by_byte = piece == 1;
    with_filter(filter, [&](net::Stream stream) {
      Client client(std::move(stream));
      client.set_macro("j", "mx.one.test");
      client.set_macro("i", "QX1");
      client.set_macro("{auth_type}", "PLAIN");
      EXPECT_EQ(one_message(client, letter, piece).answer, Answer());
      client.quit();
    });
    const Heard expected = {"DCj|mx.one.test|{client_addr}|192.0.2.1|{client_name}|mail.two.test|{client_port}|258|",
                            "Cmail.two.test|4\1\2"
                            "192.0.2.1|",
                            "Hmail.two.test|",
                            "DMi|QX1|{auth_type}|PLAIN|{mail_addr}|ann@two.test|{client_addr}|192.0.2.1|{client_name}|"
                            "mail.two.test|{client_port}|258|",
                            "M<ann@two.test>|SIZE=100|BODY=8BITMIME|",
                            "DR{rcpt_addr}|bob@one.test|i|QX1|",
                            "R<bob@one.test>|",
                            "DTi|QX1|",
                            "T",
                            "LFrom|ann@two.test|",
                            "LSubject|a\n b|",
                            "DNi|QX1|",
                            "N",
                            "BHello\r\n",
                            "DEi|QX1|",
                            "E",
                            "Q"};
    EXPECT_EQ(filter.heard, expected);
  }
}

TEST(MilterClient, AddressesOfEachKind) {
  const std::pair<net::Address, std::string> cases[] = {{net::Address("2001:db8::1", 258),
                                                         "C[2001:db8::1]|6\1\2"
                                                         "2001:db8::1|"},
                                                        {net::Address("::ffff:192.0.2.1", 258),
                                                         "C[192.0.2.1]|4\1\2"
                                                         "192.0.2.1|"},
                                                        {net::Address::unix_path("/a"), "Clocalhost|L||/a|"},
                                                        {net::Address(), "Clocalhost|U"}};
  for (const auto& [address, expected] : cases) {
    FakeFilter filter;
    with_filter(filter, [&, peer = address](net::Stream stream) { Client(std::move(stream)).connect("", peer); });
    EXPECT_EQ(filter.heard.back(), expected);
  }
}

TEST(MilterClient, LeavesOutWhatIsNotWanted) {
  FakeFilter filter;
  filter.agreed.steps = step::no_connect | step::no_helo | step::no_mail | step::no_recipient | step::no_data |
                        step::no_header | step::no_end_of_header | step::no_body;
  EXPECT_EQ(asked(filter).answer, Answer());
  EXPECT_EQ(filter.heard, (Heard{"E", "Q"}));
}

TEST(MilterClient, WaitsForNoAnswerWhereThereIsNone) {
  FakeFilter filter;
  filter.agreed.steps = step::quiet_connect | step::quiet_helo | step::quiet_mail | step::quiet_recipient |
                        step::quiet_data | step::quiet_header | step::quiet_end_of_header | step::quiet_body |
                        step::leading_space;
  filter.says['E'] = packet('h', octets("X\0  y\0")) + packet('a');
  const Result result = asked(filter);
  EXPECT_EQ(result.answer, (Answer{.verdict = Verdict::accept}));
  EXPECT_EQ(result.modifications, (std::vector<Modification>{AddHeader{"X", "  y"}}));
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "LSubject|  a\n b|"), 1);
}

TEST(MilterClient, SpeaksWithOldFilters) {
  FakeFilter filter;
  filter.agreed = {.version = 2, .actions = action::add_header, .steps = 0};
  filter.says['E'] = packet('h', octets("X\0y\0")) + packet('c');
  with_filter(filter, [&](net::Stream stream) {
    Client client(std::move(stream));
    const Result result = one_message(client);
    EXPECT_EQ(result.modifications, (std::vector<Modification>{AddHeader{"X", " y"}}));
    EXPECT_EQ(client.unknown("XYZZY"), Answer());
    client.next_client();  // it cannot do that
    EXPECT_FALSE(client.connect("", {}).failure.empty());
  });
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "T"), 0);
  EXPECT_EQ(filter.heard.back(), "Q");
}

TEST(MilterClient, GivesTheMacrosThatAreWanted) {
  FakeFilter filter;
  filter.agreed.macros[2] = "{auth_authen} nothing i i";
  filter.agreed.macros[0] = "";
  with_filter(filter, [&](net::Stream stream) {
    Client client(std::move(stream));
    client.set_macro("i", "Q\r\n1");
    client.set_macro("auth_authen", "ann");
    client.connect("", {});
    client.mail("<>");
  });
  EXPECT_EQ(filter.heard, (Heard{"Clocalhost|U", "DM{auth_authen}|ann|i|Q??1|", "M<>|"}));
}

TEST(MilterClient, AllModificationsInTheirOrder) {
  FakeFilter filter;
  filter.says['E'] = packet('p') + packet('b', "new ") + packet('i', octets("\0\0\0\1X\0y\0")) + packet('p') +
                     packet('m', octets("\0\0\0\1Subject\0\0")) + packet('b', "body\r\n") +
                     packet('+', octets("<c@d.test>\0")) + packet('-', octets("<bob@one.test>\0")) +
                     packet('e', octets("<e@f.test>\0")) + packet('q', octets("odd\0")) + packet('c');
  const Result result = asked(filter);
  EXPECT_TRUE(result.answer.goes_on());
  const std::vector<Modification> expected = {ReplaceBody{"new body\r\n"},
                                              InsertHeader{1, "X", " y"},
                                              ChangeHeader{1, "Subject", ""},
                                              AddRecipient{"c@d.test", ""},
                                              RemoveRecipient{"bob@one.test"},
                                              ChangeSender{"e@f.test", ""},
                                              Quarantine{"odd"}};
  EXPECT_EQ(result.modifications, expected);
  filter.says['E'] = packet('h', octets("X\0y\0")) + packet('y', octets("550 5.7.1 spam\0"));
  const Result refused = asked(filter);
  EXPECT_EQ(refused.answer, (Answer{.verdict = Verdict::reject, .reply = Reply{550, "5.7.1", "spam"}}));
  EXPECT_TRUE(refused.modifications.empty());
}

TEST(MilterClient, BodiesGoInChunksUntilTheFilterHasEnough) {
  const std::string message = "A: b\r\n\r\n" + std::string(200'000, 'x') + "\r\n";
  FakeFilter filter;
  EXPECT_EQ(asked(filter, message).answer, Answer());
  std::vector<std::size_t> sizes;
  for (const std::string& heard : filter.heard) {
    if (heard.front() == 'B') {
      sizes.push_back(heard.size() - 1);
    }
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{65'535, 65'535, 65'535, 3'397}));

  FakeFilter content;
  content.agreed.steps = step::skip;
  content.says['B'] = packet('s');
  EXPECT_EQ(asked(content, message).answer, Answer());
  const auto chunks =
      std::count_if(content.heard.begin(), content.heard.end(), [](auto& h) { return h.front() == 'B'; });
  EXPECT_EQ(chunks, 1);
  EXPECT_EQ(*(content.heard.end() - 2), "E");
}

TEST(MilterClient, VerdictsReachAsFarAsTheyGo) {
  FakeFilter filter;
  filter.says['R'] = packet('y', octets("550 5.1.1 not him\0"));
  with_filter(filter, [&](net::Stream stream) {
    Client client(std::move(stream));
    client.connect("", {});
    client.mail("<a@b.test>");
    EXPECT_EQ(client.recipient("<c@d.test>").verdict, Verdict::reject);
    EXPECT_TRUE(client.wants_more());
    filter.says['R'] = packet('c');
    EXPECT_TRUE(client.recipient("<e@f.test>").goes_on());
    filter.says['L'] = packet('d');
    EXPECT_EQ(client.header("A", " b").verdict, Verdict::discard);
    EXPECT_FALSE(client.wants_more());
    EXPECT_EQ(client.header("C", " d").verdict, Verdict::discard);
    EXPECT_EQ(client.end_of_message().answer.verdict, Verdict::discard);
    filter.says['M'] = packet('t');
    EXPECT_EQ(client.mail("<g@h.test>").verdict, Verdict::tempfail);
    filter.says['M'] = packet('c');
    EXPECT_TRUE(client.mail("<i@j.test>").goes_on());
    filter.says['R'] = packet('4');
    EXPECT_EQ(client.recipient("<e@f.test>").verdict, Verdict::drop);
    EXPECT_EQ(client.mail("<k@l.test>").verdict, Verdict::drop);
  });
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "A"), 2);
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "LC|d|"), 0);
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "E"), 0);
}

TEST(MilterClient, AVerdictOnTheConnectionStands) {
  FakeFilter filter;
  filter.says['C'] = packet('a');
  EXPECT_EQ(asked(filter).answer.verdict, Verdict::accept);
  EXPECT_EQ(filter.heard.size(), 3U);  // D, C, Q
}

TEST(MilterClient, OneConnectionServesManyClients) {
  FakeFilter filter;
  with_filter(filter, [&](net::Stream stream) {
    Client client(std::move(stream));
    EXPECT_EQ(one_message(client).answer, Answer());
    EXPECT_EQ(one_message(client).answer, Answer());  // another message: nothing of the first one is left
    client.mail("<a@b.test>");
    client.next_client();
    filter.says['C'] = packet('r');
    EXPECT_EQ(one_message(client).answer.verdict, Verdict::reject);
    client.next_client();
    filter.says.clear();
    EXPECT_EQ(one_message(client).answer, Answer());
  });
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "K"), 2);
  EXPECT_EQ(std::count(filter.heard.begin(), filter.heard.end(), "A"), 1);
}

TEST(MilterClient, EveryStepThatFailsIsAnsweredBySetting) {
  const std::pair<OnFailure, Verdict> settings[] = {{OnFailure::accept, Verdict::accept},
                                                    {OnFailure::tempfail, Verdict::tempfail},
                                                    {OnFailure::reject, Verdict::reject}};
  for (const auto& [setting, verdict] : settings) {
    const std::size_t runs = test::for_each_fault([&, on_failure = setting, expected = verdict](test::FaultPlan& plan) {
      FakeFilter filter;
      filter.says['E'] = packet('h', octets("X\0y\0")) + packet('c');
      with_filter(filter, [&](net::Stream stream) {
        Client client(test::with_faults(std::move(stream), plan), {.on_failure = on_failure});
        const Result result = one_message(client);
        if (result.answer.failure.empty()) {
          EXPECT_EQ(result.answer.verdict, Verdict::go_on);
          EXPECT_EQ(result.modifications.size(), 1U);
        } else {
          EXPECT_TRUE(plan.fired());
          EXPECT_EQ(result.answer.verdict, expected);
          EXPECT_TRUE(result.modifications.empty());
          EXPECT_EQ(client.mail("<a@b.test>").verdict, expected);
        }
      });
    });
    EXPECT_GT(runs, 40U);
  }
}

}  // namespace
}  // namespace posthouse::milter
