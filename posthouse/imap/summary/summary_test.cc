// Summaries of messages: what they have is what the parts of the wire make, and their offsets serve every reader.
#include "posthouse/imap/summary/summary.h"

#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"
#include <gtest/gtest.h>

#include "posthouse/imap/wire/item/section.h"

namespace posthouse::imap {
namespace {

constexpr std::string_view letter =
    "From: Ann <ann@one.test>\r\n"
    "To: bob@two.test\r\n"
    "Subject: =?UTF-8?Q?Re=3A_[list]_caf=C3=A9?=\r\n"
    "Date: Sat, 31 Jan 2026 23:59:59 +0800\r\n"
    "Message-ID: <3@one.test>\r\n"
    "References: <1@one.test>\r\n <2@one.test>\r\n"
    "In-Reply-To: <2@one.test>\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n"
    "\r\n"
    "--b\r\n"
    "\r\n"
    "Hello\r\nBob,\r\n"
    "--b\r\n"
    "Content-Type: message/rfc822\r\n"
    "\r\n"
    "Subject: inside\r\n"
    "\r\n"
    "text inside\r\n"
    "--b\r\n"
    "Content-Type: image/png\r\n"
    "Content-Transfer-Encoding: base64\r\n"
    "Content-Disposition: attachment; filename=a.png\r\n"
    "\r\n"
    "AAAA\r\n"
    "--b--\r\n";

TEST(Summary, HasWhatListsShow) {
  const Summary summary = make_summary(letter);
  EXPECT_EQ(summary.format, summary_format);
  ASSERT_TRUE(summary.sent);
  EXPECT_EQ(mime::format_date(*summary.sent), "Sat, 31 Jan 2026 23:59:59 +0800");
  EXPECT_EQ(summary.base_subject, "caf\xc3\xa9");
  EXPECT_TRUE(summary.reply_or_forward);
  EXPECT_EQ(summary.references, "<1@one.test> <2@one.test>");
  EXPECT_TRUE(summary.has_attachment);
  EXPECT_EQ(summary.preview, "Hello Bob,");
  EXPECT_EQ(summary.envelope,
            "(\"Sat, 31 Jan 2026 23:59:59 +0800\" \"=?UTF-8?Q?Re=3A_[list]_caf=C3=A9?=\" "
            "((\"Ann\" NIL \"ann\" \"one.test\")) ((\"Ann\" NIL \"ann\" \"one.test\")) "
            "((\"Ann\" NIL \"ann\" \"one.test\")) ((NIL NIL \"bob\" \"two.test\")) NIL NIL \"<2@one.test>\" "
            "\"<3@one.test>\")");
  EXPECT_TRUE(summary.body.starts_with("((\"TEXT\" \"PLAIN\"")) << summary.body;
  EXPECT_TRUE(summary.body_structure.starts_with("((\"TEXT\" \"PLAIN\"")) << summary.body_structure;
  EXPECT_LT(summary.body.size(), summary.body_structure.size());
}

TEST(Summary, OfALetterWithoutAnything) {
  const Summary summary = make_summary(std::string_view());
  EXPECT_EQ(summary.envelope, "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
  EXPECT_EQ(summary.sent, std::nullopt);
  EXPECT_EQ(summary.references, "");
  EXPECT_FALSE(summary.has_attachment);
  EXPECT_FALSE(summary.reply_or_forward);
  EXPECT_EQ(summary.preview, "");
  EXPECT_TRUE(PartTable::decode(summary.parts));
}

TEST(Summary, OfAnAnswerWithoutReferences) {
  EXPECT_EQ(make_summary("In-Reply-To: <a@one.test> <b@one.test>\r\n\r\n").references, "<a@one.test>");
}

TEST(Summary, KnowsTheNewestReferencesOfMany) {
  std::string many = "References:";
  for (int i = 0; i < 1000; ++i) {
    many += " <" + std::to_string(i) + "@one.test>\r\n";
  }
  const std::string references = make_summary(many + "\r\n").references;
  EXPECT_TRUE(references.starts_with("<900@one.test> <901@one.test> ")) << references;
  EXPECT_TRUE(references.ends_with(" <999@one.test>")) << references;
  const std::string long_id = "<" + std::string(9000, 'x') + "@one.test>";
  EXPECT_EQ(make_summary("References: " + long_id + "\r\n\r\n").references, "");
}

TEST(Summary, OfAFileIsTheSame) {
  const test::TemporaryFolder folder{test::fast_folder()};
  const std::string path = folder.data() + "-letter";
  std::string large(letter);
  large += std::string(2 * 1024 * 1024, 'x');
  std::ofstream(path, std::ios::binary) << large;
  EXPECT_EQ(make_summary_of_file(path), make_summary(large));
}

/// What BODY[…] is answered with.
std::string section_of(const PartTable& table, std::string_view message, const std::vector<std::uint32_t>& part,
                       SectionText what) {
  Section section;
  section.part = part;
  section.what = what;
  const auto slice = table.find(section);
  return slice ? std::string(message.substr(slice->offset, slice->size)) : "NIL";
}

TEST(Summary, OffsetsServeEveryReader) {
  const PartTable received = PartTable::decode(make_summary(letter).parts).value();
  for (const std::string front :
       {"", "Return-Path: <>\r\n", "Return-Path: <ann@one.test>\r\nReceived: from a\r\n\tby b; now\r\n"}) {
    SCOPED_TRACE(front);
    const std::string message = front + std::string(letter);
    const PartTable table = received.behind(front.size());
    EXPECT_EQ(table, PartTable::of(mime::Message::view(message)));
    EXPECT_EQ(section_of(table, message, {}, SectionText::whole), message);
    EXPECT_EQ(section_of(table, message, {}, SectionText::header), message.substr(0, message.find("\r\n\r\n") + 4));
    EXPECT_EQ(section_of(table, message, {1}, SectionText::whole), "Hello\r\nBob,");
    EXPECT_EQ(section_of(table, message, {2}, SectionText::header), "Subject: inside\r\n\r\n");
    EXPECT_EQ(section_of(table, message, {2}, SectionText::text), "text inside");
    EXPECT_EQ(section_of(table, message, {3}, SectionText::whole), "AAAA");
    EXPECT_EQ(table.encoding({3}), mime::TransferEncoding::base64);
  }
}

}  // namespace
}  // namespace posthouse::imap
