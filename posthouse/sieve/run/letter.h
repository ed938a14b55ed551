#pragma once
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "posthouse/mime/tree/message.h"
#include "posthouse/sieve/actions/header_edit.h"

namespace posthouse::sieve {

/// An address taken apart.
struct AddressParts {
  std::string whole{};  ///< Quoted only where needed; the domain as it is written.
  bool valid = false;   ///< False: `whole` is what stands there, and there are no parts (RFC 5228 section 2.7.4).
  std::string local{};  ///< What the local part says, without quotes.
  std::string domain{};
};

/// A field, and what has been made of it; rules ask for the same few fields again and again.
class ReadField {
 public:
  explicit ReadField(mime::Field field) noexcept : field_(field) {}

  const mime::Field& field() const noexcept { return field_; }
  /// mime::Field::text().
  const std::string& text();
  /// The addresses in it as they are written, groups' members too. What is no address is there as it is where nothing else
  /// is (RFC 5228 section 2.7.4).
  const std::vector<std::string>& addresses();

 private:
  mime::Field field_;
  std::optional<std::string> text_{};
  std::optional<std::vector<std::string>> addresses_{};
};

/// The text of a part.
struct ReadText {
  std::string text{};       ///< In UTF-8, HTML as text.
  std::size_t decoded = 0;  ///< How many octets were read for it.
};

/// The message of a run, whose header may have been edited, and the fields in front of it. Its body is what it was.
class Letter {
 public:
  /// `front` (Context::front) outlives it.
  explicit Letter(mime::Message message, std::string_view front = {})
      : message_(std::move(message)), front_(mime::HeaderBlock::scan(front)) {}

  const mime::Message& message() const noexcept { return message_; }
  /// The fields of the message itself as they are now; valid until the next edit.
  mime::Headers headers() const noexcept;
  /// The fields in front.
  mime::Headers front() const noexcept { return front_.headers(); }
  /// The fields with that name, those in front and then those of headers(), in order; valid until the next edit, or question for another name.
  std::vector<ReadField>& named(const std::string& name);
  /// The parts of an address out of a field or the envelope; valid until the next question.
  const AddressParts& parts(const std::string& addr);
  /// The text of a part that is text/*; valid until the next question for one.
  const ReadText& text(const mime::Part& part);
  void edit(const HeaderEdit& edit);
  /// True where an empty line ends the header, so that there is a body, be it empty (RFC 5173 section 4).
  bool has_body() const noexcept;

 private:
  mime::Message message_;
  mime::HeaderBlock front_;
  std::optional<std::string> edited_{};
  mime::HeaderBlock block_{};
  std::map<std::string, std::vector<ReadField>, std::less<>> read_{};  // by name in lower case
  std::unordered_map<std::string, AddressParts> parts_{};
  std::unordered_map<std::size_t, ReadText> texts_{};  // by the part's index
  std::size_t texts_octets_ = 0;
};

}  // namespace posthouse::sieve
