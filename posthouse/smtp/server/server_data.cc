#include <memory>
#include <utility>

#include "posthouse/dialogue/dot_decoder.h"
#include "posthouse/dialogue/line_end_mender.h"
#include "posthouse/net/error.h"
#include "posthouse/smtp/server/server_receiver.h"
#include "posthouse/smtp/wire/data_block.h"

namespace posthouse::smtp {

void ServerSession::data(std::string_view argument) {
  if (!in_transaction_) {
    return fault("503 5.5.1 MAIL first");
  }
  if (!argument.empty()) {
    return fault("501 5.5.4 DATA takes no argument");
  }
  if (chunks_ != nullptr || envelope_.body == Body::binary) {
    return fault("503 5.5.1 This message comes by BDAT");
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
  finish_message(receive(std::move(sink)));
}

/// Answers to the message as the back end wants it.
void ServerSession::finish_message(Reply reply) {
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
  Patience patience(options_.timeouts);
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
    wait_for_data(patience, done);
  }
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().note("a message of " + std::to_string(receiver.size()) + " octets");
  }
  return receiver.finish();
}

/// Waits for more of a message, of which `taken` octets have come since the last call.
void ServerSession::wait_for_data(Patience& patience, std::size_t taken) {
  if ((patience.in_block += taken) >= data_block_size) {
    patience.block = options_.timeouts.data_block;
    patience.in_block = 0;
  }
  try {
    fill(net::Deadline::earlier(patience.total, patience.block));
  } catch (const net::Error& error) {
    if (error.errc() != net::Errc::canceled || patience.shield) {
      throw;
    }
    patience.shield.emplace();
    patience.total = net::Deadline::earlier(patience.total, options_.timeouts.stop);
  }
}

}  // namespace posthouse::smtp
