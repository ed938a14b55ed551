// The SMTP server session on arbitrary input, and the client on the server's answers and on arbitrary ones, cut at
// arbitrary places.
//
// The first octet chooses the kind of listener and how the input is cut; the rest is what the client says. What must
// hold whatever it says: the session ends, every transaction is closed, every reply is well formed, and what the back
// end got has CRLF for line ends and nothing else.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/smtp/client/client.h"
#include "posthouse/smtp/server/server.h"
#include "posthouse/smtp/testing/memory_backend.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

bool has_bare_line_end(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {
      return true;
    }
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) {
      return true;
    }
  }
  return false;
}

void check_replies(std::string_view output) {
  smtp::ReplyParser parser;
  auto state = smtp::ReplyParser::State::complete;
  while (!output.empty()) {
    const std::size_t end = output.find("\r\n");
    check(end != std::string_view::npos && end <= 510);
    state = parser.add(output.substr(0, end));
    check(state != smtp::ReplyParser::State::malformed);
    output.remove_prefix(end + 2);
  }
  check(state == smtp::ReplyParser::State::complete);
}

std::string serve(std::string_view input, unsigned choice) {
  smtp::MemoryBackend backend;
  smtp::ServerOptions options;
  options.kind = choice & 1 ? smtp::Kind::submission : smtp::Kind::mx;
  options.insecure_auth = true;
  options.auth_delay = options.error_delay = {};
  options.max_message_size = choice & 2 ? 100 : 100'000;
  options.max_recipients = 5;
  options.max_errors = choice & 4 ? 1000 : 20;
  options.trace = [](net::Speaker, std::string_view) {};
  std::string output;
  net::Stream stream(std::make_unique<Scripted>(input, choice & 8 ? 1 : 4096, output));
  const smtp::SessionSummary summary = smtp::serve_session(stream, options, backend);
  check(backend.open_transactions == 0);
  check(backend.messages.size() == summary.messages);
  for (const auto& message : backend.messages) {
    check(!has_bare_line_end(message.bytes));
    check(message.bytes.size() <= options.max_message_size);
    check(!message.envelope.recipients.empty() && message.envelope.recipients.size() <= 5);
    check(options.kind == smtp::Kind::mx || !message.user.empty());
  }
  check_replies(output);
  return output;
}

void ask(std::string_view answers, unsigned choice) {
  std::string sent;
  smtp::ClientOptions options;
  options.tls = smtp::Tls::none;
  options.insecure_auth = true;
  options.pipelining = choice & 2;
  options.fix_line_ends = choice & 4;
  const auto tolerant = [](const auto& call) {
    try {
      call();
    } catch (const smtp::Error& error) {
      if (!error.connection_usable()) {
        throw;
      }
    }
  };
  try {
    smtp::Client client(net::Stream(std::make_unique<Scripted>(answers, choice & 8 ? 1 : 4096, sent)), "", options);
    if (choice & 1) {
      tolerant([&] { client.login("ann@one.test", "geheim"); });
    }
    tolerant([&] { client.send("a@load.test", {"ann@one.test", "unknown@one.test"}, "Subject: x\r\n\r\n.\r\n"); });
    tolerant([&] { client.send("", {"ann@one.test"}, "a\n.\nb\rc"); });
    client.quit();
  } catch (const posthouse::Error&) {
  }
  check(!has_bare_line_end(sent));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (choice & 16) {
    ask(text, choice);
  } else {
    const std::string output = serve(text, choice);
    if (choice & 32) {
      ask(output, choice >> 1);
    }
  }
  return 0;
}
