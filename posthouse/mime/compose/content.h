#pragma once
// What a part's body is made of. Private to this module.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace posthouse::mime {

/// What the choice of a transfer encoding and of a charset label depends on.
struct Shape {
  bool eight_bit = false;
  bool nul = false;
  bool esc = false;  ///< The octet ESC: what is labelled us-ascii would be taken for ISO-2022-JP.
  bool utf8 = true;
  bool only_crlf = true;    ///< No CR or LF outside CRLF.
  std::size_t longest = 0;  ///< Octets of the longest line.
  std::size_t escapes = 0;  ///< Octets that quoted-printable writes as three.

  bool is_ascii() const noexcept { return !eight_bit && !esc; }
  /// The label of such a text, which is UTF-8.
  std::string charset_parameter() const { return is_ascii() ? "charset=us-ascii" : "charset=utf-8"; }
};

/// The shape of octets that come in pieces; linear.
class ShapeScanner {
 public:
  void add(std::string_view piece);
  Shape finish();

 private:
  void check_utf8(std::string_view piece);

  Shape shape_{};
  std::size_t line_ = 0;
  char last_ = '\0';
  std::string held_{};  // the beginning of a character that the next piece ends
};

/// The shape of octets that are all there.
Shape shape_of(std::string_view octets);

/// Octets in memory, or those of a file that is read when they are wanted. Immutable; copies share the octets.
class Content {
 public:
  /// A file of more octets than this stays where it is.
  static constexpr std::uint64_t most_in_memory = std::uint64_t{256} * 1024;
  /// Octets of a piece: whole lines of base64.
  static constexpr std::size_t piece = std::size_t{57} * 1024;

  Content() = default;
  explicit Content(std::string octets)
      : octets_(std::make_shared<const std::string>(std::move(octets))), size_(octets_->size()) {}
  /// Reads a small file; looks at the size of a large one. Throws Errc::file.
  explicit Content(const std::filesystem::path& path);
  /// The same content in memory, whatever its size. Throws Errc::file.
  Content in_memory() const;

  std::uint64_t size() const noexcept { return size_; }
  bool on_disk() const noexcept { return !path_.empty(); }
  /// All octets where they are in memory; else nothing.
  std::string_view view() const noexcept { return octets_ ? std::string_view(*octets_) : std::string_view(); }
  /// The first octets, at most `count`. Throws Errc::file.
  std::string beginning(std::size_t count) const;
  /// All octets in order, in pieces of `piece` octets and a last one that may be shorter. Throws Errc::file
  /// where the file cannot be read or is no longer as long as it was, and what `take` throws.
  void read(const std::function<void(std::string_view)>& take) const;
  /// The shape of all octets. Throws Errc::file.
  Shape shape() const;

 private:
  std::shared_ptr<const std::string> octets_{};
  std::filesystem::path path_{};
  std::uint64_t size_ = 0;
};

}  // namespace posthouse::mime
