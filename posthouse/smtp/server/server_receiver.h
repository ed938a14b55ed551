#pragma once
// A message on its way to the back end, however it comes in. Private to this module.
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "posthouse/dialogue/dot_encoder.h"
#include "posthouse/fiber/scope.h"
#include "posthouse/smtp/server/server_session.h"

namespace posthouse::smtp {

/// Hands a message on to the backend until something is wrong with it; the rest is only counted.
class ServerSession::Receiver {
 public:
  Receiver(ServerSession& session, std::unique_ptr<Data> sink) : session_(session), sink_(std::move(sink)) {}

  void append(std::string_view chunk) {
    if (chunk.empty()) {
      return;
    }
    size_ += chunk.size();
    const std::uint64_t limit = session_.options_.max_message_size;
    if (limit > 0 && size_ > limit) {
      return give_up({552, "5.3.4", "The message is too large"});
    }
    if (!sink_) {
      return;
    }
    const Reply reply = session_.ask([&]() -> Reply {
      sink_->append(chunk);
      return ok();
    });
    if (!reply.positive()) {
      give_up(reply);
    }
  }

  /// The message is of no use any more; the first reason counts.
  void give_up(const Reply& reply) {
    if (!sink_) {
      return;
    }
    const net::Shield shield;
    sink_.reset();
    reply_ = reply;
  }

  Reply finish() {
    if (!sink_) {
      return reply_;
    }
    const Reply reply = session_.ask([&] { return sink_->finish(); });
    const net::Shield shield;
    sink_.reset();
    return reply;
  }

  std::uint64_t size() const noexcept { return size_; }
  /// What is wrong with the message; null while it is fine.
  const Reply* failure() const noexcept { return sink_ ? nullptr : &reply_; }

 private:
  ServerSession& session_;
  std::unique_ptr<Data> sink_;
  std::uint64_t size_ = 0;
  Reply reply_;
};

/// The chunks of one message. Its line ends are held to what DATA demands, across chunks; those of a binary one to
/// nothing.
class ServerSession::Chunks {
 public:
  Chunks(ServerSession& session, std::unique_ptr<Data> sink)
      : receiver(session, std::move(sink)),
        until(session.options_.timeouts.data_total),
        binary_(session.envelope_.body == Body::binary),
        text_(session.options_.mend_line_ends && !session.session_.user.empty() ? dialogue::Mending::mend
                                                                                : dialogue::Mending::strict,
              dialogue::Dots::plain) {}

  void add(std::string_view octets) {
    if (binary_) {
      return receiver.append(octets);
    }
    text_.add(octets, [this](std::string_view piece) { receiver.append(piece); });
    check();
  }

  Reply finish() {
    if (!binary_) {
      text_.finish([this](std::string_view piece) { receiver.append(piece); });
      check();
    }
    return receiver.finish();
  }

  Receiver receiver;
  const net::Deadline until;  // for all chunks together

 private:
  void check() {
    if (text_.bare()) {
      receiver.give_up({550, "5.6.11", "A bare CR or LF in the message; lines end in CR LF"});
    }
  }

  bool binary_;
  dialogue::DotEncoder text_;
};

}  // namespace posthouse::smtp
