// What a filter says to a mail server, however it is cut.
//
// The first octet chooses the setting and how the input is cut; the rest is what the filter says, the answer to the
// negotiation first. What must hold whatever comes: each call ends with a verdict, a failure with that of the setting and
// without modifications; no reply is of another class than its verdict, no modification holds what could be two fields.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "fuzz/scripted.h"

#include "posthouse/milter/milter.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

constexpr std::string_view message = "From: a@b.test\r\nX-A: b\r\n c\r\n\r\nHello\r\n";

milter::ClientOptions bounded(unsigned choice) {
  milter::ClientOptions options;
  options.on_failure = choice & 1 ? milter::OnFailure::accept : milter::OnFailure::reject;
  options.limits = {.packet = 5000, .modifications = 50, .modification_octets = 10'000, .body = 8000};
  return options;
}

void check_answer(const milter::Answer& answer, unsigned choice) {
  if (!answer.failure.empty()) {
    check(answer.verdict == (choice & 1 ? milter::Verdict::accept : milter::Verdict::reject) && !answer.reply);
  }
  if (answer.reply) {
    check(answer.reply->code >= 400 && answer.reply->code <= 599);
    check((answer.reply->code / 100 == 5) == (answer.verdict == milter::Verdict::reject));
    check(answer.reply->text.find_first_of(std::string_view("\r\0", 2)) == std::string::npos);
  }
}

/// True when `value` can only be one field's.
bool is_one_value(std::string_view value) {
  for (std::size_t at = value.find_first_of("\r\n"); at != std::string_view::npos;
       at = value.find_first_of("\r\n", at + 2)) {
    const std::string_view rest = value.substr(at);
    if (!rest.starts_with("\r\n ") && !rest.starts_with("\r\n\t")) {
      return false;
    }
  }
  return true;
}

void check_modifications(const milter::Result& result) {
  check(result.modifications.size() <= 50);
  for (const milter::Modification& modification : result.modifications) {
    check(!milter::describe(modification).empty());
    if (const auto* added = std::get_if<milter::AddHeader>(&modification)) {
      check(is_one_value(added->value) && added->name.find_first_of(": \r\n") == std::string::npos);
    } else if (const auto* changed = std::get_if<milter::ChangeHeader>(&modification)) {
      check(is_one_value(changed->value) && changed->name.find_first_of(": \r\n") == std::string::npos);
    } else if (const auto* body = std::get_if<milter::ReplaceBody>(&modification)) {
      check(body->body.size() <= 8000);
    }
  }
  const std::string changed = milter::apply_to_message(message, result.modifications);
  check(milter::replaced_body(result.modifications) != nullptr || changed.ends_with("\r\nHello\r\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string_view said(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string heard;
  // Pieces are of one octet so that what belongs to a later answer has not come too early.
  milter::Client client(net::Stream(std::make_unique<Scripted>(said, choice & 2 ? 4096 : 1, heard)), bounded(choice));
  check_answer(client.connect("a.test", net::Address("192.0.2.1", 25)), choice);
  check_answer(client.helo("a.test"), choice);
  check_answer(client.mail("<a@b.test>"), choice);
  check_answer(client.recipient("<c@d.test>"), choice);
  check_answer(client.data(), choice);
  milter::MessageFeed feed(client);
  feed.append(message);
  const milter::Result result = feed.finish();
  check_answer(result.answer, choice);
  check(result.answer.failure.empty() || result.modifications.empty());
  check_modifications(result);
  client.next_client();
  client.quit();
  return 0;
}
