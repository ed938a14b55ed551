#include "posthouse/mime/answer/answer.h"

#include <gtest/gtest.h>

#include "posthouse/mime/error.h"

namespace posthouse::mime {
namespace {

const Address me{"Me", "me@home.test"};

Message parse(std::string_view header, std::string_view body = "Hello\n\n> old\n") {
  return Message::parse("From: 张三 <ann@one.test>\r\nDate: Sat, 31 Jan 2026 23:59:59 +0800\r\n" + std::string(header) +
                        "\r\n" + std::string(body));
}

Message answer(const Message& message, const AnswerOptions& options = {}) {
  Message out = Message::parse(reply(message, me, options).build());
  EXPECT_TRUE(out.all_defects().empty());
  return out;
}

TEST(Reply, ThreadSubjectAndQuote) {
  const Message got =
      answer(parse("Subject: RE: Re[2]: 回复：plan\r\nMessage-ID: <c@x>\r\nReferences: <a@x>\r\n <b@x>\r\n"),
             {.text = "Agreed."});
  EXPECT_EQ(got.subject(), "Re: plan");
  EXPECT_EQ(to_string(got.to()), "张三 <ann@one.test>");
  EXPECT_EQ(got.message_ids("In-Reply-To"), std::vector<std::string>{"<c@x>"});
  EXPECT_EQ(got.message_ids("References"), (std::vector<std::string>{"<a@x>", "<b@x>", "<c@x>"}));
  EXPECT_EQ(got.text_part()->text(),
            "Agreed.\r\n\r\nOn Sat, 31 Jan 2026 23:59:59 +0800, 张三 wrote:\r\n> Hello\r\n>\r\n>> old\r\n");
}

TEST(Reply, ReferencesWithoutReferences) {
  EXPECT_EQ(answer(parse("Message-ID: <b@x>\r\nIn-Reply-To: <a@x>\r\n")).message_ids("References"),
            (std::vector<std::string>{"<a@x>", "<b@x>"}));
  EXPECT_EQ(answer(parse("Message-ID: <c@x>\r\nIn-Reply-To: <a@x> <b@x>\r\n")).message_ids("References"),
            std::vector<std::string>{"<c@x>"});
  EXPECT_FALSE(answer(parse("")).headers().contains("References"));
  EXPECT_EQ(answer(parse("Message-ID: 00220\r\n")).message_ids("In-Reply-To"), std::vector<std::string>{"<00220>"});
  std::string many = "Message-ID: <last@x>\r\nReferences:";
  for (int i = 0; i < 500; ++i) {
    many += " <" + std::to_string(i) + "@x>";
  }
  const auto ids = answer(parse(many + "\r\n")).message_ids("References");
  EXPECT_EQ(ids.size(), 50U);
  EXPECT_EQ(ids.front(), "<0@x>");
  EXPECT_EQ(ids.back(), "<last@x>");
}

TEST(Reply, ToALetterWithoutASubject) {
  EXPECT_EQ(answer(parse("Message-ID: <m@x>\r\n")).headers().find("Subject")->raw(), "Subject: Re:\r\n");
}

TEST(Reply, Recipients) {
  const auto who = [](std::string_view header, AnswerTo to) {
    const Message got = answer(parse(header), {.to = to, .own_addresses = {"Me@Work.test"}});
    return to_string(got.to()) + " | " + to_string(got.cc());
  };
  const std::string header =
      "To: me@home.test, Bob <bob@two.test>, me@work.test\r\nCc: BOB@two.test, carol@x.test, nobody\r\n";
  EXPECT_EQ(who(header, AnswerTo::author), "张三 <ann@one.test> | ");
  EXPECT_EQ(who(header, AnswerTo::all), "张三 <ann@one.test> | Bob <bob@two.test>, carol@x.test");
  // The two spellings of a domain are one domain.
  EXPECT_EQ(who("To: bob@b\u00FCcher.test, BOB@xn--bcher-kva.test\r\nCc: eve@two.test\r\n", AnswerTo::all),
            "张三 <ann@one.test> | bob@xn--bcher-kva.test, eve@two.test");
  EXPECT_EQ(who(header + "Reply-To: desk@one.test\r\n", AnswerTo::author), "desk@one.test | ");
  EXPECT_EQ(who(header + "Mail-Followup-To: l@x.test, me@home.test\r\n", AnswerTo::all), "l@x.test | ");
  EXPECT_EQ(who(header + "List-Post: <mailto:l@x.test?subject=x>\r\n", AnswerTo::list), "l@x.test | ");
  EXPECT_EQ(who(header + "List-Post: NO\r\n", AnswerTo::list),
            "张三 <ann@one.test> | Bob <bob@two.test>, carol@x.test");
}

TEST(Reply, DomainsThatMapToWhatIsNoneAreLeftOut) {
  const Message got = answer(parse("To: bob@two.test, x@spam\xC2\xAF"
                                   "assin.test\r\n"),
                             {.to = AnswerTo::all});
  EXPECT_EQ(to_string(got.cc()), "bob@two.test");
}

TEST(Reply, OwnMessageGoesToWhomItWent) {
  const Message mine = Message::parse("From: me@home.test\nTo: bob@two.test\nCc: carol@x.test\n\nx\n");
  EXPECT_EQ(to_string(answer(mine).to()), "bob@two.test");
  EXPECT_EQ(to_string(answer(mine, {.to = AnswerTo::all}).cc()), "carol@x.test");
}

TEST(Reply, WhatOthersWroteAddsNothingToTheHeader) {
  const Message got =
      answer(parse("Subject: =?utf-8?Q?a=0D=0ABcc:_x=40y.test=00?=\r\nMessage-ID: <\xff@x>\r\n"
                   "Reply-To: =?utf-8?Q?b=0D=0AX-Evil:_1?= <bob@two.test>\r\n"));
  EXPECT_EQ(got.subject(), "Re: a  Bcc: x@y.test");
  EXPECT_FALSE(got.headers().contains("Bcc"));
  EXPECT_FALSE(got.headers().contains("X-Evil"));
  EXPECT_FALSE(got.headers().contains("In-Reply-To"));
}

TEST(Forward, InlineTakesTextAndFiles) {
  const Message original = Message::parse(MessageBuilder()
                                              .from("ann@one.test")
                                              .to("bob@two.test")
                                              .subject("Fw: plan")
                                              .text("the text")
                                              .attach("a.png", "\x89PNG")
                                              .build());
  const Message got = Message::parse(forward_inline(original, me, "See below.").to("x@y.test").build());
  EXPECT_EQ(got.subject(), "Fwd: plan");
  const std::string text = got.text_part()->text();
  EXPECT_TRUE(text.starts_with("See below.\r\n\r\n---------- Forwarded message ----------\r\nFrom: ann@one.test\r\n"));
  EXPECT_NE(text.find("Subject: Fw: plan\r\nTo: bob@two.test\r\n\r\nthe text\r\n"), std::string::npos);
  ASSERT_EQ(got.attachments().size(), 1U);
  EXPECT_EQ(got.attachments()[0].content(), "\x89PNG");
}

TEST(Forward, AttachedIsWhole) {
  const Message original = parse("Subject: plan\r\n");
  const Message got = Message::parse(forward_attached(original, me).to("x@y.test").build());
  ASSERT_EQ(got.attachments().size(), 1U);
  EXPECT_TRUE(got.attachments()[0].is_message());
  EXPECT_EQ(got.attachments()[0].filename(), "plan.eml");
  EXPECT_EQ(got.attachments()[0].children().front().headers().text("Subject"), "plan");
}

TEST(Forward, HostileAttachments) {
  const Message original = Message::parse(
      "From: a@b.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n"
      "Content-Type: a b/c\nContent-Disposition: attachment; "
      "filename*=utf-8''x%0D%0ABcc:%20y%00\n\ndata\n--b--\n");
  const Message got = Message::parse(forward_inline(original, me).to("x@y.test").build());
  ASSERT_EQ(got.attachments().size(), 1U);
  EXPECT_TRUE(got.all_defects().empty());
  EXPECT_FALSE(got.headers().contains("Bcc"));
}

TEST(Resend, AddsItsBlockOnTop) {
  BuildOptions options;
  options.now = [] { return *parse_date("Sat, 31 Jan 2026 23:59:59 +0800"); };
  const std::string original = "Received: x\nSUBJECT:  odd \n\nbody\n";
  const std::string got = resend(original, {"张三", "ann@one.test"}, {{"", "bob@two.test"}}, {}, options);
  EXPECT_TRUE(
      got.starts_with("Resent-Date: Sat, 31 Jan 2026 23:59:59 +0800\nResent-From: =?utf-8?B?5byg5LiJ?= "
                      "<ann@one.test>\nResent-To: bob@two.test\nResent-Message-ID: <"))
      << got;
  EXPECT_TRUE(got.ends_with("@one.test>\n" + original));
  EXPECT_THROW(resend(original, me, {}), Error);
  EXPECT_THROW(resend(original, me, {{"a\nb", "x@y.test"}}), Error);
  EXPECT_THROW(resend(original, me, {{"", "nobody"}}), Error);
}

}  // namespace
}  // namespace posthouse::mime
