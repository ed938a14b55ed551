#pragma once
// Writes the octets of a message. Private to this module.
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "posthouse/mime/compose/boundary.h"
#include "posthouse/mime/compose/entity.h"

namespace posthouse::mime {

/// Where a message goes: all of it into one string, or to a sink, piece by piece.
class MessageOutput {
 public:
  using Sink = std::function<void(std::string_view)>;
  /// Without a sink everything stays in buffer().
  explicit MessageOutput(Sink sink = {}) : sink_(std::move(sink)) {}

  /// Makes room: about `octets` will follow.
  void expect(std::size_t octets) {
    if (!sink_) {
      buffer_.reserve(buffer_.size() + octets);
    }
  }
  /// What is written is appended here; piece_done() after each piece of a bounded size lets it go on to the sink.
  std::string& buffer() noexcept { return buffer_; }
  void piece_done() {
    if (sink_ && buffer_.size() >= most_held) {
      flush();
    }
  }
  /// Writes `octets`; a large body goes to the sink without a copy.
  void append(std::string_view octets);
  /// Gives what is still held to the sink.
  void flush();

 private:
  static constexpr std::size_t most_held = std::size_t{64} * 1024;
  Sink sink_;
  std::string buffer_{};
};

/// About as many octets as write_entity will write; rarely less.
std::size_t written_size(const Entity& entity);
/// Writes the entity: its header, an empty line, its body. Boundaries do not occur in what they separate.
/// Throws Errc::file, and what the sink throws.
void write_entity(MessageOutput& out, const Entity& entity, const Random& random);

}  // namespace posthouse::mime
