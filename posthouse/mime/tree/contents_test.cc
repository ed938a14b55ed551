#include "posthouse/mime/tree/contents.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "posthouse/mime/mime.h"

namespace posthouse::mime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> paths(const std::vector<Part>& parts) {
  std::vector<std::string> out;
  for (const Part& part : parts) {
    out.push_back(part.path());
  }
  return out;
}

std::string part(const std::string& header, const std::string& body) {
  return header + "\r\n\r\n" + body + "\r\n";
}

std::string multipart(const std::string& subtype, const std::vector<std::string>& parts) {
  const std::string boundary = "B-" + subtype;
  std::string out = "Content-Type: multipart/" + subtype + "; boundary=" + boundary + "\r\n\r\n";
  for (const std::string& one : parts) {
    out += "--" + boundary + "\r\n" + one;
  }
  return out + "--" + boundary + "--\r\n";
}

const std::string plain = part("Content-Type: text/plain", "some text");
const std::string html = part("Content-Type: text/html", "<p>some <b>page</b></p>");
const std::string pdf =
    part("Content-Type: application/pdf; name=a.pdf\r\nContent-Disposition: inline; filename=a.pdf", "%PDF-1.7");
const std::string picture = part("Content-Type: image/png; name=p.png\r\nContent-ID: <p@one.test>", "PNG");

struct Read {
  explicit Read(const std::string& bytes) : message(Message::parse(bytes)), contents(message.contents()) {}
  Message message;
  Contents contents;
  std::vector<std::string> text() const { return paths(contents.text); }
  std::vector<std::string> page() const { return paths(contents.page); }
  std::vector<std::string> files() const { return paths(contents.files); }
};

// Apple Mail's PDF, an iPhone's picture, a fax as the whole message, Pine's Content-ID: how a file is to be shown does
// not make it none (RFC 2183 section 2.1).
TEST(Contents, FilesThatAreInlineAreFiles) {
  const Read mixed(multipart("mixed", {plain, pdf, picture}));
  EXPECT_THAT(mixed.text(), ElementsAre("1"));
  EXPECT_THAT(mixed.files(), ElementsAre("2", "3"));
  EXPECT_THAT(Read(pdf).files(), ElementsAre(""));
  EXPECT_THAT(Read(pdf).page(), IsEmpty());
}

TEST(Contents, OnlyPicturesThatThePageShowsAreNoFiles) {
  const std::string page = part("Content-Type: text/html", "<img src='cid:p%40one.test'><img src=\"CID:a@one.test\">");
  const std::string named = part("Content-Type: application/pdf\r\nContent-ID: <a@one.test>", "%PDF");
  const Read related(multipart("related", {page, picture, picture, named}));
  EXPECT_THAT(related.page(), ElementsAre("1"));
  EXPECT_THAT(related.files(), ElementsAre("3", "4")) << "the first of that id is shown; a PDF never is";
  EXPECT_THAT(Read(multipart("related", {html, picture})).files(), ElementsAre("2"));
}

TEST(Contents, TextsOfAMixedAreShownInOrder) {
  const Read read(multipart("mixed", {plain, pdf, part("Content-Type: text/plain", "the rest"), html}));
  EXPECT_THAT(read.text(), ElementsAre("1", "3", "4"));
  EXPECT_THAT(read.files(), ElementsAre("2"));
  EXPECT_EQ(readable_text(read.message), "some text\n\nthe rest\n\nsome page\n");
  EXPECT_THAT(html_preview(read.message), HasSubstr("the rest"));
}

TEST(Contents, ATextWithNothingInItHidesNone) {
  const std::string empty = part("Content-Type: text/plain", " \r\n");
  const std::string note = part("Content-Type: text/plain; name=note.txt", "what was written");
  const Read read(multipart("mixed", {empty, note}));
  EXPECT_EQ(readable_text(read.message), "what was written");
  EXPECT_EQ(preview(read.message), "what was written");
  const Read alternative(multipart("alternative", {empty, html}));
  EXPECT_THAT(alternative.text(), ElementsAre("2"));
  const Read other(multipart("alternative", {plain, part("Content-Type: text/html", "<html><body> </body></html>")}));
  EXPECT_THAT(other.page(), ElementsAre("1"));
}

TEST(Contents, ANameMakesAFileOnlyBehindAnotherText) {
  const std::string note = part("Content-Type: text/plain; name=note.txt", "a note");
  EXPECT_THAT(Read(note).text(), ElementsAre(""));
  EXPECT_THAT(Read(note).files(), IsEmpty());
  EXPECT_THAT(Read(multipart("mixed", {note, plain})).text(), ElementsAre("1", "2"));
  EXPECT_THAT(Read(multipart("mixed", {plain, note})).files(), ElementsAre("2"));
  const Read read(multipart("alternative", {note, part("Content-Type: text/html; name=body.html", "<p>x</p>")}));
  EXPECT_THAT(read.text(), ElementsAre("1"));
  EXPECT_THAT(read.page(), ElementsAre("2"));
  EXPECT_THAT(read.files(), IsEmpty());
}

TEST(Contents, WhatIsCalledAnAttachmentIsAFileAndShownOnlyWhereNothingElseIs) {
  const std::string log = part("Content-Type: text/plain\r\nContent-Disposition: attachment; filename=log", "a log");
  const Read before(multipart("mixed", {log, plain}));
  EXPECT_THAT(before.text(), ElementsAre("2"));
  EXPECT_THAT(before.files(), ElementsAre("1"));
  EXPECT_THAT(Read(log).text(), ElementsAre(""));
  EXPECT_THAT(Read(log).files(), ElementsAre(""));
}

TEST(Contents, OfAlternativesOneIsShown) {
  const std::string calendar = part("Content-Type: text/calendar; method=REQUEST", "BEGIN:VCALENDAR");
  const Read invitation(multipart("alternative", {plain, html, calendar}));
  EXPECT_THAT(invitation.text(), ElementsAre("1"));
  EXPECT_THAT(invitation.page(), ElementsAre("2"));
  EXPECT_THAT(invitation.files(), ElementsAre("3"));
  // Apple Mail's: the page, the file in its midst, and the end of the page.
  const Read apple(multipart("alternative", {plain, multipart("mixed", {html, pdf, html})}));
  EXPECT_THAT(apple.text(), ElementsAre("1"));
  EXPECT_THAT(apple.page(), ElementsAre("2.1", "2.3"));
  EXPECT_THAT(apple.files(), ElementsAre("2.2"));
  // A file among the alternatives that are not shown is one all the same.
  EXPECT_THAT(Read(multipart("alternative", {multipart("mixed", {plain, pdf}), html})).files(), ElementsAre("1.2"));
}

// RFC 2046 section 4.1.4.
TEST(Contents, UnknownTextsArePlainText) {
  for (const char* type : {"text/markdown", "text/calendar", "text/csv", "text/x-patch"}) {
    const Read read(part(std::string("Content-Type: ") + type, "*content*"));
    EXPECT_EQ(readable_text(read.message), "*content*\n") << type;
    EXPECT_THAT(read.files(), IsEmpty()) << type;
  }
}

TEST(Contents, AMultipartWhoseBoundaryNeverComesIsText) {
  const Read read("Content-Type: multipart/mixed; boundary=b\r\n\r\nThis is all,\r\nno parts here.\r\n");
  EXPECT_EQ(readable_text(read.message), "This is all,\nno parts here.\n");
  EXPECT_THAT(read.files(), IsEmpty());
}

TEST(Contents, MessagesInsideAreFiles) {
  const std::string inside = part("Content-Type: message/rfc822", "Subject: in\r\n\r\nthe text inside");
  const Read read(multipart("mixed", {plain, inside, pdf}));
  EXPECT_THAT(read.text(), ElementsAre("1"));
  EXPECT_THAT(read.files(), ElementsAre("2", "3"));
  EXPECT_EQ(Read(inside).text().size(), 1U) << "a message that is nothing but a message is read";
}

// All that is made of a message brings along what it has.
TEST(Contents, ForwardsAndQuotesAreWhole) {
  const Message message =
      Message::parse(multipart("mixed", {plain, picture, part("Content-Type: text/plain", "the rest"), pdf}));
  const Message forward = Message::parse(forward_inline(message, {"Me", "me@home.test"}).to("x@y.test").build());
  EXPECT_THAT(forward.text_part()->text(), ::testing::AllOf(HasSubstr("some text"), HasSubstr("the rest")));
  EXPECT_EQ(forward.attachments().size(), 2U);
  EXPECT_EQ(quoted_text(message), "> some text\n>\n> the rest\n");
  const std::string page = html_preview(message);
  EXPECT_THAT(page, ::testing::AllOf(HasSubstr("p.png"), HasSubstr("a.pdf")));
  EXPECT_THAT(page, Not(HasSubstr("(without a name)")));
}

}  // namespace
}  // namespace posthouse::mime
