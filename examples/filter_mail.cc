// A message asked about at a milter, and written out as the milter wants it: filter_mail ENDPOINT SENDER RECIPIENT… < message
#include <iostream>
#include <iterator>
#include <string>

#include "posthouse/milter/milter.h"

using namespace posthouse;

namespace {

/// `text` with lines that end in CRLF, as mail has them.
std::string with_crlf(const std::string& text) {
  std::string lines;
  for (const char c : text) {
    lines += c == '\n' && !lines.ends_with('\r') ? "\r\n" : std::string(1, c);
  }
  return lines;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: filter_mail ENDPOINT SENDER RECIPIENT... < message\n";
    return 2;
  }
  std::string message = with_crlf({std::istreambuf_iterator<char>(std::cin), {}});

  milter::Client filter(milter::Endpoint::parse(argv[1]), {.on_failure = milter::OnFailure::tempfail});
  filter.set_macro("j", "mx.one.test");
  filter.set_macro("i", "QX1");
  filter.connect("localhost", net::Address("127.0.0.1", 40'000));
  filter.helo("localhost");
  filter.mail('<' + std::string(argv[2]) + '>');
  for (int i = 3; i < argc; ++i) {
    const milter::Answer answer = filter.recipient('<' + std::string(argv[i]) + '>');
    std::cerr << argv[i] << ": " << milter::to_string(answer.verdict) << '\n';
  }
  filter.data();
  milter::MessageFeed feed(filter);
  feed.append(message);
  const milter::Result result = feed.finish();
  filter.quit();

  std::cerr << "message: " << milter::to_string(result.answer.verdict);
  if (result.answer.reply) {
    std::cerr << ", " << result.answer.reply->code << ' ' << result.answer.reply->text;
  }
  std::cerr << (result.answer.failure.empty() ? "" : ", because " + result.answer.failure) << '\n';
  for (const milter::Modification& modification : result.modifications) {
    std::cerr << "it " << milter::describe(modification) << '\n';
  }
  if (result.answer.verdict != milter::Verdict::go_on && result.answer.verdict != milter::Verdict::accept) {
    return 1;
  }
  std::cout << milter::apply_to_message(message, result.modifications);
}
