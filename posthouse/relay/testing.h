#pragma once
// What the tests of the worker stand on: a store in a temporary folder, a peer that answers as told, names that resolve
// as told. Private to this module's tests.
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <unistd.h>

#include "posthouse/delivery/delivery.h"
#include "posthouse/fiber/run.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/fiber/sync.h"
#include "posthouse/net/error.h"
#include "posthouse/net/listen/listener.h"
#include "posthouse/queue/queue.h"
#include "posthouse/queue/schema.h"
#include "posthouse/relay/worker/worker.h"
#include "posthouse/store/store.h"

namespace posthouse::relay::testing {

/// A store with the domain one.test and the account ann@one.test.
inline std::shared_ptr<store::Store> open_store(const std::string& folder) {
  auto store = store::Store::open(
      {.data_dir = folder, .migrations = {queue::migrations()}, .references = queue::references(), .server = false});
  if (!store->accounts().has_domain("one.test")) {
    store->accounts().add_domain("one.test");
    store->accounts().add_account("ann@one.test", "secret words");
  }
  return store;
}

/// Answers from tables; a name that is not in them does not exist.
class FakeResolver final : public net::Resolver {
 public:
  std::map<std::string, std::vector<net::MxRecord>> exchangers;  // a domain that has none: an empty vector
  std::map<std::string, std::vector<net::Address>> hosts;        // with the port to connect to
  std::vector<std::string> unreachable;                          // names whose DNS does not answer

  std::vector<net::Address> addresses(const std::string& host, std::uint16_t port, net::Deadline) override {
    fail_for(host);
    if (const auto literal = net::Address::try_ip(host, port)) {
      return {*literal};
    }
    const auto found = hosts.find(host);
    if (found == hosts.end()) {
      throw net::Error(net::Errc::name_not_found, host + " does not exist", {.retryable = false});
    }
    return found->second;
  }
  net::DnsAnswer<std::string> query(const std::string& domain, net::DnsType type, net::Deadline) override {
    fail_for(domain);
    const auto found = exchangers.find(domain);
    if (found == exchangers.end() || type != net::DnsType::mx) {
      throw net::Error(net::Errc::name_not_found, domain + " does not exist", {.retryable = false});
    }
    net::DnsAnswer<std::string> answer;
    for (const net::MxRecord& record : found->second) {
      answer.records.push_back(net::to_rdata(record));
    }
    return answer;
  }

 private:
  void fail_for(const std::string& name) const {
    if (std::find(unreachable.begin(), unreachable.end(), name) != unreachable.end()) {
      throw net::Error(net::Errc::name_not_found, "no server answers for " + name, {.retryable = true});
    }
  }
};

/// What a peer got.
struct Received {
  std::string sender{};
  std::vector<std::string> recipients{};
  std::string message{};
  std::vector<std::string> commands{};  // MAIL and each RCPT that was accepted
  bool lmtp = false;
};

/// An SMTP server that answers by a script: `policy` is asked at each stage ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA",
/// "BODY" after the first line of the message, "END" after its last) with the command's argument, and returns the reply,
/// "" for the usual one, or "DROP" to break the connection off. To LHLO it speaks LMTP, "END" being asked for each recipient.
class Peer {
 public:
  using Policy = std::function<std::string(const std::string& stage, const std::string& argument)>;

  explicit Peer(Policy policy = {}, const std::string& at = "127.0.0.1:0")
      : policy_(std::move(policy)), listener_(net::listen(at)) {
    scope_.spawn([this] { net::serve(listener_, [this](net::Stream& stream) { talk(stream); }); });
  }
  ~Peer() { stop(); }
  void stop() {
    listener_.close();
    scope_.cancel();
  }
  net::Address address() const { return listener_.local_address(); }
  std::vector<Received> received() {
    const std::lock_guard lock(mutex_);
    return received_;
  }
  std::vector<std::string> extensions{};
  std::atomic<int> sessions{0};

 private:
  struct Drop {};
  std::string ask(const std::string& stage, const std::string& argument, const std::string& usual) {
    const std::string reply = policy_ ? policy_(stage, argument) : std::string();
    if (reply == "DROP") {
      throw Drop{};
    }
    return (reply.empty() ? usual : reply) + "\r\n";
  }
  void talk(net::Stream& stream) {
    ++sessions;
    stream.set_timeout(std::chrono::seconds(20));
    try {
      stream.write(ask("CONNECT", "", "220 peer.test ESMTP"));
      Received current;
      while (const auto line = stream.read_line()) {
        serve_line(stream, *line, current);
      }
    } catch (const Drop&) {
    }
  }
  void serve_line(net::Stream& stream, const std::string& line, Received& current) {
    const std::string verb = line.substr(0, 4);
    if (verb == "EHLO" || verb == "LHLO") {
      current.lmtp = verb == "LHLO";
      std::string reply;
      for (const std::string& extension : extensions) {
        reply += "250-" + extension + "\r\n";
      }
      stream.write("250-peer.test\r\n" + reply + ask("EHLO", "", "250 ENHANCEDSTATUSCODES"));
    } else if (verb == "AUTH") {
      stream.write(ask("AUTH", line.substr(5), "235 2.7.0 welcome"));
    } else if (verb == "MAIL") {
      current = {.sender = line.substr(11, line.find('>') - 11), .commands = {line}, .lmtp = current.lmtp};
      stream.write(ask("MAIL", current.sender, "250 2.1.0 ok"));
    } else if (verb == "RCPT") {
      const std::string address = line.substr(9, line.find('>') - 9);
      const std::string reply = ask("RCPT", address, "250 2.1.5 ok");
      if (reply.starts_with("250")) {
        current.recipients.push_back(address);
        current.commands.push_back(line);
      }
      stream.write(reply);
    } else if (verb == "DATA") {
      const std::string reply = ask("DATA", "", "354 go on");
      stream.write(reply);
      if (reply.starts_with("354")) {
        take_message(stream, current);
      }
    } else if (verb == "QUIT") {
      stream.write("221 2.0.0 bye\r\n");
    } else {
      stream.write("250 2.0.0 ok\r\n");
    }
  }
  void take_message(net::Stream& stream, Received& current) {
    bool first = true;
    for (auto line = stream.read_line(); line && *line != "."; line = stream.read_line()) {
      if (first) {
        ask("BODY", "", "");
      }
      first = false;
      current.message += (line->starts_with('.') ? line->substr(1) : *line) + "\r\n";
    }
    {
      const std::lock_guard lock(mutex_);
      received_.push_back(current);
    }
    if (current.lmtp) {
      for (const std::string& recipient : current.recipients) {
        stream.write(ask("END", recipient, "250 2.0.0 taken"));
      }
      return;
    }
    const std::string reply = ask("END", current.message, "250 2.0.0 taken");
    if (reply[0] != '2') {
      const std::lock_guard lock(mutex_);
      received_.pop_back();
    }
    stream.write(reply);
  }

  Policy policy_;
  net::Listener listener_;
  std::mutex mutex_;
  std::vector<Received> received_;
  net::Scope scope_;
};

/// Collects a worker's events and lets a test wait for them.
class Events {
 public:
  void operator()(const Event& event) {
    const std::lock_guard lock(mutex_);
    all_.push_back(event);
    changed_.set();
  }
  std::vector<Event> all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }
  std::size_t count(Event::Kind kind) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](const Event& event) { return event.kind == kind; }));
  }
  /// The event number `number` (from 1) of `kind`; fails the test when it does not come.
  Event wait_for(Event::Kind kind, std::size_t number = 1) {
    const net::Deadline deadline(std::chrono::seconds(30));
    for (;;) {
      {
        const std::lock_guard lock(mutex_);
        std::size_t seen = 0;
        for (const Event& event : all_) {
          if (event.kind == kind && ++seen == number) {
            return event;
          }
        }
        changed_.reset();
      }
      if (!changed_.wait(deadline)) {
        ADD_FAILURE() << "no event '" << to_string(kind) << "' number " << number << " came";
        return {};
      }
    }
  }

 private:
  std::mutex mutex_;
  std::vector<Event> all_;
  net::Event changed_;
};

}  // namespace posthouse::relay::testing
