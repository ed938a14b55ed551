// BDAT: RFC 3030 section 2. A message in chunks of known size, whose octets are taken as they are.
#include <algorithm>
#include <utility>

#include "posthouse/smtp/server/server_receiver.h"

namespace posthouse::smtp {

/// Takes the octets of a chunk off the stream, whatever they are.
template <class F>
void ServerSession::take_octets(std::uint64_t octets, net::Deadline until, F&& take) {
  Patience patience(options_.timeouts);
  patience.total = until;
  while (octets > 0) {
    std::string_view input = stream_.buffered();
    input = input.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(octets, input.size())));
    take(input);
    const std::size_t done = input.size();
    stream_.consume(done);
    summary_.octets += done;
    octets -= done;
    if (octets > 0) {
      wait_for_data(patience, done);
    }
  }
}

/// Why no chunk can be taken now; empty when one can.
std::string_view ServerSession::wrong_with_chunk() const noexcept {
  if (turned_away_) {
    return "503 5.5.1 There is no service here for you";
  }
  if (!in_transaction_) {
    return chunks_refused_ ? "503 5.5.1 The message was refused" : "503 5.5.1 MAIL first";
  }
  return envelope_.recipients.empty() ? "554 5.5.1 No recipients" : "";
}

void ServerSession::chunk(std::string_view argument) {
  const std::optional<ChunkSize> size = read_chunk_size(argument);
  if (!size) {  // what follows may be commands or a message
    end(SessionEnd::refused, "501 5.5.4 Syntax: BDAT size [LAST]; closing the connection", "a BDAT without a size");
  }
  dialogue_.end_line();
  if (const std::string_view wrong = wrong_with_chunk(); !wrong.empty()) {
    take_octets(size->octets, options_.timeouts.data_total, [](std::string_view) {});
    end_transaction();  // what was skipped would be missing
    if (std::exchange(chunks_refused_, true)) {
      return idle_command(wrong);
    }
    return fault(wrong);
  }
  if (chunks_ == nullptr) {
    const Reply begun = begin_chunks();
    if (!begun.positive()) {
      take_octets(size->octets, options_.timeouts.data_total, [](std::string_view) {});
      chunks_refused_ = true;
      return refuse_message(begun);
    }
  }
  take_octets(size->octets, chunks_->until, [this](std::string_view octets) { chunks_->add(octets); });
  if (dialogue_.tracer().active()) {
    dialogue_.tracer().note("a chunk of " + std::to_string(size->octets) + " octets");
  }
  if (size->last) {
    return finish_message(chunks_->finish());
  }
  if (const Reply* failure = chunks_->receiver.failure()) {
    chunks_refused_ = true;
    return refuse_message(Reply(*failure));
  }
  say("250 2.0.0 " + std::to_string(size->octets) + " octets taken");
}

/// Asks the back end for what takes the message.
Reply ServerSession::begin_chunks() {
  std::unique_ptr<Data> sink;
  const Reply reply = ask([&]() -> Reply {
    sink = backend_.data(session_, envelope_);
    return sink ? ok() : Reply{451, "4.3.0", "Trouble here, please try again later"};
  });
  if (sink) {
    chunks_ = std::make_unique<Chunks>(*this, std::move(sink));
  }
  return sink || chunks_ ? ok() : reply;
}

}  // namespace posthouse::smtp
