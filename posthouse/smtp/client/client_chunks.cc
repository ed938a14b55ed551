#include "posthouse/smtp/client/client_chunks.h"

#include <utility>

#include "posthouse/net/error.h"
#include "posthouse/smtp/wire/data_block.h"

namespace posthouse::smtp {
namespace {

/// Chunks sent ahead of their answers: those fit into any window.
constexpr std::size_t most_unanswered = 16;

}  // namespace

bool Client::Impl::uses_chunks() const noexcept {
  return options_.chunking && !options_.lmtp && supports("CHUNKING");
}

void Client::Impl::check_binary() const {
  if (!supports("BINARYMIME") || !supports("CHUNKING")) {
    throw Error(Errc::unsupported, who() + " does not take binary messages (no BINARYMIME)");
  }
}

/// Sends BDAT; its octets follow.
void Client::Impl::announce_chunk(std::uint64_t octets, bool last) {
  if (chunks_unanswered_ == 0) {
    check_in_step();
  }
  put("BDAT " + std::to_string(octets) + (last ? " LAST" : ""));
  ++chunks_unanswered_;
}

/// Reads the answer to a chunk, of which the first refusal counts.
void Client::Impl::take_chunk_reply() {
  Reply reply = get(options_.timeouts.command);
  --chunks_unanswered_;
  if (!reply.positive() && !chunk_refusal_) {
    chunk_refusal_ = std::move(reply);
  }
}

/// The reply to the message: what the server says to the last chunk, or to the first one that it refuses. After a refusal
/// RFC 3030 section 2 wants RSET.
Reply Client::Impl::end_of_chunks() {
  while (chunks_unanswered_ > 1 && !(chunk_refusal_ && chunk_refusal_->code == 421)) {
    take_chunk_reply();
  }
  if (chunks_unanswered_ > 0 && !chunk_refusal_) {
    Reply reply = end_of_data();
    chunks_unanswered_ = 0;
    if (reply.positive()) {
      return reply;
    }
    chunk_refusal_ = std::move(reply);
  }
  Reply refusal = *std::exchange(chunk_refusal_, std::nullopt);
  if (refusal.code == 421 || !leave_chunks()) {
    stream_.close();
  }
  last_command_ = the_message;
  return refusal;
}

/// Reads what is left of answers and ends the transaction; false when the connection is of no use any more.
bool Client::Impl::leave_chunks() {
  try {
    for (; chunks_unanswered_ > 0; --chunks_unanswered_) {
      get(options_.timeouts.command);
    }
  } catch (const posthouse::Error& error) {
    if (net::is_canceled(error)) {
      throw;
    }
    return false;
  }
  return leave_transaction(false);
}

void Client::Impl::ChunkWriter::announce_whole() {
  if (!std::exchange(announced_, true)) {
    client_.announce_chunk(*size_, true);
  }
}

void Client::Impl::ChunkWriter::add(std::string_view octets) {
  written_ += octets.size();
  if (size_) {
    announce_whole();
    return client_.write_data(octets);
  }
  while (!octets.empty() && !client_.chunk_refusal_) {
    const std::string_view piece = octets.substr(0, data_block_size - pending_.size());
    pending_ += piece;
    octets.remove_prefix(piece.size());
    if (pending_.size() == data_block_size) {
      client_.announce_chunk(pending_.size(), false);
      client_.write_data(pending_);
      pending_.clear();
      if (client_.chunks_unanswered_ >= most_unanswered) {
        client_.take_chunk_reply();
      }
    }
  }
}

void Client::Impl::ChunkWriter::finish() {
  if (size_) {
    announce_whole();
  } else if (!client_.chunk_refusal_) {
    client_.announce_chunk(pending_.size(), true);
    client_.write_data(pending_);
  }
  client_.note("a message of " + std::to_string(written_) + " octets");
}

}  // namespace posthouse::smtp
