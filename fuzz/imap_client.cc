// The IMAP client on whatever a server may answer.
//
// The first octet chooses what is asked and how the answers are cut; the rest is what the server says. Its tags are A1, A2, …,
// as they would be said to a client. What must hold whatever comes: each call ends, with a result or a posthouse::Error; what
// the client keeps is within its limits; what it says are whole commands with tags of their own.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz/scripted.h"

#include "posthouse/imap/client/client.h"
#include "posthouse/net/stream/stream.h"

namespace {

using namespace posthouse;
using fuzz::check;
using fuzz::Scripted;

constexpr std::size_t most = 1000;  // entries, events

imap::ClientOptions bounded() {
  imap::ClientOptions options;
  options.tls = imap::Tls::none;
  options.insecure_auth = true;
  options.limits = {.line = 100'000, .literal = 50'000, .response = 200'000};
  options.max_message = 100'000;
  options.max_answer = 500'000;
  options.max_entries = most;
  options.max_events = most;
  options.timeouts.poll = {};
  options.trace = [](net::Speaker, std::string_view) {};
  return options;
}

void ask(imap::Client& client, unsigned choice) {
  const auto tolerant = [](const auto& call) {
    try {
      call();
    } catch (const imap::Error& error) {
      if (!error.connection_usable()) {
        throw;
      }
    }
  };
  const auto uids = imap::NumberSet::all();
  if (choice & 1) {
    tolerant([&] { client.login("a", "b c"); });
  }
  tolerant([&] { client.select("INBOX"); });
  if (choice & 2) {
    tolerant([&] { check(client.list().size() <= most); });
    tolerant([&] { client.status("x"); });
    tolerant([&] { client.namespaces(); });
  }
  if (choice & 4) {
    tolerant([&] { client.search(imap::unseen() && imap::subject("\xC3\xA4")); });
    tolerant([&] { check(client.fetch(uids, {.flags = true, .envelope = true, .structure = true}).size() <= most); });
    tolerant([&] { check(client.sort(imap::everything(), {{.key = imap::SortKey::date}}).size() <= most); });
  }
  if (choice & 8) {
    std::uint64_t octets = 0;
    tolerant([&] { client.retrieve(1, [&](std::string_view chunk) { octets += chunk.size(); }); });
    check(octets <= 150'000);
    tolerant([&] { client.append("INBOX", "hello"); });
  }
  if (choice & 16) {
    tolerant([&] { client.add_flags(uids, imap::SystemFlag::seen); });
    tolerant([&] { client.move(1, "x"); });
  }
  if (choice & 32) {
    tolerant([&] {
      auto changes = client.changes_since("INBOX", {.uid_validity = 1, .uid_next = 9, .modseq = 5, .uids = 3});
      check(imap::MailboxState::parse(changes.state.to_string()) == changes.state);
    });
  }
  if (choice & 64) {
    tolerant([&] { check(client.idle(std::chrono::milliseconds(0)).size() <= most); });
  }
  check(client.events().size() <= most);
  client.logout();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const unsigned choice = data[0];
  const std::string_view answers(reinterpret_cast<const char*>(data) + 1, size - 1);
  std::string sent;
  try {
    imap::Client client(net::Stream(std::make_unique<Scripted>(answers, choice & 128 ? 1 : 4096, sent)), "", bounded());
    ask(client, choice);
  } catch (const posthouse::Error&) {
  }
  check(sent.empty() || sent.starts_with("A1 "));
  return 0;
}
