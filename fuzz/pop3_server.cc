// The POP3 server session on arbitrary input, and the client on the server's answers cut at arbitrary places.
//
// The first octet chooses what the back end does wrong and how the input is cut; the rest is what the client says. What
// must hold whatever it says: the session ends, the maildrop is free again, a message is gone only when QUIT was
// answered.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/net/error.h"
#include "posthouse/pop3/client/client.h"
#include "posthouse/pop3/server/server.h"
#include "posthouse/pop3/testing/memory_backend.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

std::string serve(std::string_view input, unsigned choice) {
  pop3::MemoryBackend house;
  house.users["a"].password = "b";
  house.add("a", "Subject: x\r\n\r\n.\r\n..\r\nend\r\n");
  house.add("a", "bare\n.\nlines\r");
  house.add("a", std::string(18'000, '.') + "\r\n\r\n" + std::string(18'000, '\n'));
  house.add("a", "");
  house.chunk = choice & 1 ? 7 : std::string::npos;
  if (choice & 2) {
    house.fail_retrieve_after = 33'000;
  }
  house.fail_remove = choice & 4;
  pop3::ServerOptions options;
  options.insecure_auth = true;
  options.auth_delay = {};
  options.trace = [](net::Speaker, std::string_view) {};
  std::string output;
  net::Stream stream(std::make_unique<Scripted>(input, choice & 8 ? 1 : 4096, output));
  const pop3::SessionSummary summary = pop3::serve_session(stream, options, house);
  check(!house.locked("a"));
  check(house.texts("a").size() == 4 - summary.removed);
  check(summary.removed == 0 || summary.end == pop3::SessionEnd::quit || summary.end == pop3::SessionEnd::disconnected);
  check(output.starts_with("+OK ") && output.size() >= 2);
  return output;
}

void ask(std::string_view answers, unsigned choice) {
  std::string sent;
  pop3::ClientOptions options;
  options.tls = pop3::Tls::none;
  options.insecure_auth = true;
  options.max_entries = 1000;
  options.max_message = 100'000;
  try {
    pop3::Client client(net::Stream(std::make_unique<Scripted>(answers, choice & 8 ? 1 : 4096, sent)), "", options);
    const auto tolerant = [](const auto& call) {
      try {
        call();
      } catch (const pop3::Error& error) {
        if (!error.connection_usable()) {
          throw;
        }
      }
    };
    tolerant([&] { client.languages(); });
    if (choice & 2) {
      tolerant([&] { client.enable_utf8(); });
    }
    if (choice & 1) {
      tolerant([&] { client.login("a", "b"); });
    }
    tolerant([&] { client.stat(); });
    if (choice & 2) {
      tolerant([&] { client.list(); });
    }
    if (choice & 4) {
      tolerant([&] { client.uidl(); });
    }
    const std::size_t numbers[] = {1, 2};
    tolerant([&] { client.retrieve(numbers, [](std::size_t, const std::string&) {}); });
    tolerant([&] { client.top(1, 1); });
    client.quit();
  } catch (const posthouse::Error&) {
  }
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
