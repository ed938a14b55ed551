#pragma once
// Content-Transfer-Encodings undone piece by piece. Private to this module.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "posthouse/mime/codec/transfer_encoding.h"

namespace posthouse::imap {

/// What mime::decode_body() makes of the whole, in pieces that come as soon as they can. Holds at most `most_held` octets
/// of what waits for its rest.
class PieceDecoder {
 public:
  using Sink = std::function<void(std::string_view)>;
  static constexpr std::size_t most_held = 64 * 1024;

  /// True for those that can be undone piece by piece.
  static bool can(mime::TransferEncoding encoding) noexcept;

  explicit PieceDecoder(mime::TransferEncoding encoding) noexcept : encoding_(encoding) {}
  void add(std::string_view octets, const Sink& sink);
  void finish(const Sink& sink);

 private:
  std::size_t cut() const noexcept;
  void decode(std::size_t size, const Sink& sink);

  mime::TransferEncoding encoding_;
  std::string held_;
};

}  // namespace posthouse::imap
