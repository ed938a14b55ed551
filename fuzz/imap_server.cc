// The IMAP server session on arbitrary input.
//
// The first octet chooses what the back end does wrong and how the input is cut, and whether somebody has logged in and
// selected a mailbox before; the rest is what the client says. What must hold whatever it says: the session ends, what it
// answers is IMAP, and no message is lost but by what expunges.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/imap/server/server.h"
#include "posthouse/imap/testing/furnish.h"
#include "posthouse/imap/wire/response/response_reader.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

std::string serve(std::string_view input, unsigned choice, imap::SessionSummary& summary) {
  imap::MemoryBackend house;
  imap::furnish(house);
  house.chunk = choice & 1 ? 7 : 8192;
  house.append_limit = 1000;
  std::size_t calls = 0;
  if (choice & 2) {
    house.fault = [&](std::string_view call) {
      if (++calls % 7 == 0 && call != "log in") {
        throw std::runtime_error("the disk is on fire");
      }
    };
  }
  imap::ServerOptions options;
  options.insecure_auth = true;
  options.auth_delay = {};
  if (choice & 4) {
    options.trace = [](net::Speaker, std::string_view) {};
  }
  std::string said = choice & 8 ? "a LOGIN ann secret\r\nb SELECT INBOX\r\n" : "";
  said += input;
  std::string output;
  net::Stream stream(std::make_unique<Scripted>(said, choice & 16 ? 1 : 4096, output));
  summary = imap::serve_session(stream, options, house);
  house.fault = [](std::string_view) {};
  return output;
}

// Whole responses that a client can read, but for the last one of a session that broke off.
void check_answers(std::string_view output, bool broke_off) {
  imap::ResponseReader reader;
  reader.set_names(imap::NameStyle::utf8);
  bool unknown = false;
  while (!output.empty()) {
    const imap::ResponseStep step = reader.read(output);
    check(step.event != imap::ResponseEvent::failed);
    output.remove_prefix(step.size);
    if (step.event == imap::ResponseEvent::response) {
      unknown = unknown || std::holds_alternative<imap::response::Unknown>(reader.response().data);
    } else if (step.event == imap::ResponseEvent::more) {
      check(output.empty());
    }
  }
  check(!unknown || broke_off);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  imap::SessionSummary summary;
  const std::string output = serve(text, choice, summary);
  check(output.starts_with("* OK [CAPABILITY ") &&
        output.ends_with("\r\n") == (summary.end != imap::SessionEnd::failed));
  check_answers(output, summary.end == imap::SessionEnd::failed);
  return 0;
}
