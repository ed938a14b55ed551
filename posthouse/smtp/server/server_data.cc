#include <memory>
#include <utility>

#include "posthouse/dialogue/dot_decoder.h"
#include "posthouse/dialogue/line_end_mender.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/server/server_session.h"
#include "posthouse/smtp/wire/data_block.h"

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

 private:
  ServerSession& session_;
  std::unique_ptr<Data> sink_;
  std::uint64_t size_ = 0;
  Reply reply_;
};

void ServerSession::data(std::string_view argument) {
  if (!in_transaction_) {
    return fault("503 5.5.1 MAIL first");
  }
  if (!argument.empty()) {
    return fault("501 5.5.4 DATA takes no argument");
  }
  if (envelope_.recipients.empty()) {
    return fault("554 5.5.1 No recipients");
  }
  std::unique_ptr<Data> sink;
  const Reply refused = ask([&]() -> Reply {
    sink = backend_.data(session_, envelope_);
    return sink ? ok() : Reply{451, "4.3.0", "Trouble here, please try again later"};
  });
  if (!sink) {
    return refuse_message(refused);
  }
  say("354 End the message with a line of one dot");
  dialogue_.end_line();
  const Reply reply = receive(std::move(sink));
  if (!reply.positive()) {
    return refuse_message(reply);
  }
  ++session_.messages;
  errors_ = idle_ = too_many_ = 0;
  end_transaction();
  say_accepted(reply, "250 2.0.0 Message accepted");
}

void ServerSession::refuse_message(const Reply& reply) {
  tell_refused(Refused::message, {}, reply.to_string());
  end_transaction();
  refusal(reply);
}

/// Reads up to the end of data and returns what is to be answered. When the client vanishes before, the exception that
/// tells so destroys `sink` unfinished.
Reply ServerSession::receive(std::unique_ptr<Data> sink) {
  Receiver receiver(*this, std::move(sink));
  const bool mends = options_.mend_line_ends && (!session_.user.empty() || backend_.may_send_without_log_in(session_));
  dialogue::DotDecoder decoder(mends ? dialogue::BareLineEnds::pass : dialogue::BareLineEnds::refuse);
  dialogue::LineEndMender mender;
  std::optional<net::Shield> shield;  // once the scope is cancelled: the rest of the message may still come
  net::Deadline total = options_.timeouts.data_total, block = options_.timeouts.data_block;
  std::size_t in_block = 0;
  for (;;) {
    const std::string_view input = stream_.buffered();
    const std::size_t done =
        decoder.scan(input, [&](std::string_view chunk) { receiver.append(mends ? mender.mend(chunk) : chunk); });
    stream_.consume(done);
    summary_.octets += done;
    if (decoder.bare()) {
      receiver.give_up({550, "5.6.11", "A bare CR or LF in the message; lines end in CR LF"});
    }
    if (decoder.finished()) {
      break;
    }
    if ((in_block += done) >= data_block_size) {
      block = options_.timeouts.data_block;
      in_block = 0;
    }
    try {
      fill(net::Deadline::earlier(total, block));
    } catch (const net::Error& error) {
      if (error.errc() != net::Errc::canceled || shield) {
        throw;
      }
      shield.emplace();
      total = net::Deadline::earlier(total, options_.timeouts.stop);
    }
  }
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().note("a message of " + std::to_string(receiver.size()) + " octets");
  }
  return receiver.finish();
}

}  // namespace posthouse::smtp
