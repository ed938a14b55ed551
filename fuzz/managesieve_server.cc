// The ManageSieve server session on arbitrary input, and the client on the server's answers and on arbitrary ones.
//
// The first octet chooses what the back end does wrong and how the input is cut; the rest is what one side says. What must
// hold whatever it is: both sides end, the server's answers are sentences that follow the grammar, and the same input cut
// in other places is answered the same.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/managesieve/client/client.h"
#include "posthouse/managesieve/server/server.h"
#include "posthouse/managesieve/testing/memory_backend.h"
#include "posthouse/managesieve/wire/response.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

std::string serve(std::string_view input, unsigned choice, std::size_t piece) {
  managesieve::MemoryBackend house;
  house.users["a"] = {"b", {{"one", "keep;\r\n"}, {"\xE6\x88\x91", std::string(3000, '#')}}, "one"};
  house.fail_scripts = choice & 1;
  house.fail_open = choice & 2;
  managesieve::ServerOptions options;
  options.insecure_auth = true;
  options.auth_delay = {};
  options.max_script = 4096;
  options.trace = [](net::Speaker, std::string_view) {};
  std::string output;
  net::Stream stream(std::make_unique<Scripted>(input, piece, output));
  managesieve::serve_session(stream, options, house);
  return output;
}

void must_be_responses(std::string_view output) {
  managesieve::SentenceReader reader(managesieve::Side::server);
  while (!output.empty()) {
    const managesieve::SentenceStep step = reader.read(output);
    check(step.state == managesieve::SentenceState::complete);
    check(managesieve::parse_response(reader.tokens()).has_value());
    output.remove_prefix(step.size);
  }
}

void ask(std::string_view answers, unsigned choice) {
  std::string sent;
  managesieve::ClientOptions options;
  options.tls = managesieve::Tls::none;
  options.insecure_auth = true;
  options.max_entries = 100;
  options.max_script = 100'000;
  options.trace = [](net::Speaker, std::string_view) {};
  try {
    managesieve::Client client(net::Stream(std::make_unique<Scripted>(answers, choice & 8 ? 1 : 4096, sent)), "",
                               options);
    const auto tolerant = [](const auto& call) {
      try {
        call();
      } catch (const managesieve::Error& error) {
        if (!error.connection_usable()) {
          throw;
        }
      }
    };
    if (choice & 1) {
      tolerant([&] { client.login("a", "b"); });
    }
    tolerant([&] { client.list(); });
    tolerant([&] { client.get("one"); });
    if (choice & 2) {
      tolerant([&] { client.put("two", "stop;\r\n"); });
      tolerant([&] { client.have_space("two", 7); });
    }
    tolerant([&] { client.capabilities(); });
    client.logout();
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
    return 0;
  }
  const std::string output = serve(text, choice, 4096);
  check(output.ends_with("\r\n"));
  must_be_responses(output);
  if (choice & 8) {
    check(serve(text, choice, 1) == output);
  }
  if (choice & 32) {
    ask(output, choice >> 1);
  }
  return 0;
}
