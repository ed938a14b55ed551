// Hostile input to the readers beside the parser takes linear time too.
#include <string>

#include "posthouse/base/idna.h"
#include "posthouse/mime/mime.h"
#include "posthouse/mime/testing/hostile/linear_time.h"

namespace posthouse::mime {
namespace {

// Every reader of text, on the same octets.
void read_text(const std::string& octets) {
  html_to_text(octets);
  decode_html_references(octets);
  unflow(octets);
  find_inline_files(octets);
  parse_tnef(std::string("\x78\x9F\x3E\x22\0\0", 6) + octets);
  guess_charset(octets, true);
  decode_text(octets, "utf-8");
}

void read_field(const std::string& octets) {
  parse_received(octets);
  parse_authentication_results(octets);
  parse_list_urls(octets);
  parse_message_ids(octets);
  parse_addresses(octets, std::size_t{1} << 24);
  parse_address(octets);
  decode_words(octets);
  decode_raw_header(octets);
  domain_to_ascii(octets);
  domain_to_unicode(octets);
}

TEST(HostileReaders, TextTakesLinearTime) {
  using namespace std::string_view_literals;
  for (const std::string_view piece : {"<"sv,
                                       "<a "sv,
                                       "<a b='"sv,
                                       "<a href=https://x>"sv,
                                       "</a>"sv,
                                       "<!--"sv,
                                       "<!-"sv,
                                       "<style></"sv,
                                       "<script>"sv,
                                       "&"sv,
                                       "&#"sv,
                                       "&am"sv,
                                       "<blockquote>"sv,
                                       "<ul><li>"sv,
                                       "<ol>"sv,
                                       "<pre>\n"sv,
                                       "<br>"sv,
                                       "<p>"sv,
                                       "<meta "sv,
                                       "<meta charset"sv,
                                       "<img alt=x>"sv,
                                       "\xC2"sv,
                                       "begin 644 x\n"sv,
                                       "begin 644 x\n#0V%T\n"sv,
                                       "begin 644 x\nend\n"sv,
                                       "=ybegin name=x\n"sv,
                                       " name=\n=ybegin "sv,
                                       "=ypart \n"sv,
                                       ">\n"sv,
                                       " \n"sv,
                                       "-- \n"sv,
                                       "\xB0\xA1"sv,
                                       "\x1B$"sv,
                                       "\xFF"sv,
                                       "\x02\x02\x90\0\0\0\0\0\0\0\0"sv,
                                       "\x01\x03\x90\0\0\x04\0\0\0\xFF\xFF\xFF\xFF\0\0"sv}) {
    expect_linear_time(std::string(piece).c_str(), [&](std::size_t n) { return repeat_to(piece, n); }, read_text);
  }
}

TEST(HostileReaders, FieldsTakeLinearTime) {
  using namespace std::string_view_literals;
  for (const std::string_view piece :
       {"("sv,         "()"sv,     "(\\"sv,       "\""sv,         "\"\""sv,   ";"sv,   "; 1 Jan"sv, "from by "sv,
        "[1.1.1.1"sv,  "1.1."sv,   "a=b;"sv,      ";a=b c.d=e"sv, ";a=\""sv,  "<"sv,   "<>"sv,      "<a@b"sv,
        "<a@b>,"sv,    "a@b "sv,   "a@b,"sv,      "[\\"sv,        "a."sv,     "=?"sv,  "=?a?q?"sv,  "=?a?q?=?a?q?b"sv,
        "=?a?q?b?="sv, "xn--a."sv, "\xC3\xA9."sv, "\xFF"sv,       "http:,"sv, "i=1;"sv}) {
    expect_linear_time(std::string(piece).c_str(), [&](std::size_t n) { return repeat_to(piece, n); }, read_field);
  }
}

TEST(HostileReaders, ReportsTakeLinearTime) {
  using namespace std::string_view_literals;
  for (const std::string_view piece :
       {"a: b\n\n"sv, "Final-Recipient: rfc822; a@b\n"sv, "Final-Recipient: utf-8; \\x{41}\n\n"sv, "junk\n"sv, "\n"sv,
        "Disposition: a/b;c/d,"sv, "Original-Recipient: x\nFinal-Recipient: x\n"sv, "Reported-URI: x\n"sv}) {
    for (const std::string type : {"delivery-status", "disposition-notification", "feedback-report"}) {
      expect_linear_time(
          std::string(piece).c_str(),
          [&](std::size_t n) { return "Content-Type: message/" + type + "\n\n" + repeat_to(piece, n); },
          [](const std::string& octets) {
            const Message message = Message::view(octets);
            parse_delivery_report(message);
            parse_feedback_report(message);
            parse_disposition_notification(message);
          });
    }
  }
}

TEST(HostileReaders, RawHeadersOfManyPartsTakeLinearTime) {
  expect_linear_time(
      "raw file names",
      [](std::size_t n) {
        return "Content-Type: multipart/mixed; boundary=b\n\n" +
               repeat_to("--b\nContent-Type: image/png; name=\"\xC4\xE3\xBA\xC3\"\n\n", n);
      },
      [](const std::string& octets) {
        const Message message = Message::view(octets);
        for (const Part part : message.walk()) {
          part.filename();
        }
      });
}

}  // namespace
}  // namespace posthouse::mime
