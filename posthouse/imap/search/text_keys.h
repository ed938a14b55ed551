#pragma once
// The keys of a search that look at texts: HEADER and the like, BODY, TEXT. Private to the module.
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "posthouse/imap/search/message_text.h"
#include "posthouse/imap/search/needles.h"
#include "posthouse/imap/search/program.h"
#include "posthouse/imap/wire/item/envelope.h"

namespace posthouse::imap {

/// Looks for the texts of all keys at once, one message after the other.
class TextKeys {
 public:
  explicit TextKeys(const Program& program);
  TextKeys(const TextKeys&) = delete;
  TextKeys& operator=(const TextKeys&) = delete;

  /// Puts into `values` what an ENVELOPE tells (as on the wire): all of the keys that are of it, and those of addresses
  /// that hold.
  void fill_envelope(std::vector<Truth>& values, std::string_view envelope);
  /// All other keys that look at fields, by the message's header.
  void fill_header(std::vector<Truth>& values, const mime::Headers& headers);

  /// BODY and TEXT. `texts` gives a message's texts to the sink it gets, and returns false when the sink had enough or there
  /// are no more since the message has gone; then the keys stay as they are.
  void fill_texts(std::vector<Truth>& values, const std::function<bool(const TextSink&)>& texts);

 private:
  // What is looked for in one place, for which keys.
  struct Place {
    struct Key {
      std::size_t key = 0;
      std::optional<std::size_t> needle{};  // nothing: that the field is there
    };
    Needles needles{};
    std::vector<Key> keys{};
    std::optional<NeedleScan> scan{};
    bool of_envelope = false;
    bool seen = false;
  };
  void begin(Place& place);
  void feed(Place& place, std::string_view text);
  void fill(std::vector<Truth>& values, const Place& place, bool all);
  void add(Place& place, std::size_t key, const std::string& text);
  Place* field(std::string_view name);
  void feed_addresses(const Envelope& envelope);

  std::unordered_map<std::string, std::unique_ptr<Place>> fields_{};
  Place body_{};
  Place text_{};
  std::string folded_{};
  std::string name_{};
};

}  // namespace posthouse::imap
