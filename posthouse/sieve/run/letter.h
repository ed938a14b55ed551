#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/mime/tree/message.h"
#include "posthouse/sieve/actions/header_edit.h"

namespace posthouse::sieve {

/// The message of a run, whose header may have been edited. Its body is what it was.
class Letter {
 public:
  explicit Letter(mime::Message message) noexcept : message_(std::move(message)) {}

  const mime::Message& message() const noexcept { return message_; }
  /// The fields as they are now; valid until the next edit.
  mime::Headers headers() const noexcept;
  /// Those of a part; the root's are headers().
  mime::Headers headers(const mime::Part& part) const noexcept;
  void edit(const HeaderEdit& edit);
  /// True where an empty line ends the header, so that there is a body, be it empty (RFC 5173 section 4).
  bool has_body() const noexcept;

 private:
  mime::Message message_;
  std::optional<std::string> edited_{};
  mime::HeaderBlock block_{};
};

}  // namespace posthouse::sieve
