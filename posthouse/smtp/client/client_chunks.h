#pragma once
// A message sent by BDAT (RFC 3030 section 2). Private to this module.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/smtp/client/client_session.h"

namespace posthouse::smtp {

/// Puts a message out in chunks: one where its size is known, else one for each data_block_size octets, which are sent
/// ahead of the answers to those before.
class Client::Impl::ChunkWriter {
 public:
  /// `size` is what add() gets in all.
  explicit ChunkWriter(Impl& client, std::optional<std::uint64_t> size = std::nullopt) : client_(client), size_(size) {}

  void add(std::string_view octets);
  /// The message is whole. Not called: the server takes nothing. After a refusal nothing more is sent.
  void finish();

 private:
  void announce_whole();

  Impl& client_;
  std::optional<std::uint64_t> size_;
  std::uint64_t written_ = 0;
  bool announced_ = false;
  std::string pending_;  // less than a chunk; none where the size is known
};

}  // namespace posthouse::smtp
