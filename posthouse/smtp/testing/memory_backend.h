#pragma once
// A back end in memory for tests and fuzzing; safe to share between sessions. Names that do something special:
//   unknown@…   RCPT: 550 5.1.1          full@…      RCPT: 452 4.2.2        throw@…     RCPT throws
//   gone@…      RCPT: 421 4.3.2          blocked@…   MAIL: 550 5.7.1        badmail@…   MAIL throws
//   nodata@…    DATA throws              norouter@…  DATA: 451 4.4.1        lazy@…      DATA gives nothing
//   badappend@… append throws            badfinish@… finish throws          no@…        finish: 554 5.6.0
//   broken      as user: the verifier throws
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/base/text.h"
#include "posthouse/smtp/server/backend.h"
#include "posthouse/smtp/wire/error.h"

namespace posthouse::smtp {

class MemoryBackend : public Backend {
 public:
  struct Message {
    Envelope envelope;
    std::string user, helo, protocol, bytes;
  };

  Reply connect(const Session&) override { return greeting; }

  sasl::Verifier* verifier() noexcept override { return &accounts_; }

  Reply mail(const Session&, const Envelope& envelope) override {
    if (is(envelope.reverse_path, "blocked")) {
      return {550, "5.7.1", "We do not take mail from you"};
    }
    if (is(envelope.reverse_path, "badmail")) {
      throw std::runtime_error("oops");
    }
    const std::lock_guard lock(mutex_);
    ++open_transactions;
    return ok();
  }

  Reply recipient(const Session&, const Envelope&, const std::string& to) override {
    if (is(to, "unknown")) {
      return {550, "5.1.1", "There is no " + to};
    }
    if (is(to, "full")) {
      return {452, "4.2.2", "Mailbox full"};
    }
    if (is(to, "throw")) {
      throw std::runtime_error("oops");
    }
    if (is(to, "gone")) {
      throw Error(Reply{421, "4.3.2", "Closing down"});
    }
    return ok();
  }

  std::unique_ptr<Data> data(const Session& session, const Envelope& envelope) override {
    for (const std::string& to : envelope.recipients) {
      if (is(to, "nodata")) {
        throw std::runtime_error("oops");
      }
      if (is(to, "norouter")) {
        throw Error(Reply{451, "4.4.1", "Nobody to bring it to"});
      }
      if (is(to, "lazy")) {
        return nullptr;
      }
    }
    return std::make_unique<Incoming>(*this, session, envelope);
  }

  void reset(const Session&) noexcept override {
    const std::lock_guard lock(mutex_);
    --open_transactions;
  }

  std::vector<Message> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(messages, {});
  }

  Reply greeting{220, {}, {}};
  std::vector<Message> messages;
  int open_transactions = 0;
  int aborted = 0;      ///< Data destroyed without finish().
  std::string revoked;  ///< Whose log-in is good no more.
  bool away = false;    ///< It cannot be told whether a log-in is good.

 private:
  static bool is(const std::string& address, std::string_view name) {
    return address.starts_with(std::string(name) + '@');
  }

  class Incoming : public Data {
   public:
    Incoming(MemoryBackend& backend, const Session& session, const Envelope& envelope)
        : backend_(backend), message_{envelope, session.user, session.helo, session.protocol(envelope.smtputf8), {}} {}
    ~Incoming() override {
      const std::lock_guard lock(backend_.mutex_);
      if (!finished_) {
        ++backend_.aborted;
      }
    }
    void append(std::string_view chunk) override {
      if (is(message_.envelope.recipients[0], "badappend")) {
        throw std::runtime_error("the disk is full");
      }
      message_.bytes += chunk;
    }
    Reply finish() override {
      finished_ = true;
      if (is(message_.envelope.recipients[0], "badfinish")) {
        throw std::runtime_error("the disk is gone");
      }
      if (is(message_.envelope.recipients[0], "no")) {
        return {554, "5.6.0", "We do not like it"};
      }
      const std::lock_guard lock(backend_.mutex_);
      backend_.messages.push_back(std::move(message_));
      return {250, "2.0.0", "Kept"};
    }

   private:
    MemoryBackend& backend_;
    Message message_;
    bool finished_ = false;
  };

  class Accounts : public sasl::Verifier {
   public:
    explicit Accounts(MemoryBackend& backend) : backend_(backend) {}
    sasl::Verdict verify(const sasl::Attempt& given) override {
      if (given.authcid == "broken") {
        throw std::runtime_error("the accounts are away");
      }
      if (!given.authzid.empty() && given.authzid != given.authcid) {
        return sasl::Denial::not_as_other;
      }
      const auto* password = std::get_if<sasl::Password>(&given.evidence);
      const bool right = password != nullptr && password->text == "geheim" &&
                         (given.authcid == "ann@one.test" || given.authcid == "bob@one.test");
      return right ? sasl::Verdict(std::string(given.authcid)) : sasl::Denial::wrong;
    }
    bool holds(const sasl::Verdict& verdict) override {
      if (backend_.away) {
        throw std::runtime_error("the accounts are away");
      }
      return verdict.user != backend_.revoked;
    }

   private:
    MemoryBackend& backend_;
  };

  Accounts accounts_{*this};
  std::mutex mutex_;
};

}  // namespace posthouse::smtp
